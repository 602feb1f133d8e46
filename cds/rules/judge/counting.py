"""How many facts, or how many different keys of them: always a number, from what is sure to what is possible."""

from collections.abc import Hashable, Iterable
from datetime import date, timedelta
from fractions import Fraction

from cds.facts.attributes import Coded
from cds.facts.dates import day_before, read_span
from cds.facts.fact import Fact
from cds.rules.definition import Count
from cds.rules.engine.truth import Truth
from cds.rules.judge.finding_facts import find
from cds.rules.judge.shared_keys import ingredients
from cds.rules.judge.spacing import count_spaced
from cds.rules.judge.values import Known, Subject
from cds.rules.judge.verdicts import Verdicts
from cds.rules.judge.windows import span_in_bounds
from cds.units.quantity import Interval, Quantity

_Keys = frozenset[Hashable]
_Range = tuple[int, int | None]


def count(judging: Verdicts, clause: Count, it: Subject | None) -> Known:
    """The facts of a source, each once; with ``distinct``, the different keys that they have."""
    found = find(judging, clause.source, it)
    sure = [fact for fact in found.sure if isinstance(fact, Fact)]
    possible = [fact for fact in found.possible if isinstance(fact, Fact)]
    low, high = _counted(judging, clause, sure, possible, it)
    interval = Interval(Fraction(low), None if found.more or high is None else Fraction(high))
    return Known(Quantity(interval, "1"), None, tuple(sure))


def _counted(judging: Verdicts, clause: Count, sure: list[Fact], possible: list[Fact], it: Subject | None) -> _Range:
    if clause.spaced is not None:
        return count_spaced(clause.spaced, sure, possible)
    match clause.distinct:
        case "":
            return len(sure), len(sure) + len(possible)
        case "day":
            return _days(judging, clause, sure, possible, it)
        case "ingredient":
            return _ingredients(judging, clause, sure, possible)
    named = [_labels(judging, clause.distinct, fact) for fact in sure]
    perhaps = [_labels(judging, clause.distinct, fact) for fact in possible]
    return _groups(named, perhaps)


def _days(judging: Verdicts, clause: Count, sure: list[Fact], possible: list[Fact], it: Subject | None) -> _Range:
    """Calendar days covered, also by periods; a coarse date may cover any of its days, no date any day at all."""
    covered: set[date] = set()
    perhaps: set[date] = set()
    for fact in (*sure, *possible):
        if fact.when is None or fact.when.first_day == date.min:
            return max(len(covered), 1 if sure else 0), None
        days = _span_days(judging, clause, fact.when.first_day, fact.when.last_day)
        is_exact = fact.when.precision in ("day", "instant") and fact in sure
        for day in days:
            verdict = _in_bounds(judging, clause, day, it)
            if verdict is not Truth.FAILS:
                is_told = is_exact and (day == fact.when.first_day or not fact.when.untold_end)
                (covered if is_told and verdict is Truth.HOLDS else perhaps).add(day)
    least = max(len(covered), 1 if sure else 0)
    return least, max(len(covered | perhaps), least)


def _span_days(judging: Verdicts, clause: Count, first: date, last: date) -> Iterable[date]:
    """The days from one to the other that lie in the window, and not after today."""
    within = clause.source.filters.within
    today = judging.moment.today
    if within is not None and not within.is_clock:
        first = max(first, day_before(today, within))
    return (first + timedelta(days=n) for n in range((min(last, today) - first).days + 1))


def _in_bounds(judging: Verdicts, clause: Count, day: date, it: Subject | None) -> Truth:
    """Whether some of a day lies in the window."""
    bounds = clause.source.filters.bounds
    if not bounds:
        return Truth.HOLDS
    span = read_span(day.isoformat(), judging.moment.zone)
    return span_in_bounds(judging, span, bounds, it)


def _ingredients(judging: Verdicts, clause: Count, sure: list[Fact], possible: list[Fact]) -> _Range:
    """Ingredients that the value sets name; of a product that only they list as a whole, one or all of its own."""
    rows = [judging.ruleset.value_sets[name].rows for name in clause.source.filters.in_sets]
    certain: set[Hashable] = set()
    perhaps: set[Hashable] = set()
    unnamed = 0
    for fact in (*sure, *possible):
        named = ingredients(fact)
        chosen = {coding for coding in named if any(coding in each for each in rows)} or named
        unnamed += not named
        is_certain = fact in sure and (len(named) == 1 or chosen is not named)
        (certain if is_certain else perhaps).update(chosen)
    least = max(len(certain), 1 if sure else 0)
    return least, max(len(certain | perhaps) + unnamed, least)


def _labels(judging: Verdicts, key: str, fact: Fact) -> _Keys:
    """What a fact is called under a key; none if nobody knows."""
    if key == "code":
        return frozenset(fact.codings)
    if "." in key:
        name, _, column = key.rpartition(".")
        rows = judging.ruleset.value_sets[name].rows
        return frozenset(word for coding in fact.codings if coding in rows and (word := rows[coding].get(column)))
    value = judging.attribute(fact, key)
    return frozenset(value.words) if isinstance(value, Coded) else frozenset()


def _groups(sure: list[_Keys], possible: list[_Keys]) -> _Range:
    """Facts that share a label are one. A fact without labels may be one more, or one of the others."""
    named = [labels for labels in sure if labels]
    others = [labels for labels in possible if labels]
    together = _merged([*named, *others])
    least = sum(1 for group in together if any(not group.isdisjoint(labels) for labels in named))
    most = len(_merged(named)) + sum(1 for labels in others if all(labels.isdisjoint(known) for known in named))
    unnamed = len(sure) - len(named) + len(possible) - len(others)
    least = max(least, 1 if sure else 0)
    return least, max(most + unnamed, least)


def _merged(every: list[_Keys]) -> list[_Keys]:
    groups: list[_Keys] = []
    for labels in every:
        linked = [group for group in groups if not group.isdisjoint(labels)]
        groups = [group for group in groups if group not in linked] + [labels.union(*linked)]
    return groups
