"""``says`` against its clause: numbers, durations and the words beside them, denials, value sets.

A reviewer reads the sentence and the judge reads the clause: where they differ in a number, one of the two is wrong.
Meaning beyond that is the reviewer's task (docs/language.md, section 9).
"""

import re
import textwrap
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache, partial

from cds.documents.problem import Problem
from cds.rules.analysis.wording import (
    comparator_beside,
    direction_in,
    is_negative,
    numbers_in,
    placeholders_in,
    unit_after,
)
from cds.rules.definition import (
    Absent,
    Answers,
    Change,
    Compose,
    Compute,
    Definition,
    Find,
    Limit,
    Pick,
    Points,
    ValueOf,
)
from cds.rules.references import closure, filters_of, operands_in
from cds.rules.ruleset import Ruleset
from cds.units.ucum import canonical_unit, same_unit

_UNIT_NOTES = re.compile(r"\{[^}]*\}")
#: Value sets that advice about a sentence names, and how much of the sentence it quotes.
_MOST_NAMED, _MOST_QUOTED = 3, 80
_NAME_JOINTS = re.compile(r"[-_.]")
_NAME = re.compile(r"[a-z][a-z0-9.-]*")
#: Words of the language that stand before a bound, and the sense that a sentence must not contradict.
_SENSES = (("below ", "below"), ("at most ", "at most"), ("above ", "above"), ("at least ", "at least"))


def check_numbers_said(ruleset: Ruleset) -> Iterator[Problem]:
    """Every definition with a phrase (CDS420)."""
    own = cache(partial(_numbers_of, ruleset))  # few sentences have a number that is not of their own clause
    for definition in ruleset.definitions.values():
        yield from _check_numbers(ruleset, definition, own)


def check_wording(ruleset: Ruleset) -> Iterator[Problem]:
    """The sense of a limit (CDS421); denials (CDS422); names of value sets (CDS423). Warnings and advice."""
    for definition in ruleset.definitions.values():
        yield from _check_sense(definition)
        yield from _check_denial(definition)
        yield from _check_value_sets(definition)


# --- numbers and durations -----------------------------------------------------------------------


_Numbers = Callable[[str], frozenset[Fraction]]


def _check_numbers(ruleset: Ruleset, definition: Definition, numbers: _Numbers) -> Iterator[Problem]:
    said = numbers_in(definition.says)
    own: set[Fraction] = set()
    for phrase in definition.phrases.values():
        for name in _parameters_in(ruleset, phrase):
            if name not in placeholders_in(definition.says):
                what = f'the sentence of "{definition.name}" does not name {{{name}}}, which its clause uses'
                yield Problem("CDS420", definition.location, what, f"write {{{name}}} in `says`")
        for number in numbers_in(_bare(phrase)):
            own.add(number)
            if number not in said and number not in _spelled(definition.says):
                what = f'"{phrase}" stands in the clause of "{definition.name}", and not in its sentence'
                yield Problem("CDS420", definition.location, what, f'`says` is: "{definition.says}"')
    if not isinstance(definition.clause, Points):
        yield from _check_reverse(ruleset, definition, said - own, numbers)
    yield from _check_units(definition)


def _check_reverse(
    ruleset: Ruleset, definition: Definition, others: frozenset[Fraction], numbers: _Numbers
) -> Iterator[Problem]:
    """Numbers of the sentence that neither the clause nor anything it rests on has."""
    if not others or (not definition.phrases and not isinstance(definition.clause, Compose)):
        return
    others -= numbers(definition.name)  # most are its own: what it rests on is then not asked
    for name in closure(ruleset, (definition.name,)) if others else ():
        others -= numbers(name)
    for number in sorted(others):
        what = f'the sentence of "{definition.name}" says {float(number):g}, and its clause does not'
        yield Problem("CDS420", definition.location, what, f'`says` is: "{definition.says}"')


def _numbers_of(ruleset: Ruleset, name: str) -> frozenset[Fraction]:
    """The numbers that a definition's clause has: in phrases, in ``where`` and bands, and in the names it uses."""
    definition = ruleset.definitions[name]
    texts = [_bare(phrase) for phrase in definition.phrases.values()]
    filters = filters_of(definition.clause)
    texts += [where.limit.text if where.limit else where.window for where in filters.where] if filters else []
    texts += [limit.text for limit, _ in definition.clause.bands] if isinstance(definition.clause, Points) else []
    names = [name, *_set_names(definition), *(str(operand) for operand in operands_in(definition.clause))]
    if isinstance(definition.clause, Compute):
        names.append(definition.clause.formula)
    texts += [_NAME_JOINTS.sub(" ", used) for used in names]
    return frozenset().union(*(numbers_in(text) for text in texts))


def _parameters_in(ruleset: Ruleset, phrase: str) -> list[str]:
    if not ruleset.parameters:
        return []
    return [word for word in _NAME.findall(_bare(phrase)) if word in ruleset.parameters]


def _bare(phrase: str) -> str:
    """Without what stands in the braces of a unit: 1.73 in ``mL/min/{1.73_m2}`` is no number of the phrase."""
    return _UNIT_NOTES.sub("", phrase) if "{" in phrase else phrase


def _spelled(sentence: str) -> set[Fraction]:
    """Numbers written as words: they may stand for one, and never have to."""
    words = re.findall(r"[a-z]+", sentence.lower())
    return {Fraction(number) for word in words for number in _WORDS.get(word, ())}


