import pytest

from cds.hooks import EnvelopeRejected, read_request
from tests.hooks.calls import INSTANCE, PATIENT, as_bytes, bundle, call, draft, without

HOOKS = frozenset({"patient-view", "order-select", "order-sign"})
GRANT = {
    "access_token": "secret-token",
    "token_type": "Bearer",
    "expires_in": 300,
    "scope": "patient/*.read",
    "subject": "cds",
}


def faults_of(tree, hooks=HOOKS):
    try:
        read_request(as_bytes(tree), hooks)
    except EnvelopeRejected as refused:
        return [fault.field for fault in refused.faults]
    return []


def test_an_order_select_gives_its_parts():
    request = read_request(as_bytes(call("order-select", context={"encounterId": "e1"}, extension={"x.y": 1})), HOOKS)
    assert (request.hook, request.hook_instance, request.patient_id) == ("order-select", INSTANCE, PATIENT)
    assert (request.user_id, request.encounter_id) == ("Practitioner/p1", "e1")
    assert [order["id"] for order in request.drafts] == ["d1"]
    assert request.selections == {"MedicationRequest/d1"}
    assert request.extension == {"x.y": 1}
    assert request.prefetch is None


def test_order_sign_has_drafts_and_no_selections():
    request = read_request(as_bytes(call("order-sign", context={"selections": "ignored"})), HOOKS)
    assert request.selections is None
    assert len(request.drafts) == 1


@pytest.mark.requirement("FHA-06")
def test_a_repr_shows_nothing_of_the_patient_or_the_token():
    tree = call(fhirServer="https://e.org", fhirAuthorization=GRANT, prefetch={"p": {"resourceType": "Patient"}})
    request = read_request(as_bytes(tree), HOOKS)
    assert request.fhir_authorization is not None
    shown = repr(request) + repr(request.fhir_authorization)
    assert request.fhir_authorization.access_token == GRANT["access_token"]
    assert "secret" not in shown
    assert PATIENT not in shown
    assert "p1" not in shown


def test_every_fault_is_told_at_once():
    tree = {"hook": "patient-view", "hookInstance": "x", "context": {"patientId": 1}, "prefetch": []}
    assert set(faults_of(tree)) == {"hookInstance", "context.userId", "context.patientId", "prefetch"}


def test_no_fault_repeats_a_value():
    tree = call(context={"patientId": "John Smith"}, prefetch={"John Smith": "x"}, fhirServer="John Smith")
    with pytest.raises(EnvelopeRejected) as refused:
        read_request(as_bytes(tree), HOOKS)
    assert {fault.field for fault in refused.value.faults} == {"fhirServer", "context.patientId", "prefetch"}
    assert "Smith" not in str(refused.value) + repr(refused.value.faults)


def test_a_key_that_is_not_a_plain_name_is_not_repeated():
    assert faults_of(call(prefetch={"John Smith": "x", "labs": "x"})) == ["prefetch", "prefetch.labs"]


@pytest.mark.parametrize("hook", ["Patient-view", "patient-view ", "order-dispatch", "patient-view\n"])
def test_req_02_the_hook_is_compared_exactly(hook):
    assert faults_of(call() | {"hook": hook}) == ["hook"]


@pytest.mark.parametrize(
    "instance",
    [
        f"urn:uuid:{INSTANCE}",
        f"{{{INSTANCE}}}",
        INSTANCE.replace("-", ""),
        INSTANCE + "\n",
        INSTANCE[:-1],
        INSTANCE + "0",
        INSTANCE[:-1] + "g",
        "١" + INSTANCE[1:],
        "",
        None,
        5,
    ],
)
def test_req_03_only_canonical_uuid_text_is_a_hook_instance(instance):
    assert faults_of(call() | {"hookInstance": instance}) == ["hookInstance"]


def test_req_03_any_case_and_version_is_taken():
    assert faults_of(call() | {"hookInstance": "FFFFFFFF-ffff-ffff-FFFF-ffffffffffff"}) == []


@pytest.mark.parametrize("context", [None, [], {}, "x", 1])
def test_req_04_a_context_is_a_filled_object(context):
    assert faults_of(call() | {"context": context}) == ["context"]


