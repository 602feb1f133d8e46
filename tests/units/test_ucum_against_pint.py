"""Our table of units against an independent one: pint, with the UCUM grammar of ucumvert."""

import itertools

import pytest
from ucumvert import PintUcumRegistry

from cds.units.quantity import Interval, Quantity, Unconvertible
from cds.units.ucum import convert

_FAMILIES = [
    ["g", "mg", "ug", "kg", "[lb_av]", "[oz_av]"],
    ["mol", "mmol", "umol"],
    ["L", "mL", "dL", "cm3", "[tsp_us]", "[tbs_us]", "[foz_us]"],
    ["s", "ms", "min", "h", "d", "wk", "mo", "a"],
    ["m", "cm", "[in_i]", "[ft_i]"],
    ["mm[Hg]", "kPa", "cm[H2O]"],
    ["mg/dL", "g/L", "ug/mL", "ng/mL"],
    ["mmol/L", "umol/L"],
    ["10*9/L", "10*3/uL", "/uL", "10*6/L"],
    ["ug/h", "mg/d", "g/wk"],
    ["mg/kg/d", "ug/kg/min"],
    ["kg/m2", "g/cm2"],
    ["mL/min", "L/h"],
    ["U/L", "kat/L", "nkat/mL"],
    ["%", "1", "mg/g", "[ppm]"],
    ["kcal", "J"],
    ["Cel", "[degF]", "K"],
]


@pytest.fixture(scope="module")
def registry():
    return PintUcumRegistry()


@pytest.mark.parametrize("family", _FAMILIES, ids=lambda family: family[0])
def test_conversions_agree_with_pint(registry, family):
    for source, target in itertools.permutations(family, 2):
        ours = convert(Quantity(Interval.exactly(37), source), target)
        theirs = registry.Quantity(37, registry.from_ucum(source).units).to(registry.from_ucum(target).units)
        assert float(ours.interval.low) == pytest.approx(theirs.magnitude, rel=1e-5), (source, target)


def test_what_pint_calls_incompatible_does_not_convert(registry):
    for one, other in itertools.combinations(_FAMILIES, 2):
        mine = convert(Quantity(Interval.exactly(1), one[0]), other[0])
        theirs = registry.from_ucum(one[0]).is_compatible_with(registry.from_ucum(other[0]))
        assert theirs or isinstance(mine, Unconvertible), (one[0], other[0])
