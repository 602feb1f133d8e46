"""Verdicts on versions: each digest is tried in a child process once, before any worker compiles it.

The engine can hang or take its process with it (engine/vetting.py). A verdict is stored by digest and build of the
engine, in the state folder; what was never vetted is vetted now, and what was refused is not loaded.
"""

import json
from collections.abc import Iterable
from pathlib import Path

from cds.documents.problem import Location, Problem
from cds.rules.engine.vetting import Refused, vet
from cds.rules.judge.plan import compositions_of
from cds.rules.ruleset import Ruleset


def refused(rulesets: Iterable[Ruleset], verdicts: Path) -> list[Problem]:
    """A problem for each version that the engine must not be given. ``verdicts``: the folder that keeps them."""
    problems = []
    for ruleset in rulesets:
        reason = _verdict(ruleset, verdicts)
        if reason:
            what = f"{ruleset.address} must not be given to the engine: {reason}"
            hint = "CDS_ENGINE=reference runs it without the engine"
            problems.append(Problem("CDS330", Location(ruleset.location.file), what, hint))
    return problems


def _verdict(ruleset: Ruleset, verdicts: Path) -> str:
    """The reason of a refusal, or ""; only an acceptance is remembered."""
    file = verdicts / f"{ruleset.digest}.json"
    if file.is_file():
        return ""
    verdict = vet(compositions_of(ruleset))
    if isinstance(verdict, Refused):
        return verdict.reason
    verdicts.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.write_text(json.dumps({"ruleset": ruleset.address, "engine": verdict.engine, "nets": verdict.nets}) + "\n")
    return ""
