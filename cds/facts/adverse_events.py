"""AdverseEvent resources as facts of kind ``adverse-event``: what caused harm, or what happened, by its code.

Status is the actuality: ``actual``, or ``potential`` for what nearly happened.
"""

from cds.facts.entry import BAD_STATUS, Entry, Found, read_when
from cds.facts.shapes import JSONObject

KINDS = frozenset({"adverse-event"})
_ACTUALITY = ("actual", "potential")


def read_adverse_event(entry: Entry) -> tuple[Found, ...]:
    """The event as one fact, dated by when it happened, was detected or was recorded, whichever is told first."""
    resource: JSONObject = entry.resource
    actuality = resource.get("actuality")
    if not isinstance(actuality, str) or actuality not in _ACTUALITY:
        return (entry.omission(BAD_STATUS, KINDS),)
    when = read_when(resource, ("date", "detected", "recordedDate"), entry.moment)
    if isinstance(when, str):
        return (entry.omission(when, KINDS),)
    return (entry.fact("adverse-event", actuality, when),)
