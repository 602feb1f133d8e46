"""What was ordered, done or refused at which moment, and how moments lie to visits."""

from datetime import date
from itertools import chain

from tests.oracles.record import (
    LAST,
    UNKNOWN,
    Interval,
    Json,
    Record,
    clock,
    codes_of,
    day,
    period_span,
    prevalence,
    span,
    within,
)

CPT = "http://www.ama-assn.org/go/cpt"
ICD = "http://hl7.org/fhir/sid/icd-10-cm"
P = "2.16.840.1.113883.3.526.3."
VISIT = "2.16.840.1.113883.3.464.1003.101.12."
MEDICAL_REASON, DECLINED, PATIENT_REASON = P + "1007", P + "1582", P + "1008"


def months_later(time: str, months: int) -> str:
    """The same day so many months later, or the last of a shorter month."""
    start = date.fromisoformat(day(time))
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    for last in (start.day, 30, 29, 28):
        try:
            return date(year, month + 1, last).isoformat()
        except ValueError:
            continue
    raise ValueError(time)


def whole(v: Json) -> Interval | None:
    """The time of a visit that has a begin and an end."""
    period = v.get("period") or {}
    return (period["start"], period["end"]) if period.get("start") and period.get("end") else None


def visits_in(r: Record, *names: str, in_person: bool = False) -> list[Interval]:
    """The times of the visits that lie in the year."""
    found = (v for v in r.visits(*names) if not (in_person and _virtual(v)))
    return [time for v in found if within(time := whole(v), r.mp) and time is not None]


def _virtual(v: Json) -> bool:
    return (v.get("class") or {}).get("code") == "VR"


def end_clock(time: str) -> str:
    """The last second of a moment; a day lasts until midnight."""
    return clock(time) if len(time) > 10 else time + "T23:59:59"


def at(when: str | None, visit: Interval) -> bool:
    """To the second, during the visit."""
    return bool(when) and clock(visit[0]) <= clock(when or "") <= end_clock(visit[1])


def on_days(when: str | None, visit: Interval) -> bool:
    """On a day of the visit."""
    return bool(when) and day(visit[0]) <= day(when or "") <= day(visit[1])


def meets(one: Interval | None, visit: Interval) -> bool:
    """They share a second; what ended nobody knows when meets the visit that it began at."""
    if one is None or one[1] == UNKNOWN:
        return one is not None and on_days(one[0], visit)
    return clock(one[0]) <= end_clock(visit[1]) and clock(visit[0]) <= end_clock(one[1])


def outlasts(one: Interval | None, visit: Interval) -> bool:
    """It goes on after the last day of the visit."""
    if one is None or one[1] == UNKNOWN:
        return False
    return day(one[0]) <= day(visit[1]) < day(one[1])


def ill_at(r: Record, names: tuple[str, ...], visit: Interval) -> bool:
    """A diagnosis of the sets meets the visit."""
    return any(meets(prevalence(c), visit) for c in r.conditions(*names))


def ordered(r: Record, *names: str) -> list[str]:
    """When services were ordered."""
    return [s["authoredOn"] for s in r.requests(*names) if s.get("authoredOn")]


def performed(r: Record, *names: str) -> list[str]:
    """When procedures began."""
    return [when[0] for p in r.procedures(*names) if (when := span(p, "performed"))]


def prescribed(r: Record, *names: str) -> list[str]:
    """When medicines were ordered."""
    return [m["authoredOn"] for m in r.medicines(*names) if m.get("authoredOn")]


def observed(r: Record, *names: str) -> list[tuple[str, Json]]:
    """Results by the moment they began, the oldest first."""
    found = [(when[0], o) for o in r.observations(*names) if (when := span(o, "effective"))]
    return sorted(found, key=lambda pair: clock(pair[0]))


def refused(r: Record, names: tuple[str, ...], reasons: tuple[str, ...]) -> list[str]:
    """When a reason against an order, a drug or an observation of the sets was recorded."""
    return [when for when in chain(_not_ordered(r, names, reasons), _not_observed(r, names, reasons)) if when]


def _not_ordered(r: Record, names: tuple[str, ...], reasons: tuple[str, ...]):
    def denied(one: Json) -> bool:
        return bool(one.get("doNotPerform")) and one.get("status") != "entered-in-error"

    for one in r.of("ServiceRequest", denied):
        if r.member(codes_of(one.get("code")), names) and r.member(_told(one, "doNotPerformReason"), reasons):
            yield one.get("authoredOn")
    for one in r.of("MedicationRequest", denied):
        why = {c for x in one.get("reasonCode", []) for c in codes_of(x)}
        if r.member(r.medicine_codes(one), names) and r.member(why, reasons):
            yield one.get("authoredOn")


def _not_observed(r: Record, names: tuple[str, ...], reasons: tuple[str, ...]):
    for one in r.observations(*names, statuses=("cancelled",)):
        if r.member(_told(one, "notDoneReason"), reasons):
            yield one.get("issued")


def _told(one: Json, ending: str) -> set[tuple[str, str]]:
    found = (e for e in one.get("extension", []) + one.get("modifierExtension", []) if e["url"].endswith(ending))
    return {c for e in found for c in codes_of(e.get("valueCodeableConcept"))}


def use(order: Json) -> Interval | None:
    """From the begin of the recorded timing, or from the order, to its recorded end or for ever."""
    told = [(d.get("timing") or {}) for d in order.get("dosageInstruction", [])]
    for timing in told:
        bounds = period_span((timing.get("repeat") or {}).get("boundsPeriod"))
        if bounds:
            start = (timing["repeat"]["boundsPeriod"]).get("start") or order.get("authoredOn")
            return (start, bounds[1]) if start else None
        if timing.get("event"):
            events = sorted(timing["event"])
            return events[0], events[-1]
    when = order.get("authoredOn")
    return (when, LAST) if when else None
