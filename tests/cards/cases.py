"""The findings of published cases, worded as the service words them: the cards that clinicians will see."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cds.authoring.cases import CaseRun, expand
from cds.cards.card import build_cards
from cds.cards.finding import Finding
from cds.decisions.decide import decide
from tests.published.judging import judge_of, override_reasons, record_of

#: The folder of each published version.
VERSIONS = sorted(folder.parent for folder in (Path(__file__).parents[2] / "rulesets").glob("*/[0-9]*/cases"))
Worded = Sequence[tuple[CaseRun, tuple[Finding, ...]]]


def worded(folder: Path) -> Worded:
    """Run and findings of each case of a version that shows a card."""
    runs = [run for path in sorted(folder.glob("cases/*.yaml")) for run in expand(path)[0]]
    told = [(run, _findings(run, folder.name)) for run in runs]
    return [each for each in told if each[1]]


def _findings(run: CaseRun, version: str) -> tuple[Finding, ...]:
    judge = judge_of(run.ruleset, version, tuple(sorted(run.site.items())))
    return decide(record_of(run, judge), judge.plan, run.moment, override_reasons()).findings


def cards(run: CaseRun, findings: Sequence[Finding], key: str = "key") -> list[dict[str, Any]]:
    return build_cards(findings, key, run.moment.instant)
