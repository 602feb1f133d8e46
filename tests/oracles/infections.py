"""CMS146, CMS154: antibiotics for a sore throat without a test, and for a cold."""

from tests.oracles.acts import CPT, VISIT, ill_at, months_later, observed, prescribed, use, visits_in
from tests.oracles.leaving_out import V, hospice
from tests.oracles.record import LAST, UNKNOWN, Interval, Record, day, has_value, plus, prevalence

S = V + "464.1003."
ONES = ("1001", "1008", "1010", "1016", "1022", "1023", "1024", "1025", "1026", "1027", "1073", "1080", "1089")
VISITS = (*(VISIT + n for n in ONES), f"{CPT}|99429")
ANTIBIOTICS = S + "196.12.1001"
THROAT, COLD = (S + "102.12.1011", S + "102.12.1012"), (S + "102.12.1022",)
COMORBID, COMPETING = S + "102.12.1025", S + "102.12.1017"


def _in_days(when: str, visit: Interval, days: int = 3) -> bool:
    return day(visit[0]) <= day(when) <= plus(visit[0], days)


def _begins(r: Record, *names: str) -> list[str]:
    return [p[0] for c in r.conditions(*names) if (p := prevalence(c))]


def _treated(r: Record, visit: Interval) -> bool:
    """An antibiotic within three days, and nothing that speaks against counting it."""
    if not any(_in_days(t, visit) for t in prescribed(r, ANTIBIOTICS)):
        return False
    known = [p for c in r.conditions(COMORBID) if (p := prevalence(c)) and p[1] != UNKNOWN]
    comorbid = any(day(p[0]) <= day(visit[0]) and day(p[1]) >= months_later(visit[0], -12) for p in known)
    competing = any(_in_days(t, visit) for t in _begins(r, COMPETING))
    return not comorbid and not competing and not _treated_before(r, visit)


def _treated_before(r: Record, visit: Interval) -> bool:
    """An earlier antibiotic of the thirty days before, by its recorded end if there is one."""
    month = plus(visit[0], -30)
    for order in r.medicines(ANTIBIOTICS):
        taken = use(order)
        if taken is None:
            continue
        open_end = taken[1] == LAST and not _bounded(order)
        if day(taken[0]) < day(visit[0]) and day(taken[0] if open_end else taken[1]) >= month:
            return True
    return False


def _bounded(order) -> bool:
    told = ((d.get("timing") or {}).get("repeat") or {} for d in order.get("dosageInstruction", []))
    return any(repeat.get("boundsPeriod") for repeat in told)


def sore_throat(r: Record) -> bool:
    """A visit for a sore throat with an antibiotic and no streptococcus test within three days."""
    if r.age_at_start() < 3 or hospice(r):
        return False
    tests = [day(t) for t, o in observed(r, S + "198.12.1012") if has_value(o)]
    return any(
        ill_at(r, THROAT, v) and _treated(r, v) and not any(plus(v[0], -3) <= t <= plus(v[1], 3) for t in tests)
        for v in visits_in(r, *VISITS)
    )


def cold(r: Record) -> bool:
    """A visit for a cold with an antibiotic."""
    if hospice(r):
        return False
    visits = [
        v for v in visits_in(r, *VISITS) if day(v[1]) <= plus(r.end, -3) and day(v[0]) >= months_later(r.birth, 3)
    ]
    throats = _begins(r, *THROAT)
    return any(ill_at(r, COLD, v) and _treated(r, v) and not any(_in_days(t, v) for t in throats) for v in visits)
