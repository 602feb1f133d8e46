import copy

import pytest

from cds.replay.case import NotApplicable
from cds.replay.corpus import PLACEHOLDER_USER, Adapted, adapt, as_it_is
from tests.replay.telling import SERVICES, UUID, bundle, case, order, patient


def adapted(*arguments, services=SERVICES, **named) -> Adapted:
    result = adapt(case(*arguments, **named), services)
    assert isinstance(result, Adapted), result
    return result


def references(searchset) -> list[str]:
    return [f"{e['resource']['resourceType']}/{e['resource'].get('id')}" for e in searchset["entry"]]


def test_the_record_fills_the_keys_that_discovery_asks_for_whatever_the_case_called_them():
    request = adapted(prefetch={"item1": patient(), "item7": bundle(order("m1"), order("m2"))}).request
    assert set(request["prefetch"]) == {"Patient", "MedicationRequest", "Observation", "Observation-2"}
    assert request["prefetch"]["Patient"] == patient()
    assert references(request["prefetch"]["MedicationRequest"]) == ["MedicationRequest/m1", "MedicationRequest/m2"]
    assert request["prefetch"]["MedicationRequest"]["total"] == 2


def test_a_search_for_which_the_record_has_nothing_is_an_empty_searchset():
    result = adapted(prefetch={"item1": patient()})
    assert result.request["prefetch"]["Observation"] == {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": 0,
        "entry": [],
    }
    assert result.changes["search-empty"] == 3


def test_two_keys_of_one_type_both_get_every_resource_of_it():
    observation = {"resourceType": "Observation", "id": "o", "subject": {"reference": "Patient/p1"}}
    request = adapted(prefetch={"x": observation}).request
    assert references(request["prefetch"]["Observation"]) == references(request["prefetch"]["Observation-2"])
    assert references(request["prefetch"]["Observation"]) == ["Observation/o"]


def test_a_patient_that_the_case_lacks_is_left_absent_not_null():
    result = adapted(prefetch={})
    assert "Patient" not in result.request["prefetch"]
    assert result.changes["read-left-absent"] == 1


def test_bundles_inside_bundles_and_arrays_are_opened():
    request = adapted(prefetch={"x": bundle(bundle(order("m1"))), "y": [order("m2")]}).request
    assert references(request["prefetch"]["MedicationRequest"]) == ["MedicationRequest/m1", "MedicationRequest/m2"]


def test_the_same_resource_under_two_keys_comes_once_but_two_versions_of_it_stay_two():
    request = adapted(prefetch={"x": order("m1"), "y": order("m1"), "z": order("m1", note="other")}).request
    assert references(request["prefetch"]["MedicationRequest"]) == ["MedicationRequest/m1", "MedicationRequest/m1"]


@pytest.mark.parametrize("subject", ["Patient/p2", "Patient/p2/_history/3"])
def test_a_resource_of_another_patient_is_dropped_and_counted(subject):
    result = adapted(prefetch={"x": bundle(order("m1"), order("m2", subject=subject))})
    assert references(result.request["prefetch"]["MedicationRequest"]) == ["MedicationRequest/m1"]
    assert result.changes["foreign-resource-dropped"] == 1


@pytest.mark.parametrize("subject", ["https://ehr.example.org/Patient/p2", "p2", "urn:uuid:unresolved", None])
def test_a_subject_that_is_not_certainly_another_patient_is_left_to_the_service(subject):
    result = adapted(prefetch={"x": order("m1", subject=subject)})
    assert references(result.request["prefetch"]["MedicationRequest"]) == ["MedicationRequest/m1"]
    assert "foreign-resource-dropped" not in result.changes


def test_a_urn_that_the_case_resolves_to_another_patient_is_another_patient():
    other = "11111111-2222-4333-8444-555555555555"
    result = adapted(prefetch={"p": patient(other), "x": order("m1", subject=f"urn:uuid:{other}")})
    assert result.changes["foreign-resource-dropped"] == 2
    assert result.request["prefetch"]["MedicationRequest"]["entry"] == []


def test_medications_come_along_with_the_orders_that_may_name_them_and_are_no_matches():
    drug = {"resourceType": "Medication", "id": "drug"}
    result = adapted(prefetch={"x": order("m1"), "y": drug})
    searchset = result.request["prefetch"]["MedicationRequest"]
    assert [entry["search"]["mode"] for entry in searchset["entry"]] == ["match", "include"]
    assert searchset["total"] == 1
    assert result.changes["medication-included"] == 1


def test_a_medication_beside_the_drafts_supports_them_but_drafts_never_enter_the_record():
    context = {"patientId": "p1", "draftOrders": bundle(order("d1"), {"resourceType": "Medication", "id": "drug"})}
    searchset = adapted(context=context).request["prefetch"]["MedicationRequest"]
    assert references(searchset) == ["Medication/drug"]


