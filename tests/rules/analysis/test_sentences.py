"""``says`` against its clause: what a reviewer approves is what patients are judged by."""

import pytest

from tests.rules.analysis.analysed import codes, found


def said(says: str, **clause):
    return codes({"it-is": {"says": says, **clause}})


LATEST = {"latest": "lab", "in": "potassium"}


@pytest.mark.parametrize(
    ("says", "test"),
    [
        ("Potassium above 5.5", "above 5.5 mmol/L"),
        ("Potassium above 5.5 mmol/L", "above 5.5 mmol/L"),
        ("Potassium from 5.5 to 6.5", "from 5.5 to 6.5 mmol/L"),
        ("Potassium of 5.5 or more", "at least 5.5 mmol/L"),
        ("Potassium no more than 5.5", "at most 5.5 mmol/L"),
        ("Potassium above 5.5 (K2 of the list)", "above 5.5 mmol/L"),
        ("Potassium > 5.5", "above 5.5 mmol/L"),
        ("5.50 and over", "at least 5.5 mmol/L"),
    ],
)
def test_a_sentence_that_agrees_is_let_be(says, test):
    assert said(says, **LATEST, **{"is": test}) == []


@pytest.mark.parametrize(
    ("says", "test"),
    [
        ("Potassium is high", "above 5.5 mmol/L"),
        ("Potassium above 5.0", "above 5.5 mmol/L"),
        ("Potassium above 55", "above 5.5 mmol/L"),
        ("Potassium from 5.5", "from 5.5 to 6.5 mmol/L"),
        ("Potassium above 5.5 within 30 days", "above 5.5 mmol/L"),
    ],
)
def test_a_number_in_one_of_the_two_only_is_an_error(says, test):
    assert set(said(says, **LATEST, **{"is": test})) == {"CDS420"}


def test_a_unit_that_is_written_is_that_of_the_clause():
    assert said("Potassium above 5.5 mg/dL", **LATEST, **{"is": "above 5.5 mmol/L"}) == ["CDS420"]
    assert said("Age of at least 65 months", age="now", **{"is": "at least 65 years"}) == ["CDS420"]
    assert said("At least 2 days with a potassium", count="lab", **{"in": "potassium", "is": "at least 2"}) == []


@pytest.mark.parametrize(
    ("says", "test"),
    [
        ("Potassium of at least 5.5", "above 5.5 mmol/L"),
        ("Potassium above 5.5", "at least 5.5 mmol/L"),
        ("Potassium of 5.5 or less", "below 5.5 mmol/L"),
        ("Potassium below 5.5", "above 5.5 mmol/L"),
    ],
)
def test_words_that_differ_at_the_limit_are_warned_of(says, test):
    (problem,) = found({"it-is": {"says": says, **LATEST, "is": test}})
    assert (problem.code, problem.severity) == ("CDS421", "warning")


def test_a_window_and_a_parameter_are_named():
    recent = {**LATEST, "within": "30 days"}
    assert said("Potassium within 30 days", **recent) == []
    assert said("Recent potassium", **recent) == ["CDS420"]
    parameters = {"look-back": {"says": "How long", "default": "30 days"}}
    by_name = {**LATEST, "within": "look-back"}
    told = {"it-is": {"says": "Potassium within {look-back}", **by_name}}
    assert codes(told, parameters=parameters) == []
    told = {"it-is": {"says": "Potassium within 30 days", **by_name}}
    assert codes(told, parameters=parameters) == ["CDS420", "CDS420"]


def test_a_composition_may_say_the_numbers_of_its_parts_and_no_others():
    parts = {"high": {"says": "Potassium above 5.5", **LATEST, "is": "above 5.5 mmol/L"}}
    assert codes({**parts, "it-is": {"says": "Potassium above 5.5, on warfarin", "all-of": ["high", "taken"]}}) == []
    assert codes({**parts, "it-is": {"says": "Potassium above 6, on warfarin", "all-of": ["high", "taken"]}}) == [
        "CDS420"
    ]


def test_a_number_in_words_and_in_a_name_counts():
    two = {"says": "Two of these", "at-least": "2", "of": ["taken", "ordered"]}
    assert codes({"it-is": two}) == []
    sets = {"egfr-2021": {"loinc": {"98979-8": "eGFR"}}}
    assert codes({"it-is": {"says": "The eGFR of 2021", "latest": "lab", "in": "egfr-2021"}}, value_sets=sets) == []


@pytest.mark.parametrize(
    ("clause", "says", "expected"),
    [
        ({"absent": "taken"}, "No warfarin is in use", []),
        ({"absent": "taken"}, "Warfarin is in use", ["CDS422"]),
        ({"none-of": ["taken", "ordered"]}, "Neither in use nor ordered", []),
        ({"none-of": ["taken", "ordered"]}, "In use or ordered", ["CDS422"]),
        ({"any-of": ["taken", "ordered"]}, "In use or ordered", []),
        ({"any-of": ["taken", "ordered"]}, "Without warfarin", ["CDS422"]),
        ({"all-of": ["taken", "not ordered"]}, "In use, and none ordered", []),
        ({"any": "condition", "in": "stroke"}, "Without a stroke", ["CDS422"]),
        ({"any": "condition", "in": "stroke"}, "A stroke, active or not recorded when", []),
    ],
)
def test_a_denial_is_said_where_it_is_meant_and_only_there(clause, says, expected):
    assert said(says, **clause) == expected


@pytest.mark.parametrize(
    ("says", "expected"),
    [
        ("Potassium rose by at least 1 mmol/L within 2 days", []),
        ("Potassium is at least 1 mmol/L higher within 2 days", []),
        ("Potassium fell, or rose, by at least 1 mmol/L within 2 days", []),
        ("Potassium fell by at least 1 mmol/L within 2 days", ["CDS421"]),
        ("A drop: potassium at least 1 mmol/L within 2 days", ["CDS421"]),
    ],
)
def test_a_rise_that_is_told_as_a_fall_is_warned_of(says, expected):
    clause = {"change": "lab", "in": "potassium", "over": "2 days", "is": "rise of at least 1 mmol/L"}
    assert said(says, **clause) == expected


def test_the_digits_of_a_unit_are_no_numbers_of_the_sentence():
    cells = {**LATEST, "is": "above 12 10*9/L"}
    assert said("Potassium above 12", **cells) == []
    assert said("Potassium above 12 10*9/L", **cells) == []
    assert said("Potassium above 12 10^9/L", **cells) == []
    assert said("Potassium above 10", **cells) == ["CDS420", "CDS420"]
