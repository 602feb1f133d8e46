"""Immunization resources as facts of kind ``immunization``; ``not-done`` stays a fact for rules that ask for it."""

from cds.facts.entry import Entry, Found, read_dated

KINDS = frozenset({"immunization"})
_STATUS = frozenset({"completed", "not-done"})


def read_immunization(entry: Entry) -> tuple[Found, ...]:
    """The dose as one fact, dated by its occurrence; a time told as text only leaves it undated."""
    return read_dated(entry, "immunization", KINDS, _STATUS, ("occurrenceDateTime",))
