"""DiagnosticReport resources as facts of kind ``report``: one finished examination, by the code of what was examined.

Its value is what it concludes, in codes; results that it only points to are
observations of their own, and are read as such.
"""

from cds.facts.entry import Entry, Found, read_dated

KINDS = frozenset({"report"})
_STATUS = frozenset({"registered", "partial", "preliminary", "final", "amended", "corrected", "appended", "cancelled"})
_EFFECTIVE = ("effectiveDateTime", "effectivePeriod")


def read_report(entry: Entry) -> tuple[Found, ...]:
    """The report as one fact, dated by when the specimen or the patient was examined, never by when it was issued."""
    return read_dated(entry, "report", KINDS, _STATUS, _EFFECTIVE)
