"""Encounter resources as facts of kind ``encounter``, and the one of the context as ``current-encounter``."""

from cds.facts.entry import BAD_STATUS, Entry, Found, read_when, status_of

KINDS = frozenset({"encounter", "current-encounter"})
_PAST = frozenset({"encounter"})
_STATUS = frozenset({"planned", "arrived", "triaged", "in-progress", "onleave", "finished", "cancelled"})
#: With these a visit goes on until an end is told.
_GOING_ON = frozenset({"arrived", "triaged", "in-progress", "onleave"})


def read_encounter(entry: Entry) -> tuple[Found, ...]:
    """The encounter as a fact (two if it is the context's), dated by its period; a planned one may lie ahead."""
    current = entry.reference == entry.around.encounter
    kinds = KINDS if current else _PAST
    status = status_of(entry.resource, _STATUS)
    if status is None:
        return (entry.omission(BAD_STATUS, kinds),)
    over = status not in _GOING_ON
    when = read_when(entry.resource, ("period",), entry.moment, plan=status == "planned", over=over)
    if isinstance(when, str):
        return (entry.omission(when, kinds),)
    found = entry.fact("encounter", status, when)
    return (found, entry.fact("current-encounter", status, when)) if current else (found,)
