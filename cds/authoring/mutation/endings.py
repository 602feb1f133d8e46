"""Windows that end where no later fact can be: to let them end later still changes nothing.

``during: measurement`` ends with the calendar year that contains now, and facts are dated until now; ``during: day of
newest`` ends with the newest of the same facts.
"""

from cds.rules.definition import Bound, Change, Count, Definition, Filters, Find, Pick, Source
from cds.rules.references import kinds_of
from cds.rules.ruleset import Ruleset

#: Kinds that have plans among their statuses, which may be dated ahead; of their usual statuses none is a plan. A
#: medication is not among them: what somebody intends to take is in use, and may begin later.
_PLANNED = frozenset({"service-request", "device-request"})
#: What an order may be; of a prescription all else is a plan.
_ORDERING = frozenset({"order", "original-order", "reflex-order", "filler-order", "instance-order"})
#: Kinds dated until now, whatever their status: what is dated later is no fact yet.
_PAST = frozenset({
    "condition", "lab", "vital", "observation", "report", "procedure", "immunization", "encounter", "current-encounter",
    "allergy", "adverse-event", "dispense", "administration",
})  # fmt: skip


def ends_later_still(ruleset: Ruleset, before: Definition, after: Definition) -> bool:
    """Whether all that was changed is the end of such a window: later than what no fact of it is dated after."""
    one, two = before.clause, after.clause
    if not isinstance(one, Find | Count | Pick | Change) or not isinstance(two, Find | Count | Pick | Change):
        return False
    pairs = zip(one.source.filters.bounds, two.source.filters.bounds, strict=True)
    moved = [(bound, other) for bound, other in pairs if bound != other]
    return bool(moved) and all(
        _is_later(bound, other)
        and (
            (_is_past(ruleset, one.source) and _is_beyond_now(ruleset, bound)) or _is_newest(ruleset, one.source, bound)
        )
        for bound, other in moved
    )


def _is_later(bound: Bound, other: Bound) -> bool:
    at, then = bound.point, other.point
    return (
        bound.word == other.word == "until"
        and (at.anchor, at.edge) == (then.anchor, then.edge)
        and at.shift is None
        and then.shift is not None
        and not then.back
    )


def _is_beyond_now(ruleset: Ruleset, bound: Bound) -> bool:
    """Whether the end is the last day of a period that contains now."""
    at = bound.point
    return (
        bound.word == "until" and at.edge == "end" and at.shift is None and ruleset.periods[at.anchor].kind != "fixed"
    )


def _is_newest(ruleset: Ruleset, source: Source, bound: Bound) -> bool:
    """Whether the window ends with the newest fact of a source that no later fact of this one would have failed."""
    newest = ruleset.definitions.get(bound.point.anchor)
    if newest is None or not isinstance(newest.clause, Pick) or newest.clause.which != "latest" or bound.point.edge:
        return False
    other = newest.clause.source
    mine, its = source.filters, other.filters
    is_as_wide = (
        (source.kinds, source.finders, mine.status) == (other.kinds, other.finders, its.status)
        and (not its.in_sets or (bool(mine.in_sets) and set(mine.in_sets) <= set(its.in_sets)))
        and all(where in mine.where for where in its.where)
        and not (its.not_in or its.that or its.same or its.different)
    )
    begins = [each for each in its.bounds if each.word in ("from", "after") and each.point.edge]
    ends = [each for each in its.bounds if each not in begins]
    if not is_as_wide:
        return False
    reaches_now = not ends and its.within is None
    return reaches_now or (_is_past(ruleset, other) and all(_is_beyond_now(ruleset, each) for each in ends))


def _is_past(ruleset: Ruleset, source: Source) -> bool:
    """Whether no fact of the source is dated later than now."""
    if kinds_of(ruleset, source) <= _PAST:
        return True
    if source.finders:
        return False
    if source.filters.status is None:
        return set(source.kinds) <= _PAST | _PLANNED
    return set(source.kinds) <= _PAST | {"prescription"} and _is_ordered(source.filters)


def _is_ordered(filters: Filters) -> bool:
    """Whether only what is an order passes, and no draft: who orders dates it until now."""
    intents = [where for where in filters.where if where.attribute == "intent" and where.words and not where.negated]
    is_drafted = filters.status is None or not filters.status or "draft" in filters.status
    return not is_drafted and any(where.words <= _ORDERING for where in intents)
