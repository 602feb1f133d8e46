"""One case judged by the version it stands beside, whatever the services select that day.

The way is that of a real request: bytes, envelope, supply, record, judgement, cards. Pure, but for the reading of a
version and its case files, which :func:`load_suite` does.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

import orjson

from cds.authoring.cases import UTC, CaseRun, Fired, expand, prefetch_for
from cds.authoring.expectations import Difference, differing
from cds.cards.finding import Finding, word_finding
from cds.decisions import reading
from cds.decisions.resting import still_rests
from cds.documents.files import read_file
from cds.documents.problem import Problem, in_order
from cds.facts.fact import Record
from cds.hooks.prefetch import Template, read_supplied
from cds.hooks.request import read_request
from cds.rules.analysis.analyse import analyse
from cds.rules.catalog.load import causes, load_override_reasons
from cds.rules.catalog.shelf import Shelf
from cds.rules.catalog.version_folder import opener
from cds.rules.engine.composition import EngineMaker
from cds.rules.judge.indexing import index_facts
from cds.rules.judge.judge import RulesetVerdicts, RuleVerdict, judge_ruleset
from cds.rules.judge.judging import Judging
from cds.rules.judge.plan import Plan, compile_ruleset, join
from cds.rules.judge.values import Nothing, Unclear
from cds.rules.prefetch.derive import derive_templates
from cds.rules.ruleset import Rule, Ruleset
from cds.rules.source.read import read_ruleset


@dataclass(frozen=True, slots=True, eq=False)
class CaseJudge:
    """One version, compiled as the service compiles it, with what a service would ask a client for."""

    ruleset: Ruleset
    plan: Plan
    templates: tuple[Template, ...]
    override_reasons: Mapping[str, str]


def make_judge(ruleset: Ruleset, override_reasons: Mapping[str, str], make_engine: EngineMaker) -> CaseJudge:
    """Compile a version for its cases."""
    plan = join((compile_ruleset(ruleset, make_engine),))
    return CaseJudge(ruleset, plan, derive_templates((ruleset,)), override_reasons)


def record_of(run: CaseRun, judge: CaseJudge) -> Record:
    """What the case's request tells, read as a service would read it."""
    body = orjson.dumps(run.request | {"prefetch": prefetch_for(run, judge.templates)})
    request = read_request(body, judge.ruleset.hooks)
    return reading.record_of(request, read_supplied(request.prefetch, judge.templates), judge.plan, run.moment)


class Outcome:
    """What came of a case. Texts and verdicts are worked out when asked for: a mutation run asks for few."""

    def __init__(self, judge: CaseJudge, verdicts: RulesetVerdicts, shown_before: Mapping[str, datetime]) -> None:
        self._judge = judge
        self._shown_before = shown_before
        self.verdicts = verdicts

    @property
    def judging(self) -> Judging:
        """The judging behind it."""
        return self.verdicts.judging

    @cached_property
    def findings(self) -> Sequence[Fired]:
        """The rules that fired and are shown."""
        subjects = ((verdict.rule.id, verdict.subject) for verdict in self._shown)
        return [Fired(rule, tuple(it.reference.split()) if it is not None else ()) for rule, it in subjects]

    @cached_property
    def repeated(self) -> frozenset[str]:
        """Rules that fired and whose cards were held back: the case says that they were shown before."""
        instant, before = self.judging.moment.instant, self._shown_before
        fired = [v.rule for v in self.verdicts.rules if v.outcome == "fires" and v.rule.id in before]
        return frozenset(rule.id for rule in fired if still_rests(rule.again_after, before[rule.id], instant))

    @property
    def _shown(self) -> Iterator[RuleVerdict]:
        return (v for v in self.verdicts.rules if v.outcome == "fires" and v.rule.id not in self.repeated)

    @cached_property
    def cards(self) -> Sequence[Finding]:
        """What they show."""
        return [word_finding(self.judging, verdict, self._judge.override_reasons) for verdict in self._shown]

    def differing(self, run: CaseRun) -> list[Difference]:
        """Where it parts from what the case expects; empty when the case passed."""
        expected = run.expectation
        asked = {*expected.holds, *expected.fails, *expected.unknown}
        verdicts = dict(self._verdicts(asked)) if asked else {}
        shown: dict[str, list[str]] = {}
        for finding in self.cards if expected.shows else ():
            shown.setdefault(finding.rule, []).append(f"{finding.card['summary']}\n{finding.card['detail']}")
        return differing(expected, self.findings, verdicts, shown, self.repeated)

    def _verdicts(self, names: set[str]) -> "list[tuple[str, str]]":
        """Of definitions that are judged for the patient; those about a subject have no one verdict."""
        judging = self.judging
        known = judging.ruleset.definitions
        # With a name that is not there, all of them: so that the nearest can be named.
        is_complete = names <= known.keys()
        wanted = (name for name in known if name in names or not is_complete)
        return [(name, _verdict(judging, name)) for name in wanted if name not in judging.plan.about_subjects]


