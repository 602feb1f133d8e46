"""Malformed or contradictory doses never leave an exact low dose behind."""

import copy
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds.facts.dosage import daily_amounts
from cds.terminology.coding import UCUM
from cds.units.quantity import Interval, Quantity, Unconvertible
from tests.facts.reading import NOW
from tests.facts.test_dosage import OXYCODONE_ER_60, PATCH_75, amount, between, exactly, fact_of
from tests.patients import dosage, quantity

LOW = dosage((5, "mg"), 2)
FORMS = "http://terminology.hl7.org/CodeSystem/v3-orderableDrugForm"


def once(*entries, **more):
    return {**dosage(None, 1), "doseAndRate": list(entries), **more}


def mg(value):
    return {"doseQuantity": quantity(value, "mg")}


def sized(value, **unit):
    return once({"doseQuantity": {"value": value, **unit}})


@pytest.mark.parametrize("odd", ["40 mg bid", None, 40, True, ["40 mg"]])
def test_what_is_no_instruction_leaves_at_least_the_others(odd):
    assert amount(odd, LOW) == between(10, None)
    assert isinstance(amount(odd), Unconvertible)


def test_instructions_in_two_places_that_differ_give_no_amount():
    assert isinstance(amount(LOW, dosage=[dosage((40, "mg"), 2)]), Unconvertible)
    assert amount(LOW, dosage=[LOW]) == exactly(10)


@pytest.mark.parametrize("sequence", ["1", True, [1], None])
def test_a_sequence_that_cannot_be_read_is_between_highest_and_sum(sequence):
    first = {**dosage((10, "mg"), 1), "sequence": 1}
    assert amount(first, {**dosage((5, "mg"), 1), "sequence": sequence}) == between(10, 15)


@pytest.mark.parametrize(
    "odd",
    [
        "80 mg",
        None,
        {},
        80,
        {"doseQuantity": {"value": "80", "unit": "mg"}},
        {"doseQuantity": [quantity(80, "mg")]},
        {"doseQuantity": "80 mg"},
        {"doseQuantity": quantity(80, "flask")},
        {"doseQuantity": quantity(40, "mg"), "doseRange": {"high": quantity(5, "mg")}},
        {"doseQuantity": [quantity(40, "mg")], "doseRange": {"high": quantity(5, "mg")}},
        {"doseQuantity": {**quantity(5, "mg"), "high": quantity(40, "mg")}},
        {"doseRange": {"low": [quantity(1, "mg")], "high": quantity(5, "mg")}},
        {"rateQuantity": quantity(1, "mg/h"), "rateRange": {"high": quantity(5, "mg/h")}},
    ],
)
def test_an_entry_that_cannot_be_read_makes_the_dose_unreadable(odd):
    assert isinstance(amount(once(odd)), Unconvertible)
    assert isinstance(amount(once(odd, mg(5))), Unconvertible)
    assert isinstance(amount(once(mg(5), odd)), Unconvertible)


def test_a_dose_whose_type_cannot_be_read_may_be_the_ordered_one():
    ordered = {"type": {"coding": [{"code": "ordered"}]}, **mg(5)}
    for odd in (None, "x", 7, {"coding": [{"code": 7}]}):
        assert amount(once({"type": odd, **mg(40)}, ordered)) == exactly(40)


def test_a_dose_open_upward_is_the_largest():
    assert amount(once({"doseQuantity": {**quantity(40, "mg"), "comparator": ">="}}, mg(5))) == between(40, None)


@pytest.mark.parametrize("unit", ["mg", "tablet", "mL"])
def test_a_dose_of_zero_is_none(unit):
    reason = "strength-unknown" if unit == "mL" else "dose-zero"
    assert amount(dosage((0, unit), 2), rxnorm=OXYCODONE_ER_60) == Unconvertible(reason)
    assert amount(once({"doseRange": {"low": quantity(0, "mg"), "high": quantity(5, "mg")}})) == between(0, 5)


