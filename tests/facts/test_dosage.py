from fractions import Fraction

import pytest

from cds.facts.attributes import Measured, Unreadable, read_attribute
from cds.facts.dosage import daily_amounts, daily_dose_of
from cds.facts.fact import Vocabulary
from cds.terminology.coding import RXNORM, Coding
from cds.units.quantity import Interval, Quantity, Unconvertible
from tests.facts.reading import FENTANYL, HYDROCODONE, NOW, OXYCODONE, VOCABULARY, WARFARIN, only, read
from tests.patients import dosage, medication_request, quantity

PATCH_75 = "197696"  # 72 HR fentanyl 0.075 MG/HR Transdermal System
OXYCODONE_ER_60 = "1049593"  # 12 HR oxycodone 60 MG Extended Release Oral Tablet
VICODIN = "856891"  # Hydrocodone Bitartrate 10 MG, a component of a product
NORCO = "856892"  # Acetaminophen 750 MG / Hydrocodone Bitartrate 10 MG Oral Tablet
FUROSEMIDE_LIQUID = "104220"  # Furosemide 4 MG/ML Oral Solution
SPRAY = "828692"  # zolpidem tartrate 5 MG/ACTUAT Oral Spray
EVERYTHING = Vocabulary(VOCABULARY.codings, frozenset({"medication"}))


def fact_of(*instructions, rxnorm=OXYCODONE, **more):
    """A medication in use with these dosage instructions."""
    resource = medication_request(rxnorm=rxnorm, more={"dosageInstruction": list(instructions), **more})
    return only(read(resource, vocabulary=EVERYTHING), "medication")


def amount(*instructions, **more):
    (found,) = daily_amounts(fact_of(*instructions, **more), NOW)
    return found.amount


def exactly(value, unit="mg/d"):
    return Quantity(Interval.exactly(Fraction(value)), unit)


def between(low, high, unit="mg/d"):
    return Quantity(Interval(Fraction(low), None if high is None else Fraction(high)), unit)


def given(dose=(10, "mg"), **repeat):
    instruction = dosage(dose, None)
    return {**instruction, "timing": {"repeat": repeat}} if repeat else instruction


def coded(code, dose=(10, "mg")):
    return {**dosage(dose, None), "timing": {"code": {"coding": [{"code": code}]}}}


def test_dose_times_frequency():
    assert amount(dosage((50, "mg"), 1)) == exactly(50)
    assert amount(dosage((10, "mg"), None, every_hours=12)) == exactly(20)


def test_thirds_are_exact():
    assert amount(given(frequency=1, period=72, periodUnit="h")) == exactly(Fraction(10, 3))


def test_the_most_times_a_day_count():
    assert amount(given(frequency=1, frequencyMax=2, period=6, periodMax=8, periodUnit="h")) == exactly(80)


@pytest.mark.parametrize(
    ("repeat", "daily"),
    [
        ({"frequency": 2, "period": 1, "periodUnit": "d"}, 20),
        ({"frequency": 1, "period": 1, "periodUnit": "wk"}, Fraction(10, 7)),
        ({"frequency": 1, "period": 30, "periodUnit": "min"}, 480),
        ({"timeOfDay": ["08:00:00", "14:00:00", "20:00:00"]}, 30),
        ({"when": ["MORN", "NIGHT"]}, 20),
        ({"frequency": 1, "period": 1, "periodUnit": "d", "when": ["MORN"]}, 10),
    ],
)
def test_forms_of_timing(repeat, daily):
    assert amount(given(**repeat)) == exactly(daily)


@pytest.mark.parametrize(
    ("code", "times"),
    [("QD", 1), ("BID", 2), ("TID", 3), ("QID", 4), ("QOD", Fraction(1, 2)), ("Q4H", 6), ("q12h", 2), ("BED", 1)],
)
def test_timing_abbreviations(code, times):
    assert amount(coded(code)) == exactly(10 * times)


def test_a_timing_said_twice_and_differently_is_a_range():
    twice = {
        **dosage((10, "mg"), 1),
        "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}, "code": {"text": "BID"}},
    }
    assert amount(twice) == between(10, 20)


