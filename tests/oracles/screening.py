"""CMS125, CMS124, CMS130, CMS153, CMS349, CMS1154, CMS139: screenings that are due."""

from tests.oracles.leaving_out import (
    ADULT_NEW,
    ADULT_SEEN,
    CHILD_NEW,
    CHILD_SEEN,
    DIABETES,
    HOME,
    OFFICE,
    PHONE,
    VIRTUAL,
    WELLNESS,
    YES,
    V,
    excluded,
    hospice,
    palliative,
    result_in,
    seen,
    valued,
)
from tests.oracles.record import (
    FIRST,
    LOINC,
    SNOMED,
    Record,
    age_on,
    authored,
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
    supply,
    within,
    years_later,
)

S = V + "464.1003."
FEMALE = "248152002"
CYTOLOGY, PREGNANCY_TEST = S + "108.12.1017", S + "111.12.1011"


def breast(r: Record) -> bool:
    mp_end = (FIRST, r.end)
    asked = (
        r.patient.get("gender") == "female"
        and 42 <= r.age_at_end() <= 74
        and seen(r, OFFICE, HOME, PHONE, VIRTUAL, ADULT_NEW, ADULT_SEEN, WELLNESS)
    )
    cut = S + "198.12."

    def side(status: str, procedure: str, qualifier: str) -> bool:
        loose = [
            c
            for c in r.conditions(cut + "1071")
            if any(r.member(codes_of(b), (f"{SNOMED}|{qualifier}",)) for b in c.get("bodySite", []))
        ]
        found = r.conditions(cut + status) + loose
        return any(starts_in(prevalence(c), mp_end) for c in found) or any(
            ends_in(span(p, "performed"), mp_end) for p in r.procedures(cut + procedure)
        )

    both = r.any_ill([cut + "1068"], starts_in, mp_end) or any(
        ends_in(span(p, "performed"), mp_end) for p in r.procedures(cut + "1005")
    )
    none_left = both or (side("1070", "1134", "24028007") and side("1069", "1133", "7771000"))
    window = (f"{int(r.start[:4]) - 2}-10-01", r.end)
    done = any(ends_in(span(o, "effective"), window) for o in r.observations(S + "108.12.1018"))
    return asked and not (none_left or excluded(r)) and not done


def cervix(r: Record) -> bool:
    mp_end = (FIRST, r.end)
    asked = r.extension_code("us-core-sex") == FEMALE or r.patient.get("gender") == "female"
    asked = asked and 24 <= r.age_at_end() <= 64 and seen(r, OFFICE, HOME, PHONE, VIRTUAL, ADULT_NEW, ADULT_SEEN)
    gone = r.any_ill([S + "111.12.1016"], starts_in, mp_end) or any(
        ends_in(span(p, "performed"), mp_end) for p in r.procedures(S + "198.12.1014")
    )
    cytology = any(True for _ in result_in(r, r.years(-2), CYTOLOGY))
    hpv = any(age_on(r.birth, span(o, "effective")[0]) >= 30 for o in result_in(r, r.years(-4), S + "110.12.1059"))
    return asked and not (gone or hospice(r) or palliative(r)) and not (cytology or hpv)


def colon(r: Record) -> bool:
    mp_end = (FIRST, r.end)
    asked = 46 <= r.age_at_end() <= 75 and seen(r, OFFICE, HOME, PHONE, VIRTUAL, ADULT_NEW, ADULT_SEEN, WELLNESS)
    out = r.any_ill([S + "108.12.1001"], starts_in, mp_end) or any(
        ends_in(span(p, "performed"), mp_end) for p in r.procedures(S + "198.12.1019")
    )
    done = (
        any(ends_in(span(p, "performed"), r.years(-9)) for p in r.procedures(S + "108.12.1020"))
        or any(ends_in(span(p, "performed"), r.years(-4)) for p in r.procedures(S + "198.12.1010"))
        or any(ends_in(span(o, "effective"), r.years(-4)) for o in r.observations(S + "108.12.1038"))
        or any(True for _ in result_in(r, r.mp, S + "198.12.1011"))
        or any(True for _ in result_in(r, r.years(-2), S + "108.12.1039"))
    )
    return asked and not (out or excluded(r)) and not done


