"""DiagnosticReport resources as facts of kind ``report``: one finished examination, by the code of what was examined.

Its value is what it concludes, in codes; results that it only points to are
observations of their own, and are read as such.
"""

from cds.facts.entry import BAD_STATUS, Entry, Found, read_when, status_of

KINDS = frozenset({"report"})
_STATUS = frozenset({"registered", "partial", "preliminary", "final", "amended", "corrected", "appended", "cancelled"})
_EFFECTIVE = ("effectiveDateTime", "effectivePeriod")


def read_report(entry: Entry) -> tuple[Found, ...]:
    """The report as one fact, dated by when the specimen or the patient was examined, never by when it was issued."""
    status = status_of(entry.resource, _STATUS)
    if status is None:
        return (entry.omission(BAD_STATUS, KINDS),)
    when = read_when(entry.resource, _EFFECTIVE, entry.moment)
    if isinstance(when, str):
        return (entry.omission(when, KINDS),)
    return (entry.fact("report", status, when),)
