"""The one place where the cases of published rulesets meet the code that judges them.

A case is judged by the version it stands beside, whatever the services select that day: selection and activation have
their own tests. The way is that of a real request: bytes, envelope, supply, record, judgement, cards.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import orjson

from cds.authoring.cases import CaseRun, Fired, prefetch_for
from cds.decisions import reading
from cds.decisions.decide import decide
from cds.documents.yaml_tree import Table, plain, read_yaml
from cds.facts.fact import Record
from cds.hooks.prefetch import Template, read_supplied
from cds.hooks.request import read_request
from cds.rules.catalog.shelf import Shelf
from cds.rules.catalog.version_folder import opener
from cds.rules.engine.crosscheck import make_engine
from cds.rules.judge.indexing import index_facts
from cds.rules.judge.judge import judge_ruleset
from cds.rules.judge.judging import Judging
from cds.rules.judge.plan import Plan, compile_ruleset, join
from cds.rules.judge.values import Nothing, Unclear
from cds.rules.prefetch.derive import derive_templates
from cds.rules.ruleset import Rule, Ruleset
from cds.rules.source.read import read_ruleset

RULESETS = Path(__file__).parents[2] / "rulesets"
Site = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a case, in the words of :func:`cds.authoring.cases.differences`."""

    findings: Sequence[Fired]
    verdicts: Mapping[str, str]
    shown: Mapping[str, Sequence[str]]
    reads: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True, eq=False)
class Judge:
    """One version of a ruleset with a site's values, compiled as the service compiles it."""

    ruleset: Ruleset
    plan: Plan
    templates: tuple[Template, ...]


def record_of(run: CaseRun, judge: Judge) -> Record:
    """What the case's request tells, read as a service would read it."""
    body = orjson.dumps(run.request | {"prefetch": prefetch_for(run, judge.templates)})
    request = read_request(body, judge.ruleset.hooks)
    return reading.record_of(request, read_supplied(request.prefetch, judge.templates), judge.plan, run.moment)


def judge_case(run: CaseRun, version: str) -> Outcome:
    """Read the request as a service would, judge it by ``run.ruleset`` in ``version``, word the cards."""
    judge = judge_of(run.ruleset, version, tuple(sorted(run.site.items())))
    record = record_of(run, judge)
    # Judged here as well: a fault then fails the case with its own trace, where decide() would only name it.
    verdicts = judge_ruleset(judge.plan, 0, index_facts(judge.plan, record), run.moment)
    judgement = decide(record, judge.plan, run.moment, override_reasons())
    assert judgement.faults == ()
    shown: dict[str, list[str]] = {}
    for finding in judgement.findings:
        shown.setdefault(finding.rule, []).append(f"{finding.card['summary']}\n{finding.card['detail']}")
    return Outcome(
        [Fired(finding.rule, tuple(finding.subject.split())) for finding in judgement.findings],
        _verdicts(verdicts.judging),
        shown,
        {rule.id: _reads(judge.ruleset, rule) for rule in judge.ruleset.rules},
    )


def _verdicts(judging: Judging) -> dict[str, str]:
    """Every definition that is judged for the patient; those about a subject have no one verdict."""
    return {
        name: judging.truth(name).value if definition.is_truth else _number(judging, name)
        for name, definition in judging.ruleset.definitions.items()
        if name not in judging.plan.about_subjects
    }


def _number(judging: Judging, name: str) -> str:
    value = judging.value(name, None)
    return "unknown" if isinstance(value, Unclear) else "absent" if isinstance(value, Nothing) else "known"


def _reads(ruleset: Ruleset, rule: Rule) -> list[str]:
    entries = (*rule.when, *rule.unless, *ruleset.applies.when, *ruleset.applies.unless)
    return [entry.name for entry in entries]


@cache
def judge_of(name: str, version: str, site: Site = ()) -> Judge:
    """A version as it is in the folder; with a site's values instead of the parameters' defaults."""
    folder = RULESETS / name / version
    file = folder / "ruleset.yaml"
    ruleset, problems = read_ruleset(
        file.read_bytes(), str(file), opener(folder), override_reasons(), dict(site), find_library=Shelf(RULESETS).find
    )
    assert ruleset is not None, "\n".join(map(str, problems))
    plan = join((compile_ruleset(ruleset, make_engine("durable", "always")),))
    return Judge(ruleset, plan, derive_templates((ruleset,)))


@cache
def override_reasons() -> Mapping[str, str]:
    """Display by code, of the one list."""
    file = RULESETS / "override-reasons.yaml"
    tree, problems = read_yaml(file.read_bytes(), str(file))
    assert isinstance(tree, Table), problems
    return {code: str(display) for code, display in plain(tree).items()}