def test_some_days_of_the_week_are_between_their_average_and_each_of_them():
    assert amount(given(frequency=1, period=1, periodUnit="d", dayOfWeek=["mon", "thu"])) == between(
        Fraction(20, 7), 10
    )


@pytest.mark.parametrize(
    "repeat",
    [
        {},
        {"frequency": 2},
        {"period": 1, "periodUnit": "d"},
        {"when": ["C"]},
        {"frequency": "2", "period": 1, "periodUnit": "d"},
        {"frequency": 0, "period": 1, "periodUnit": "d"},
        {"frequency": 1, "period": 1, "periodUnit": "fortnight"},
    ],
)
def test_without_a_frequency_there_is_no_daily_dose(repeat):
    assert amount(given(**repeat)) == Unconvertible("frequency-missing")


def test_without_a_dose_there_is_no_daily_dose():
    assert amount(dosage(None, 1)) == Unconvertible("dose-missing")
    assert amount() == Unconvertible("dose-missing")


def test_a_frequency_that_cannot_be_read_is_not_replaced_by_a_code():
    odd = {
        **coded("BID"),
        "timing": {"code": {"text": "BID"}, "repeat": {"frequency": "many", "period": 1, "periodUnit": "d"}},
    }
    assert amount(odd) == Unconvertible("frequency-missing")


def test_the_same_dose_said_in_several_ways_is_one_dose():
    entries = [
        {"type": {"coding": [{"code": code}]}, "doseQuantity": dose}
        for code, dose in (
            ("calculated", quantity(20, "mg")),
            ("admin-amount", {"value": 1, "code": "{tbl}", "unit": "tablet"}),
            ("ordered", quantity(20, "mg")),
        )
    ]
    assert amount({**dosage(None, 1), "doseAndRate": entries}, rxnorm=OXYCODONE_ER_60) == exactly(20)
    # Nothing marked as ordered: one tablet (60 mg) and 20 mg calculated, the larger counts.
    assert amount({**dosage(None, 1), "doseAndRate": entries[:2]}, rxnorm=OXYCODONE_ER_60) == exactly(60)


def test_a_dose_range_is_an_interval():
    ranged = {**dosage(None, 2), "doseAndRate": [{"doseRange": {"low": quantity(5, "mg"), "high": quantity(10, "mg")}}]}
    assert amount(ranged) == between(10, 20)
    for odd in ({"low": quantity(5, "mg")}, {"low": quantity(9, "mg"), "high": quantity(1, "mg")}):
        assert isinstance(amount({**dosage(None, 2), "doseAndRate": [{"doseRange": odd}]}), Unconvertible)


def test_units_of_mass_become_milligrams():
    assert amount(dosage((0.5, "g"), 1)) == exactly(500)
    assert amount(dosage((250, "ug"), 2)) == exactly(Fraction(1, 2))


def test_other_units_stay_what_they_are():
    assert amount(dosage((10, "[iU]"), 2)) == exactly(20, "[iU]/d")


@pytest.mark.parametrize(
    "written",
    [
        {"code": "{tablet}"},
        {"unit": "tablet"},
        {"unit": "Tablet", "code": "TAB", "system": "http://hl7.org/fhir/v3/orderableDrugForm"},
        {"code": "{pill}"},
        {"code": "tablet", "unit": "tablet"},
        {"unit": "tablets"},
    ],
)
def test_tablets_hold_their_strength(written):
    counted = {**dosage(None, 2), "doseAndRate": [{"doseQuantity": {"value": 1, **written}}]}
    assert amount(counted, rxnorm=OXYCODONE_ER_60) == exactly(120)


def test_tablets_of_an_unknown_product_hold_nobody_knows_what():
    assert amount(dosage((1, "tablet"), 2)) == Unconvertible("strength-unknown")


