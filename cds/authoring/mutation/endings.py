"""Windows that end beyond now anyway: to let them end later still changes nothing, for facts dated until now.

``during: measurement`` ends with the calendar year that contains now: no fact that there can be is dated later.
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
    "condition", "lab", "vital", "observation", "procedure", "immunization", "encounter", "current-encounter",
    "allergy", "adverse-event", "dispense", "administration",
})  # fmt: skip


def ends_later_still(ruleset: Ruleset, before: Definition, after: Definition) -> bool:
    """Whether all that was changed is the end of such a window: later than the last day of a current period."""
    one, two = before.clause, after.clause
    if not isinstance(one, Find | Count | Pick | Change) or not isinstance(two, Find | Count | Pick | Change):
        return False
    pairs = zip(one.source.filters.bounds, two.source.filters.bounds, strict=True)
    moved = [(bound, other) for bound, other in pairs if bound != other]
    return bool(moved) and _is_past(ruleset, one.source) and all(_is_later(ruleset, *pair) for pair in moved)


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


def _is_later(ruleset: Ruleset, bound: Bound, other: Bound) -> bool:
    at, then = bound.point, other.point
    return (
        bound.word == other.word == "until"
        and at.edge == then.edge == "end"
        and at.anchor == then.anchor
        and ruleset.periods[at.anchor].kind != "fixed"
        and at.shift is None
        and then.shift is not None
        and not then.back
    )
