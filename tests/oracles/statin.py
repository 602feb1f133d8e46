"""CMS347: a statin for those who need one, in four populations."""

from tests.oracles.leaving_out import ADULT_NEW, ADULT_SEEN, DIABETES, OFFICE, WELLNESS, V, hospice, palliative, seen
from tests.oracles.record import (
    FIRST,
    LAST,
    LOINC,
    Record,
    authored,
    codes_of,
    latest,
    number,
    overlaps,
    span,
    starts_in,
    supply,
    within,
)

C = "2.16.840.1.113762.1.4."
VISITS = (
    OFFICE,
    ADULT_NEW,
    ADULT_SEEN,
    WELLNESS,
    V + "464.1003.101.11.1150",
    V + "464.1003.101.12.1008",
    V + "464.1003.101.12.1026",
    V + "526.3.1576",
    C + "1248.276",
)
STATINS = (V + "526.3.1572", V + "526.3.1574", V + "526.3.1575")
ASCVD = (
    C + "1108.101",
    C + "1047.21",
    C + "1047.44",
    C + "1047.46",
    C + "1047.47",
    "http://hl7.org/fhir/sid/icd-10-cm|I22.2",
)
REPAIRS = (C + "1045.67", C + "1138.566", V + "666.5.694", "2.16.840.1.113883.3.117.1.7.1.204")
LIVER = (C + "1047.42", V + "464.1003.110.12.1024", V + "67.1.101.1.269", V + "526.3.353", C + "1108.85")


def statin(r: Record) -> bool:
    if not seen(r, *VISITS):
        return False
    upto = (FIRST, r.end)
    age = r.age_at_start()
    ascvd = r.any_ill(ASCVD, starts_in, upto) or any(
        starts_in(span(p, "performed"), upto) for p in r.procedures(*REPAIRS)
    )
    ldl = any(
        (latest(span(o, "effective")) or LAST)[:10] <= r.end and (number(o, "mg/dL") or 0) >= 190
        for o in r.observations(V + "526.3.1573")
    )
    familial = r.any_ill([C + "1047.100"], starts_in, upto)
    risk = any(
        overlaps(span(o, "effective"), r.mp) and (number(o, "%") or 0) >= 20
        for o in r.observations(f"{LOINC}|79423-0", f"{LOINC}|99055-6")
    )
    asked = (
        ascvd
        or (20 <= age <= 75 and (ldl or familial))
        or (40 <= age <= 75 and (r.any_ill([DIABETES], overlaps, r.mp) or risk))
    )
    out = r.any_ill([C + "1047.73", C + "1047.102"], overlaps, r.mp)
    done = any(within(authored(m), r.mp) for m in r.medicines(*STATINS)) or any(
        overlaps(supply(m), r.mp) for m in r.medicines(*STATINS, statuses=("active",))
    )
    return asked and not out and not done and not _excused(r)


def _excused(r: Record) -> bool:
    allergies = [a for a in r.coded("AllergyIntolerance", C + "1110.42") if _live(a)]
    harms = r.coded("AdverseEvent", C + "1110.42", C + "1108.85", field="event")
    denied = [
        m
        for m in r.of("MedicationRequest", lambda m: bool(m.get("doNotPerform")))
        if r.member(r.medicine_codes(m), STATINS)
        and within(authored(m), r.mp)
        and m.get("status") in ("completed", "active")
    ]
    return (
        any((span(a, "onset") or (FIRST, ""))[0][:10] <= r.end for a in allergies)
        or any((h.get("recordedDate") or h.get("date") or FIRST)[:10] <= r.end for h in harms)
        or r.any_ill(LIVER, overlaps, r.mp)
        or hospice(r)
        or palliative(r)
        or any(r.member({c for x in m.get("reasonCode", []) for c in codes_of(x)}, (V + "526.3.1007",)) for m in denied)
    )


def _live(allergy) -> bool:
    status = codes_of(allergy.get("clinicalStatus"))
    return not status or any(code == "active" for _, code in status)
