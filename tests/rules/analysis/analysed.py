"""Small rulesets told as tables, and the codes that the analysis finds in them."""

from collections.abc import Iterable
from typing import Any

from cds.documents.problem import Problem
from cds.rules.analysis.analyse import analyse
from tests.rules.judge.telling import Table, rule, ruleset

#: What a ruleset told for one question leaves unused.
_ASIDE = frozenset({"CDS450", "CDS451", "CDS423"})

K = {"says": "Most recent potassium", "latest": "lab", "in": "potassium"}
ORDER = {"says": "Warfarin is being ordered", "any": "order", "in": "warfarin"}
TAKEN = {"says": "Warfarin is in use", "any": "medication", "in": "warfarin"}


def k(test: str, **more: Any) -> Table:
    """A test of the newest potassium, said as it is written."""
    return {"says": f"Potassium {test.removesuffix(' mmol/L')}", "value": "k", "is": test, **more}


def found(definitions: Table, rules: Table | None = None, **more: Any) -> list[Problem]:
    """What the analysis says, names that nothing uses aside."""
    told = ruleset({"k": K, "ordered": ORDER, "taken": TAKEN, **definitions}, rules, **more)
    return [problem for problem in analyse(told) if problem.code not in _ASIDE]


def codes(definitions: Table, rules: Table | None = None, **more: Any) -> list[str]:
    """Their codes."""
    return [problem.code for problem in found(definitions, rules, **more)]


def tier(*when: str, family: str = "f", unless: Iterable[str] = (), **more: Any) -> Table:
    """A rule of a family."""
    return rule(when, unless, family=family, **more)