def _verdict(judging: Judging, name: str) -> str:
    if judging.ruleset.definitions[name].is_truth:
        return judging.truth(name).value
    value = judging.value(name, None)
    return "unknown" if isinstance(value, Unclear) else "absent" if isinstance(value, Nothing) else "known"


def judge_case(run: CaseRun, judge: CaseJudge, record: Record | None = None) -> Outcome:
    """Judge a case; ``record``, if it was read before."""
    read = record_of(run, judge) if record is None else record
    verdicts = judge_ruleset(judge.plan, 0, index_facts(judge.plan, read), run.moment)
    return Outcome(judge, verdicts, run.shown_before)


def conditions_of(ruleset: Ruleset, rule: Rule) -> list[str]:
    """The definitions that a rule's ``when`` and ``unless`` name, those of ``applies`` too."""
    entries = (*rule.when, *rule.unless, *ruleset.applies.when, *ruleset.applies.unless)
    return [entry.name for entry in entries]


@dataclass(frozen=True, slots=True, eq=False)
class Suite:
    """A version with its cases. ``sites``: the version under each set of a site's own values that some case has."""

    folder: Path
    judge: CaseJudge
    runs: tuple[CaseRun, ...]
    sites: Mapping[tuple[tuple[str, str], ...], CaseJudge]

    def judge_of(self, run: CaseRun) -> CaseJudge:
        """The version with the values of the case's site."""
        return self.sites[site_of(run)]


def site_of(run: CaseRun) -> tuple[tuple[str, str], ...]:
    """A site's own values in one order."""
    return tuple(sorted(run.site.items()))


def load_suite(folder: Path, make_engine: EngineMaker, zone: ZoneInfo = UTC) -> tuple[Suite | None, list[Problem]]:
    """A version folder and its cases, or what is wrong with them. Warnings and advice are for ``cds lint``."""
    reasons, problems = load_override_reasons(folder.resolve().parents[1] / "override-reasons.yaml")
    ruleset, found = _read(folder, reasons, {})
    problems += found
    runs: list[CaseRun] = []
    for file in case_files(folder):
        expanded, found = expand(file, zone)
        runs += expanded
        problems += found
        problems += (_foreign(run, ruleset) for run in expanded if ruleset and run.ruleset != ruleset.name)
    errors = in_order([problem for problem in causes(problems) if problem.severity == "error"])
    if ruleset is None or errors:
        return None, errors
    sites: dict[tuple[tuple[str, str], ...], CaseJudge] = {(): make_judge(ruleset, reasons, make_engine)}
    for run in runs:
        if (site := site_of(run)) not in sites:
            own, found = _read(folder, reasons, dict(site))
            errors += (Problem(p.code, run.location, f"site: {p.message}", p.hint) for p in found if own is None)
            if own is not None:
                sites[site] = make_judge(own, reasons, make_engine)
    return (None if errors else Suite(folder, sites[()], tuple(runs), sites)), in_order(errors)


def _read(folder: Path, reasons: Mapping[str, str], site: Mapping[str, str]) -> tuple[Ruleset | None, list[Problem]]:
    """The version as it is in the folder. Its digest is not asked for: cases are run before a version is published."""
    file = folder / "ruleset.yaml"
    content, problems = read_file(file)
    if content is None:
        return None, problems
    shelf = Shelf(folder.resolve().parents[1])
    ruleset, problems = read_ruleset(content, str(file), opener(folder), reasons, site, find_library=shelf.find)
    return ruleset, [*problems, *(analyse(ruleset) if ruleset is not None else [])]


def case_files(folder: Path) -> list[Path]:
    """The case files of a version folder."""
    return sorted(folder.glob("cases/*.yaml"))


def _foreign(run: CaseRun, ruleset: Ruleset) -> Problem:
    what = f"this case is about {run.ruleset} and stands beside {ruleset.name}"
    return Problem("CDS610", run.location, what, f"ruleset: {ruleset.name}")