@pytest.mark.parametrize(
    "unit",
    [
        {"unit": "mg", "code": "{tbl}"},
        {"unit": "mg", "code": "{tbl}", "system": UCUM},
        {"unit": "tablet", "code": "1"},
        {"unit": "tablet", "code": "1", "system": UCUM},
        {"unit": "tablet", "code": "mg"},
        {"unit": "tablet", "code": "mg", "system": UCUM},
        {"unit": "tablet(s)", "code": "mg", "system": UCUM},
        {"unit": "tablet", "code": "{mg}"},
        {"unit": "mg", "code": "TAB", "system": FORMS},
        {"unit": "mcg", "code": "mg", "system": "http://example.org"},
        {"unit": "mg", "code": "ug"},
    ],
)
def test_code_and_text_that_contradict_each_other_give_no_dose(unit):
    assert amount(sized(40, **unit), rxnorm=OXYCODONE_ER_60) == Unconvertible("contradicting-units")


@pytest.mark.parametrize(
    "unit",
    [
        {"unit": "{pill}", "code": "{pill}"},
        {"unit": "patch", "code": "PATCH", "system": FORMS},
        {"unit": "tablet", "code": "TAB", "system": FORMS},
        {"unit": "tablet", "code": "385055001", "system": "http://snomed.info/sct"},
        {"unit": "tablet", "code": "{dose}"},
        {"unit": "tablet"},
        {"code": "{tbl}", "system": UCUM},
    ],
)
def test_sloppy_units_that_leave_no_doubt_are_read(unit):
    assert amount(sized(2, **unit), rxnorm=OXYCODONE_ER_60) == exactly(120)


def limited(numerator, denominator, *instruction, more=()):
    limits = [{"numerator": numerator, "denominator": denominator}, *more]
    found = instruction[0] if instruction else dosage((10, "mg"), None, every_hours=4)
    return {**found, "maxDosePerPeriod": limits if more else limits[0]}


