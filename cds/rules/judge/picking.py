"""One number from several facts: latest, earliest, highest, lowest (the average stands beside it).

The value is chosen first and tested afterwards: never "the latest normal one".
"""

from cds.facts.attributes import ATTRIBUTES, Coded, Measured
from cds.facts.dates import Span
from cds.facts.fact import Fact
from cds.rules.definition import Pick
from cds.rules.judge.averaging import average
from cds.rules.judge.finding_facts import find
from cds.rules.judge.measuring import known, measured
from cds.rules.judge.values import NOTHING, Answer, Nothing, Number, Subject, Unclear, hull, unclear
from cds.rules.judge.verdicts import Verdicts
from cds.units.quantity import Interval, Quantity
from cds.units.ucum import convert


def pick(judging: Verdicts, clause: Pick, it: Subject | None) -> Number | Answer:
    """The value of a latest, earliest, highest, lowest or average clause."""
    if clause.which == "average":
        return average(judging, clause.source, *_found(judging, clause, it))
    if clause.which in ("highest", "lowest"):
        return _extreme(judging, clause, it)
    ends = ends_of(judging, clause, it)
    if isinstance(ends, Unclear | Nothing):
        return ends
    first = ends[0]
    if len(ends) == 1 and "value" in ATTRIBUTES[first.kind]:  # the usual case
        answer = judging.observed(first)
        if isinstance(answer, Measured):
            return known(judging, clause.source, answer.quantity, ends, first.when)
    bare = [fact for fact in ends if "value" not in ATTRIBUTES[fact.kind]]
    if bare:
        return _itself(clause, ends) if len(bare) == len(ends) else unclear("several-answers", facts=ends)
    answers = [judging.observed(fact) for fact in ends]
    if isinstance(answers[0], Coded):
        return Answer(answers[0], first.when, tuple(ends)) if len(ends) == 1 else unclear("several-answers", facts=ends)
    return _value_of(judging, clause, ends)


def _found(judging: Verdicts, clause: Pick, it: Subject | None) -> tuple[list[Fact], list[Fact], tuple[str, ...]]:
    found = find(judging, clause.source, it, newest=clause.which == "latest")
    sure = [fact for fact in found.sure if isinstance(fact, Fact)]
    if clause.among == "sure" and (dated := [fact for fact in sure if fact.when is not None]):
        return dated, [], ()
    return sure, [fact for fact in found.possible if isinstance(fact, Fact)], found.more


def ends_of(judging: Verdicts, clause: Pick, it: Subject | None) -> list[Fact] | Unclear | Nothing:
    """The fact at the end, or several of one time; unclear if a possible, undated or missing one could be it."""
    sure, possible, more = _found(judging, clause, it)
    if not possible and not more:
        if not sure:
            return NOTHING
        if len(sure) == 1 and sure[0].when is not None:  # the usual case
            return sure
    ends = candidates_at_the_end([*sure, *possible], newest=clause.which == "latest")
    if more:
        return unclear(*more, facts=ends, maybe_more=True)
    if any(fact.when is None for fact in ends):
        return unclear("undated", facts=ends)
    if any(fact in possible for fact in ends):
        return unclear("uncertain", facts=ends)
    return ends


def _itself(clause: Pick, facts: list[Fact]) -> Answer:
    """Facts of a kind that has no value answer with their own codes.

    Of several, what all of them are holds, and what only some are is unknown: those codes are words without a coding.
    """
    shared = frozenset.intersection(*(fact.codings for fact in facts))
    words = frozenset(coding.code.lower() for fact in facts for coding in fact.codings)
    when = time_at_the_end(facts, newest=clause.which == "latest")
    return Answer(Coded(shared, words), when, tuple(facts), is_itself=True)


def candidates_at_the_end(facts: list[Fact], *, newest: bool) -> list[Fact]:
    """The facts that no other fact is certainly beyond; undated ones always may be."""
    dated = [fact for fact in facts if fact.when is not None]
    kept = [fact for fact in facts if fact.when is None]
    for fact in dated:
        beaten = any(_is_beyond(other, fact, newest=newest) for other in dated)
        if not beaten:
            kept.append(fact)
    return kept


