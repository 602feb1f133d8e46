"""What several measures share: qualifying visits, hospice, palliative care, frailty and advanced illness."""

from tests.oracles.record import (
    LOINC,
    ORDERS,
    SNOMED,
    Record,
    authored,
    codes_of,
    day,
    ends_in,
    has_value,
    latest,
    overlaps,
    period_span,
    span,
    starts_in,
    supply,
    within,
)

V = "2.16.840.1.113883.3."
OFFICE, HOME, PHONE, VIRTUAL = (V + "464.1003.101.12." + n for n in ("1001", "1016", "1080", "1089"))
ADULT_NEW, ADULT_SEEN, CHILD_NEW, CHILD_SEEN = (V + "464.1003.101.12." + n for n in ("1023", "1025", "1022", "1024"))
WELLNESS = V + "526.3.1240"
DIABETES = V + "464.1003.103.12.1001"
YES = f"{SNOMED}|373066001"
TO_HOSPICE = (f"{SNOMED}|428371000124100", f"{SNOMED}|428361000124107")


def seen(record: Record, *names: str) -> bool:
    """A visit of these types wholly in the period."""
    return any(within(period_span(v.get("period")), record.mp) for v in record.visits(*names))


def valued(record, observation, *names: str) -> bool:
    return record.member(codes_of(observation.get("valueCodeableConcept")), names)


def hospice(record: Record) -> bool:
    mp, care = record.mp, V + "526.3.1584"
    left = (v for v in record.visits(V + "666.5.307") if ends_in(period_span(v.get("period")), mp))
    homes = (codes_of((v.get("hospitalization") or {}).get("dischargeDisposition")) for v in left)
    asked = record.observations(f"{LOINC}|45755-6")
    return (
        any(record.member(codes, TO_HOSPICE) for codes in homes)
        or any(overlaps(period_span(v.get("period")), mp) for v in record.visits(V + "464.1003.1003"))
        or any(valued(record, o, YES) and overlaps(span(o, "effective"), mp) for o in asked)
        or any(within(authored(s), mp) for s in record.requests(care))
        or any(overlaps(span(p, "performed"), mp) for p in record.procedures(care))
        or record.any_ill([V + "464.1003.1165"], overlaps, mp)
    )


def palliative(record: Record) -> bool:
    mp = record.mp
    return (
        any(overlaps(span(o, "effective"), mp) for o in record.observations(f"{LOINC}|71007-9"))
        or record.any_ill([V + "464.1003.1167"], overlaps, mp)
        or any(overlaps(period_span(v.get("period")), mp) for v in record.visits(V + "464.1003.101.12.1090"))
        or any(overlaps(span(p, "performed"), mp) for p in record.procedures(V + "464.1003.198.12.1135"))
    )


def frail(record: Record) -> bool:
    mp, device = record.mp, V + "464.1003.118.12.1300"
    orders = [d for d in record.coded("DeviceRequest", device, field="codeCodeableConcept") if _device_order(d)]
    used = [o for o in record.observations(f"{LOINC}|98181-1") if valued(record, o, device)]
    symptoms = record.observations(
        V + "464.1003.113.12.1075", statuses=("preliminary", "final", "amended", "corrected")
    )
    return (
        any(within(authored(d), mp) for d in orders)
        or any(ends_in(span(o, "effective"), mp) for o in used)
        or record.any_ill([V + "464.1003.113.12.1074"], overlaps, mp)
        or any(overlaps(period_span(v.get("period")), mp) for v in record.visits(V + "464.1003.101.12.1088"))
        or any(overlaps(span(o, "effective"), mp) for o in symptoms)
    )


def _device_order(request) -> bool:
    denied = any(
        e.get("url", "").endswith("doNotPerform") and e.get("valueBoolean")
        for e in request.get("modifierExtension", [])
    )
    return request.get("status") in ("active", "completed") and request.get("intent") in ORDERS and not denied


def ill_or_demented(record: Record) -> bool:
    recent = record.years(-1)
    drugs = record.medicines(V + "464.1003.196.12.1510", statuses=("active",))
    return record.any_ill([V + "464.1003.110.12.1082"], starts_in, recent) or any(
        overlaps(supply(m), recent) for m in drugs
    )


def frail_and_ill(record: Record) -> bool:
    return record.age_at_end() >= 66 and frail(record) and ill_or_demented(record)


def frail_or_very_old(record: Record) -> bool:
    age = record.age_at_end()
    return frail(record) and (age >= 81 or (age >= 66 and ill_or_demented(record)))


def nursing_home(record: Record) -> bool:
    told = [(span(o, "effective"), o) for o in record.observations(f"{LOINC}|71802-3")]
    known = sorted(((s[1], o) for s, o in told if s and day(s[1]) <= record.end), key=lambda pair: pair[0])
    lives = bool(known) and valued(record, known[-1][1], f"{SNOMED}|160734000")
    return record.age_at_end() >= 66 and lives


def excluded(record: Record) -> bool:
    """Hospice, palliative care, frailty with advanced illness from 66 on, long-term nursing home."""
    return hospice(record) or palliative(record) or frail_and_ill(record) or nursing_home(record)


def result_in(record: Record, window, *names: str):
    """Laboratory results with a value whose latest time lies in the window."""
    for one in record.observations(*names):
        when = latest(span(one, "effective"))
        if when and has_value(one) and window[0] <= day(when) <= window[1]:
            yield one