_WORDS = {
    "zero": (0,), "no": (0,), "none": (0,), "any": (0, 1), "some": (0, 1), "a": (1,), "an": (1,), "one": (1,),
    "once": (1,), "two": (2,), "twice": (2,), "both": (2,), "three": (3,), "four": (4,), "five": (5,), "six": (6,),
    "seven": (7,), "eight": (8,), "nine": (9,), "ten": (10,), "eleven": (11,), "twelve": (12,),
}  # fmt: skip


def _check_units(definition: Definition) -> Iterator[Problem]:
    """A unit may be left out of the sentence; one that is written is that of the clause."""
    limit = definition.test
    if not isinstance(limit, Limit) or limit.unit == "1":  # a count may be said to be of days
        return
    for number in {limit.interval.low, limit.interval.high} - {None}:
        written = unit_after(definition.says, number) if number is not None else ""
        code = canonical_unit(written) if written else None
        if code is not None and not same_unit(code, limit.unit) and not _alike(code, limit.unit):
            what = f'the sentence of "{definition.name}" says {written}, and its clause "{limit.text}"'
            yield Problem("CDS420", definition.location, what, f'`says` is: "{definition.says}"')


def _alike(written: str, unit: str) -> bool:
    """``mL/min`` may stand for ``mL/min/{1.73_m2}``, and ``50 mg morphine equivalents a day`` for mg/d."""
    return f"{unit}/".startswith(f"{written}/")


def _check_sense(definition: Definition) -> Iterator[Problem]:
    yield from _check_direction(definition)
    limit = definition.test
    sense = next((sense for start, sense in _SENSES if isinstance(limit, Limit) and limit.text.startswith(start)), "")
    if not sense or not isinstance(limit, Limit):
        return
    number = limit.interval.low if limit.interval.low is not None else limit.interval.high
    said = comparator_beside(definition.says, number) if number is not None else ""
    if said and said != sense:
        what = f'the sentence of "{definition.name}" says "{said}", and its clause "{limit.text}"'
        yield Problem("CDS421", definition.location, what, "they differ at the limit itself", "warning")


def _check_direction(definition: Definition) -> Iterator[Problem]:
    """A change that rises is not told as a fall, nor the reverse."""
    clause = definition.clause
    said = direction_in(definition.says) if isinstance(clause, Change) else ""
    if isinstance(clause, Change) and said not in ("", clause.way):
        what = f'the sentence of "{definition.name}" tells of a {said}, and its clause of a {clause.way}'
        yield Problem("CDS421", definition.location, what, f'`says` is: "{definition.says}"', "warning")


# --- denials and value sets ----------------------------------------------------------------------


def _check_denial(definition: Definition) -> Iterator[Problem]:
    denies = _denies(definition)
    if denies is None or definition.if_absent is not None:
        return
    says = is_negative(definition.says)
    if denies != says:
        what = f'the clause of "{definition.name}" {"denies" if denies else "asserts"}, and its sentence does not'
        yield Problem("CDS422", definition.location, what, f'`says` is: "{definition.says}"', "warning")


def _denies(definition: Definition) -> bool | None:
    """True for a denial, False for an assertion, None where a clause is some of both or its names deny."""
    names = [definition.name, *_set_names(definition)]
    if any(is_negative(name.replace("-", " ")) for name in names):
        return None
    match definition.clause:
        case Compose("none-of", entries):
            return None if any(entry.prefix for entry in entries) else True
        case Compose(_, entries):
            return None if any(_is_denial(entry.prefix, entry.name) for entry in entries) else False
        case Absent():
            return True
        case ValueOf() if isinstance(definition.test, Answers):
            return definition.test.negated
        case Find(source):
            filters = source.filters
            mixed = filters.not_in or filters.that or any(w.negated or w.recorded is not None for w in filters.where)
            return None if mixed else False
    return None if not isinstance(definition.test, Limit) or _counts_to_none(definition.test) else False


def _is_denial(prefix: str, name: str) -> bool:
    return prefix in ("not", "absent", "unknown", "missing") or is_negative(name.replace("-", " "))


def _counts_to_none(limit: Limit) -> bool:
    """``at most 0`` and ``below 1`` may be said either way."""
    high = limit.interval.high
    return high is not None and (high <= 0 or (high <= 1 and limit.interval.high_open))


def _check_value_sets(definition: Definition) -> Iterator[Problem]:
    filters = filters_of(definition.clause) if isinstance(definition.clause, Find | Pick) else None
    said = {word[:4] for word in re.findall(r"[a-z0-9]{3,}", f"{definition.says} {definition.name}".lower())}
    unsaid = []
    for name in filters.in_sets if filters else ():
        words = {word[:4] for word in name.rpartition(".")[2].split("-") if len(word) >= 3}
        if words and not words & said:
            unsaid.append(f'"{name}"')
    if unsaid:  # one piece of advice for a list of drugs that the sentence calls by their class
        more = f" and {len(unsaid) - _MOST_NAMED} more" if len(unsaid) > _MOST_NAMED else ""
        sets = f"value set{'s' if len(unsaid) > 1 else ''} {', '.join(unsaid[:_MOST_NAMED])}{more}"
        what = f'the sentence of "{definition.name}" has no word of the {sets} in it'
        says = textwrap.shorten(definition.says, _MOST_QUOTED, placeholder=" ...")
        hint = f'`says` is: "{says}"; {"are they" if len(unsaid) > 1 else "is it"} what you mean?'
        yield Problem("CDS423", definition.location, what, hint, "advice")


def _set_names(definition: Definition) -> tuple[str, ...]:
    filters = filters_of(definition.clause)
    test = definition.test.sets if isinstance(definition.test, Answers) else ()
    return (*filters.in_sets, *filters.not_in, *test) if filters else test