def test_a_maximum_of_nothing_or_below_one_dose_is_ignored():
    day, year = quantity(1, "d"), quantity(1, "a")
    assert amount(limited(quantity(0, "mg"), day)) == exactly(60)
    assert amount(limited(quantity(10, "mg"), year)) == exactly(60)
    assert amount(limited(quantity(5, "mg"), day)) == exactly(60)
    assert amount(limited(quantity(40, "mg"), quantity(-1, "d"))) == exactly(60)
    assert amount(limited(quantity(40, "mg"), day)) == exactly(40)
    weekly = {**dosage((10, "mg"), None), "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "wk"}}}
    assert amount(limited(quantity(10, "mg"), quantity(1, "wk"), weekly)) == exactly(Fraction(10, 7))


def test_of_several_maxima_the_highest_counts_if_all_can_be_read():
    day = quantity(1, "d")
    more = {"numerator": quantity(50, "mg"), "denominator": day}
    assert amount(limited(quantity(20, "mg"), day, more=[more])) == exactly(50)
    for odd in (None, "50 mg", {}, {**more, "numerator": [quantity(50, "mg")]}, {**more, "denominator": "day"}):
        assert amount(limited(quantity(20, "mg"), day, more=[odd])) == exactly(60)


def test_as_needed_the_maximum_of_a_week_may_be_taken_on_one_day():
    needed = {**dosage((10, "mg"), None), "asNeededBoolean": True}
    assert amount(limited(quantity(70, "mg"), quantity(1, "wk"), needed)) == between(10, 70)
    assert amount(limited(quantity(5, "mg"), quantity(1, "wk"), needed)) == Unconvertible("frequency-missing")


_TIMINGS = [
    {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d"}},
    {"repeat": {"frequency": 1, "frequencyMax": 3, "period": 6, "periodMax": 8, "periodUnit": "h"}},
    {"repeat": {"timeOfDay": ["08:00:00", "14:00:00"]}},
    {"repeat": {"period": 1, "periodUnit": "d", "timeOfDay": ["08:00:00", "20:00:00"]}},
    {"repeat": {"when": ["MORN", "NIGHT"]}, "code": {"coding": [{"code": "BID"}]}},
    {"code": {"coding": [{"code": "TID"}], "text": "three times daily"}},
    {
        "repeat": {"frequency": 8, "period": 1, "periodUnit": "d", "boundsPeriod": {"end": "2027-01-01"}},
        "code": {"coding": [{"code": "QD"}], "text": "QD"},
    },
]
_QUANTITIES = [
    {"value": 2, "unit": "mg", "code": "mg", "system": UCUM},
    {"value": 1, "unit": "tablet", "code": "{tbl}"},
    {"value": 40, "unit": "mg"},
    {"value": 2, "comparator": ">=", "code": "mg", "system": UCUM},
]


def _entries():
    ordered = {"type": {"coding": [{"code": "ordered"}]}}
    return st.one_of(
        st.sampled_from(_QUANTITIES).map(lambda one: [{"doseQuantity": one}]),
        st.just([{"doseRange": {"low": _QUANTITIES[0], "high": _QUANTITIES[2]}}]),
        st.permutations([{**ordered, "doseQuantity": _QUANTITIES[2]}, {**ordered, "doseQuantity": _QUANTITIES[0]}]),
        st.permutations(
            [
                {**ordered, "doseQuantity": _QUANTITIES[2]},
                {"type": {"coding": [{"code": "calculated"}]}, "doseQuantity": _QUANTITIES[0]},
            ]
        ),
    )


_MAXIMA = st.sampled_from([4, 60]).map(
    lambda most: {"numerator": quantity(most, "mg"), "denominator": quantity(1, "d")}
)
_INSTRUCTION = st.fixed_dictionaries(
    {"timing": st.sampled_from(_TIMINGS), "doseAndRate": _entries()},
    optional={
        "maxDosePerPeriod": _MAXIMA,
        "asNeededBoolean": st.booleans(),
        "sequence": st.integers(1, 2),
        "text": st.just("as told"),
    },
)
_ODD = [7, -1, 0.5, True, "x", "1", "mg", [], {}, ["x"], [7], [None], {"value": "80"}]


def _nodes(node, path=()):
    yield path
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in inner:
        yield from _nodes(value, (*path, key))


def _at(node, path):
    for key in path:
        node = node[key]
    return node


def _kind(value):
    if isinstance(value, bool):
        return bool
    return float if isinstance(value, int | float) else type(value)


def _put(root, path, value):
    """The document with another value at a path."""
    root = copy.deepcopy(root)
    _at(root, path[:-1])[path[-1]] = value
    return root


@st.composite
def _mangled(draw):
    original = draw(st.lists(_INSTRUCTION, min_size=1, max_size=2))
    path = draw(st.sampled_from([path for path in _nodes(original) if path]))
    node = _at(original, path)
    if isinstance(node, list) and draw(st.booleans()):
        sibling = draw(st.sampled_from([7, None, "x", [], {}]))
        return original, _put(original, path, draw(st.sampled_from([[*node, sibling], [sibling, *node]])))
    wrong = [value for value in _ODD if _kind(value) is not _kind(node)]
    if isinstance(node, dict):
        wrong += [[node, {}], [{}, node], [node, node]]
    return original, _put(original, path, draw(st.sampled_from(wrong)))


def _is_no_lower(before, after):
    """Unknown, or the most of it is no less than the most of what was told."""
    if isinstance(after, Unconvertible) or after.interval.high is None:
        return True
    if isinstance(before, Unconvertible):
        return True
    return before.interval.high is not None and after.interval.high >= before.interval.high


@settings(max_examples=1500, deadline=None)
@given(_mangled(), st.sampled_from([OXYCODONE_ER_60, PATCH_75]))
def test_mangling_one_part_never_lowers_the_dose(pair, product):
    before, after = (daily_amounts(fact_of(*one, rxnorm=product), NOW)[0].amount for one in pair)
    assert _is_no_lower(before, after), (before, after)


def test_the_comparison_knows_lower():
    assert not _is_no_lower(exactly(10), exactly(5))
    assert not _is_no_lower(between(10, None), exactly(5))
    assert _is_no_lower(exactly(10), Quantity(Interval(Fraction(5), None), "mg/d"))
