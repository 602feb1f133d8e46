"""The cases of published rulesets put to the code that judges them: by durable-rules, checked by the reference."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from cds.authoring.case_judging import CaseJudge, Outcome, make_judge, record_of
from cds.authoring.case_judging import judge_case as judged
from cds.authoring.cases import CaseRun
from cds.decisions.decide import decide
from cds.documents.yaml_tree import Table, plain, read_yaml
from cds.rules.catalog.shelf import Shelf
from cds.rules.catalog.version_folder import opener
from cds.rules.engine.crosscheck import make_engine
from cds.rules.source.read import read_ruleset

__all__ = ["RULESETS", "judge_case", "judge_of", "override_reasons", "record_of"]

RULESETS = Path(__file__).parents[2] / "rulesets"
Site = tuple[tuple[str, str], ...]


def judge_case(run: CaseRun, version: str) -> Outcome:
    """Read the request as a service would, judge it by ``run.ruleset`` in ``version``."""
    judge = judge_of(run.ruleset, version, tuple(sorted(run.site.items())))
    record = record_of(run, judge)
    outcome = judged(run, judge, record)
    # decide() would only name a fault in the answer: it must agree with what was judged here.
    judgement = decide(record, judge.plan, run.moment, override_reasons())
    assert judgement.faults == ()
    shown = (finding for finding in judgement.findings if finding.rule not in outcome.repeated)
    told = sorted((finding.rule, finding.subject) for finding in shown)
    assert told == sorted((card.rule, card.subject) for card in outcome.cards)
    return outcome


def sentences(run: CaseRun, version: str) -> list[str]:
    """Where a case comes out otherwise than it says."""
    return [difference.sentence for difference in judge_case(run, version).differing(run)]


@cache
def judge_of(name: str, version: str, site: Site = ()) -> CaseJudge:
    """A version as it is in the folder; with a site's values instead of the parameters' defaults."""
    folder = RULESETS / name / version
    file = folder / "ruleset.yaml"
    ruleset, problems = read_ruleset(
        file.read_bytes(), str(file), opener(folder), override_reasons(), dict(site), find_library=Shelf(RULESETS).find
    )
    assert ruleset is not None, "\n".join(map(str, problems))
    return make_judge(ruleset, override_reasons(), make_engine("durable", "always"))


@cache
def override_reasons() -> Mapping[str, str]:
    """Display by code, of the one list."""
    file = RULESETS / "override-reasons.yaml"
    tree, problems = read_yaml(file.read_bytes(), str(file))
    assert isinstance(tree, Table), problems
    return {code: str(display) for code, display in plain(tree).items()}
