"""Where no fact of a kind is: what is known of that, and why there may be some nevertheless."""

from cds.facts.fact import NO_ALLERGY, Omission, Record
from cds.rules.judge.values import Found
from cds.rules.judge.verdicts import Verdicts
from cds.terminology.coding import CVX, RXNORM

#: The resource types whose supply a kind rests on. Drafts come with the context: always supplied.
RESOURCE_TYPES = {
    "condition": ("Condition",),
    "observation": ("Observation",),
    "medication": ("MedicationRequest", "MedicationStatement", "MedicationDispense", "MedicationAdministration"),
    "prescription": ("MedicationRequest",),
    "dispense": ("MedicationDispense",),
    "administration": ("MedicationAdministration",),
    "allergy": ("AllergyIntolerance",),
    "report": ("DiagnosticReport",),
    "procedure": ("Procedure",),
    "immunization": ("Immunization",),
    "service-request": ("ServiceRequest",),
    "device-request": ("DeviceRequest",),
    "adverse-event": ("AdverseEvent",),
    "encounter": ("Encounter",),
    "current-encounter": ("Encounter",),
    "order": (),
    "draft": (),
}
#: Nothing, and surely so.
NOTHING = Found()


def none_found(judging: Verdicts, kind: str, in_sets: tuple[str, ...]) -> Found:
    """What is found where there is no fact of a kind. Unless an omission says which codes it may have had, or a denial
    of some allergies decides, it is the same for all value sets and rulesets, and told once for a request.
    """
    known = judging.missing.get(kind)
    if known is None:
        more = tuple(dict.fromkeys(gaps_of(judging, kind, in_sets)))
        known = Found((), (), more) if more else NOTHING
        depends = kind == "allergy" and NO_ALLERGY in judging.record.facts
        if not depends and all(e.codings is None or kind not in e.kinds for e in judging.record.omissions):
            judging.missing[kind] = known
    return known


def gaps_of(judging: Verdicts, kind: str, in_sets: tuple[str, ...]) -> list[str]:
    """Why facts of a kind may be missing: supply, and resources that could not be read."""
    record = judging.record
    if kind == "allergy" and not has_told_allergies(record) and "AllergyIntolerance" not in record.unsupplied:
        denied = {fact.status for fact in record.facts.get(NO_ALLERGY, ())}
        if "drugs" not in denied or not _asks_for_drugs(judging, in_sets):
            # Nobody wrote down "no known allergy": whether anyone asked is not known (docs/language.md, section 4).
            return [f"not-supplied:AllergyIntolerance:{'denied-in-part' if denied else 'empty'}"]
    if not record.unsupplied and not record.omissions:
        return []
    gaps = [
        f"not-supplied:{name}:{record.unsupplied[name]}" for name in RESOURCE_TYPES[kind] if name in record.unsupplied
    ]
    gaps += [
        f"unreadable:{omission.reason}"
        for omission in record.omissions
        if kind in omission.kinds and _could_be(judging, omission, in_sets)
    ]
    return gaps


def has_told_allergies(record: Record) -> bool:
    """Whether somebody listed an allergy, or that there is none of any kind."""
    return "allergy" in record.facts or any(fact.status == "all" for fact in record.facts.get(NO_ALLERGY, ()))


def _asks_for_drugs(judging: Verdicts, in_sets: tuple[str, ...]) -> bool:
    """Whether all that is looked for are drugs or vaccines, as far as codes tell: each value set names some."""
    sets = [judging.ruleset.value_sets[name].rows for name in in_sets]
    return bool(sets) and all(any(coding.system in {RXNORM, CVX} for coding in rows) for rows in sets)


def _could_be(judging: Verdicts, omission: Omission, in_sets: tuple[str, ...]) -> bool:
    if omission.codings is None or not in_sets:
        return True
    rows = [judging.ruleset.value_sets[name].rows for name in in_sets]
    return any(coding in each for coding in omission.codings for each in rows)
