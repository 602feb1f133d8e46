"""CMS22, CMS69, CMS155: pressures, body mass and the weight of children, each with what should follow."""

from tests.oracles.acts import (
    DECLINED,
    MEDICAL_REASON,
    VISIT,
    P,
    at,
    months_later,
    observed,
    on_days,
    ordered,
    performed,
    prescribed,
    refused,
    visits_in,
)
from tests.oracles.leaving_out import CHILD_NEW, CHILD_SEEN, HOME, OFFICE, PHONE, V, hospice, palliative, valued
from tests.oracles.record import (
    LOINC,
    SNOMED,
    UNKNOWN,
    Interval,
    Json,
    Record,
    age_on,
    clock,
    codes_of,
    day,
    number,
    overlaps,
    prevalence,
    span,
    within,
)

C = "2.16.840.1.113762.1.4."
PRESSURE, UPPER, LOWER = (f"{LOINC}|{n}" for n in ("85354-9", "8480-6", "8462-4"))
REFERRAL, IN_WEEKS, IN_MONTHS = P + "1580", P + "1578", C + "1108.125"
ADVICE = (P + "1581", *(V + "600." + n for n in ("1510", "1515", "1518")), P + "1583")
TESTS = (V + "600.1482", f"{LOINC}|34534-8", f"{LOINC}|11524-6")
DRUGS = V + "526.1577"
TO_SCREEN = V + "600.1920"


def pressure_plan(r: Record) -> bool:
    """A visit without a pressure, or with a raised one and no plan."""
    visits = visits_in(r, TO_SCREEN, in_person=True)
    return r.age_at_start() >= 18 and any(_open(r, v) for v in visits if not _hypertensive(r, v))


def _hypertensive(r: Record, visit: Interval) -> bool:
    known = (prevalence(c) for c in r.conditions(V + "600.263"))
    return any(day(p[0]) < day(visit[0]) and p[1] != UNKNOWN and clock(p[1]) >= clock(visit[0]) for p in known if p)


def _parts(observation: Json) -> tuple[float | None, float | None]:
    found = {}
    for part in observation.get("component", []):
        for _, code in codes_of(part.get("code")):
            found[code] = number(part)
    return found.get("8480-6"), found.get("8462-4")


def _open(r: Record, visit: Interval) -> bool:
    if any(on_days(t, visit) for t in refused(r, (PRESSURE, UPPER, LOWER), (DECLINED, MEDICAL_REASON))):
        return False
    readings = [(t, *_parts(o)) for t, o in observed(r, PRESSURE)]
    uppers = [u for t, u, _ in readings if at(t, visit) and u is not None]
    lowers = [w for t, _, w in readings if at(t, visit) and w is not None]
    if not uppers or not lowers or uppers[-1] <= 0 or lowers[-1] <= 0:
        return True
    upper, lower = uppers[-1], lowers[-1]
    if upper < 120 and lower < 80:
        return False
    year = months_later(visit[0], -12)
    before = any(
        clock(t) < clock(visit[0]) and day(t) >= year and ((u or 0) >= 130 or (w or 0) >= 80) for t, u, w in readings
    )
    steps: list[tuple[str, ...]] = [ADVICE]
    if upper < 130 and lower < 80:
        steps += [(IN_MONTHS,)]
    elif not before:
        steps += [(IN_WEEKS,)]
    elif upper >= 140 or lower >= 90:
        steps += [(IN_WEEKS,), TESTS, (DRUGS,)]
    else:
        steps += [(IN_MONTHS,), TESTS]
    asked = (REFERRAL, *(name for step in steps for name in step))
    declined = any(on_days(t, visit) for t in refused(r, asked, (DECLINED,)))
    return not declined and not _began(r, visit, REFERRAL) and not all(_began(r, visit, *step) for step in steps)


def _began(r: Record, visit: Interval, *names: str) -> bool:
    if names == (DRUGS,):
        return any(on_days(t, visit) for t in prescribed(r, DRUGS))
    return any(on_days(t, visit) for t in ordered(r, *names) + performed(r, *names))


def body_mass(r: Record) -> bool:
    """No BMI of the year, or one out of range without a follow-up."""
    visits = [v for v in visits_in(r, V + "600.1.1751", in_person=True) if age_on(r.birth, v[0]) >= 18]
    told = [o for o in r.observations(f"{LOINC}|82810-3") if valued(r, o, f"{SNOMED}|77386006")]
    pregnant = r.any_ill([V + "600.1.1623"], overlaps, r.mp) or any(
        when is not None and on_days(when[0], r.mp) for when in (span(o, "effective") for o in told)
    )
    if not visits or hospice(r) or palliative(r) or pregnant:
        return False
    found = [number(o) for t, o in observed(r, f"{LOINC}|39156-5") if on_days(t, r.mp)]
    masses = [n for n in found if n is not None]
    above, below = (V + "600.1.1525", V + "600.1.1527"), (V + "600.1.1528", V + "600.1.1527")
    slimming, feeding = P + "1561", P + "1562"
    if any(18.5 <= n < 25 for n in masses):
        return False
    if any(n >= 25 for n in masses) and _followed(r, (*above, slimming), C + "1047.502"):
        return False
    if any(n < 18.5 for n in masses) and _followed(r, (*below, feeding), P + "1563"):
        return False
    step = (f"{LOINC}|39156-5", *above, *below, slimming, feeding)
    excused = refused(r, step, (DECLINED, MEDICAL_REASON))
    return not any(on_days(t, v) for t in excused for v in visits)


def _followed(r: Record, names: tuple[str, ...], why: str) -> bool:
    acts: list[tuple[str | None, Json]] = [(s.get("authoredOn"), s) for s in r.requests(*names)]
    acts += [(m.get("authoredOn"), m) for m in r.medicines(*names)]
    acts += [(when[0], p) for p in r.procedures(*names) if (when := span(p, "performed"))]
    return any(on_days(t, r.mp) and t is not None and _because(r, t, one, why) for t, one in acts)


def _because(r: Record, when: str, act: Json, why: str) -> bool:
    if r.member({c for reason in act.get("reasonCode", []) for c in codes_of(reason)}, (why,)):
        return True
    active = {"active", "recurrence", "relapse"}
    live = (c for c in r.conditions(why) if active & {code for _, code in codes_of(c.get("clinicalStatus"))})
    known = [p for c in live if (p := prevalence(c)) and p[1] != UNKNOWN]
    return any(day(p[0]) <= day(when) <= day(p[1]) for p in known)


def child_weight(r: Record) -> bool:
    """Height, weight and percentile, and counselling on food and on activity."""
    visits = visits_in(r, OFFICE, HOME, CHILD_NEW, CHILD_SEEN, VISIT + "1026", VISIT + "1027", PHONE)
    asked = bool(visits) and 3 <= r.age_at_end() <= 17 and not hospice(r)
    if not asked or r.any_ill([P + "378"], overlaps, r.mp):
        return False

    def measured(code: str) -> bool:
        found = (o for o in r.observations(f"{LOINC}|{code}") if (number(o) or 0) > 0)
        return any(within(span(o, "effective"), r.mp) for o in found)

    def counselled(name: str) -> bool:
        return any(within(span(p, "performed"), r.mp) for p in r.procedures(V + "464.1003." + name))

    sizes = all(measured(code) for code in ("59576-9", "8302-2", "29463-7"))
    return not (sizes and counselled("195.12.1003") and counselled("118.12.1035"))
