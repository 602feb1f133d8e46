import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.hooks import Supply, Template, read_supplied
from tests.hooks.calls import bundle

PATIENT = Template("Patient", "Patient", "Patient/{{context.patientId}}", is_read=True)
CONDITION = Template("Condition", "Condition", "Condition?patient={{context.patientId}}")
RECENT = Template("Observation", "Observation", "Observation?date=ge{{today() - 90 days}}")
ONE = {"resourceType": "Condition", "id": "c1"}
TWO = {"resourceType": "Condition", "id": "c2"}
FAILURE = {"resourceType": "OperationOutcome", "issue": []}


def supplied(value, template=CONDITION, **options):
    (only,) = read_supplied({template.key: value}, [template], **options)
    return only.state, [resource.get("id") for resource in only.resources]


def test_no_prefetch_and_a_missing_key_are_absent():
    for prefetch in (None, {}, {"Other": ONE}):
        assert [item.state for item in read_supplied(prefetch, [PATIENT, CONDITION])] == [Supply.ABSENT] * 2


def test_null_for_a_search_says_none_and_for_a_read_says_nothing():
    assert supplied(None) == (Supply.NULL, [])
    assert supplied(None, PATIENT) == (Supply.ABSENT, [])


def test_null_for_a_token_that_clients_may_not_fill_says_nothing():
    assert supplied(None, RECENT) == (Supply.ABSENT, [])


def test_null_of_a_client_that_sends_it_for_failures_says_nothing():
    assert supplied(None, unknown_null=True) == (Supply.ABSENT, [])


def test_a_bundle_is_data_in_its_order_with_what_was_included():
    drug = {"resourceType": "Medication", "id": "m"}
    assert supplied(bundle(TWO, drug, ONE)) == (Supply.DATA, ["c2", "m", "c1"])


@pytest.mark.parametrize("value", [{"resourceType": "Bundle"}, bundle(), bundle(total=0)])
def test_pre_17_a_bundle_without_entries_is_data_of_nothing(value):
    assert supplied(value) == (Supply.DATA, [])


@pytest.mark.parametrize(
    "members",
    [
        {"link": [{"relation": "self"}, {"relation": "next", "url": "x"}]},
        {"link": {"relation": "self"}},
        {"link": ["x"]},
        {"total": 2},
    ],
)
def test_pre_14_a_page_of_several_is_incomplete(members):
    assert supplied(bundle(ONE, **members)) == (Supply.INCOMPLETE, ["c1"])


def test_a_self_link_and_the_right_total_are_complete():
    assert supplied(bundle(ONE, total=1, link=[{"relation": "self"}])) == (Supply.DATA, ["c1"])


def test_pre_12_an_outcome_as_value_failed_and_as_entry_leaves_it_incomplete():
    assert supplied(FAILURE) == (Supply.FAILED, [])
    assert supplied(bundle(ONE, FAILURE)) == (Supply.INCOMPLETE, ["c1"])
    assert supplied(bundle(FAILURE)) == (Supply.INCOMPLETE, [])


def test_a_bare_resource_counts_when_it_is_of_the_type_asked_for():
    assert supplied(ONE) == (Supply.DATA, ["c1"])
    assert supplied({"resourceType": "Patient", "id": "p"}, PATIENT) == (Supply.DATA, ["p"])
    assert supplied(ONE, PATIENT) == (Supply.ABSENT, [])


@pytest.mark.parametrize(
    "entry", [None, 1, {}, {"resource": None}, {"resource": {}}, {"resource": {"resourceType": 1}}]
)
def test_an_entry_that_nobody_can_read_leaves_it_incomplete(entry):
    value = bundle(ONE)
    value["entry"].append(entry)
    assert supplied(value) == (Supply.INCOMPLETE, ["c1"])


@pytest.mark.parametrize("entry", [None, {}, "x", 0])
def test_entries_that_are_no_array_are_incomplete(entry):
    assert supplied({"resourceType": "Bundle", "entry": entry}) == (Supply.INCOMPLETE, [])


def test_a_bundle_of_other_types_only_answers_another_question():
    assert supplied(bundle({"resourceType": "Observation", "id": "o"})) == (Supply.INCOMPLETE, ["o"])


def test_a_read_answered_by_a_bundle_without_the_resource_was_not_delivered():
    assert supplied(bundle(), PATIENT) == (Supply.ABSENT, [])
    assert supplied(bundle({"resourceType": "Patient", "id": "p"}), PATIENT) == (Supply.DATA, ["p"])


json_values = st.recursive(
    st.none() | st.integers() | st.sampled_from(["Bundle", "Condition", "next", "OperationOutcome"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["resourceType", "entry", "link", "total", "relation"]), inner, max_size=4)
    ),
    max_leaves=15,
)


@given(st.dictionaries(st.sampled_from(["resourceType", "entry", "link", "total"]), json_values))
def test_any_object_is_read_without_a_fault_and_resources_are_objects(value):
    (only,) = read_supplied({"Condition": value}, [CONDITION])
    assert all(isinstance(resource, dict) for resource in only.resources)


def told(severity):
    return {"resourceType": "OperationOutcome", "issue": [{"severity": severity, "code": "informational"}]}


def test_a_remark_for_information_leaves_a_search_complete():
    assert supplied(bundle(ONE, told("information"))) == (Supply.DATA, ["c1"])
    assert supplied(bundle(told("information"))) == (Supply.DATA, [])


@pytest.mark.parametrize("severity", ["warning", "error", "fatal", None])
def test_any_other_outcome_among_the_entries_leaves_it_incomplete(severity):
    assert supplied(bundle(ONE, told(severity))) == (Supply.INCOMPLETE, ["c1"])


def test_a_bundle_that_follows_rules_of_its_sender_is_not_read():
    """FHIR R4: ``implicitRules`` must be understood when processing the content."""
    ruled = bundle(ONE, implicitRules="https://example.org/our-rules")
    assert supplied(ruled) == (Supply.INCOMPLETE, [])
    assert supplied(ruled, PATIENT) == (Supply.ABSENT, [])
    assert supplied(bundle(ONE, implicitRules="")) == (Supply.DATA, ["c1"])