def test_what_the_case_says_is_incomplete_stays_incomplete_in_every_search():
    outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "timeout"}]}
    result = adapted(prefetch={"x": outcome, "y": order("m1")})
    for key in ("MedicationRequest", "Observation"):
        assert outcome in [entry["resource"] for entry in result.request["prefetch"][key]["entry"]]
    assert result.changes["incomplete-everywhere"] == 1


def test_a_next_page_is_carried_over():
    link = {"relation": "next", "url": "https://ehr.example.org/next"}
    request = adapted(prefetch={"x": bundle(order("m1"), link=[link])}).request
    assert request["prefetch"]["Observation"]["link"] == [link]


@pytest.mark.parametrize("drafts", [order("d1"), [order("d1")]])
def test_a_bare_draft_or_an_array_becomes_a_bundle(drafts):
    result = adapted(context={"patientId": "p1", "draftOrders": drafts})
    assert result.request["context"]["draftOrders"]["resourceType"] == "Bundle"
    assert references(result.request["context"]["draftOrders"]) == ["MedicationRequest/d1"]
    assert result.changes["drafts-wrapped"] == 1


def test_a_draft_of_another_patient_is_dropped_and_counted():
    drafts = bundle(order("d1"), order("d2", subject="Patient/p2"))
    result = adapted(context={"patientId": "p1", "draftOrders": drafts})
    assert references(result.request["context"]["draftOrders"]) == ["MedicationRequest/d1"]
    assert result.changes["foreign-draft-dropped"] == 1


@pytest.mark.parametrize("selections", [None, [], ["MedicationRequest/gone"], "MedicationRequest/d1"])
def test_selections_come_from_the_drafts_where_the_case_names_none_of_them(selections):
    context = {"patientId": "p1", "draftOrders": bundle(order("d1"), order("d2")), "selections": selections}
    result = adapted("order-select", context=context)
    assert result.request["context"]["selections"] == ["MedicationRequest/d1", "MedicationRequest/d2"]
    assert result.changes["selections-from-drafts"] == 1


def test_selections_that_name_drafts_are_kept_and_those_that_name_nothing_are_dropped_by_name():
    drafts = bundle(order("d1"), order("d2"))
    context = {"patientId": "p1", "draftOrders": drafts, "selections": ["MedicationRequest/d2", "MedicationRequest/x"]}
    result = adapted("order-select", context=context)
    assert result.request["context"]["selections"] == ["MedicationRequest/d2"]
    assert result.changes["unresolved-selection-dropped"] == 1


def test_a_draft_without_an_id_gets_one_that_selections_can_name():
    result = adapted("order-select", context={"patientId": "p1", "draftOrders": order(None)})
    assert result.request["context"]["selections"] == ["MedicationRequest/draft-1"]
    assert result.changes["draft-id-given"] == 1


def test_type_prefixes_are_stripped_from_ids():
    context = {"patientId": "Patient/p1", "encounterId": "Encounter/e1", "draftOrders": bundle()}
    result = adapted(context=context, prefetch={"p": patient()})
    assert result.request["context"]["patientId"] == "p1"
    assert result.request["context"]["encounterId"] == "e1"
    assert result.request["prefetch"]["Patient"] == patient()
    assert result.changes["patientId-prefix-stripped"] == result.changes["encounterId-prefix-stripped"] == 1


@pytest.mark.parametrize("user", [None, "", "x", "Practitioner/"])
def test_a_missing_user_gets_a_placeholder(user):
    context = {"patientId": "p1", "userId": user, "draftOrders": bundle()}
    result = adapted(context=context)
    assert result.request["context"]["userId"] == PLACEHOLDER_USER
    assert result.changes["user-placeholder"] == 1


def test_a_user_beside_the_context_is_taken():
    result = adapted(context={"patientId": "p1", "draftOrders": bundle()}, user="Practitioner/old")
    assert result.request["context"]["userId"] == "Practitioner/old"
    assert result.changes["user-from-legacy-member"] == 1


@pytest.mark.parametrize("instance", [None, "abc", "{" + UUID + "}", UUID + "\n"])
def test_a_missing_uuid_follows_from_the_case_so_that_a_repeat_asks_the_same(instance):
    first, again = adapted(hookInstance=instance), adapted(hookInstance=instance)
    other = adapted(hookInstance=instance, name="c2")
    assert first.request["hookInstance"] == again.request["hookInstance"] != other.request["hookInstance"]
    assert first.changes["hook-instance-given"] == 1


def test_null_members_of_the_context_are_removed():
    result = adapted(context={"patientId": "p1", "encounterId": None, "draftOrders": bundle()})
    assert "encounterId" not in result.request["context"]
    assert result.changes["null-context-member-removed"] == 1