def chlamydia(r: Record) -> bool:
    mp = r.mp
    asked = (
        r.extension_code("us-core-sex") == FEMALE
        and 16 <= r.age_at_end() <= 24
        and seen(r, OFFICE, HOME, PHONE, VIRTUAL, ADULT_NEW, ADULT_SEEN, CHILD_NEW, CHILD_SEEN)
    )
    pill, tests = S + "196.12.1080", r.requests(PREGNANCY_TEST)
    told = [o for o in r.observations(f"{LOINC}|64728-9") if valued(r, o, YES)]
    other = (
        any(overlaps(span(o, "effective"), mp) for o in told)
        or r.any_ill([S + "111.12.1018", S + "111.12.1012", S + "120.12.1003"], overlaps, mp)
        or any(overlaps(supply(m), mp) for m in r.medicines(pill, statuses=("active",)))
        or any(within(authored(m), mp) for m in r.medicines(pill))
        or any(
            within(authored(s), mp)
            for s in r.requests(CYTOLOGY, S + "111.12.1007", S + "110.12.1051", S + "111.12.1008")
        )
        or any(ends_in(span(p, "performed"), mp) for p in r.procedures(S + "111.12.1017"))
    )
    pregnancy_tests = [s["authoredOn"] for s in tests if within(authored(s), mp)]
    followers = [s.get("authoredOn") for s in r.requests(S + "198.12.1034")]
    followers += [m.get("authoredOn") for m in r.medicines(S + "196.12.1143")]
    explained = any(f and day(t) <= day(f) <= plus(t, 6) for t in pregnancy_tests for f in followers)
    active = other or bool(pregnancy_tests)
    out = hospice(r) or (explained and not other)
    done = any(True for _ in result_in(r, mp, S + "110.12.1052"))
    return asked and active and not out and not done


def hiv(r: Record) -> bool:
    asked = 15 <= r.age_at_start() <= 65 and seen(r, OFFICE, ADULT_NEW, ADULT_SEEN, CHILD_NEW, CHILD_SEEN)
    ill = any((p := prevalence(c)) and p[0][:10] < r.start for c in r.conditions(S + "120.12.1003"))
    fifteen, sixty_six = years_later(r.birth, 15), years_later(r.birth, 66)
    done = False
    for one in r.observations("2.16.840.1.113762.1.4.1056.50", f"{LOINC}|75622-1"):
        when = span(one, "effective")
        done |= has_value(one) and when is not None and fifteen <= day(when[0]) < sixty_six and day(when[1]) <= r.end
    dead = r.patient.get("deceasedDateTime", "")
    return asked and not ill and not done and not (dead and day(dead) <= r.end)


def prediabetes(r: Record) -> bool:
    mp = r.mp
    back = r.years(-2)
    preventive, outpatient = "2.16.840.1.113762.1.4.1160.13", "2.16.840.1.113762.1.4.1160.24"

    def count(name: str) -> int:
        return sum(within(period_span(v.get("period")), mp) for v in r.visits(name))

    weights = sorted(
        (latest(span(o, "effective")) or "", number(o, "kg/m2"))
        for o in r.observations(f"{LOINC}|39156-5")
        if within(span(o, "effective"), mp) and number(o, "kg/m2") is not None
    )
    races = {
        e.get("valueCoding", {}).get("code")
        for x in r.patient.get("extension", [])
        if x["url"].endswith("us-core-race")
        for e in x.get("extension", [])
    }
    heavy = bool(weights) and weights[-1][1] >= (23 if "2028-9" in races else 25)
    asked = 35 <= r.age_at_start() <= 70 and heavy and (count(preventive) >= 1 or count(outpatient) >= 2)
    before = (back[0], plus(r.start, -1))
    out = (
        r.any_ill([V + "526.3.378"], overlaps, mp)
        or r.any_ill([DIABETES, "2.16.840.1.113762.1.4.1222.419"], overlaps, before)
        or any(within(span(o, "effective"), before) for o in r.observations("2.16.840.1.113762.1.4.1160.5"))
        or r.any_ill([S + "110.12.1082", V + "526.3.1259"], overlaps, mp)
    )
    tests = [latest(span(o, "effective")) for o in r.observations("2.16.840.1.113762.1.4.1160.5")]
    done = any(t and r.start <= day(t) <= r.end for t in tests)
    return asked and not out and not done


def falls(r: Record) -> bool:
    asked = r.age_at_start() >= 65 and seen(
        r,
        OFFICE,
        HOME,
        PHONE,
        VIRTUAL,
        ADULT_NEW,
        ADULT_SEEN,
        WELLNESS,
        *(S + "101.12." + n for n in ("1012", "1013", "1014", "1026", "1066")),
        *(V + "526.3." + n for n in ("1011", "1022", "1285")),
    )
    done = any(within(span(o, "effective"), r.mp) for o in r.observations(S + "118.12.1028"))
    return asked and not hospice(r) and not done
