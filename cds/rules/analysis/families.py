"""Tiers of one family: one subject, none hidden by an earlier one, no gap, and somebody who tells of the unknown."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations, pairwise

from cds.documents.problem import Problem
from cds.rules.analysis.doubts import check_doubts, check_named_rules
from cds.rules.analysis.numbers import between, both, holds_a_value, hull, possible, sorted_by_start
from cds.rules.analysis.reach import conditions_of
from cds.rules.analysis.showing import show
from cds.rules.analysis.stance import Stance, conflict, follows, stance_of, values_left
from cds.rules.references import root_of
from cds.rules.ruleset import Rule, Ruleset
from cds.units.quantity import Interval


def check_families(ruleset: Ruleset) -> Iterator[Problem]:
    """Every family with more than one rule, and the policies of every rule."""
    families: dict[str, list[Rule]] = {}
    for rule in ruleset.rules:
        if rule.family:
            families.setdefault(rule.family, []).append(rule)
    for name, rules in families.items():
        yield from _check_subjects(ruleset, name, rules)
        yield from _check_covered(ruleset, rules)
        yield from _check_tiers(ruleset, name, rules)
        yield from check_doubts(ruleset, rules)
    yield from check_named_rules(ruleset)


def _check_subjects(ruleset: Ruleset, family: str, rules: list[Rule]) -> Iterator[Problem]:
    first = rules[0]
    wanted = root_of(ruleset, first.for_each) if first.for_each else ""
    for rule in rules[1:]:
        found = root_of(ruleset, rule.for_each) if rule.for_each else ""
        if found != wanted:
            what = (
                f'"{rule.id}" is about {found or "the patient"}, and "{first.id}" of the same family "{family}" '
                f"about {wanted or 'the patient'}: neither would ever stand for the other"
            )
            yield Problem("CDS233", rule.location, what, "one family has one for-each, or none at all")


def _check_covered(ruleset: Ruleset, rules: list[Rule]) -> Iterator[Problem]:
    for place, rule in enumerate(rules):
        stance = _stance(ruleset, rule)
        if conflict(stance):
            continue  # told as such
        for earlier in rules[:place]:
            if _covers(ruleset, earlier, rule, stance):
                what = f'"{rule.id}" is never shown: whenever it fires, the earlier tier "{earlier.id}" fires too'
                yield Problem("CDS442", rule.location, what, "put the narrower tier first")
                break


def _stance(ruleset: Ruleset, rule: Rule) -> Stance:
    """What is so when a rule fires. An exception that may be unknown is no fact."""
    exceptions = rule.unless if rule.unless_unknown == "stay-silent" else ()
    return stance_of(ruleset, conditions_of(ruleset, rule), exceptions)


def _covers(ruleset: Ruleset, earlier: Rule, later: Rule, stance: Stance) -> bool:
    """True when the earlier rule certainly fires wherever the later one does."""
    if earlier.for_each != later.for_each or not _hooks(ruleset, earlier) >= _hooks(ruleset, later):
        return False
    if not all(follows(stance, entry) for entry in conditions_of(ruleset, earlier)):
        return False
    applied = {str(entry) for entry in ruleset.applies.unless if entry.name not in later.despite}
    if not {str(entry) for entry in ruleset.applies.unless if entry.name not in earlier.despite} <= applied:
        return False
    shared = {str(entry) for entry in later.unless}
    as_bold = earlier.unless_unknown in ("fire", later.unless_unknown)
    return all(str(entry) in shared and as_bold for entry in earlier.unless)


def _hooks(ruleset: Ruleset, rule: Rule) -> frozenset[str]:
    return rule.hooks or ruleset.hooks


# --- tiers of one number -------------------------------------------------------------------------


def _check_tiers(ruleset: Ruleset, family: str, rules: list[Rule]) -> Iterator[Problem]:
    """Where tiers divide one number: values between them that no tier holds, bands that overlap in part."""
    stances = [(rule, stance_of(ruleset, rule.when)) for rule in rules]
    for root in dict.fromkeys(name for _, stance in stances for name in stance.numbers):
        tiers = [(rule, stance) for rule, stance in stances if root in stance.numbers]
        units = {stance.numbers[root][0] for _, stance in tiers}
        if len(tiers) < 2 or len(units) != 1:
            continue
        number = possible(ruleset, ruleset.definitions.get(root))
        unit, step = units.pop(), number.step
        pieces = sorted_by_start([piece for _, stance in tiers for piece in values_left(stance, root)])
        for below, gap, above in _gaps(pieces, step):
            outer = below.low is None and above.high is None and gap.low != gap.high
            what = f'no tier of the family "{family}" speaks of "{root}" {show(gap, unit)}'
            hint = "if nothing is to be said there, leave it" if outer else "let one end where the next begins"
            yield Problem("CDS443", tiers[0][0].location, what, hint, "advice" if outer else "warning")
        for (one, first), (other, second) in combinations(tiers, 2):
            for shared in _overlaps(values_left(first, root), values_left(second, root), step):
                what = f'"{one.id}" and "{other.id}" both speak of "{root}" {show(shared, unit)}'
                hint = "write tiers with one-sided tests, the narrowest first"
                yield Problem("CDS444", other.location, what, hint, "warning")


def _gaps(pieces: list[Interval], step: Fraction | None) -> Iterator[tuple[Interval, Interval, Interval]]:
    """What lies below, the values that no piece holds, and what lies above."""
    merged = pieces[:1]
    for piece in pieces[1:]:
        gap = between(merged[-1], piece)
        if gap is not None and holds_a_value(gap, step):
            merged.append(piece)
        else:
            merged[-1] = hull(merged[-1], piece)
    for below, above in pairwise(merged):
        if (gap := between(below, above)) is not None:
            yield below, gap, above


def _overlaps(first: tuple[Interval, ...], second: tuple[Interval, ...], step: Fraction | None) -> Iterator[Interval]:
    """Values of both, where neither holds all of the other: then the order of the file decides, in silence.

    That a tier with one end comes first, and a band after it, is how one says that it goes before.
    """
    for a in first:
        for b in second:
            shared = both(a, b)
            goes_before = not _two_sided(a) and _two_sided(b)
            if holds_a_value(shared, step) and shared not in (a, b) and not goes_before:
                yield shared


def _two_sided(interval: Interval) -> bool:
    return interval.low is not None and interval.high is not None
