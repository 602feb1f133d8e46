"""Codes that cannot be (check digits), and value sets that share codes where a ruleset takes them for different."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from typing import Literal

from cds.documents.problem import Location, Problem
from cds.rules.analysis.reach import conditions_of
from cds.rules.analysis.stance import stance_of
from cds.rules.definition import Definition, Filters, Find, Pair, Score
from cds.rules.references import kinds_of
from cds.rules.ruleset import Ruleset
from cds.terminology.code_forms import wrong_with
from cds.terminology.coding import Coding

_MOST_NAMED = 3


def check_codes(ruleset: Ruleset) -> Iterator[Problem]:
    """Mistyped codes (CDS234), codes on both sides of a distinction (CDS229), molar masses of no source (CDS235)."""
    for value_set in ruleset.value_sets.values():
        if value_set.molar_mass is not None and not value_set.molar_mass_source:
            what = f'nobody can check the molar mass of "{value_set.name}": it has no source'
            # What was published before this was asked is frozen, and only told so.
            weight: Literal["error", "advice"] = "error" if ruleset.status == "draft" else "advice"
            yield Problem("CDS235", value_set.location, what, "molar-mass-source: <where the number is from>", weight)
        # What stands in a library is told where it is analysed.
        for coding in value_set.places if "." not in value_set.name else ():
            if wrong := wrong_with(coding):
                what = f'"{coding.code}" is no code of {coding.system}: {wrong}'
                yield Problem(
                    "CDS234", value_set.places[coding], what, "look it up again: a digit is wrong or two are exchanged"
                )
    for definition in ruleset.definitions.values():
        yield from _check_pair(ruleset, definition)
        yield from _check_score(ruleset, definition)
    yield from _check_rules(ruleset)


def _check_pair(ruleset: Ruleset, definition: Definition) -> Iterator[Problem]:
    """A pair of different drugs whose sets overlap: two records of one drug are a pair as well."""
    clause = definition.clause
    if not isinstance(clause, Pair) or clause.filters.same or clause.filters.different:
        return
    if shared := _shared(ruleset, clause.first, clause.second):
        what = f'"{clause.first}" and "{clause.second}" share {_told(ruleset, shared)}: two records of it are a pair'
        yield _problem(definition.location, what, "different: ingredient, or `not-in` on one of them")


def _check_score(ruleset: Ruleset, definition: Definition) -> Iterator[Problem]:
    if not isinstance(definition.clause, Score):
        return
    names = [name for name, points in definition.clause.parts if points is not None]
    for one, other in combinations(names, 2):
        if shared := _shared(ruleset, one, other):
            what = f'"{one}" and "{other}" share {_told(ruleset, shared)}: one record scores twice'
            yield _problem(definition.location, what, "take the code out of one of the value sets")


def _check_rules(ruleset: Ruleset) -> Iterator[Problem]:
    """A rule wants one and not the other, and a single record is both."""
    for rule in ruleset.rules:
        stance = stance_of(ruleset, conditions_of(ruleset, rule))
        unwanted = stance.fails | {entry.name for entry in rule.unless if not entry.prefix}
        for wanted in sorted(stance.holds):
            for other in sorted(unwanted):
                if shared := _shared(ruleset, wanted, other):
                    what = f'"{rule.id}" asks for "{wanted}" and not "{other}", and they share {_told(ruleset, shared)}'
                    yield _problem(rule.location, what, "take the codes out of one set, or narrow one finder")


def _problem(place: Location, what: str, hint: str) -> Problem:
    return Problem("CDS229", place, what, hint, "warning")


def _shared(ruleset: Ruleset, one: str, other: str) -> frozenset[Coding]:
    """Codes that make a single fact both; empty when another filter tells the two apart."""
    first, second = ruleset.definitions.get(one), ruleset.definitions.get(other)
    if first is None or second is None or one == other:
        return frozenset()
    if not (isinstance(first.clause, Find) and isinstance(second.clause, Find)):
        return frozenset()
    a, b = first.clause.source, second.clause.source
    told_apart = any(replace(source.filters, in_sets=(), not_in=()) != Filters() for source in (a, b))
    if a.finders or b.finders or told_apart or not kinds_of(ruleset, a) & kinds_of(ruleset, b):
        return frozenset()
    return _codes(ruleset, first.clause) & _codes(ruleset, second.clause)


def _codes(ruleset: Ruleset, clause: Find) -> frozenset[Coding]:
    filters = clause.source.filters
    inside = {coding for name in filters.in_sets for coding in ruleset.value_sets[name].rows}
    return frozenset(inside - {coding for name in filters.not_in for coding in ruleset.value_sets[name].rows})


def _told(ruleset: Ruleset, codes: frozenset[Coding]) -> str:
    displays = {c: row.get("display", c.code) for s in ruleset.value_sets.values() for c, row in s.rows.items()}
    named = [f"{coding.code} ({displays[coding]})" for coding in sorted(codes)[:_MOST_NAMED]]
    more = f" and {len(codes) - _MOST_NAMED} more" if len(codes) > _MOST_NAMED else ""
    return ", ".join(named) + more
