"""Immunization resources as facts of kind ``immunization``; ``not-done`` stays a fact for rules that ask for it."""

from cds.facts.entry import BAD_STATUS, Entry, Found, read_when, status_of

KINDS = frozenset({"immunization"})
_STATUS = frozenset({"completed", "not-done"})


def read_immunization(entry: Entry) -> tuple[Found, ...]:
    """The dose as one fact, dated by its occurrence; a time told as text only leaves it undated."""
    status = status_of(entry.resource, _STATUS)
    if status is None:
        return (entry.omission(BAD_STATUS, KINDS),)
    when = read_when(entry.resource, ("occurrenceDateTime",), entry.moment)
    if isinstance(when, str):
        return (entry.omission(when, KINDS),)
    return (entry.fact("immunization", status, when),)
