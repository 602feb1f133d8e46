"""One resource of interest on its way to becoming facts, and the steps that all kinds share.

Between ``record`` (which decides that a resource matters) and the readers of the kinds (which say what it is).
"""

from collections.abc import Mapping
from dataclasses import field

from cds.facts.dates import Moment, Span, is_future, of_what_is_over, read_onset, read_period, read_span
from cds.facts.fact import Fact, Omission
from cds.facts.shapes import JSONObject
from cds.frozen import value
from cds.terminology.coding import Coding

Found = Fact | Omission

BAD_DATE = "bad-date"
#: Elements of which FHIR R4 allows one at a time.
_CHOICES = frozenset(
    f"{name}{kind}"
    for name in ("effective", "performed", "occurrence", "onset")
    for kind in ("DateTime", "Period", "Instant", "Timing", "Date")
)
FUTURE = "future-date"
BAD_STATUS = "bad-status"
#: Takes a resource back (FHIR R4, in every list of statuses); codes are case-sensitive, so it is compared as it stands.
IN_ERROR = "entered-in-error"


@value()
class Surroundings:
    """What the reader of one resource must know of the rest of the request.

    encounter: reference of the context's encounter. drafts: the drafts by reference. replaced: requests that a
    draft replaces. requests: the medication that each request read so far means, by reference.
    """

    encounter: str | None = None
    drafts: Mapping[str, JSONObject] = field(default_factory=dict)
    replaced: frozenset[str] = frozenset()
    requests: Mapping[str, Fact] = field(default_factory=dict)


@value(eq=False)
class Entry:
    """A resource of interest: what it is called, which codes it has, and when it is read."""

    resource: JSONObject
    reference: str
    codings: frozenset[Coding]
    display: str
    moment: Moment
    around: Surroundings

    def fact(self, kind: str, status: str, when: Span | None) -> Fact:
        """The resource as a fact of one kind."""
        return Fact(kind, self.reference, self.codings, self.display, status, when, self.resource)

    def omission(self, reason: str, kinds: frozenset[str]) -> Omission:
        """The resource as something that could not be read, though its codes could."""
        return Omission(self.reference, reason, kinds, self.codings)


def status_of(resource: JSONObject, known: frozenset[str]) -> str | None:
    """The status word, if it is one that decides anything; ``unknown`` does not."""
    status = resource.get("status")
    if not isinstance(status, str):
        return None
    if status in known:
        return status
    word = status.strip().lower()
    return word if word in known else None


def read_when(
    resource: JSONObject, elements: tuple[str, ...], moment: Moment, *, plan: bool = False, over: bool = False
) -> Span | str | None:
    """When it happened, by the first of ``elements`` that is there; ``None`` if none is.

    A text is the reason why it cannot be told: ``bad-date`` (also for two of a choice such as ``effective[x]``) or,
    unless it is a ``plan``, ``future-date``. over: it does not go on, so a period without an end has ended since.
    """
    when = _read_first(resource, elements, moment, plan)
    return of_what_is_over(when) if over and isinstance(when, Span) else when


def _read_first(resource: JSONObject, elements: tuple[str, ...], moment: Moment, plan: bool) -> Span | str | None:
    present = [element for element in elements if element in resource]
    if not present:
        return None
    if len(present) == 1:  # the usual case
        return _read_told(resource, present[0], moment, plan) or None
    if sum(bool(resource[element]) for element in present if element in _CHOICES) > 1:
        return BAD_DATE
    told = (_read_told(resource, element, moment, plan) for element in present)
    return next((span for span in told if span), None)


def read_dated(
    entry: Entry, kind: str, kinds: frozenset[str], statuses: frozenset[str], elements: tuple[str, ...]
) -> tuple[Found, ...]:
    """A resource that is one fact, with one of ``statuses``, dated by the first of ``elements`` that is there.

    What was seen, or given, does not go on: a period without an end has one that nobody told.
    kinds: what an omission stands for where its status or its date cannot be told.
    """
    status = status_of(entry.resource, statuses)
    if status is None:
        return (entry.omission(BAD_STATUS, kinds),)
    when = read_when(entry.resource, elements, entry.moment, over=True)
    if isinstance(when, str):
        return (entry.omission(when, kinds),)
    return (entry.fact(kind, status, when),)


def _read_told(resource: JSONObject, element: str, moment: Moment, plan: bool) -> Span | str:
    """What one element tells; empty if nothing stands there."""
    value = resource[element]
    if type(value) is str and element[-6:] != "Period":  # the usual case
        span = read_span(value, moment.zone)
    elif value is None or value == {}:
        return ""
    else:
        span = read_date(value, element, moment)
    if span is None:
        return BAD_DATE
    return FUTURE if not plan and is_future(span, moment) else span


def read_since(resource: JSONObject, onset: tuple[str, ...], moment: Moment) -> Span | str | None:
    """Since when: the onset if it can be read, else the day it was recorded; reasons as :func:`read_when`."""
    begun = read_when(resource, onset, moment)
    if isinstance(begun, Span) or begun == FUTURE:
        return begun
    recorded = read_when(resource, ("recordedDate",), moment)
    return recorded if recorded is not None else begun


def read_date(value: object, element: str, moment: Moment) -> Span | None:
    """A date, dateTime, instant or (by the name of its element) Period; ``None`` if it cannot be read."""
    if element == "onsetPeriod":
        return read_onset(value, moment.zone)
    return read_period(value, moment.zone) if element.endswith("eriod") else read_span(value, moment.zone)
