"""CMS71: anticoagulation at discharge after an ischaemic stroke with atrial fibrillation."""

from tests.oracles.record import (
    FIRST,
    Interval,
    Json,
    Record,
    age_on,
    authored,
    clock,
    codes_of,
    day,
    ends_in,
    hours_between,
    period_span,
    prevalence,
    span,
)

Q = "2.16.840.1.113883.3.117.1.7.1."
NONELECTIVE, STROKE, ED, OBSERVATION = Q + "424", Q + "247", Q + "292", "2.16.840.1.113762.1.4.1111.143"
COMFORT = "1.3.6.1.4.1.33895.1.3.0.45"


def stroke(r: Record) -> bool:
    return any(_gap(r, v) for v in r.visits(NONELECTIVE) if _stroke_stay(r, v))


def _stroke_stay(r: Record, stay: Json) -> bool:
    time = period_span(stay.get("period"))
    if time is None or time[0] == FIRST or not ends_in(time, r.mp):
        return False
    long = hours_between(day(time[0]), day(time[1])) / 24
    main = {c for claim in r.of("Claim", lambda _: True) for c in _principal(claim, stay)}
    return long <= 120 and age_on(r.birth, time[0]) >= 18 and r.member(main, (STROKE,))


def _principal(claim: Json, stay: Json):
    items = [
        i
        for i in claim.get("item", [])
        if any(e.get("reference") == f"Encounter/{stay['id']}" for e in i.get("encounter", []))
    ]
    numbers = {n for i in items for n in i.get("diagnosisSequence", [])}
    for one in claim.get("diagnosis", []):
        kinds = {code for t in one.get("type", []) for _, code in codes_of(t)}
        if one.get("sequence") in numbers and "principal" in kinds:
            yield from codes_of(one.get("diagnosisCodeableConcept"))


def _diagnoses(r: Record, stay: Json):
    wanted = [x.get("reference") for x in stay.get("reasonReference", [])]
    wanted += [d.get("condition", {}).get("reference") for d in stay.get("diagnosis", [])]
    for one in r.of("Condition", lambda c: f"Condition/{c.get('id')}" in wanted):
        yield from codes_of(one.get("code"))


def _gap(r: Record, stay: Json) -> bool:
    time = period_span(stay["period"])
    flutter = Q + "202"
    fibrillation = r.member(set(_diagnoses(r, stay)), (flutter,)) or any(
        (p := prevalence(c)) and clock(p[0]) <= clock(time[1]) for c in r.conditions(flutter)
    )
    ablated = any(
        (p := prevalence(c)) and clock(p[0]) < clock(time[0]) for c in r.conditions("2.16.840.1.113762.1.4.1110.76")
    )
    ablated |= any(
        (s := span(p, "performed")) and clock(s[0]) < clock(time[0])
        for p in r.procedures(Q + "203", "2.16.840.1.113762.1.4.1110.76")
    )
    out = r.member(
        codes_of((stay.get("hospitalization") or {}).get("dischargeDisposition")),
        (Q + "87", Q + "207", Q + "209", Q + "308", Q + "309"),
    )
    whole = (clock(_beginning(r, time)), clock(time[1]))
    comfort = [authored(s) for s in r.requests(COMFORT)] + [span(p, "performed") for p in r.procedures(COMFORT)]
    out |= any(c and whole[0] <= clock(c[0]) <= whole[1] for c in comfort)
    done = any(_during(m.get("authoredOn"), time) for m in r.medicines(Q + "200"))
    return (fibrillation or ablated) and not out and not done and not _excused(r, time)


def _excused(r: Record, time: Interval) -> bool:
    reasons = (Q + "473", Q + "93")
    denied = [
        m
        for m in r.of("MedicationRequest", lambda m: bool(m.get("doNotPerform")))
        if r.member(r.medicine_codes(m), (Q + "200",))
    ]
    return any(
        _during(m.get("authoredOn"), time)
        and r.member({c for x in m.get("reasonCode", []) for c in codes_of(x)}, reasons)
        for m in denied
    )


def _during(when: str | None, time: Interval) -> bool:
    return bool(when) and clock(time[0]) <= clock(when) <= clock(time[1])


def _beginning(r: Record, time: Interval) -> str:
    """The start of the stay with the observation or emergency visit that ended within an hour before it."""
    start = time[0]
    for kind in (OBSERVATION, ED):
        before = [
            p for v in r.visits(kind) if (p := period_span(v.get("period"))) and 0 <= hours_between(p[1], start) <= 1
        ]
        if before:
            start = max(before, key=lambda p: p[1])[0]
    return start
