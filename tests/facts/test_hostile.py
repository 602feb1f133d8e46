"""Whatever stands in a body, reading it ends in a record or in WrongPatient: never in another exception."""

import contextlib
import json
from copy import deepcopy
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cds.facts.attributes import ATTRIBUTES, read_attribute
from cds.facts.dosage import daily_amounts
from cds.facts.fact import KINDS, Vocabulary
from cds.facts.wrong_patient import WrongPatient
from cds.hooks.prefetch import Supply
from tests.facts.reading import NOW, OXYCODONE, PANEL, POTASSIUM, SYSTOLIC, VOCABULARY, WARFARIN, read
from tests.patients import (
    administration,
    allergy,
    concept,
    condition,
    dispense,
    dosage,
    draft,
    encounter,
    immunization,
    medication_request,
    medication_statement,
    observation,
    patient,
    procedure,
    quantity,
    service_request,
    supply,
)

NORCO = "856892"
DOSED = {
    **dosage((1, "tablet"), 2),
    "maxDosePerPeriod": {"numerator": quantity(4, "mg"), "denominator": quantity(1, "d")},
    "route": concept(snomed="26643006"),
    "asNeededBoolean": True,
    "sequence": 1,
}
LINKED = {"medicationCodeableConcept": None, "medicationReference": {"reference": "Medication/x"}}
CHART: list[dict[str, Any]] = [
    condition(snomed="38341003", on="2020-01-01", more={"recordedDate": "2020-01-01", "bodySite": [concept("leg")]}),
    observation(5.4, "mmol/L", loinc=POTASSIUM),
    observation(
        id="bp",
        loinc=PANEL,
        more={"component": [{"code": concept(loinc=SYSTOLIC), "valueQuantity": quantity(1, "mm[Hg]")}]},
    ),
    observation(id="t", loinc=POTASSIUM, more={"valueString": "> 6 mmol/L"}),
    medication_request(
        rxnorm=NORCO,
        more={"dosageInstruction": [DOSED], "dispenseRequest": {"expectedSupplyDuration": quantity(3, "d")}},
    ),
    medication_request(id="m2", more={**LINKED, "contained": [{"resourceType": "Medication", "id": "x"}]}),
    medication_statement(
        rxnorm=WARFARIN,
        more={"effectivePeriod": {"start": "2020-01-01"}, "basedOn": [{"reference": "MedicationRequest/m1"}]},
    ),
    dispense(
        rxnorm=WARFARIN,
        more={"authorizingPrescription": [{"reference": "MedicationRequest/m1"}], "daysSupply": quantity(3, "d")},
    ),
    administration(rxnorm=WARFARIN, more={"dosage": {"dose": quantity(1, "mg")}}),
    allergy(
        rxnorm=WARFARIN,
        more={"reaction": [{"substance": concept(rxnorm=WARFARIN), "manifestation": [concept("rash")]}]},
    ),
    procedure(snomed="24623002"),
    immunization(cvx="140", more={"protocolApplied": [{"doseNumberPositiveInt": 1}]}),
    encounter(
        snomed="185349003",
        more={"class": {"code": "AMB"}, "hospitalization": {"dischargeDisposition": concept("home")}},
    ),
    {
        "resourceType": "Medication",
        "id": "x",
        "code": concept(rxnorm=OXYCODONE),
        "ingredient": [{"itemCodeableConcept": concept("y")}],
    },
    patient(extension=[{"url": "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex", "valueCode": "F"}]),
]
DRAFTS = [
    draft(
        rxnorm=OXYCODONE,
        more={"dosageInstruction": [DOSED], "priorPrescription": {"reference": "MedicationRequest/m1"}},
    ),
    service_request(loinc=POTASSIUM),
    draft(id="o2", more=LINKED),
]

JUNK = st.one_of(
    st.sampled_from([None, True, False, 0, -1, 7, 2.5, 1e300, 2**70]),
    st.sampled_from(["", " ", "x", "Patient/p2", "active", "2026-13-45", "\ud800"]),
    st.sampled_from([[], {}, [[]], [None], [{}], {"coding": 7}, {"coding": [7, None, []]}]),
    st.sampled_from([{"reference": []}, {"reference": "#"}, {"value": "1", "unit": 2}]),
)


def paths(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON tree."""
    inner = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [path, *(found for key, value in inner for found in paths(value, (*path, key)))]


@st.composite
def mutated(draw: st.DrawFn, resource: dict[str, Any]) -> Any:
    """The resource with up to three of its places replaced by junk, wrapped in a list, or taken away."""
    tree = [json.loads(json.dumps(resource))]
    for _ in range(draw(st.integers(1, 3))):
        places = [path for path in paths(tree) if path]
        *parents, last = draw(st.sampled_from(places))
        holder = tree
        for key in parents:
            holder = holder[key]
        kind = draw(st.sampled_from(["junk", "junk", "wrap", "unwrap"]))
        if kind == "junk":
            holder[last] = deepcopy(draw(JUNK))
        elif kind == "wrap":
            holder[last] = [holder[last]]
        elif isinstance(holder[last], list) and holder[last]:
            holder[last] = holder[last][0]
    return tree[0]


def read_everything(chart: list[Any], drafts: list[Any], vocabulary: Vocabulary) -> None:
    types = [resource["resourceType"] for resource in CHART]
    answers = [
        supply(kind, resource, chart[-2], key=str(place))
        for place, (kind, resource) in enumerate(zip(types, chart, strict=True))
    ]
    record = read(
        also=answers,
        drafts=drafts,
        hook="order-select",
        selections=frozenset({"MedicationRequest/o1"}),
        encounter_id="e1",
        vocabulary=vocabulary,
    )
    for facts in record.facts.values():
        for fact in facts:
            for name in ATTRIBUTES[fact.kind]:
                read_attribute(fact, name, NOW)
            daily_amounts(fact, NOW)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_no_resource_however_mangled_makes_reading_fail(data):
    chart, drafts = list(CHART), list(DRAFTS)
    place = data.draw(st.integers(0, len(chart) + len(drafts) - 1))
    where, index = (chart, place) if place < len(chart) else (drafts, place - len(chart))
    where[index] = data.draw(mutated(where[index]))
    open_kinds = data.draw(st.sampled_from([frozenset(), KINDS]))
    with contextlib.suppress(WrongPatient):
        read_everything(chart, drafts, Vocabulary(VOCABULARY.codings, open_kinds))


def test_the_resources_as_they_are_are_all_read():
    read_everything(CHART, DRAFTS, VOCABULARY)


def test_a_resource_nested_beyond_all_bounds_is_read_or_omitted():
    deep: Any = []
    for _ in range(900):
        deep = [deep]
    for element in ("code", "clinicalStatus", "subject", "extension", "onsetPeriod"):
        odd = condition(id=None, snomed="38341003", more={element: deep})
        record = read(also=[supply("Condition", odd, dict(odd))])
        assert record.omissions or record.facts


@settings(max_examples=60, deadline=None)
@given(st.permutations(range(6)), st.sampled_from(list(Supply)))
def test_the_order_of_prefetch_keys_does_not_change_the_record(order, state):
    answers = [supply(resource["resourceType"], resource) for resource in CHART[:5]]
    answers.append(supply("Procedure", state=state))
    reference, shuffled = read(also=answers), read(also=[answers[place] for place in order])
    names = {kind: [fact.reference for fact in facts] for kind, facts in reference.facts.items()}
    assert names == {kind: [fact.reference for fact in facts] for kind, facts in shuffled.facts.items()}
    assert reference.omissions == shuffled.omissions
    assert reference.unsupplied == shuffled.unsupplied