def _is_beyond(other: Fact, fact: Fact, *, newest: bool) -> bool:
    if other.when is None or fact.when is None:
        return False
    later, earlier = (other.when, fact.when) if newest else (fact.when, other.when)
    return later.start >= earlier.end and later is not earlier


def _value_of(judging: Verdicts, clause: Pick, facts: list[Fact]) -> Number:
    """The value at the end; values at the same instant give the range of both, or as ``on-tie`` says."""
    values: list[Quantity] = []
    for fact in facts:
        quantity = measured(judging, fact)
        if isinstance(quantity, Unclear):
            return unclear(*quantity.reasons, facts=facts)  # of all of them: any may be the one at the end
        values.append(quantity)
    around = hull(values)
    if around is None:
        return unclear("units-differ", facts=facts)
    if len(values) > 1 and clause.on_tie != "range" and _is_tie(facts):
        make = _highest if clause.on_tie == "highest" else _lowest
        same = [convert(quantity, around.unit) for quantity in values]
        ends = [quantity.interval for quantity in same if isinstance(quantity, Quantity)]
        around = Quantity(make(ends, [], open_ended=False), around.unit)
    return known(judging, clause.source, around, facts, time_at_the_end(facts, newest=clause.which == "latest"))


def time_at_the_end(facts: list[Fact], *, newest: bool) -> Span | None:
    """The span that surely holds the time of the one at the end, whichever of them it is."""
    spans = [fact.when for fact in facts if fact.when is not None]
    if newest:
        return max(spans, key=lambda span: span.end, default=None)
    return min(spans, key=lambda span: span.start, default=None)


def _is_tie(facts: list[Fact]) -> bool:
    """Whether all are of one day: then the author's word decides; of coarser dates nobody knows which is at the end."""
    days = {day for fact in facts if fact.when for day in (fact.when.first_day, fact.when.last_day)}
    return len(days) == 1


def _extreme(judging: Verdicts, clause: Pick, it: Subject | None) -> Number:
    """Highest or lowest: what is not known for sure only opens the range on one side."""
    sure, possible, more = _found(judging, clause, it)
    if not sure and not possible and not more:
        return NOTHING
    values: list[Quantity] = []
    open_ended = bool(more)
    for fact in sure:
        quantity = measured(judging, fact)
        if isinstance(quantity, Unclear):
            open_ended = True
        else:
            values.append(quantity)
    if not values:
        return unclear(*(more or ("uncertain",)), facts=(*sure, *possible), maybe_more=bool(more))
    perhaps = [q for fact in possible if isinstance(q := measured(judging, fact), Quantity)]
    open_ended = open_ended or len(perhaps) < len(possible)
    unit = values[0].unit
    same = [convert(q, unit) for q in values]
    might = [convert(q, unit) for q in perhaps]
    if not all(isinstance(q, Quantity) for q in (*same, *might)):
        return unclear("units-differ", facts=sure)
    certain = [q.interval for q in same if isinstance(q, Quantity)]
    chance = [q.interval for q in might if isinstance(q, Quantity)]
    make = _highest if clause.which == "highest" else _lowest
    extreme = make(certain, chance, open_ended=open_ended)
    # The day beside a number must be its own: that of the one fact that has this very value.
    own = [fact for fact in sure if extreme.is_exact and _is_exactly(judging, fact, Quantity(extreme, unit))]
    return known(judging, clause.source, Quantity(extreme, unit), sure, own[0].when if len(own) == 1 else None)


def _is_exactly(judging: Verdicts, fact: Fact, quantity: Quantity) -> bool:
    value = measured(judging, fact)
    return isinstance(value, Quantity) and convert(value, quantity.unit) == quantity


def _highest(certain: list[Interval], chance: list[Interval], *, open_ended: bool) -> Interval:
    lows = [i.low for i in certain if i.low is not None]
    highs = [i.high for i in (*certain, *chance)]
    top = None if open_ended or any(h is None for h in highs) else max(h for h in highs if h is not None)
    return Interval(max(lows) if lows else None, top)


def _lowest(certain: list[Interval], chance: list[Interval], *, open_ended: bool) -> Interval:
    highs = [i.high for i in certain if i.high is not None]
    lows = [i.low for i in (*certain, *chance)]
    bottom = None if open_ended or any(low is None for low in lows) else min(low for low in lows if low is not None)
    return Interval(bottom, min(highs) if highs else None)