def test_a_bare_number_is_no_dose():
    for written in ({"value": 1}, {"value": 1, "code": "1", "system": "http://unitsofmeasure.org"}):
        bare = {**dosage(None, 1), "doseAndRate": [{"doseQuantity": written}]}
        assert isinstance(amount(bare, rxnorm=OXYCODONE_ER_60), Unconvertible)


def test_millilitres_go_by_concentration():
    assert amount(dosage((5, "mL"), 2), rxnorm=FUROSEMIDE_LIQUID) == exactly(40)
    braced = {**dosage(None, 2), "doseAndRate": [{"doseQuantity": {"value": 5, "code": "{mL}", "unit": "mL"}}]}
    assert amount(braced, rxnorm=FUROSEMIDE_LIQUID) == exactly(40)
    assert amount(dosage((5, "mL"), 2), rxnorm=OXYCODONE_ER_60) == Unconvertible("strength-unknown")


def test_a_spray_holds_one_actuation():
    assert amount(dosage((2, "spray"), 1), rxnorm=SPRAY) == exactly(10)


def test_each_component_of_a_combination_has_its_own_amount():
    amounts = daily_amounts(fact_of(dosage((1, "tablet"), 4), rxnorm=NORCO), NOW)
    assert [(a.ingredient.code if a.ingredient else None, a.amount) for a in amounts] == [
        ("161", exactly(3000)),
        (HYDROCODONE, exactly(40)),
    ]


def test_milligrams_of_a_combination_are_of_nobody_knows_which():
    amounts = daily_amounts(fact_of(dosage((10, "mg"), 4), rxnorm=NORCO), NOW)
    assert {a.amount for a in amounts} == {Unconvertible("several-components")}


def test_an_unknown_combination_is_told_by_its_name():
    concept = {"text": "acetaminophen 5 MG / opium 1 MG", "coding": [{"system": RXNORM, "code": "99999999"}]}
    fact = fact_of(dosage((10, "mg"), 1), medicationCodeableConcept=concept)
    assert daily_amounts(fact, NOW)[0].amount == Unconvertible("several-components")


def test_the_daily_dose_of_a_class_is_that_of_its_component():
    opioids = {Coding(RXNORM, HYDROCODONE), Coding(RXNORM, OXYCODONE)}
    assert daily_dose_of(fact_of(dosage((1, "tablet"), 4), rxnorm=NORCO), opioids, NOW) == exactly(40)
    assert daily_dose_of(fact_of(dosage((10, "mg"), 1)), opioids, NOW) == exactly(10)
    assert daily_dose_of(fact_of(dosage((10, "mg"), 1), rxnorm=WARFARIN), opioids, NOW) == Unconvertible(
        "not-an-ingredient"
    )
    product = {Coding(RXNORM, NORCO)}
    combination = fact_of(dosage((1, "tablet"), 4), rxnorm=NORCO)
    assert daily_dose_of(combination, product, NOW) == Unconvertible("several-components")


@pytest.mark.parametrize("patches", [1, 2])
@pytest.mark.parametrize("days", [1, 2, 3])
def test_a_patch_is_its_rate_times_those_worn_whenever_it_is_changed(patches, days):
    worn = given((patches, "patch"), frequency=1, period=days, periodUnit="d")
    assert amount(worn, rxnorm=PATCH_75) == exactly(75 * patches, "ug/h")


def test_a_patch_changed_later_than_its_label_is_a_range():
    late = given((1, "patch"), frequency=1, period=12, periodUnit="d")
    assert amount(late, rxnorm=PATCH_75) == between(Fraction(75, 4), 75, "ug/h")


def test_a_patch_ordered_by_its_rate_is_that_rate():
    assert amount(given((25, "ug/h"), frequency=1, period=3, periodUnit="d"), rxnorm=PATCH_75) == exactly(25, "ug/h")


def test_a_patch_without_interval_or_by_mass_cannot_be_computed():
    assert amount(given((1, "patch")), rxnorm=PATCH_75) == Unconvertible("frequency-missing")
    assert amount(dosage((75, "ug"), 1), rxnorm=PATCH_75) == Unconvertible("dose-unit")


