from cds.replay.bundles import cases_of_bundle, newest_active_order, resolved
from cds.replay.corpus import Adapted, adapt
from cds.replay.resources import reference_of
from tests.replay.telling import SERVICES, bundle, order, patient

PATIENT_URN = "urn:uuid:aaaaaaaa-0000-4000-8000-000000000001"


def transaction(*resources) -> dict:
    entries = [{"fullUrl": f"urn:uuid:{r.get('id', 'none')}", "resource": r} for r in resources]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def test_a_record_is_viewed_whole_and_its_newest_active_order_is_signed():
    record = bundle(
        patient(),
        order("old", authoredOn="2020-01-01"),
        order("new", authoredOn="2021-06-01"),
        order("stopped", status="stopped", authoredOn="2022-01-01"),
        order("plan", intent="plan", authoredOn="2022-01-01"),
    )
    view, sign = cases_of_bundle("b", record)
    assert (view.id, sign.id) == ("b#patient-view", "b#order-sign")
    adapted = adapt(view, [{**SERVICES[1], "hook": "patient-view"}])
    assert isinstance(adapted, Adapted)
    assert adapted.request["prefetch"]["MedicationRequest"]["total"] == 4
    adapted = adapt(sign, SERVICES)
    assert isinstance(adapted, Adapted)
    [draft] = adapted.request["context"]["draftOrders"]["entry"]
    assert (draft["resource"]["id"], draft["resource"]["status"]) == ("new", "draft")
    names = [reference_of(e["resource"]) for e in adapted.request["prefetch"]["MedicationRequest"]["entry"]]
    assert names == ["MedicationRequest/old", "MedicationRequest/stopped", "MedicationRequest/plan"]


def test_a_record_without_an_active_order_is_viewed_only():
    [view] = cases_of_bundle("b", bundle(patient(), order("m", status="stopped")))
    assert view.hook == "patient-view"


def test_references_by_urn_are_resolved_inside_the_bundle_wherever_they_stand():
    name = PATIENT_URN.removeprefix("urn:uuid:")
    told = order(
        "m1", PATIENT_URN, contained=[{"resourceType": "Group", "member": [{"entity": {"reference": PATIENT_URN}}]}]
    )
    _, resource = resolved(transaction(patient(name), told))
    assert resource["subject"]["reference"] == f"Patient/{name}"
    assert resource["contained"][0]["member"][0]["entity"]["reference"] == f"Patient/{name}"
    assert told["subject"]["reference"] == PATIENT_URN


def test_a_urn_that_the_bundle_does_not_answer_stays_as_it_is():
    _, resource = resolved(transaction(patient("p"), order("m1", "urn:uuid:elsewhere")))
    assert resource["subject"]["reference"] == "urn:uuid:elsewhere"


def test_a_resource_known_by_its_urn_alone_gets_it_as_its_id():
    [resource] = resolved({"entry": [{"fullUrl": PATIENT_URN, "resource": {"resourceType": "Patient"}}]})
    assert reference_of(resource) == "Patient/" + PATIENT_URN.removeprefix("urn:uuid:")


def test_a_record_names_no_moment():
    assert {case.as_of for case in cases_of_bundle("b", bundle(patient(), order("m")))} == {""}


def test_of_two_orders_of_one_day_always_the_same_is_signed():
    one, other = order("a", authoredOn="2020-01-01"), order("b", authoredOn="2020-01-01")
    assert newest_active_order([one, other]) is newest_active_order([other, one]) is other
