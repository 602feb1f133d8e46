"""``change``: how far the newest value has risen, or fallen, from an earlier one not longer before than ``over``.

A rise is counted from the lowest of the earlier values, a fall from the highest: the greatest change there was.
An earlier value that is not known for sure only opens the range on one side.
"""

from datetime import timedelta
from fractions import Fraction

from cds.facts.fact import Fact
from cds.rules.definition import Change
from cds.rules.engine.truth import Truth
from cds.rules.judge.finding_facts import find
from cds.rules.judge.measuring import first_unit, measured_in
from cds.rules.judge.picking import candidates_at_the_end, time_at_the_end
from cds.rules.judge.values import NOTHING, Known, Number, Subject, Unclear, hull, unclear
from cds.rules.judge.verdicts import Verdicts
from cds.rules.judge.windows import no_longer_before
from cds.units.quantity import Interval, Quantity

_HUNDRED = Fraction(100)
_TICK = timedelta(microseconds=1)


def change(judging: Verdicts, clause: Change, it: Subject | None) -> Number:
    """The rise or fall, in the unit of its test; absent without an earlier value to compare with."""
    found = find(judging, clause.source, it)
    sure = [fact for fact in found.sure if isinstance(fact, Fact)]
    possible = [fact for fact in found.possible if isinstance(fact, Fact)]
    if found.more:
        return unclear(*found.more, facts=(*sure, *possible), maybe_more=True)
    if not sure and not possible:
        return NOTHING
    newest = candidates_at_the_end([*sure, *possible], newest=True)
    when = time_at_the_end(newest, newest=True)
    if when is None or any(fact.when is None for fact in newest):
        return unclear("undated", facts=newest)
    if any(fact in possible for fact in newest):
        return unclear("uncertain", facts=newest)
    unit = clause.limit.unit if clause.by == "difference" else first_unit(judging, newest) or "1"
    now = _read(judging, clause, newest, unit)
    certain, perhaps = _earlier(judging, clause, newest, sure, possible)
    if not certain and not perhaps:
        return NOTHING if len(now) == len(newest) else _unreadable(judging, clause, newest, unit)
    before, chance = _read(judging, clause, certain, unit), _read(judging, clause, perhaps, unit)
    if len(now) < len(newest) or not before:
        return _unreadable(judging, clause, [*newest, *certain, *perhaps], unit)
    is_open = len(before) < len(certain) or len(chance) < len(perhaps)
    amount = _amount(clause, _around(now), _extreme(clause, before, chance, is_open=is_open))
    if amount is None:
        return unclear("not-above-zero", facts=(*newest, *certain))
    return Known(Quantity(amount, clause.limit.unit), when, (*newest, *certain))


def _earlier(
    judging: Verdicts, clause: Change, newest: list[Fact], sure: list[Fact], possible: list[Fact]
) -> tuple[list[Fact], list[Fact]]:
    """Earlier values in time for sure, and those that may be: of several newest ones nobody knows which came first."""
    certain: list[Fact] = []
    perhaps = [] if _at_one_instant(newest) else list(newest)
    for fact in (*sure, *possible):
        if fact in newest:
            continue
        verdicts = [no_longer_before(judging.moment, fact.when, last.when, clause.over) for last in newest]
        if all(verdict is Truth.FAILS for verdict in verdicts):
            continue
        is_certain = fact in sure and all(verdict is Truth.HOLDS for verdict in verdicts)
        (certain if is_certain else perhaps).append(fact)
    return certain, perhaps


def _at_one_instant(facts: list[Fact]) -> bool:
    """Of one day, or told to the same minute, one may still have come before the other."""
    spans = [fact.when for fact in facts if fact.when is not None]
    return len(facts) == 1 or max(span.end for span in spans) - min(span.start for span in spans) <= _TICK


def _read(judging: Verdicts, clause: Change, facts: list[Fact], unit: str) -> list[Interval]:
    """The values that can be read."""
    values = [measured_in(judging, clause.source, fact, unit) for fact in facts]
    return [value.interval for value in values if isinstance(value, Quantity)]


def _unreadable(judging: Verdicts, clause: Change, facts: list[Fact], unit: str) -> Unclear:
    values = [measured_in(judging, clause.source, fact, unit) for fact in facts]
    reasons = [reason for value in values if isinstance(value, Unclear) for reason in value.reasons]
    return unclear(*(reasons or ("uncertain",)), facts=facts)


def _around(intervals: list[Interval]) -> Interval:
    whole = hull(Quantity(interval, "1") for interval in intervals)
    return whole.interval if whole is not None else Interval(None, None)


def _extreme(clause: Change, certain: list[Interval], chance: list[Interval], *, is_open: bool) -> Interval:
    """The lowest of the earlier values for a rise, the highest for a fall."""
    lows, highs = [i.low for i in certain], [i.high for i in certain]
    if clause.way == "rise":
        return Interval(None if is_open else _least([*lows, *(i.low for i in chance)]), _least_known(highs))
    most = None if is_open else _most([*highs, *(i.high for i in chance)])
    return Interval(_most_known(lows), most)


def _least(bounds: list[Fraction | None]) -> Fraction | None:
    known = [bound for bound in bounds if bound is not None]
    return min(known) if len(known) == len(bounds) else None


def _most(bounds: list[Fraction | None]) -> Fraction | None:
    known = [bound for bound in bounds if bound is not None]
    return max(known) if len(known) == len(bounds) else None


def _least_known(bounds: list[Fraction | None]) -> Fraction | None:
    return min((bound for bound in bounds if bound is not None), default=None)


def _most_known(bounds: list[Fraction | None]) -> Fraction | None:
    return max((bound for bound in bounds if bound is not None), default=None)


def _amount(clause: Change, now: Interval, before: Interval) -> Interval | None:
    """The change as it is tested: a difference, a multiple or percent; None if a multiple of that says nothing."""
    if clause.by == "difference":
        later, earlier = (now, before) if clause.way == "rise" else (before, now)
        return Interval(_minus(later.low, earlier.high), _minus(later.high, earlier.low))
    if any(bound is not None and bound <= 0 for bound in (before.low, before.high, now.high)):
        return None
    low = _over(max(now.low or Fraction(0), Fraction(0)), before.high, Fraction(0))
    high = _over(now.high, before.low, None)
    if clause.by == "multiple":
        return Interval(low, high)
    if clause.way == "rise":
        return Interval(_percent(low), _percent(high))
    fallen, least = _percent(low), _percent(high)
    return Interval(None if least is None else -least, None if fallen is None else -fallen)


def _minus(a: Fraction | None, b: Fraction | None) -> Fraction | None:
    return None if a is None or b is None else a - b


def _over(a: Fraction | None, b: Fraction | None, otherwise: Fraction | None) -> Fraction | None:
    return otherwise if a is None or b is None else a / b


def _percent(multiple: Fraction | None) -> Fraction | None:
    return None if multiple is None else (multiple - 1) * _HUNDRED
