"""Bedside screens for sepsis: qSOFA and the SIRS criteria.

Sources: Singer M et al. (Sepsis-3). JAMA 2016;315:801-810, doi 10.1001/jama.2016.0287. ACCP/SCCM Consensus Conference.
Chest 1992;101:1644-1655.
Valid: adults with suspected infection, which the ruleset has to ask for. Surviving Sepsis Campaign 2021 advises
against qSOFA as the only screen.
qSOFA: respiratory rate at least 22, systolic pressure at most 100, Glasgow Coma Scale below 15; a point each.
SIRS: temperature above 38 or below 36, heart rate above 90, respiratory rate above 20 or PaCO2 below 32, white cells
above 12 or below 4 or more than 10 % bands; a point each. PaCO2 and bands count where they were measured.
Units: rates /min, pressures mm[Hg], temperature Cel, white cells 10*9/L, bands %; results in points, 0 to 3 and 0 to 4.
"""

from fractions import Fraction

from cds.formulas.formula import HOLDS, Formula, Given, Input, Possible, above, at_least, between
from cds.formulas.points import if_holds, lies_in, total
from cds.units.quantity import Interval

_AT_MOST_100 = Interval(None, Fraction(100))


def _below(limit: int) -> Interval:
    return Interval(None, Fraction(limit), high_open=True)


def _qsofa(given: Given) -> Interval:
    numbers = given.numbers
    return total(
        if_holds(lies_in(numbers[name], band))
        for name, band in (
            ("respiratory-rate", at_least(22)),
            ("systolic-pressure", _AT_MOST_100),
            ("coma-scale", _below(15)),
        )
    )


def _sirs(given: Given) -> Interval:
    criteria = (
        (("temperature", above(38)), ("temperature", _below(36))),
        (("heart-rate", above(90)),),
        (("respiratory-rate", above(20)), ("paco2", _below(32))),
        (("white-cells", above(12)), ("white-cells", _below(4)), ("bands", above(10))),
    )
    return total(if_holds(_any_of(given, tests)) for tests in criteria)


def _any_of(given: Given, tests: tuple[tuple[str, Interval], ...]) -> Possible:
    found = [lies_in(given.numbers[name], band) for name, band in tests if name in given.numbers]
    return HOLDS if HOLDS in found else frozenset().union(*found)


QSOFA = Formula(
    name="qsofa",
    title="qSOFA",
    inputs={
        "respiratory-rate": Input("/min", "respiratory rate"),
        "systolic-pressure": Input("mm[Hg]", "systolic blood pressure"),
        "coma-scale": Input("1", "Glasgow Coma Scale, total", valid=between(3, 15)),
    },
    unit="1",
    range=between(0, 3),
    source="https://doi.org/10.1001/jama.2016.0287",
    evaluate=_qsofa,
)
SIRS = Formula(
    name="sirs",
    title="SIRS criteria",
    inputs={
        "temperature": Input("Cel", "body temperature"),
        "heart-rate": Input("/min", "heart rate"),
        "respiratory-rate": Input("/min", "respiratory rate"),
        "paco2": Input("mm[Hg]", "arterial CO2; left out: not measured", essential=False),
        "white-cells": Input("10*9/L", "white blood cells"),
        "bands": Input("%", "band forms; left out: not counted", essential=False),
    },
    unit="1",
    range=between(0, 4),
    source="Chest 1992;101:1644-1655",
    evaluate=_sirs,
)
