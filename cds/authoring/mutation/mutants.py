"""Every mutant of a ruleset: one small mistake each, in definitions, rules and value sets, in a fixed order.

What is not mutated: texts, notes, suggestions, evidence (words, which ``shows`` may test), and single codes of long
lists (a list is emptied, whole or by code system: which codes belong to it is for the review of the list).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from cds.authoring.cases import CaseRun
from cds.authoring.mutation.changing import changed, with_one, without_one
from cds.authoring.mutation.definitions import Kind, slips
from cds.authoring.mutation.equivalence import judged, why_equivalent
from cds.authoring.mutation.limits import Days
from cds.documents.problem import Location
from cds.rules.definition import Answers, Entry
from cds.rules.references import filters_of
from cds.rules.ruleset import Rule, Ruleset, ValueSet
from cds.terminology.coding import Coding

#: Lists of at most so many codes lose each of them in turn.
_SHORT_LIST = 5
_WHOLE_DAY = re.compile(r"\d{4}-\d\d-\d\d\Z")
_OTHER_POLICY = {"fire": "stay-silent", "stay-silent": "fire"}


@dataclass(frozen=True, slots=True, eq=False)
class Mutant:
    """A ruleset with one mistake.

    key: the same for the same mistake at every site. name: of the definition, rule or value set. edge: the edge that
    was moved, or "". equivalent: why nobody could tell it from the ruleset, or "".
    """

    key: str
    name: str
    kind: Kind
    told: str
    location: Location
    ruleset: Ruleset
    edge: str = ""
    equivalent: str = ""


def mutants_of(ruleset: Ruleset, day: date, born: date = date(2000, 1, 1)) -> list[Mutant]:
    """All of them, in file order. ``day``: before which steps of months and years are counted; ``born``: after which
    those are that begin with birth.
    """
    return [
        replace(mutant, equivalent=why_equivalent(ruleset, mutant.ruleset, mutant.name))
        for mutant in (*_of_definitions(ruleset, day, born), *_of_rules(ruleset), *_of_value_sets(ruleset))
    ]


def usual_day(runs: Sequence[CaseRun]) -> date:
    """The day that most cases are judged on: months and years of windows are counted before it."""
    return _most_told([run.moment.today for run in runs], date(2026, 3, 1))


def usual_birth(runs: Sequence[CaseRun]) -> date:
    """The day on which most cases' patients were born, of those that tell a whole day."""
    told = [(run.request["prefetch"].get("Patient") or {}).get("birthDate", "") for run in runs]
    return _most_told([date.fromisoformat(day) for day in told if _WHOLE_DAY.match(day)], date(2000, 1, 1))


def _most_told(days: Sequence[date], otherwise: date) -> date:
    """The day that is told most often, the earliest of several; ``otherwise`` where none is."""
    return max(sorted(set(days)), key=days.count, default=otherwise)


def _of_definitions(ruleset: Ruleset, day: date, born: date) -> Iterator[Mutant]:
    for name, definition in ruleset.definitions.items():
        for slip in slips(definition, Days(day, ruleset.periods, born)):
            mistaken = replace(ruleset, definitions={**ruleset.definitions, name: slip.definition})
            key, edge = f"{name}/{slip.key}", f"{name}/{slip.edge}" if slip.edge else ""
            yield Mutant(key, name, slip.kind, slip.told, definition.location, mistaken, edge)


def _of_rules(ruleset: Ruleset) -> Iterator[Mutant]:
    for place, rule in enumerate(ruleset.rules):
        for key, kind, told, other_rule in _slips_of(rule):
            rules = with_one(ruleset.rules, place, other_rule)
            yield Mutant(f"{rule.id}/{key}", rule.id, kind, told, rule.location, replace(ruleset, rules=rules))
    applies = ruleset.applies
    for field in ("when", "unless"):
        entries: tuple[Entry, ...] = getattr(applies, field)
        for entry, rest in without_one(entries):
            fewer = replace(ruleset, applies=changed(applies, **{field: rest}))
            told = f'"{entry}" left out of applies, {field}'
            yield Mutant(f"applies/{field}-{entry}", "applies", "clause", told, entry.location, fewer)
    if applies.unless and applies.unless_unknown:
        other = _OTHER_POLICY[applies.unless_unknown]
        flipped = replace(ruleset, applies=changed(applies, unless_unknown=other))
        told = f"applies: unless-unknown: {other}"
        yield Mutant("applies/policy", "applies", "policy", told, applies.unless[0].location, flipped)


def _slips_of(rule: Rule) -> Iterator[tuple[str, Kind, str, Rule]]:
    for field in ("when", "unless"):
        entries: tuple[Entry, ...] = getattr(rule, field)
        # A rule without conditions is no rule.
        for entry, rest in without_one(entries) if field == "unless" or len(entries) > 1 else ():
            yield f"{field}-{entry}", "clause", f'"{entry}" left out of {field}', changed(rule, **{field: rest})
    if rule.unless and rule.unless_unknown:
        other = _OTHER_POLICY[rule.unless_unknown]
        yield "policy", "policy", f"unless-unknown: {other}", changed(rule, unless_unknown=other)
    if rule.hooks:
        yield "hooks", "clause", "hooks left out: it answers at all of them", replace(rule, hooks=frozenset())
    if rule.family:
        yield "family", "clause", "family left out: it is shown beside the others", replace(rule, family="")
    for name in sorted(rule.despite):
        yield f"despite-{name}", "clause", f'"{name}" left out of despite', replace(rule, despite=rule.despite - {name})


def _of_value_sets(ruleset: Ruleset) -> Iterator[Mutant]:
    for name in sorted(_used_sets(ruleset)):
        value_set = ruleset.value_sets[name]
        for key, lost, rest in _smaller(value_set):
            sets = {**ruleset.value_sets, name: replace(value_set, rows=rest)}
            told = f'value set "{name}" without {lost}'
            yield Mutant(f"{name}/{key}", name, "codes", told, value_set.location, replace(ruleset, value_sets=sets))


def _smaller(value_set: ValueSet) -> Iterator[tuple[str, str, Mapping[Coding, Mapping[str, str]]]]:
    rows = value_set.rows
    if len(rows) <= _SHORT_LIST:
        codes = [coding.code for coding in rows]
        for coding in rows:
            key = coding.code if codes.count(coding.code) == 1 else f"{coding.system}|{coding.code}"
            shown = f"{coding.code} ({rows[coding].get('display', '')})"
            yield f"code-{key}", f"its code {shown}", {c: row for c, row in rows.items() if c != coding}
        return
    systems = sorted({coding.system for coding in rows})
    for system in systems:
        what = "its codes" if len(systems) == 1 else f"its codes of {system}"
        yield f"system-{system}", what, {c: row for c, row in rows.items() if c.system != system}


def _used_sets(ruleset: Ruleset) -> set[str]:
    """The value sets that a condition of some rule looks into."""
    used: set[str] = set()
    for name in judged(ruleset):
        definition = ruleset.definitions[name]
        filters = filters_of(definition.clause)
        if filters is not None:
            used |= {*filters.in_sets, *filters.not_in, *(each for where in filters.where for each in where.sets)}
        if isinstance(definition.test, Answers):
            used |= set(definition.test.sets)
    return used & ruleset.value_sets.keys()