def test_an_infusion_runs_all_day_unless_it_has_a_schedule():
    running = {"doseAndRate": [{"rateQuantity": quantity(2, "mg/h")}]}
    assert amount(running) == exactly(48)
    assert amount({**running, "timing": dosage(None, 2)["timing"]}) == Unconvertible("rate-with-schedule")


def test_as_needed_counts_as_its_maximum():
    needed = {**dosage((10, "mg"), None, every_hours=4), "asNeededBoolean": True}
    assert amount(needed) == exactly(60)
    limited = {**needed, "maxDosePerPeriod": {"numerator": quantity(40, "mg"), "denominator": quantity(1, "d")}}
    assert amount(limited) == exactly(40)
    only_limited = {**limited, "timing": None}
    assert amount(only_limited) == exactly(40)
    assert amount({**only_limited, "asNeededBoolean": False}) == Unconvertible("frequency-missing")


def test_a_maximum_in_tablets_per_day_is_respected():
    limit = {"numerator": {"value": 2, "unit": "tablet"}, "denominator": {"value": 24, "unit": "h"}}
    needed = {**dosage((1, "tablet"), None, every_hours=4), "maxDosePerPeriod": limit}
    assert amount(needed, rxnorm=OXYCODONE_ER_60) == exactly(120)


def test_instructions_taken_together_add_up():
    assert amount(dosage((10, "mg"), 1), dosage((5, "mg"), 2)) == exactly(20)
    together = [{**dosage((10, "mg"), 1), "sequence": 1}, {**dosage((5, "mg"), 1), "sequence": 1}]
    assert amount(*together) == exactly(15)


def test_of_steps_that_follow_each_other_the_highest_counts():
    taper = [{**dosage((dose, "mg"), 1), "sequence": place} for place, dose in ((1, 60), (2, 40), (3, 20))]
    assert amount(*taper) == exactly(60)


def test_a_step_that_is_over_does_not_count():
    taper = [{**dosage((dose, "mg"), 1), "sequence": place} for place, dose in ((1, 60), (2, 40))]
    taper[0]["timing"]["repeat"]["boundsPeriod"] = {"start": "2026-01-01", "end": "2026-01-31"}
    assert amount(*taper) == exactly(40)
    taper[0]["timing"]["repeat"]["boundsPeriod"] = {"start": "2026-01-01", "end": "2026-03-01T08:00:00Z"}
    assert amount(*taper) == exactly(60)


def test_a_part_that_cannot_be_told_leaves_at_least_the_others():
    assert amount(dosage((10, "mg"), 2), dosage((10, "mg"), None)) == between(20, None)


@pytest.mark.parametrize("value", [-5, "5", None, True, float("1e300")])
def test_a_dose_that_is_no_amount_is_unknown(value):
    odd = {**dosage(None, 1), "doseAndRate": [{"doseQuantity": {**quantity(1, "mg"), "value": value}}]}
    assert isinstance(amount(odd), Unconvertible)
    counted = {**dosage(None, 1), "doseAndRate": [{"doseQuantity": {"unit": "tablet", "value": value}}]}
    assert isinstance(amount(counted, rxnorm=OXYCODONE_ER_60), Unconvertible)


def test_the_dose_of_older_releases_is_read_where_it_stood():
    assert amount({"doseQuantity": quantity(10, "mg"), "timing": dosage(None, 2)["timing"]}) == exactly(20)


@pytest.mark.parametrize(
    ("instructions", "expected"),
    [
        ([dosage((10, "mg"), 3)], exactly(10, "mg")),
        ([dosage((10, "mg"), None)], exactly(10, "mg")),  # how often does not matter
        ([{**dosage((10, "mg"), 1), "sequence": 1}, {**dosage((5, "mg"), 2), "sequence": 2}], exactly(10, "mg")),
        ([dosage((10, "mg"), 1), dosage((5, "mg"), 1)], between(10, 15, "mg")),  # at one time, or not
        ([{**dosage((10, "mg"), 1), "sequence": 1}, dosage((5, "mg"), 1)], between(10, 15, "mg")),
    ],
)
def test_a_single_dose_is_the_most_that_is_taken_at_one_time(instructions, expected):
    fact = fact_of(*instructions)
    assert read_attribute(fact, "single-dose", NOW) == Measured(expected, fact.when)