def test_a_stored_case_never_makes_the_service_fetch():
    result = adapted(fhirServer="https://ehr.example.org/fhir", fhirAuthorization={"access_token": "t"})
    assert {"fhirServer", "fhirAuthorization"} & set(result.request) == set()
    assert result.changes["fhir-server-removed"] == 1


def test_the_patient_is_taken_from_the_record_where_the_context_names_none():
    result = adapted("patient-view", context={}, prefetch={"x": patient("p9")})
    assert result.request["context"]["patientId"] == "p9"
    assert result.changes["patient-from-record"] == 1


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"hook": "fancy-structure"}, "no service listens to its hook"),
        ({"context": {}}, "it names no patient"),
        (
            {"hook": "patient-view", "context": {}, "prefetch": {"x": [patient("a"), patient("b")]}},
            "it names no patient",
        ),
        ({"context": {"patientId": "p1"}}, "it has no draft orders"),
        (
            {"hook": "order-select", "context": {"patientId": "p1", "draftOrders": order("d", "Patient/p2")}},
            "no draft order of this patient is left to select",
        ),
    ],
)
def test_what_cannot_be_put_says_why(told, reason):
    assert adapt(case(**told), SERVICES) == NotApplicable(reason)


VERIFY = [{"hook": "medication-verify", "id": "verify", "prefetch": {}}]


@pytest.mark.parametrize("written", [order("m1"), [order("m1")], bundle(order("m1")), {"resource": [order("m1")]}])
def test_the_one_resource_of_a_hook_is_taken_out_of_what_holds_it(written):
    result = adapted("medication-verify", context={"patientId": "p1", "medication": written}, services=VERIFY)
    assert result.request["context"]["medication"] == order("m1")
    assert result.changes.get("resource-unwrapped", 0) == (written != order("m1"))


def test_a_wrapped_resource_that_the_hook_allows_stays_wrapped():
    written = {"resource": order("m1")}
    result = adapted("medication-verify", context={"patientId": "p1", "medication": written}, services=VERIFY)
    assert result.request["context"]["medication"] == written


@pytest.mark.parametrize(
    ("written", "count"),
    [(None, 0), ([], 0), (order("m1", "Patient/p2"), 0), ([order("m1"), order("m2")], 2), ("m1", 0)],
)
def test_a_hook_about_one_resource_is_not_asked_about_none_or_several(written, count):
    told = case("medication-verify", context={"patientId": "p1", "medication": written})
    reason = f"it holds {count} resources of this patient where its hook is about one"
    assert adapt(told, VERIFY) == NotApplicable(reason)


def test_a_second_service_of_the_hook_is_not_forgotten_in_silence():
    result = adapted(services=[*SERVICES, {"hook": "order-sign", "id": "sign-too"}])
    assert result.service_id == "sign"
    assert result.changes["other-service-of-the-hook-not-asked"] == 1


def test_a_case_that_fits_already_changes_in_its_prefetch_only():
    told = case(prefetch={"Patient": patient()})
    result = adapt(told, SERVICES)
    assert isinstance(result, Adapted)
    assert {k: v for k, v in result.request.items() if k != "prefetch"} == {
        k: v for k, v in told.request.items() if k != "prefetch"
    }
    assert set(result.changes) == {"prefetch-refilled", "search-empty"}


def test_neither_the_request_nor_the_label_of_the_case_is_touched():
    told = case(
        "order-select",
        context={
            "patientId": "Patient/p1",
            "encounterId": None,
            "draftOrders": [order(None), order("d", "Patient/p2")],
        },
        prefetch={"x": bundle(order("m1", "Patient/p2")), "p": patient()},
        expect={"type": "fire", "fire": False},
    )
    before = copy.deepcopy((told.request, told.expect))
    adapt(told, SERVICES)
    assert (told.request, told.expect) == before


def test_as_it_is_sends_the_request_unchanged_to_the_service_of_its_hook():
    told = case(context={"patientId": "Patient/p1"})
    assert as_it_is(told, SERVICES) == Adapted("sign", told.request)


def test_as_it_is_puts_a_foreign_hook_to_some_service_which_must_refuse_it():
    assert as_it_is(case("fancy-structure"), SERVICES).service_id == "view"


def test_a_topic_may_name_the_service_of_its_hook():
    services = [*SERVICES, {**SERVICES[0], "id": "measures"}]
    told = case(prefetch={"item1": patient()})
    hook = [service for service in services if service["hook"] == told.hook]
    for wanted in (service["id"] for service in hook):
        result = adapt(told, services, wanted)
        assert isinstance(result, Adapted)
        assert result.service_id == wanted
    unnamed = adapt(told, services, "of another hook")
    assert isinstance(unnamed, Adapted)
    assert unnamed.service_id == hook[0]["id"]
