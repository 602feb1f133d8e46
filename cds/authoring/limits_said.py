"""Texts of cards that tell another limit than the rule tests: "potassium above 5.5" of a rule that asks for 5.0.

By words alone, and careful: a text is free to speak of other numbers. Told is only a limit of which the text says what
it is a limit of (by a word of the test's own sentence shortly before it, or by its unit, such as mmol/L), in no other
unit, and which nothing has that the rule or its family rests on.
"""

import re
from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache

from cds.documents.problem import Problem
from cds.rules.analysis.wording import numbers_in, unit_after
from cds.rules.definition import Definition, Limit
from cds.rules.references import closure, entries_of
from cds.rules.ruleset import Rule, Ruleset
from cds.units.ucum import canonical_unit

#: A limit as a text tells it.
_TOLD = re.compile(
    r"\b(?:above|over|more than|greater than|higher than|below|under|less than|lower than|at least|at most"
    r"|no more than)\s+(?P<number>\d+(?:\.\d+)?)(?![\w*^/-])(?:\s\S+)?",
    re.IGNORECASE,
)
#: What it is a limit of stands so near before it, in the same sentence.
_NEAR = 50
_END = re.compile(r"[.:;\n]\s")
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")
_WORD = re.compile(r"[a-z][a-z0-9-]{2,}")
#: Words that do not tell what a number is a number of.
_OF_ANYTHING = frozenset((
    "above", "age", "been", "below", "day", "days", "ever", "first", "for", "from", "has", "have", "hour", "hours",
    "known", "last", "least", "less", "measured", "minutes", "month", "months", "more", "most", "newest", "number",
    "old", "order", "ordered", "patient", "recent", "result", "results", "second", "since", "than", "that", "the",
    "this", "time", "value", "week", "weeks", "with", "within", "year", "years",
))  # fmt: skip


def check_limits_said(ruleset: Ruleset) -> Iterator[Problem]:
    """CDS511, in the summary, the detail and the notes of every rule."""
    for rule in ruleset.rules:
        card = rule.card
        texts = [(card.summary, "summary", card.location), (card.detail, "detail", card.location)]
        texts += [(note.text, "", note.location) for note in card.notes]
        told = [(limit, text, card.places.get(key, place)) for text, key, place in texts for limit in _limits_in(text)]
        if not told:  # most cards
            continue
        tests = list(_tests(ruleset, rule))
        tested = {number for test in tests for number in numbers_in(test.phrases.get("is", ""))}
        for limit, text, place in told:
            number = Fraction(limit["number"])
            test = next((test for test in tests if number not in tested and _is_about(limit, text, test)), None)
            if test is not None and number not in _numbers(ruleset, rule):
                said = " ".join(limit[0].split()).rstrip(".,;:)")
                what = f'the text says "{said}", and "{test.name}" tests "{test.phrases.get("is", "")}"'
                hint = "mend one of the two; a number that a site may set is written {parameter}"
                yield Problem("CDS511", place, what, hint, "warning")


@lru_cache(maxsize=4096)  # versions share most of their texts
def _limits_in(text: str) -> tuple[re.Match[str], ...]:
    return tuple(_TOLD.finditer(text))


def _tests(ruleset: Ruleset, rule: Rule) -> Iterator[Definition]:
    """The limits that a rule rests on."""
    names = closure(ruleset, tuple(entry.name for entry in rule.when if entry.prefix in ("", "not")))
    found = (ruleset.definitions[name] for name in sorted(names))
    return (each for each in found if isinstance(each.test, Limit))


def _numbers(ruleset: Ruleset, rule: Rule) -> set[Fraction]:
    """Every number that the rule, its family or what is true of all rules rests on."""
    family = [each for each in ruleset.rules if each is rule or (each.family and each.family == rule.family)]
    entries = [entry for each in family for entry in entries_of(each)]
    names = [entry.name for entry in (*entries, *ruleset.applies.when, *ruleset.applies.unless)]
    names += [each.for_each for each in family if each.for_each]
    said: list[str] = []
    for name in closure(ruleset, tuple(names)):
        definition = ruleset.definitions[name]
        said += [definition.says, definition.label, *definition.phrases.values()]
    whole = " ".join(said)
    said += [parameter.text for parameter in ruleset.parameters.values() if parameter.name in whole]
    return {number for text in said for number in numbers_in(text)}


def _is_about(limit: re.Match[str], text: str, test: Definition) -> bool:
    """Whether the text names what the test is about, and tells no other unit."""
    before = _END.split(text[max(limit.start() - _NEAR, 0) : limit.start()])[-1]
    written = unit_after(limit[0], Fraction(limit["number"]))
    if not isinstance(test.test, Limit) or (written and canonical_unit(written) != test.test.unit):
        return False  # 1 g may be the 1000 mg that are meant: another unit is let be
    return "/" in written or bool(_words(before) & _words(test.says))  # 5.5 mmol/L are about what 5.0 mmol/L are


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(_PLACEHOLDER.sub(" ", text).lower())) - _OF_ANYTHING
