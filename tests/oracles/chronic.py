"""CMS122, CMS131, CMS951, CMS165: diabetes and blood pressure."""

from tests.oracles.leaving_out import (
    ADULT_NEW,
    ADULT_SEEN,
    DIABETES,
    HOME,
    OFFICE,
    PHONE,
    VIRTUAL,
    WELLNESS,
    V,
    excluded,
    frail_or_very_old,
    hospice,
    nursing_home,
    palliative,
    result_in,
    seen,
    valued,
)
from tests.oracles.record import (
    FIRST,
    LOINC,
    SNOMED,
    UNKNOWN,
    Record,
    clock,
    codes_of,
    day,
    ends_in,
    has_value,
    latest,
    number,
    overlaps,
    period_span,
    plus,
    prevalence,
    span,
    starts_in,
)

S = V + "464.1003."
CPT, HCPCS = "http://www.ama-assn.org/go/cpt", "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
NUTRITION = (f"{HCPCS}|G0270", f"{HCPCS}|G0271", f"{CPT}|97802", f"{CPT}|97803", f"{CPT}|97804")


def _diabetic(r: Record, oldest: int) -> bool:
    return 18 <= r.age_at_end() <= oldest and r.any_ill([DIABETES], overlaps, r.mp)


def a1c(r: Record) -> bool:
    asked = _diabetic(r, 75) and seen(r, OFFICE, HOME, PHONE, ADULT_NEW, ADULT_SEEN, WELLNESS, S + "1006", *NUTRITION)
    found = []
    for one in r.observations(S + "198.12.1013", f"{LOINC}|97506-0"):
        when = latest(span(one, "effective"))
        if when and r.start <= day(when) <= r.end:
            found.append((day(when), one))
    last = [o for d, o in found if d == max(f[0] for f in found)]
    numbers = [number(o, "%") for o in last if number(o, "%") is not None]
    told = any(has_value(o) for o in last)
    poor = not told or (bool(numbers) and min(numbers) > 9)
    return asked and not excluded(r) and poor


def eyes(r: Record) -> bool:
    asked = _diabetic(r, 75) and seen(r, OFFICE, HOME, PHONE, ADULT_NEW, ADULT_SEEN, WELLNESS, V + "526.3.1285")
    blind = r.any_ill([f"{SNOMED}|15665641000119103"], overlaps, r.mp)
    exams = [span(o, "effective") for o in r.observations(S + "115.12.1088")]
    retinopathy = r.any_ill([V + "526.3.327"], overlaps, r.mp)
    before = (r.years(-1)[0], plus(r.start, -1))
    graded = r.observations(f"{LOINC}|71490-7", f"{LOINC}|71491-5")

    def clear(loinc: str) -> bool:
        return any(
            ends_in(span(o, "effective"), before) and valued(r, o, f"{LOINC}|LA18643-9")
            for o in r.observations(f"{LOINC}|{loinc}")
        )

    done = (
        any(ends_in(e, r.mp) for e in exams)
        or (not retinopathy and any(ends_in(e, before) for e in exams))
        or any(ends_in(span(o, "effective"), r.mp) and valued(r, o, S + "1266", f"{LOINC}|LA18643-9") for o in graded)
        or (clear("71490-7") and clear("71491-5"))
        or any(
            ends_in(span(o, "effective"), r.mp) and valued(r, o, V + "464.1004.2616")
            for o in r.observations(f"{LOINC}|105914-6")
        )
    )
    return asked and not (blind or excluded(r)) and not done


def kidneys(r: Record) -> bool:
    asked = (
        18 <= r.age_at_start() <= 85
        and any(
            (p := prevalence(c)) and clock(p[0]) < clock(r.start) and p[1] != UNKNOWN and r.start <= day(p[1])
            for c in r.conditions(DIABETES)
        )
        and seen(r, OFFICE, HOME, PHONE, ADULT_NEW, ADULT_SEEN, WELLNESS, S + "101.12.1008")
    )
    out = r.any_ill([V + "526.3.1002", V + "526.3.353"], overlaps, r.mp) or hospice(r) or palliative(r)
    egfr = any(True for _ in result_in(r, r.mp, V + "6929.3.1000"))
    ratio = any(
        number(o) is not None or valued(r, o, "2.16.840.1.113762.1.4.1248.272")
        for o in result_in(r, r.mp, V + "6929.3.1007")
    )
    days = [
        [day(latest(span(o, "effective"))) for o in result_in(r, r.mp, "2.16.840.1.113762.1.4.1178." + n)]
        for n in ("88", "87")
    ]
    pair = any(plus(a, -4) <= c <= plus(a, 4) for a in days[0] for c in days[1])
    return asked and not out and not (egfr and (ratio or pair))


def pressure(r: Record) -> bool:
    half = (r.start, f"{r.start[:4]}-06-30")
    asked = (
        18 <= r.age_at_end() <= 85
        and r.any_ill([S + "104.12.1011"], overlaps, half)
        and seen(r, OFFICE, HOME, PHONE, VIRTUAL, ADULT_NEW, ADULT_SEEN, WELLNESS)
    )
    out = (
        r.any_ill([V + "526.3.378", V + "526.3.353", V + "526.3.1002", S + "109.12.1029"], overlaps, r.mp)
        or any(
            ends_in(span(p, "performed"), (FIRST, r.end)) for p in r.procedures(S + "109.12.1012", S + "109.12.1013")
        )
        or any(starts_in(period_span(v.get("period")), (FIRST, r.end)) for v in r.visits(S + "109.12.1014"))
        or hospice(r)
        or palliative(r)
        or frail_or_very_old(r)
        or nursing_home(r)
    )
    barred = {f"Encounter/{v['id']}" for v in r.visits(V + "666.5.307", S + "101.12.1010")}
    barred |= {
        f"Encounter/{v['id']}"
        for v in r.of(
            "Encounter", lambda v: v.get("class", {}).get("code") in ("EMER", "IMP", "ACUTE", "NONAC", "PRENC", "SS")
        )
    }
    readings = []
    for one in r.observations(f"{LOINC}|85354-9"):
        when = latest(span(one, "effective"))
        if when and r.start <= day(when) <= r.end and (one.get("encounter") or {}).get("reference") not in barred:
            readings.append((day(when), _part(one, "8480-6"), _part(one, "8462-4")))
    last = [x for x in readings if x[0] == max(y[0] for y in readings)]
    upper, lower = [x[1] for x in last if x[1] is not None], [x[2] for x in last if x[2] is not None]
    good = bool(upper) and bool(lower) and min(upper) < 140 and min(lower) < 90
    return asked and not out and not good


def _part(observation, code: str):
    for one in observation.get("component", []):
        if (LOINC, code) in codes_of(one.get("code")):
            return number(one, "mm[Hg]")
    return None
