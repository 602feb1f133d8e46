"""Morphine milligram equivalents per day of one opioid.

``morphine-equivalent``: daily dose times a factor that the ruleset's table of opioids gives, in the unit for which
it was given (mg/d, or ug/h for fentanyl patches: by the worn rate, never by the change interval).
``morphine-equivalent-methadone-2016``: methadone by the banded factors of 2016.

Sources: Dowell D et al. CDC Clinical Practice Guideline for Prescribing Opioids for Pain - United States, 2022.
MMWR Recomm Rep 2022;71(3):1-95. CDC guideline 2016, MMWR Recomm Rep 2016;65(1):1-49, and its conversion table.
Valid: oral and transdermal outpatient opioids. Injected, transmucosal and buprenorphine products have no factor;
a form other than the one a factor is for makes the dose not computable. Not for opioid rotation.
"""

from fractions import Fraction

from cds.formulas.formula import WORD, Formula, Input, Intervals, Numbers, Words
from cds.terminology.products import FORM_CLASSES
from cds.units.quantity import Interval, Quantity
from cds.units.ucum import canonical_unit, convert, same_dimension

_FROM_NOTHING = Interval(Fraction(0), None)
_DOSE = Input("mg/d", "the most taken in a day, as mass over time")
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


def _refuse_dose(dose: Interval) -> str | None:
    return "dose is below 0" if dose.low is not None and dose.low < 0 else None


def _refuse(intervals: Intervals, words: Words) -> str | None:
    unit, factor = canonical_unit(words["dose-unit"]), intervals["factor"]
    if unit is None or not same_dimension(unit, _DOSE.unit):
        return "dose-unit is not a mass over time"
    if factor.low is None or factor.low <= 0:
        return "factor is not above 0"
    return _wrong_form(words.get("form"), words["for-form"]) or _refuse_dose(intervals["daily-dose"])


def _compute(numbers: Numbers, words: Words) -> Fraction:
    return numbers["factor"] * _in_unit(numbers["daily-dose"], words["dose-unit"])


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
        "factor": Input("1", "equivalents per dose-unit"),
        "dose-unit": Input(WORD, "the UCUM unit that the factor is for: mg/d, or ug/h for patches"),
        "form": _FORM,
        "for-form": Input(WORD, "the form that the factor is for: oral or transdermal"),
    },
    unit="mg/d",
    range=_FROM_NOTHING,
    source="https://www.cdc.gov/mmwr/volumes/71/rr/rr7103a1.htm",
    refuse=_refuse,
    compute=_compute,
)

# The table of 2016 is written for whole milligrams: 1-20, 21-40, 41-60, 61 and more. Between 20 and 21 it says
# nothing; a dose above 20 takes the next, higher factor: the safer reading, and continuous with 21.
_METHADONE_BANDS = ((60, 12), (40, 10), (20, 8), (0, 4))


def _refuse_methadone(intervals: Intervals, words: Words) -> str | None:
    return _wrong_form(words.get("form"), "oral") or _refuse_dose(intervals["daily-dose"])


def _compute_methadone(numbers: Numbers, _words: Words) -> Fraction:
    dose = numbers["daily-dose"]
    # The factor grows with the dose, so the product rises strictly: the ends of a range are its hull.
    return dose * next((factor for above, factor in _METHADONE_BANDS if dose > above), 4)


METHADONE_2016 = Formula(
    name="morphine-equivalent-methadone-2016",
    title="morphine milligram equivalents per day of methadone (bands of 2016)",
    inputs={"daily-dose": Input("mg/d", "all methadone taken in a day"), "form": _FORM},
    unit="mg/d",
    range=_FROM_NOTHING,
    source="https://www.cdc.gov/mmwr/volumes/65/rr/rr6501e1.htm",
    refuse=_refuse_methadone,
    compute=_compute_methadone,
)