@pytest.mark.parametrize(
    "url",
    [
        "e.org/fhir",
        "/fhir",
        "ftp://e.org",
        "https://",
        "https://user@e.org",
        "https://user:pw@e.org/fhir",
        "https://e.org/fhir?x=1",
        "https://e.org/fhir#x",
        "https://e.org/f hir",
        "https://e.org/fhir\n",
        " https://e.org",
        "https://e.org\\@evil.org",
        "javascript:alert(1)",
        "",
        7,
    ],
)
def test_req_05_a_fhir_server_is_an_absolute_plain_url(url):
    assert faults_of(call(fhirServer=url)) == ["fhirServer"]


@pytest.mark.parametrize(
    "url",
    ["https://ehr.example.org/fhir", "http://localhost:8080/r4/", "HTTPS://E.org", "https://[::1]:443/x-y/%20~a:b"],
)
def test_req_05_real_servers_are_taken(url):
    assert faults_of(call(fhirServer=url)) == []


def test_req_06_a_grant_needs_its_server():
    assert faults_of(call(fhirAuthorization=GRANT)) == ["fhirServer"]


@pytest.mark.parametrize("name", sorted(GRANT))
def test_fha_01_each_member_of_a_grant_is_required(name):
    tree = call(fhirServer="https://e.org", fhirAuthorization=without(GRANT, name))
    assert faults_of(tree) == [f"fhirAuthorization.{name}"]


@pytest.mark.parametrize("kind", ["MAC", "Bearer ", "Bearer\n", "", 1])
def test_fha_02_other_token_types_are_refused(kind):
    tree = call(fhirServer="https://e.org", fhirAuthorization=GRANT | {"token_type": kind})
    assert faults_of(tree) == ["fhirAuthorization.token_type"]


def test_fha_02_bearer_in_any_case_is_taken():
    assert faults_of(call(fhirServer="https://e.org", fhirAuthorization=GRANT | {"token_type": "bEARER"})) == []


@pytest.mark.parametrize("seconds", [True, "300", 3.5, 300.0, 0, -1, 10**12, 10**40, None])
def test_fha_03_expiry_is_a_plausible_whole_number(seconds):
    tree = call(fhirServer="https://e.org", fhirAuthorization=GRANT | {"expires_in": seconds})
    assert faults_of(tree) == ["fhirAuthorization.expires_in"]


def test_fha_04_a_grant_for_another_patient_is_refused():
    tree = call(fhirServer="https://e.org", fhirAuthorization=GRANT | {"patient": "other"})
    assert faults_of(tree) == ["fhirAuthorization.patient"]
    assert faults_of(call(fhirServer="https://e.org", fhirAuthorization=GRANT | {"patient": PATIENT})) == []


@pytest.mark.parametrize("value", ["Patient/1", 1, [], {}, {"resourceType": 1}, {"resourceType": ""}, True])
def test_pre_16_a_prefetch_value_is_null_or_a_resource(value):
    assert faults_of(call(prefetch={"patient": value, "other": None})) == ["prefetch.patient"]


@pytest.mark.parametrize("prefetch", [{}, {"x": None}, {"x": {"resourceType": "Bundle"}}, None])
def test_pre_10_any_or_no_prefetch_is_taken(prefetch):
    assert faults_of(call(prefetch=prefetch)) == []


def test_gen_07_unknown_members_are_ignored_at_every_level():
    grant = GRANT | {"more": []}
    tree = call(context={"more": 1}, fhirServer="https://e.org", fhirAuthorization=grant, more={"x": None})
    assert faults_of(tree) == []


@pytest.mark.parametrize("name", ["prefetch", "fhirServer", "fhirAuthorization", "extension"])
def test_req_14_null_for_an_optional_member_counts_as_absent(name):
    assert faults_of(call(**{name: None})) == []


def test_ctx_05_and_13_are_told_with_their_entries():
    other = draft("d2", subject={"reference": "Patient/other"})
    tree = call("order-select", context={"draftOrders": bundle(draft(), other), "selections": ["MedicationRequest/d9"]})
    assert faults_of(tree) == [
        "context.draftOrders.entry[1].resource.subject.reference",
        "context.selections[0]",
    ]
