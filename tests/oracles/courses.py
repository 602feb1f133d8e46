"""CMS645, CMS149, CMS136, CMS506: bones, memory, children on stimulants, opioids at discharge."""

from datetime import date

from tests.oracles.acts import (
    DECLINED,
    PATIENT_REASON,
    VISIT,
    P,
    at,
    clock,
    end_clock,
    ill_at,
    meets,
    months_later,
    observed,
    ordered,
    performed,
    refused,
    use,
    visits_in,
    whole,
)
from tests.oracles.leaving_out import OFFICE, PHONE, VIRTUAL, V, hospice
from tests.oracles.record import (
    LAST,
    RXNORM,
    SNOMED,
    UNKNOWN,
    Interval,
    Json,
    Record,
    age_on,
    codes_of,
    day,
    has_value,
    hours_between,
    plus,
    prevalence,
    span,
)

S, C, Q = V + "464.1003.", "2.16.840.1.113762.1.4.", "2.16.840.1.113883.3.117.1.7.1."


def _ill_on(known: list[Interval], when: str) -> bool:
    return any(day(p[0]) <= day(when) <= day(p[1]) for p in known if p[1] != UNKNOWN)


def bones(r: Record) -> bool:
    """CMS645: androgen deprivation for a year and no scan of the bones."""
    if not visits_in(r, OFFICE):
        return False
    cancer = [p for c in r.conditions(P + "319") if (p := prevalence(c))]
    starts = [t for m in r.medicines(C + "1248.352") if (t := _first_dose(m)) and _ill_on(cancer, t)]
    window = (months_later(r.start, -3), months_later(r.start, 9))
    orders = [
        t
        for t in ordered(r, f"{SNOMED}|456381000124102")
        if window[0] <= day(t) <= window[1] and _ill_on(cancer, t) and any(day(s) <= day(t) for s in starts)
    ]
    scans = C + "1248.359"
    done = ordered(r, scans) + [t for t, _ in observed(r, scans)] + refused(r, (scans,), (DECLINED,))
    return bool(orders) and not any(months_later(o, -24) <= day(t) <= months_later(o, 3) for t in done for o in orders)


def _first_dose(order: Json) -> str | None:
    events = any((d.get("timing") or {}).get("event") for d in order.get("dosageInstruction", []))
    taken = use(order)
    return order.get("authoredOn") if events else taken and taken[0]


def memory(r: Record) -> bool:
    """CMS149: dementia at a visit, and no assessment in the year before it."""
    names = (
        *(P + n for n in ("1492", "1496", "1011", "1023")),
        *(VISIT + n for n in ["1001", "1008", "1012", "1014", "1016"]),
    )
    found = [v for v in visits_in(r, *names) if ill_at(r, (P + "1005",), v)]
    if not found or len(visits_in(r, *names, P + "1012")) < 2:
        return False
    tools = (P + "1006", P + "1332")
    done = [t for t, o in observed(r, *tools) if has_value(o)]
    if any(clock(t) <= end_clock(v[1]) and day(t) >= months_later(v[1], -12) for t in done for v in found):
        return False
    return not any(at(t, v) for t in refused(r, tools, (PATIENT_REASON,)) for v in found)


STIMULANTS = (
    *(S + n for n in ["1170", "1171", "1172", "1173", "1174", "1176", "1260", "196.11.1252"]),
    f"{RXNORM}|977860",
)
SEEN = (*(VISIT + n for n in ["1001", "1008", "1016", "1022", "1024", "1026", "1027", "1054"]), P + "1492", P + "1496")
STAY = V + "666.5.307"


def stimulants(r: Record) -> bool:
    """CMS136: a new drug for attention, a visit within 30 days, two more within 300 of 210 treated ones."""
    window = (plus(r.start, -90), plus(r.start, 60))
    if not r.birth or age_on(r.birth, window[0]) < 6 or age_on(r.birth, window[1]) > 12:
        return False
    courses = sorted(c for m in r.medicines(*STIMULANTS) if (c := _course(m)))
    new = [c for c in courses if window[0] <= c[0] <= window[1] and not _earlier(c[0], courses)]
    if (
        not new
        or hospice(r)
        or any(day(p[0]) <= r.end for c in r.conditions(S + "114.12.1011") if (p := prevalence(c)))
    ):
        return False
    start = new[0][0]
    places = [(v, t) for v in r.visits(VISIT + "1055") if (t := whole(v)) and _ambulatory(r, v)]
    every = [(v, t) for v in r.visits(*SEEN, PHONE, VIRTUAL) if (t := whole(v))] + places
    before = [t for v in r.visits(*SEEN, PHONE) if (t := whole(v))] + [t for _, t in places]
    if not any(months_later(start, -6) <= day(t[0]) and day(t[1]) <= start for t in before) or _stayed(r, start, 30):
        return False
    remote = {v["id"] for v in r.visits(VIRTUAL)}
    if not any(start < day(t[0]) <= plus(start, 30) and v["id"] not in remote for v, t in every):
        return True
    if len(_days(courses, start)) < 210 or _stayed(r, start, 300):
        return False
    later = [(day(t[0]), v["id"] in remote) for v, t in every if plus(start, 31) <= day(t[0]) <= plus(start, 300)]
    present, away = {d for d, far in later if not far}, {d for d, far in later if far}
    return len(present) < 2 and not any(d != a for d in present for a in away)


