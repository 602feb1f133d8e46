"""CMS138, CMS2: tobacco and depression, asked and followed up."""

from tests.oracles.acts import (
    CPT,
    ICD,
    MEDICAL_REASON,
    VISIT,
    P,
    months_later,
    observed,
    on_days,
    ordered,
    performed,
    prescribed,
    refused,
    visits_in,
)
from tests.oracles.leaving_out import (
    ADULT_NEW,
    ADULT_SEEN,
    CHILD_NEW,
    CHILD_SEEN,
    HOME,
    OFFICE,
    PHONE,
    VIRTUAL,
    WELLNESS,
    V,
    hospice,
    valued,
)
from tests.oracles.record import LOINC, SNOMED, Interval, Json, Record, clock, codes_of, day, plus, prevalence, span

TWO_OF = (
    HOME,
    OFFICE,
    PHONE,
    VIRTUAL,
    *(P + n for n in ("1285", "1011", "1022", "1492", "1496", "1141", "1530")),
    f"{CPT}|96156",
    f"{CPT}|96158",
)
ONE_OF = (
    WELLNESS,
    CHILD_NEW,
    CHILD_SEEN,
    ADULT_NEW,
    ADULT_SEEN,
    VISIT + "1026",
    VISIT + "1027",
    V + "464.1003.1006",
    f"{CPT}|99429",
    f"{CPT}|99024",
)
USER, NON_USER = P + "1170", P + "1189"


def tobacco(r: Record) -> bool:
    """Not asked in the year, or a user without help since July of the year before."""
    enough = len(visits_in(r, *TWO_OF)) >= 2 or visits_in(r, *ONE_OF)
    if r.age_at_start() < 12 or not enough or hospice(r):
        return False
    answers = [(when, o) for when, o in _answers(r) if on_days(when[0], r.mp) and on_days(when[1], r.mp)]
    if not answers:
        return True
    latest = max(clock(when[0]) for when, _ in answers)
    if not any(valued(r, o, USER) for when, o in answers if clock(when[0]) == latest):
        return False
    window = (months_later(r.start, -6), r.end)
    talk = P + "509"
    helped = performed(r, talk) + ordered(r, talk) + prescribed(r, P + "1190")
    helped += [p[0] for c in r.conditions(f"{ICD}|Z71.6") if (p := prevalence(c))]
    return not any(on_days(t, window) for t in helped)


def _answers(r: Record) -> list[tuple[Interval, Json]]:
    """The value set of the questions is not in the package: they are known by their answers."""

    def fits(o: Json) -> bool:
        kinds = {code for category in o.get("category", []) for _, code in codes_of(category)}
        done = o.get("status") in ("final", "amended", "corrected")
        return done and kinds != {"laboratory"} and valued(r, o, USER, NON_USER)

    return [(when, o) for o in r.of("Observation", fits) if (when := span(o, "effective"))]


POSITIVE, NEGATIVE = f"{SNOMED}|428181000124104", f"{SNOMED}|428171000124102"
TEEN, ADULT = f"{LOINC}|73831-0", f"{LOINC}|73832-8"


def depression(r: Record) -> bool:
    """No screening around a visit, or a positive one without a plan within two days."""
    age = r.age_at_start()
    visits = visits_in(r, V + "600.1916", P + "1022", VISIT + "1080")
    bipolar = [p for c in r.conditions(V + "67.1.101.1.128") if (p := prevalence(c))]
    if age < 12 or not visits or any(day(p[0]) < day(v[0]) for p in bipolar for v in visits):
        return False
    tools = ((TEEN, "1567", "1569", "1570"),) * (age <= 17) + ((ADULT, "1566", "1568", "1571"),) * (age >= 17)
    asked = False
    for tool, drugs, follow_up, referral in tools:
        told = [o for t, o in observed(r, tool) if _around(t, visits) and valued(r, o, POSITIVE, NEGATIVE)]
        if not told:
            continue
        asked = True
        plans = ordered(r, P + referral, P + follow_up) + performed(r, P + referral, P + follow_up)
        plans += prescribed(r, P + drugs)
        planned = any(day(v[0]) <= day(t) <= plus(v[1], 2) for t in plans for v in visits)
        if valued(r, told[-1], NEGATIVE) or planned:
            return False
    if asked:
        return True
    why = (MEDICAL_REASON, f"{SNOMED}|720834000")
    excused = [t for tool, *_ in tools for t in refused(r, (tool,), why)]
    return not any(on_days(t, v) for t in excused for v in visits)


def _around(when: str, visits: list[Interval]) -> bool:
    return any(plus(v[0], -14) <= day(when) <= day(v[0]) for v in visits)
