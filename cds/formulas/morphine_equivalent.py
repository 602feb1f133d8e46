"""Morphine milligram equivalents per day of one opioid.

``morphine-equivalent``: daily dose times a factor that the ruleset's table of opioids gives, in the unit for which
it was given (mg/d, or ug/h for fentanyl patches: by the worn rate, never by the change interval).
``morphine-equivalent-methadone-2016``: methadone by the banded factors of 2016.

Sources: Dowell D et al. CDC Clinical Practice Guideline for Prescribing Opioids for Pain - United States, 2022.
MMWR Recomm Rep 2022;71(3):1-95. CDC guideline 2016, MMWR Recomm Rep 2016;65(1):1-49, and its conversion table.
Valid: oral and transdermal outpatient opioids. Injected, transmucosal and buprenorphine products have no factor;
a form other than the one a factor is for makes the dose not computable. Not for opioid rotation.
Units: daily-dose mg/d (a patch: by its rate); result mg/d of morphine.
"""

from fractions import Fraction

from cds.formulas.equation import monotone
from cds.formulas.formula import WORD, Formula, Given, Input, NotComputable, Numbers, above, at_least
from cds.terminology.products import FORM_CLASSES
from cds.units.quantity import Interval, Quantity
from cds.units.ucum import canonical_unit, convert, same_dimension

_DOSE = Input("mg/d", "the most taken in a day, as mass over time", valid=at_least(0))
_FORM = Input(
    WORD,
    "how the product is given: oral, transdermal, injectable, ...",
    essential=False,
    words=FORM_CLASSES | {"oral"},
)


def _wrong_form(form: str | None, for_form: str) -> str | None:
    if form is None:
        # An opioid by mouth is the rule; a patch dose (ug/h) without a recorded form may be an infusion.
        return None if for_form == "oral" else f"form not recorded, the factor is for {for_form}"
    if form == for_form or form.startswith(f"{for_form}-"):  # "oral-solid" is oral
        return None
    return f"form is not {for_form}"


def _evaluate(given: Given) -> Interval | NotComputable:
    dose_unit = given.words["dose-unit"]
    unit = canonical_unit(dose_unit)
    if unit is None or not same_dimension(unit, _DOSE.unit):
        return NotComputable("dose-unit is not a mass over time")
    reason = _wrong_form(given.words.get("form"), given.words["for-form"])
    if reason is not None:
        return NotComputable(reason)

    def equivalent(numbers: Numbers) -> Fraction:
        return numbers["factor"] * _in_unit(numbers["daily-dose"], dose_unit)

    return monotone(equivalent, given.numbers)


def _in_unit(mg_per_day: Fraction, unit: str) -> Fraction:
    converted = convert(Quantity(Interval.exactly(mg_per_day), _DOSE.unit), unit)
    if not isinstance(converted, Quantity) or converted.interval.low is None:
        raise ValueError(f"{unit} was not refused")
    return converted.interval.low


MORPHINE_EQUIVALENT = Formula(
    name="morphine-equivalent",
    title="morphine milligram equivalents per day",
    inputs={
        "daily-dose": _DOSE,
        "factor": Input("1", "equivalents per dose-unit", valid=above(0)),
        "dose-unit": Input(WORD, "the UCUM unit that the factor is for: mg/d, or ug/h for patches"),
        "form": _FORM,
        "for-form": Input(WORD, "the form that the factor is for: oral or transdermal"),
    },
    unit="mg/d",
    range=at_least(0),
    source="https://www.cdc.gov/mmwr/volumes/71/rr/rr7103a1.htm",
    evaluate=_evaluate,
)

# The table of 2016 is written for whole milligrams: 1-20, 21-40, 41-60, 61 and more. Between 20 and 21 it says
# nothing; a dose above 20 takes the next, higher factor: the safer reading, and continuous with 21.
_METHADONE_BANDS = ((60, 12), (40, 10), (20, 8), (0, 4))


def _evaluate_methadone(given: Given) -> Interval | NotComputable:
    reason = _wrong_form(given.words.get("form"), "oral")
    # The factor grows with the dose, so the product rises strictly: the ends of a range are its hull.
    return NotComputable(reason) if reason is not None else monotone(_methadone, given.numbers)


def _methadone(numbers: Numbers) -> Fraction:
    dose = numbers["daily-dose"]
    return dose * next((factor for above_mg, factor in _METHADONE_BANDS if dose > above_mg), 4)


METHADONE_2016 = Formula(
    name="morphine-equivalent-methadone-2016",
    title="morphine milligram equivalents per day of methadone (bands of 2016)",
    inputs={"daily-dose": Input("mg/d", "all methadone taken in a day", valid=at_least(0)), "form": _FORM},
    unit="mg/d",
    range=at_least(0),
    source="https://www.cdc.gov/mmwr/volumes/65/rr/rr6501e1.htm",
    evaluate=_evaluate_methadone,
)
