import pytest

from cds.facts.references import Subject, local_reference, name_of, references_of
from tests.patients import patient, supply


@pytest.mark.parametrize(
    ("written", "local"),
    [
        ("Medication/m", "Medication/m"),
        ("https://ehr.example/r4/Medication/m/_history/2", "Medication/m"),
        ("urn:uuid:1", "urn:uuid:1"),
        ("#m", "#m"),
        ("m", "m"),
        ("", None),
        (None, None),
        (7, None),
    ],
)
def test_the_local_form_of_a_reference(written, local):
    assert local_reference(written) == local


def test_references_of_one_or_many():
    assert references_of({"reference": "A/1"}) == ["A/1"]
    assert references_of([{"reference": "A/1"}, {"display": "no reference"}, 7]) == ["A/1"]


def test_a_name_is_never_longer_than_an_answer_can_repeat():
    assert name_of("Condition", "x" * 1024) == "Condition/" + "x" * 1024
    assert name_of("Condition", "x" * 100_000) is None
    assert name_of("x" * 100_000, "1") is None
    assert name_of("Condition", "") is name_of("Condition", None) is name_of(None, "1") is None


@pytest.mark.parametrize(
    ("holder", "owner"),
    [
        (None, "ours"),
        ({}, "ours"),
        ({"identifier": {"value": "x"}}, "ours"),
        ({"reference": "Patient/p1"}, "ours"),
        ("Patient/p1", "ours"),
        ({"reference": "https://other.example/fhir/Patient/p2"}, "ours"),
        ({"reference": "#contained"}, "ours"),
        ({"reference": "urn:uuid:nobody-here"}, "ours"),
        ({"reference": "urn:uuid:p2"}, "another-patient"),
        ({"reference": "urn:uuid:full"}, "another-patient"),
        ({"reference": "Patient/p2"}, "another-patient"),
        ({"reference": "Patient/p2/_history/1"}, "another-patient"),
        ({"reference": "Patient/P1"}, "another-patient"),
        ({"reference": "Group/p1"}, "not-a-patient"),
        ({"reference": "p2"}, "unnamed"),
        ({"reference": 7}, "unreadable"),
        (7, "unreadable"),
    ],
)
def test_whose_a_resource_is(holder, owner):
    others = supply("Condition", patient("p2", _fullUrl="urn:uuid:full"), patient("p1", _fullUrl="urn:uuid:mine"))
    assert Subject("p1", [others]).owner(holder) == owner
