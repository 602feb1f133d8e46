"""Padua Prediction Score: risk of venous thromboembolism in acutely ill medical inpatients.

Source: Barbar S et al. J Thromb Haemost 2010;8:2450-2457, PMID 20738765.
Valid: acutely ill medical inpatients from 18 years, which the ruleset has to ask for.
Units: truths only; result in points, 0 to 20. An unknown factor widens the result from none to all of its points.
Mobility, thrombophilia and recent surgery are seldom recorded in a form that can be read: left out, they are unknown,
never absent, so this score alone never says that the risk is low.
"""

from collections.abc import Mapping

from cds.formulas.formula import EITHER, TRUTH, Formula, Given, Input, between
from cds.formulas.points import if_holds, total
from cds.units.quantity import Interval

_POINTS: Mapping[str, tuple[int, str]] = {
    "active-cancer": (3, "active cancer"),
    "previous-vte": (3, "earlier venous thromboembolism"),
    "reduced-mobility": (3, "reduced mobility"),
    "thrombophilia": (3, "known thrombophilia"),
    "recent-trauma-or-surgery": (2, "trauma or surgery within a month"),
    "age-at-least-70": (1, "at least 70 years old"),
    "heart-or-respiratory-failure": (1, "heart or respiratory failure"),
    "infarction-or-stroke": (1, "acute myocardial infarction or ischaemic stroke"),
    "infection-or-rheumatologic": (1, "acute infection or rheumatologic disorder"),
    "bmi-at-least-30": (1, "body mass index of at least 30 kg/m2"),
    "hormonal-treatment": (1, "hormonal treatment"),
}
_SELDOM_RECORDED = frozenset({"reduced-mobility", "thrombophilia", "recent-trauma-or-surgery"})


def _evaluate(given: Given) -> Interval:
    return total(if_holds(given.truths.get(name, EITHER), points) for name, (points, _) in _POINTS.items())


def _input(name: str, meaning: str) -> Input:
    if name in _SELDOM_RECORDED:
        return Input(TRUTH, f"{meaning}; left out: not known", essential=False)
    return Input(TRUTH, meaning)


PADUA = Formula(
    name="padua",
    title="Padua Prediction Score",
    inputs={name: _input(name, f"{meaning} ({points})") for name, (points, meaning) in _POINTS.items()},
    unit="1",
    range=between(0, 20),
    source="J Thromb Haemost 2010;8:2450-2457",
    evaluate=_evaluate,
)
