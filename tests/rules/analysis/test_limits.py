"""Bands, scores and tests that leave a patient without an answer, or give everybody the same one."""

import pytest

from tests.rules.analysis.analysed import codes, k

AGE = "patient.age"


def banded(operand: str, *bands: str, **more):
    told = {"points": {"says": "Points", "points": operand, "bands": {band: str(n) for n, band in enumerate(bands)}}}
    return codes({**told, **more})


@pytest.mark.parametrize(
    "bands",
    [
        ("below 65 years", "from 65 to below 75 years", "at least 75 years"),
        ("at most 64 years", "from 65 to 74 years", "at least 75 years"),  # completed years are whole
        ("from 0 to 64 years", "at least 65 years"),
        ("at least 65 years", "below 65 years"),  # in any order
        ("below 780 months", "at least 65 years"),
    ],
)
def test_bands_that_cover_every_age_once_are_let_be(bands):
    assert banded(AGE, *bands) == []


@pytest.mark.parametrize(
    "bands",
    [
        ("below 65 years", "above 65 years"),
        ("at most 65 years", "at least 65 years"),
        ("below 65 years", "from 65 to 74 years", "at least 76 years"),
        ("below 65 years", "from 65 to 80 years", "at least 75 years"),
        ("from 18 to 64 years", "at least 65 years"),
        ("below 65 years", "from 65 to 100 years"),
    ],
)
def test_bands_with_a_gap_or_an_overlap_are_told(bands):
    assert set(banded(AGE, *bands)) == {"CDS431"}


def test_bands_of_a_measurement_meet_unless_it_is_rounded():
    rate = {"says": "Potassium", "latest": "lab", "in": "potassium"}
    bands = ("at most 8 mmol/L", "from 9 to 11 mmol/L", "at least 12 mmol/L")
    assert set(banded("rate", *bands, rate=rate)) == {"CDS431"}
    assert banded("rate", *bands, rate={**rate, "rounded-to": "1 mmol/L"}) == []
    assert set(banded("rate", *bands, rate={**rate, "rounded-to": "0.1 mmol/L"})) == {"CDS431"}


def test_bands_in_a_unit_of_another_kind_are_told():
    assert banded(AGE, "below 65 kg", "at least 65 kg") == ["CDS415"]


def test_a_score_adds_only_what_is_always_known():
    points = {"says": "Points", "points": "k", "bands": {"below 5 mmol/L": "0", "at least 5 mmol/L": "1"}}
    counted = {"says": "How many", "count": "lab", "in": "potassium"}
    chosen = {"says": "Points by age", "choose": [{"taken": "points"}, {"otherwise": "counted"}]}
    parts = {"points": points, "counted": counted, "chosen": chosen}
    total = {"says": "In all", "score": {"points": "add", "counted": "add", "chosen": "add", "taken": "2"}}
    assert codes({**parts, "total": total}) == []
    assert codes({**parts, "total": {"says": "In all", "score": {"k": "add"}}}) == ["CDS432"]
    open_ended = {**chosen, "choose": [{"taken": "points"}]}
    assert codes({**parts, "chosen": open_ended, "total": {"says": "All", "score": {"chosen": "add"}}}) == ["CDS432"]


def score_test(test: str):
    risk = {"says": "Points", "score": {"taken": "1", "ordered": "2"}}
    number = test.rsplit(maxsplit=1)[-1]
    return codes(
        {"risk": risk, "high": {"says": f"Points {test.replace(number, '')} {number}", "value": "risk", "is": test}}
    )


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ("at least 3", []), ("above 2", []), ("exactly 0", []),
        ("at least 4", ["CDS434"]), ("above 3", ["CDS434"]), ("below 0", ["CDS434"]), ("from 4 to 6", ["CDS434"]),
        ("at least 0", ["CDS433"]), ("at most 3", ["CDS433"]), ("below 4", ["CDS433"]),
    ],
)  # fmt: skip
def test_a_test_of_a_score_can_hold_and_can_fail(test, expected):
    assert [code for code in score_test(test) if code != "CDS420"] == expected


def test_between_two_steps_of_a_whole_number_nothing_lies():
    assert "CDS434" in codes(
        {"some": {"says": "Above 2 and below 3", "count": "lab", "in": "potassium", "is": "from 2.1 to 2.9"}}
    )


def test_one_number_is_tested_in_units_that_convert():
    assert codes({"a": k("above 5.5 mmol/L"), "b": k("above 25 mg/dL")}) == ["CDS415"]
    source = {"molar-mass-source": "textbook"}
    molar = {"potassium": {"loinc": {"2823-3": "potassium"}, "molar-mass": "39.098 g/mol", **source}}
    assert codes({"a": k("above 5.5 mmol/L"), "b": k("above 25 mg/dL")}, value_sets=molar) == []


def test_parts_of_one_number_have_units_of_one_kind():
    counted = {"says": "How many", "count": "lab", "in": "potassium"}
    aged = {"says": "Age", "age": "now"}
    assert codes({"counted": counted, "aged": aged, "n": {"says": "One", "first-of": ["counted", "aged"]}}) == [
        "CDS415"
    ]


PLAUSIBLE = {"plausible": "from 1 to 10 mmol/L", "plausible-source": "textbook"}
MOLAR = {"molar-mass": "39.098 g/mol", "molar-mass-source": "textbook"}


@pytest.mark.parametrize(
    ("says", "test", "expected"),
    [
        (PLAUSIBLE, "above 5.5", ["CDS415"]),
        (MOLAR, "above 5.5", ["CDS415"]),
        (PLAUSIBLE, "above 5.5 mmol/L", []),
        (MOLAR, "above 20 mg/dL", []),
        ({}, "above 5.5", []),  # an INR has no unit: nobody knows
        ({**PLAUSIBLE, "plausible": "from 0.5 to 20"}, "above 5.5", []),
    ],
)
def test_a_limit_without_a_unit_on_results_that_have_one(says, test, expected):
    sets = {"potassium": {"loinc": {"2823-3": "potassium"}, **says}}
    assert codes({"a": k(test)}, value_sets=sets) == expected