def test_a_single_dose_that_is_not_told_or_of_several_components_cannot_be_read():
    assert read_attribute(fact_of(), "single-dose", NOW) == Unreadable("dose-missing")
    assert read_attribute(fact_of({"text": "as told"}), "single-dose", NOW) == Unreadable("dose-missing")
    combination = fact_of(dosage((1, "tablet"), 2), rxnorm=NORCO)
    assert read_attribute(combination, "single-dose", NOW) == Unreadable("several-components")


def test_tablets_of_a_single_dose_count_by_their_strength():
    fact = fact_of(dosage((2, "tablet"), 1), rxnorm=OXYCODONE_ER_60)
    assert read_attribute(fact, "single-dose", NOW) == Measured(exactly(120, "mg"), fact.when)


def test_the_attribute_is_the_only_components_amount():
    fact = fact_of(dosage((10, "mg"), 2))
    assert read_attribute(fact, "daily-dose", NOW) == Measured(exactly(20), fact.when)
    combination = fact_of(dosage((1, "tablet"), 2), rxnorm=NORCO)
    assert read_attribute(combination, "daily-dose", NOW) == Unreadable("several-components")
    assert read_attribute(fact_of(), "daily-dose", NOW) == Unreadable("dose-missing")


def test_the_published_cases_come_out_as_published():
    # cases/topics/opioid-mme-calculation: 75 ug/h every 3 days (x 2.4 = 180), oxycodone 10 mg twice a day (x 1.5 = 30).
    patch = {
        **given(frequency=1, period=3.0, periodUnit="d"),
        "doseAndRate": [{"doseQuantity": {"value": 1.0, "unit": "patch", "code": "PATCH"}}],
    }
    assert daily_dose_of(fact_of(patch, rxnorm=PATCH_75), {Coding(RXNORM, FENTANYL)}, NOW) == exactly(75, "ug/h")
    tablet = given(frequency=1, period=12.0, periodUnit="h")
    assert daily_dose_of(fact_of(tablet, rxnorm=OXYCODONE_ER_60), {Coding(RXNORM, OXYCODONE)}, NOW) == exactly(20)


def test_products_that_contradict_each_other_give_no_dose():
    both = {"coding": [{"system": RXNORM, "code": OXYCODONE_ER_60}, {"system": RXNORM, "code": NORCO}]}
    assert amount(dosage((1, "tablet"), 1), medicationCodeableConcept=both) == Unconvertible("products-differ")


def test_amounts_that_do_not_add_up_are_unknown():
    assert amount(dosage((10, "mg"), 1), dosage((1, "[iU]"), 1)) == Unconvertible("units-differ")
    steps = [{**dosage((1, unit), 1), "sequence": place} for place, unit in ((1, "mg"), (2, "[iU]"))]
    assert amount(*steps) == Unconvertible("units-differ")
    entries = [{"doseQuantity": quantity(1, "mg")}, {"doseQuantity": quantity(1, "[iU]")}]
    assert amount({**dosage(None, 1), "doseAndRate": entries}) == Unconvertible("units-differ")


def test_a_vial_of_a_liquid_has_no_known_volume():
    assert amount(dosage((1, "each"), 1), rxnorm=FUROSEMIDE_LIQUID) == Unconvertible("dose-unit")


def test_a_patch_by_a_timing_code_is_changed_that_often():
    daily = {**dosage((1, "patch"), None), "timing": {"code": {"coding": [{"code": "QD"}]}}}
    assert amount(daily, rxnorm=PATCH_75) == exactly(75, "ug/h")


def test_a_range_of_an_unreadable_low_end_is_unknown():
    odd = {"low": {"value": "5"}, "high": quantity(10, "mg")}
    assert amount({**dosage(None, 2), "doseAndRate": [{"doseRange": odd}]}) == Unconvertible("dose-unreadable")
