"""National Early Warning Score 2, the highest of its seven parts, and what the score is at least and at most.

Source: Royal College of Physicians. National Early Warning Score (NEWS) 2. London: RCP; December 2017.
Valid: from 16 years, not in pregnancy, which the ruleset has to exclude. All seven parameters: with one absent the
score is absent, with one not known it is not known; never a part of a score. The second scale of saturation is for
patients for whom 88 to 92 % is prescribed: COPD alone is not enough, and without ``scale-2`` the first one is used.
Missing: ``news2-range`` is for a score that is not complete. A parameter that is absent, unknown or cannot be used may
score anything there, so that the lower end is what the others score already; with all seven it is the score itself.
Units: rates /min, saturation %, pressure mm[Hg], temperature Cel; result in points, 0 to 20 (one part: 0 to 3).
Temperature is rounded to 0.1, the others to whole numbers, before they are looked up.
"""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

from cds.formulas.formula import EITHER, FAILS, TRUTH, Formula, Given, Input, NotComputable, between
from cds.formulas.points import Points, highest, if_holds, of_bands, one_of, steps, total
from cds.units.quantity import Interval

_RATE = steps(3, ("9", 1), ("12", 0), ("21", 2), ("25", 3))
_SATURATION = steps(3, ("92", 2), ("94", 1), ("96", 0))
_SATURATION_2_AIR = steps(3, ("84", 2), ("86", 1), ("88", 0))
_SATURATION_2_OXYGEN = steps(3, ("84", 2), ("86", 1), ("88", 0), ("93", 1), ("95", 2), ("97", 3))
_PRESSURE = steps(3, ("91", 2), ("101", 1), ("111", 0), ("220", 3))
_PULSE = steps(3, ("41", 1), ("51", 0), ("91", 1), ("111", 2), ("131", 3))
_TEMPERATURE = steps(3, ("35.1", 1), ("36.1", 0), ("38.1", 1), ("39.1", 2))
_ONE, _TENTH = Fraction(1), Fraction(1, 10)
_DECIDED = ("oxygen", "not-alert")
_ANY = Points(0, 3)


def _parts(given: Given) -> list[Points] | NotComputable:
    for name in _DECIDED:
        if given.truths[name] == EITHER:
            return NotComputable(f"{name} is not known")
    whole = {name: interval.to_steps(_ONE) for name, interval in given.numbers.items()}
    return [
        of_bands(whole["respiratory-rate"], _RATE),
        _saturation(whole["oxygen-saturation"], given),
        if_holds(given.truths["oxygen"], 2),
        of_bands(whole["systolic-pressure"], _PRESSURE),
        of_bands(whole["heart-rate"], _PULSE),
        if_holds(given.truths["not-alert"], 3),
        of_bands(given.numbers["temperature"].to_steps(_TENTH), _TEMPERATURE),
    ]


def _saturation(saturation: Interval, given: Given) -> Points:
    oxygen = given.truths.get("oxygen", EITHER)
    second = [_SATURATION_2_OXYGEN if given_it else _SATURATION_2_AIR for given_it in oxygen]
    scales = [scale for on_2 in given.truths.get("scale-2", FAILS) for scale in (second if on_2 else [_SATURATION])]
    return one_of(of_bands(saturation, scale) for scale in scales)


def _evaluate_range(given: Given) -> Interval:
    whole = {name: interval.to_steps(_ONE) for name, interval in given.numbers.items()}
    parts = [if_holds(given.truths.get(name, EITHER), points) for name, points in (("oxygen", 2), ("not-alert", 3))]
    saturation = whole.get("oxygen-saturation")
    parts.append(_ANY if saturation is None else _saturation(saturation, given))
    for name, bands in (("respiratory-rate", _RATE), ("systolic-pressure", _PRESSURE), ("heart-rate", _PULSE)):
        parts.append(of_bands(whole[name], bands) if name in whole else _ANY)
    warmth = given.numbers.get("temperature")
    parts.append(_ANY if warmth is None else of_bands(warmth.to_steps(_TENTH), _TEMPERATURE))
    return total(parts)


def _evaluate(given: Given) -> Interval | NotComputable:
    parts = _parts(given)
    return parts if isinstance(parts, NotComputable) else total(parts)


def _evaluate_highest(given: Given) -> Interval | NotComputable:
    parts = _parts(given)
    return parts if isinstance(parts, NotComputable) else highest(parts)


_INPUTS: Mapping[str, Input] = {
    "respiratory-rate": Input("/min", "respiratory rate"),
    "oxygen-saturation": Input("%", "oxygen saturation"),
    "scale-2": Input(TRUTH, "a saturation of 88 to 92 % is prescribed; left out: it is not", essential=False),
    "oxygen": Input(TRUTH, "breathes supplemental oxygen"),
    "systolic-pressure": Input("mm[Hg]", "systolic blood pressure"),
    "heart-rate": Input("/min", "pulse"),
    "not-alert": Input(TRUTH, "newly confused, or responds to voice or pain only, or is unresponsive"),
    "temperature": Input("Cel", "body temperature"),
}
_OPEN: Mapping[str, Input] = {
    name: wanted if name == "scale-2" else replace(wanted, essential=False, open_if_unknown=True)
    for name, wanted in _INPUTS.items()
}
_SOURCE = "Royal College of Physicians, NEWS2, December 2017"

NEWS2 = Formula("news2", "NEWS2", _INPUTS, "1", between(0, 20), _SOURCE, _evaluate)
NEWS2_HIGHEST = Formula(
    "news2-highest-part", "highest single parameter of NEWS2", _INPUTS, "1", between(0, 3), _SOURCE, _evaluate_highest
)
NEWS2_RANGE = Formula(
    "news2-range",
    "NEWS2 as far as it is known, at least and at most",
    _OPEN,
    "1",
    between(0, 20),
    _SOURCE,
    _evaluate_range,
)
