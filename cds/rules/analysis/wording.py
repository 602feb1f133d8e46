"""What a sentence says, as far as words tell: numbers, units, comparisons, denials. English, and no more than words."""

import re
from fractions import Fraction
from functools import lru_cache

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
#: A number of its own: digits inside words (CHA2DS2, 24-hour, P2Y12) and in units (10*9/L) do not count.
_NUMBER = re.compile(r"(?<![\w.,*^-])(\d{1,15}(?:\.\d{1,15})?)(?![\w*^-]|[.,]\d)")
_DIGIT = re.compile(r"\d")
_MAYBE_UNIT = re.compile(r"[^\s,;:()]+")
#: Words that are units in a sentence. Others (a, in, at, h) are UCUM codes too, and hardly ever meant so.
_MEASURES = frozenset((
    "%", "mg", "g", "kg", "ug", "ng", "mcg", "mmol", "mol", "umol", "nmol", "mL", "L", "dL", "mEq", "U", "IU", "cm",
    "mm", "m", "mmHg", "kPa", "ms", "Cel",
))  # fmt: skip
_TIME = {
    "year": "a", "years": "a", "month": "mo", "months": "mo", "week": "wk", "weeks": "wk",
    "day": "d", "days": "d", "hour": "h", "hours": "h", "minute": "min", "minutes": "min",
}  # fmt: skip
_UNITS = _MEASURES | _TIME.keys()
_BEFORE = (
    (re.compile(r"(?:no more than|not more than|at most|up to|not above|not over|≤|<=)\s*$"), "at most"),
    (re.compile(r"(?:no less than|not less than|at least|not below|not under|≥|>=)\s*$"), "at least"),
    (re.compile(r"(?:below|under|less than|fewer than|lower than|younger than|<)\s*$"), "below"),
    (re.compile(r"(?:above|over|more than|greater than|higher than|older than|exceeds|exceeding|>)\s*$"), "above"),
)
_AFTER = (
    (re.compile(r"\s*\S{0,30}\s*(?:years? )?(?:or|and) (?:more|above|over|older|higher|greater)\b"), "at least"),
    (re.compile(r"\s*\S{0,30}\s*(?:years? )?(?:or|and) (?:less|fewer|below|under|younger|lower)\b"), "at most"),
)
_DIRECTIONS = {
    "rise": frozenset({"rise", "rises", "rose", "risen", "rising", "increase", "increased", "increases", "climbed"}),
    "fall": frozenset({"fall", "falls", "fell", "fallen", "falling", "decrease", "decreased", "drop", "dropped"}),
}
_NEGATIVE = re.compile(
    r"\b(?:no|not|none|never|neither|nor|nothing|nobody|without|absent|missing|lacks?|lacking|unless|excluded|free"
    r" of)\b"
)
#: Denials that deny nothing about the patient, and what is only said by the way.
_IDIOMS = re.compile(
    r"\b(?:no|not) (?:more|less|fewer|later|earlier|above|below|over|under|recorded|known)\b|if not\b|, which .*"
)


@lru_cache(maxsize=8192)  # a sentence is asked once for itself, and once for each definition that rests on it
def numbers_in(text: str) -> frozenset[Fraction]:
    """The numbers of a text, those in placeholders aside."""
    if not _DIGIT.search(text):  # most sentences
        return frozenset()
    return frozenset(_number(match[1]) for match in _NUMBER.finditer(_PLACEHOLDER.sub(" ", text)))


@lru_cache(maxsize=8192)  # few numbers, met again and again
def _number(text: str) -> Fraction:
    return Fraction(text)


def placeholders_in(text: str) -> set[str]:
    """The names in braces."""
    return set(_PLACEHOLDER.findall(text))


def unit_after(text: str, number: Fraction) -> str:
    """The unit written behind a number, or ""."""
    for match in _places_of(text, number):
        behind = _MAYBE_UNIT.match(text[match.end() :].lstrip())
        word = behind[0].rstrip(".") if behind else ""
        if word in _UNITS or ("/" in word and any(part in _UNITS for part in word.split("/"))):
            return _TIME.get(word, word)
    return ""


def comparator_beside(text: str, number: Fraction) -> str:
    """``below``, ``at most``, ``above`` or ``at least``, as a sentence has it around a number; "" for none."""
    for match in _places_of(text, number):
        after = next((sense for words, sense in _AFTER if words.match(text[match.end() :].lower())), "")
        before = next((sense for words, sense in _BEFORE if words.search(text[: match.start()].lower())), "")
        if after or before:
            return after or before
    return ""


def direction_in(text: str) -> str:
    """``rise`` or ``fall`` where a sentence tells of one of them; "" for neither, or both."""
    words = set(re.findall(r"[a-z]+", text.lower()))
    found = [way for way, names in _DIRECTIONS.items() if words & names]
    return found[0] if len(found) == 1 else ""


def is_negative(text: str) -> bool:
    """True when a sentence denies something."""
    return _NEGATIVE.search(_IDIOMS.sub(" ", text.lower())) is not None


def _places_of(text: str, number: Fraction) -> list[re.Match[str]]:
    return [match for match in _NUMBER.finditer(text) if _number(match[1]) == number]
