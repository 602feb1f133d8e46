"""The findings of every published case, worded as the service words them: the cards that clinicians will see."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from cds.authoring.cases import CaseRun, expand
from cds.cards.card import build_cards
from cds.cards.finding import Finding
from cds.decisions.decide import decide
from tests.published.judging import judge_of, override_reasons, record_of

FILES = sorted((Path(__file__).parents[2] / "rulesets").glob("*/[0-9]*/cases/*.yaml"))


@cache
def worded() -> Sequence[tuple[str, CaseRun, tuple[Finding, ...]]]:
    """Name, run and findings of each case that shows a card."""
    every = [(path, run) for path in FILES for run in expand(path)[0]]
    told = [
        (f"{path.parts[-4]}@{path.parts[-3]}: {run.name}", run, _findings(run, path.parts[-3])) for path, run in every
    ]
    return [each for each in told if each[2]]


def _findings(run: CaseRun, version: str) -> tuple[Finding, ...]:
    judge = judge_of(run.ruleset, version, tuple(sorted(run.site.items())))
    return decide(record_of(run, judge), judge.plan, run.moment, override_reasons()).findings


def cards(run: CaseRun, findings: Sequence[Finding], key: str = "key") -> list[dict[str, Any]]:
    return build_cards(findings, key, run.moment.instant)
