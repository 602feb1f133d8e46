"""CMS156: high-risk medicines of the elderly, ordered twice."""

from datetime import date

from tests.oracles.leaving_out import (
    ADULT_NEW,
    ADULT_SEEN,
    HOME,
    OFFICE,
    PHONE,
    VIRTUAL,
    WELLNESS,
    V,
    hospice,
    palliative,
    seen,
)
from tests.oracles.record import Record, authored, codes_of, day, overlaps, supply, within

S = V + "464.1003."
PLAIN = tuple(
    S + n
    for n in (
        "1043",
        "1049",
        "1050",
        "1051",
        "1053",
        "1054",
        "1055",
        "1057",
        "1058",
        "1059",
        "1060",
        "1062",
        "1063",
        "1247",
        "1248",
        "196.11.1252",
        "196.12.1480",
    )
)
ERGOLOID = "http://www.nlm.nih.gov/research/umls/rxnorm|318179"
STRENGTH = {
    "204504": 0.1,
    "104208": 0.25,
    "393245": 0.05,
    "245273": 0.0625,
    "197604": 0.125,
    "197606": 0.25,
    "1000048": 10,
    "1000054": 10,
    "1000058": 100,
    "1000064": 150,
    "1000070": 25,
    "966787": 3,
    "1000076": 50,
    "966793": 6,
    "1000097": 75,
}


def high_risk(r: Record) -> bool:
    asked = r.age_at_end() >= 65 and seen(
        r,
        OFFICE,
        HOME,
        PHONE,
        VIRTUAL,
        ADULT_NEW,
        ADULT_SEEN,
        WELLNESS,
        V + "526.3.1285",
        "http://www.ama-assn.org/go/cpt|99211",
        *(S + "101.12." + n for n in ("1012", "1013", "1014")),
    )
    if not asked or hospice(r) or palliative(r):
        return False
    return _first_group(r) or _second_group(r)


def _orders(r: Record, *names: str):
    return [m for m in r.medicines(*names) if within(authored(m), r.mp)]


def _days(orders) -> set[str]:
    return {day(m["authoredOn"]) for m in orders}


def _first_group(r: Record) -> bool:
    if any(len(_days(_orders(r, name))) > 1 for name in (*PLAIN, ERGOLOID)):
        return True
    anti = [m for m in _orders(r, S + "196.12.1481") if supply(m)]
    total = sum((date.fromisoformat(s[1]) - date.fromisoformat(s[0])).days + 1 for s in map(supply, anti))
    if len(_days(anti)) > 1 and total > 90:
        return True
    return (
        len(_days(m for m in _orders(r, S + "1065") if (_daily(m) or 0) > 0.125)) > 1
        or len(_days(m for m in _orders(r, S + "1067") if (_daily(m) or 0) > 6)) > 1
    )


def _daily(order) -> float | None:
    dispense = order.get("dispenseRequest") or {}
    quantity, days = (dispense.get(k, {}).get("value") for k in ("quantity", "expectedSupplyDuration"))
    code = next((c for _, c in codes_of(order.get("medicationCodeableConcept"))), "")
    if not quantity or not days or code not in STRENGTH:
        return None
    return STRENGTH[code] * quantity / days


def _second_group(r: Record) -> bool:
    def unexplained(drug: str, *reasons: str) -> bool:
        orders = _orders(r, drug)
        if len(_days(orders)) < 2:
            return False
        return not r.any_ill(reasons, overlaps, (r.years(-1)[0], min(_days(orders))))

    return unexplained(S + "196.12.1523", S + "105.12.1205", V + "67.1.101.1.128") or unexplained(
        S + "196.12.1522", *(S + "105.12." + n for n in ("1206", "1207", "1208", "1209", "1210"))
    )
