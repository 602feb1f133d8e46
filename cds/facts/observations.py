"""Observation resources and their components as facts of kind ``observation``.

Codes decide, never the category. An unreadable value leaves the fact standing: its ``value`` attribute is unreadable,
so it is found and its number is unknown. Which statuses count is for the rules: the word is kept.
"""

from cds.facts.dates import Moment, Span, is_future, read_span
from cds.facts.entry import Entry, Found, read_dated
from cds.facts.modifiers import MODIFIER, RULES
from cds.facts.shapes import JSONObject, display_of
from cds.terminology.coding import Coding

KINDS = frozenset({"observation"})
_STATUS = frozenset({"registered", "preliminary", "final", "amended", "corrected", "cancelled"})
#: effectiveTiming is there so that it is refused: a result "three times a day" has no day.
_EFFECTIVE = ("effectiveDateTime", "effectiveInstant", "effectivePeriod", "effectiveTiming")
#: With one of these a result is read at leisure.
_UNUSUAL = frozenset(
    {"effectiveInstant", "effectivePeriod", "effectiveTiming", "component", "verificationStatus", MODIFIER, RULES}
)
#: What belongs to the panel's own code and must not be read as the component's.
_OWN = (
    *("code", "component", "interpretation", "dataAbsentReason", "referenceRange"),
    *("valueQuantity", "valueCodeableConcept", "valueString", "valueBoolean", "valueInteger", "valueRange"),
    *("valueRatio", "valueSampledData", "valueTime", "valueDateTime", "valuePeriod"),
)


def read_observation(entry: Entry) -> tuple[Found, ...]:
    """One result as one fact, dated by its effective time."""
    return read_dated(entry, "observation", KINDS, _STATUS, _EFFECTIVE)


def read_usual(resource: JSONObject, moment: Moment) -> tuple[str, Span] | None:
    """Status and time of a result that says them as nearly all do; None: :func:`read_observation` must look closer."""
    status = resource.get("status")
    if type(status) is not str or status not in _STATUS or not _UNUSUAL.isdisjoint(resource):
        return None
    when = read_span(resource.get("effectiveDateTime"), moment.zone)
    return None if when is None or is_future(when, moment) else (status, when)


def component_entry(entry: Entry, component: JSONObject, codings: frozenset[Coding]) -> Entry:
    """A component as if it were a result of its own: its value and code, the panel's status, time and reference."""
    merged = dict(entry.resource)
    for name in _OWN:
        merged.pop(name, None)
    merged.update(component)
    display = display_of(component.get("code"))
    return Entry(merged, entry.reference, codings, display, entry.moment, entry.around)
