"""Where no fact of a kind is: what is known of that, and why there may be some nevertheless."""

from cds.facts.fact import Omission
from cds.rules.judge.values import Found
from cds.rules.judge.verdicts import Verdicts

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
    """What is found where there is no fact of a kind. Unless an omission says which codes it may have had, it is the
    same for all value sets and rulesets, and told once for a request.
    """
    known = judging.missing.get(kind)
    if known is None:
        more = tuple(dict.fromkeys(gaps_of(judging, kind, in_sets)))
        known = Found((), (), more) if more else NOTHING
        if all(each.codings is None or kind not in each.kinds for each in judging.record.omissions):
            judging.missing[kind] = known
    return known


def gaps_of(judging: Verdicts, kind: str, in_sets: tuple[str, ...]) -> list[str]:
    """Why facts of a kind may be missing: supply, and resources that could not be read."""
    record = judging.record
    if kind == "allergy" and "allergy" not in record.facts and "AllergyIntolerance" not in record.unsupplied:
        # Nobody wrote down "no known allergy": whether anyone asked is not known (docs/language.md, section 4).
        return ["not-supplied:AllergyIntolerance:empty"]
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


def _could_be(judging: Verdicts, omission: Omission, in_sets: tuple[str, ...]) -> bool:
    if omission.codings is None or not in_sets:
        return True
    rows = [judging.ruleset.value_sets[name].rows for name in in_sets]
    return any(coding in each for coding in omission.codings for each in rows)
