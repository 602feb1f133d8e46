"""Pack-years: how much somebody has smoked, as packs a day times the years for which it was so.

Source: NCI Dictionary of Cancer Terms, "pack year"; the measure of the USPSTF recommendations on lung cancer screening
(2013, 2021).
Valid: one span of time with one number of packs a day. What was smoked at other times is other pack-years, to be
added up only where the spans do not overlap, which the ruleset has to see to. Cigarettes a day are not packs a day:
how many a pack holds is not the same everywhere.
Units: packs-per-day {pack}/d, years in years on the calendar (``x.length``: 30 years to the day are 30, whatever leap
years lie between); result {pack-years}. Compared unrounded.
"""

from cds.formulas.formula import Formula, Given, Input, at_least
from cds.units.quantity import Interval


def _evaluate(given: Given) -> Interval:
    packs, years = given.numbers["packs-per-day"], given.numbers["years"]
    low = None if packs.low is None or years.low is None else packs.low * years.low
    high = None if packs.high is None or years.high is None else packs.high * years.high
    return Interval(low, high)


PACK_YEARS = Formula(
    name="pack-years",
    title="pack-years of one span of time",
    inputs={
        "packs-per-day": Input("{pack}/d", "packs of cigarettes a day", valid=at_least(0)),
        "years": Input("a", "for how many years, such as `it.length`", valid=at_least(0)),
    },
    unit="{pack-years}",
    range=at_least(0),
    source="NCI Dictionary of Cancer Terms, pack year",
    evaluate=_evaluate,
)
