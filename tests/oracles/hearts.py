"""CMS135, CMS144, CMS145: drugs for a weak heart and after an infarction."""

from itertools import pairwise

from tests.oracles.acts import (
    MEDICAL_REASON,
    PATIENT_REASON,
    VISIT,
    P,
    at,
    end_clock,
    ill_at,
    months_later,
    observed,
    outlasts,
    performed,
    prescribed,
    refused,
    use,
    visits_in,
)
from tests.oracles.leaving_out import valued
from tests.oracles.record import LOINC, SNOMED, Interval, Record, clock, codes_of, day, number, prevalence, span

C = "2.16.840.1.113762.1.4."
FACE_TO_FACE = tuple(VISIT + n for n in ("1001", "1008", "1012", "1014", "1016"))
INTERACTION = P + "1012"
REASONS = (MEDICAL_REASON, PATIENT_REASON)
AGAINST_BLOCKERS = tuple(P + n for n in ("362", "366", "370", "412", "1177", "1178"))
BLOCKER_ALLERGY = (P + "1493", f"{SNOMED}|373254001")
ANY_BLOCKER, PROVEN_BLOCKER = P + "1174", P + "1184"
INHIBITOR = P + "1139"


def _visits(r: Record) -> list[Interval]:
    """Two visits or interactions of an adult; those face to face."""
    if r.age_at_start() < 18 or len(visits_in(r, *FACE_TO_FACE, INTERACTION)) < 2:
        return []
    return visits_in(r, *FACE_TO_FACE)


def _until(times: list[str], visit: Interval) -> bool:
    return any(clock(t) <= end_clock(visit[1]) for t in times)


def _begun(r: Record, *names: str) -> list[str]:
    """Begins of diagnoses; without one, the day they were recorded."""
    onsets = ((span(c, "onset") or (c.get("recordedDate"), ""))[0] for c in r.conditions(*names))
    return [t for t in onsets if t]


def _weak(r: Record) -> list[str]:
    """When the left ventricle was found to be moderately or severely weak."""
    low = [t for t, o in observed(r, P + "1134") if (n := number(o)) is not None and n <= 40]
    graded = [
        c for c in r.conditions(f"{SNOMED}|134401001") if r.member(codes_of(c.get("severity")), (P + "1092",))
    ] + r.conditions(P + "1090")
    return low + [p[0] for c in graded if (p := prevalence(c))]


def _given(r: Record, drug: str, visit: Interval) -> bool:
    """Prescribed at the visit, or in use at it and after its day."""
    active = r.medicines(drug, statuses=("active",))
    return any(at(t, visit) for t in prescribed(r, drug)) or any(outlasts(use(m), visit) for m in active)


def _allergic(r: Record, names: tuple[str, ...], visit: Interval) -> bool:
    for one in r.coded("AllergyIntolerance", *names):
        live = {code for _, code in codes_of(one.get("clinicalStatus"))}
        denied = {code for _, code in codes_of(one.get("verificationStatus"))} & {"refuted", "entered-in-error"}
        since = (span(one, "onset") or (one.get("recordedDate"), ""))[0]
        if not denied and (not live or "active" in live) and since and _until([since], visit):
            return True
    return False


def _ill_after(r: Record, names: tuple[str, ...], visit: Interval) -> bool:
    return any(outlasts(prevalence(c), visit) for c in r.conditions(*names))


def _slow_or_blocked(r: Record, visit: Interval) -> bool:
    """A blocked conduction without a pacer, or two heart rates below 50 in a row."""
    pacer = _begun(r, P + "368") + performed(r, C + "1178.53")
    if _ill_after(r, (P + "367",), visit) and not _until(pacer, visit):
        return True
    rates = [number(o) for t, o in observed(r, f"{LOINC}|8867-4") if at(t, visit)]
    return any(a is not None and b is not None and a < 50 and b < 50 for a, b in pairwise(rates))


def _excused(r: Record, drug: str, visit: Interval, illnesses: tuple[str, ...], allergy: tuple[str, ...]) -> bool:
    reasons = (*REASONS, P + "1140") if drug == INHIBITOR else REASONS
    return (
        any(at(t, visit) for t in refused(r, (drug,), reasons))
        or _ill_after(r, illnesses, visit)
        or _allergic(r, allergy, visit)
    )


def _failing(r: Record) -> list[Interval]:
    """Visits with heart failure and a weak ventricle; none with another heart or a device."""
    weak = _weak(r)
    found = [v for v in _visits(r) if ill_at(r, (P + "376",), v) and _until(weak, v)]
    replaced = performed(r, C + "1178.33", C + "1178.61") + _begun(r, C + "1178.56", C + "1178.58")
    return [] if any(_until(replaced, v) for v in found) else found


def inhibitor(r: Record) -> bool:
    """CMS135: an ACE inhibitor, ARB or ARNI in heart failure."""
    found = _failing(r)
    told = [t for t, o in observed(r, f"{LOINC}|82810-3") if valued(r, o, f"{SNOMED}|77386006")]
    pregnant = any(clock(t) <= clock(v[0]) and day(t) >= months_later(v[0], -9) for t in told for v in found)
    ills = (*(P + n for n in ("1211", "1212", "378")), f"{SNOMED}|422593004")
    allergy = (P + "1489", *(f"{SNOMED}|{n}" for n in ("372913009", "372733002", "786886009")))
    done = any(_given(r, INHIBITOR, v) or _excused(r, INHIBITOR, v, ills, allergy) for v in found)
    return bool(found) and not pregnant and not done


def _without_blocker(r: Record, visits: list[Interval], drug: str) -> bool:
    def settled(v: Interval) -> bool:
        return _given(r, drug, v) or _excused(r, drug, v, AGAINST_BLOCKERS, BLOCKER_ALLERGY) or _slow_or_blocked(r, v)

    return bool(visits) and not any(settled(v) for v in visits)


def failing_without_blocker(r: Record) -> bool:
    """CMS144: a beta blocker in heart failure."""
    return _without_blocker(r, _failing(r), PROVEN_BLOCKER)


def coronary_without_blocker(r: Record) -> bool:
    """CMS145: a beta blocker in coronary disease with a weak ventricle or after an infarction."""
    surgery = performed(r, P + "371")
    found = [v for v in _visits(r) if ill_at(r, (P + "369",), v) or _until(surgery, v)]
    weak = [v for v in found if _until(_weak(r), v)]
    attacks = [p[0] for c in r.conditions(P + "403") if (p := prevalence(c))]
    late = [v for v in found if any(_until([t], v) and day(t) >= months_later(v[0], -36) for t in attacks)]
    return _without_blocker(r, weak, PROVEN_BLOCKER) or (not weak and _without_blocker(r, late, ANY_BLOCKER))
