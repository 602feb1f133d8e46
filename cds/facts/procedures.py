"""Procedure resources as facts of kind ``procedure``; ``not-done`` stays a fact for rules that ask for it."""

from cds.facts.entry import BAD_STATUS, Entry, Found, read_when, status_of

KINDS = frozenset({"procedure"})
_STATUS = frozenset({"preparation", "in-progress", "not-done", "on-hold", "stopped", "completed"})
#: performedAge, performedRange and performedString are no dates: the procedure is undated.
_PERFORMED = ("performedDateTime", "performedPeriod")


def read_procedure(entry: Entry) -> tuple[Found, ...]:
    """The procedure as one fact, dated by when it was performed; one in preparation may lie ahead."""
    status = status_of(entry.resource, _STATUS)
    if status is None:
        return (entry.omission(BAD_STATUS, KINDS),)
    when = read_when(
        entry.resource, _PERFORMED, entry.moment, plan=status == "preparation", over=status != "in-progress"
    )
    if isinstance(when, str):
        return (entry.omission(when, KINDS),)
    return (entry.fact("procedure", status, when),)