def _course(order: Json) -> Interval | None:
    """The first and the last day that an order covers: its recorded bounds, else its days of supply."""
    taken = use(order)
    if taken is None:
        return None
    told = ((d.get("timing") or {}).get("repeat") or {} for d in order.get("dosageInstruction", []))
    if any(repeat.get("boundsPeriod") for repeat in told) and taken[1] != LAST:
        return day(taken[0]), day(taken[1])
    days = ((order.get("dispenseRequest") or {}).get("expectedSupplyDuration") or {}).get("value")
    return day(taken[0]), plus(taken[0], int(days) - 1 if days else 0)


def _earlier(start: str, courses: list[Interval]) -> bool:
    return any(c[0] < start and c[1] >= plus(start, -120) for c in courses)


def _days(courses: list[Interval], start: str) -> set[int]:
    last = date.fromisoformat(plus(start, 300)).toordinal()
    spans = [(date.fromisoformat(max(a, start)).toordinal(), date.fromisoformat(b).toordinal()) for a, b in courses]
    return {one for a, b in spans for one in range(a, min(b, last) + 1)}


def _ambulatory(r: Record, visit: Json) -> bool:
    wanted = [(one.get("location") or {}).get("reference", "") for one in visit.get("location", [])]
    kinds = (
        {c for t in place.get("type", []) for c in codes_of(t)}
        for place in r.of("Location", lambda p: any(w.endswith(f"Location/{p.get('id')}") for w in wanted))
    )
    return any(r.member(codes, (S + "122.12.1003",)) for codes in kinds)


def _stayed(r: Record, start: str, days: int) -> bool:
    """In hospital with a mental disorder as the main diagnosis."""
    for stay in r.visits(STAY):
        time = whole(stay)
        if time and start < day(time[0]) <= plus(start, days) and r.member(_main(r, stay), (S + "105.12.1203",)):
            return True
    return False


def _main(r: Record, stay: Json) -> set[tuple[str, str]]:
    main = [
        (d.get("condition") or {}).get("reference", "")
        for d in stay.get("diagnosis", [])
        if d.get("rank") == 1 or "billing" in {code for _, code in codes_of(d.get("use"))}
    ]
    found = r.of("Condition", lambda c: any(m.endswith(f"Condition/{c.get('id')}") for m in main))
    return {code for c in found for code in codes_of(c.get("code"))}


OPIOIDS, SEDATIVES, TREATMENT = C + "1046.241", C + "1125.1", C + "1046.269"
CANCER_PAIN, SICKLE_CELL = C + "1111.180", C + "1111.175"


def discharge(r: Record) -> bool:
    """CMS506: a stay with two opioids, or one and a benzodiazepine, among its orders for afterwards."""
    stays = [(v, t) for v in r.visits(STAY) if (t := whole(v)) and r.start <= day(t[1]) <= r.end]
    return any(_concurrent(r, v, t) for v, t in stays)


def _orders_at(r: Record, name: str, stay: Interval) -> list[Json]:
    def leaving(order: Json) -> bool:
        kinds = {code for category in order.get("category", []) for _, code in codes_of(category)}
        return bool(kinds & {"discharge", "community"})

    return [m for m in r.medicines(name) if leaving(m) and at(m.get("authoredOn"), stay)]


def _concurrent(r: Record, visit: Json, stay: Interval) -> bool:
    opioids = {frozenset(r.medicine_codes(m) & r.sets[OPIOIDS]) for m in _orders_at(r, OPIOIDS, stay)}
    if age_on(r.birth, stay[0]) < 18 or hours_between(day(stay[0]), day(stay[1])) > 120 * 24:
        return False
    if len(opioids) < 2 and not (opioids and _orders_at(r, SEDATIVES, stay)):
        return False
    went = codes_of((visit.get("hospitalization") or {}).get("dischargeDisposition"))
    why = {c for reason in visit.get("reasonCode", []) for c in codes_of(reason)}
    illnesses = (CANCER_PAIN, SICKLE_CELL)
    return not (
        r.member(went, (C + "1116.365", Q + "308", Q + "309", Q + "87"))
        or r.member(why, illnesses)
        or ill_at(r, illnesses, stay)
        or _comfort(r, stay)
        or _in_treatment(r, stay)
    )


def _comfort(r: Record, stay: Interval) -> bool:
    """Palliative care in the stay, or in the emergency or observation care within an hour before it."""
    start = stay[0]
    for visit in r.visits(Q + "292", C + "1111.143"):
        time = whole(visit)
        if time and 0 <= hours_between(time[1], stay[0]) <= 1:
            start = min(start, time[0])
    names = (V + "600.1.1579", C + "1116.365")
    return any(at(t, (start, stay[1])) for t in ordered(r, *names) + performed(r, *names))


def _in_treatment(r: Record, stay: Interval) -> bool:
    """Treated for opioid use disorder."""
    given = [m["authoredOn"] for m in _orders_at(r, TREATMENT, stay)]
    known = [p for c in r.conditions(C + "1111.171") if meets(p := prevalence(c), stay) and p]
    assisted = [s for p in r.procedures(C + "1111.177") if (s := span(p, "performed")) and at(s[0], stay)]
    return any(clock(p[0]) <= clock(t) <= end_clock(p[1]) for p in known for t in given) or any(
        day(s[0]) <= day(t) <= day(s[0] if s[1] == LAST else s[1]) for s in assisted for t in given
    )
