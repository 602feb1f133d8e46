import pytest

from cds.authoring.cases import Expectation, Fired
from cds.authoring.expectations import ExpectedRule, differing
from cds.documents.problem import Location
from tests.authoring.telling import problems_of, run_of

HERE = Location("cases.yaml")
VERDICTS = {"severe": "holds", "mme-50": "unknown", "adult": "fails", "egfr": "known"}


def expecting(*fires, **rest):
    rules = tuple(ExpectedRule(rule, frozenset(subject), HERE) for rule, *subject in fires)
    return Expectation(rules, **rest)


def differences(*told):
    return [difference.sentence for difference in differing(*told)]


def test_what_was_expected_has_no_differences():
    expected = expecting(
        ["high-dose"], holds=("severe",), fails=("adult",), unknown=("mme-50",), shows=(("high-dose", "60 mg/d"),)
    )
    assert differences(expected, [Fired("high-dose")], VERDICTS, {"high-dose": ["Opioids total 60 mg/d"]}) == []


def test_fires_is_exact():
    assert differences(expecting(), [Fired("high-dose")], {}, {}) == ["expected no card, but high-dose fired"]
    assert differences(expecting(["other"]), [Fired("high-dose")], {}, {}) == [
        "expected other to fire, but it stayed silent",
        "expected only other to fire, but high-dose fired",
    ]


def test_a_case_that_does_not_say_what_fires_compares_the_rest_only():
    assert differences(Expectation(None, holds=("severe",)), [Fired("high-dose")], VERDICTS, {}) == []


def test_a_bare_rule_may_fire_for_any_subject():
    findings = [Fired("dup", ("MedicationRequest/a",)), Fired("dup", ("MedicationRequest/b",))]
    assert differences(expecting(["dup"]), findings, {}, {}) == []


def test_a_named_subject_must_be_the_one():
    findings = [Fired("dup", ("MedicationRequest/b",))]
    assert differences(expecting(["dup", "b"]), findings, {}, {}) == []
    assert differences(expecting(["dup", "a"]), findings, {}, {}) == [
        "expected dup to fire for a, but it fired for b",
        "expected only dup to fire, but dup fired for b",
    ]


def test_a_pair_is_one_finding_in_any_order():
    pair = [Fired("dup", ("MedicationRequest/m1", "MedicationRequest/o1"))]
    assert differences(expecting(["dup", "o1", "m1"]), pair, {}, {}) == []
    assert (
        differences(expecting(["dup", "o1"]), pair, {}, {})[0]
        == "expected dup to fire for o1, but it fired for m1 and o1"
    )


def test_a_second_subject_that_nobody_named_is_a_difference():
    findings = [Fired("dup", ("MedicationRequest/a",)), Fired("dup", ("MedicationRequest/b",))]
    assert differences(expecting(["dup", "a"]), findings, {}, {}) == ["expected only dup to fire, but dup fired for b"]


@pytest.mark.parametrize(
    ("expected", "sentence"),
    [
        ({"holds": ("mme-50",)}, "expected mme-50 to hold, but it is unknown"),
        ({"fails": ("severe",)}, "expected severe to fail, but it holds"),
        ({"unknown": ("egfr",)}, "expected egfr to be unknown, but it is known"),
    ],
)
def test_a_verdict_that_differs_is_named(expected, sentence):
    assert differences(expecting(**expected), [], VERDICTS, {}) == [sentence]


def test_a_definition_that_nobody_judged_never_passes():
    (sentence,) = differences(expecting(unknown=("mme-5",)), [], VERDICTS, {})
    assert sentence.startswith("expected mme-5 to be unknown, but nothing of that name was judged")
    assert 'did you mean "mme-50"?' in sentence


def test_a_text_that_is_not_on_the_card_is_a_difference():
    expected = expecting(["r"], shows=(("r", "60 mg/d"),))
    assert differences(expected, [Fired("r")], {}, {"r": ["total 50 mg/d"]}) == [
        'expected r to show "60 mg/d", but it showed total 50 mg/d'
    ]
    assert differences(expected, [Fired("r")], {}, {}) == ['expected r to show "60 mg/d", but it showed nothing']


def test_an_expectation_is_read_as_written():
    read = run_of(
        "fires: [a, {b: x}, {c: [x, y]}]\nholds: [h1, h2]\nfails: f\nunknown: []\nshows: {a: text, c: [one, two]}"
    ).expectation
    assert read.fires is not None
    assert [(rule.rule, set(rule.subject)) for rule in read.fires] == [("a", set()), ("b", {"x"}), ("c", {"x", "y"})]
    assert (read.holds, read.fails, read.unknown) == (("h1", "h2"), ("f",), ())
    assert read.shows == (("a", "text"), ("c", "one"), ("c", "two"))


def test_a_case_that_expects_nothing_is_a_problem():
    assert problems_of("facts: [{condition: {snomed: 100001}}]") == [
        ("CDS609", "this case expects nothing, so nothing could fail it")
    ]


@pytest.mark.parametrize("fires", ["[{a: x, b: y}]", "[[a]]"])
def test_an_entry_of_fires_that_names_no_rule_is_a_problem(fires):
    assert problems_of(f"fires: {fires}") == [("CDS601", "this does not name a rule that fires")]
