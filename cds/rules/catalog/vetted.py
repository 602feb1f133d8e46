"""Verdicts on versions: what each asks of the engine is tried in a child process once, before any worker compiles it.

The engine can hang or take its process with it (engine/vetting.py). An acceptance is kept in the state folder under a
digest of what was tried and of what tried it: the compositions, the version of durable-rules, our own code around it.
What was never vetted is vetted now, what was refused is not loaded.
"""

import hashlib
import json
from collections.abc import Iterable
from functools import cache
from importlib import metadata
from pathlib import Path

from cds.documents.problem import Location, Problem
from cds.rules.engine import vetting
from cds.rules.engine.trial import to_json
from cds.rules.engine.vetting import Accepted, Refused, vet_each
from cds.rules.judge.plan import compositions_of
from cds.rules.ruleset import Ruleset


def refused(rulesets: Iterable[Ruleset], verdicts: Path) -> list[Problem]:
    """A problem for each version that the engine must not be given. ``verdicts``: the folder that keeps them."""
    tried = [(ruleset, compositions_of(ruleset)) for ruleset in rulesets]
    files = [verdicts / f"{_digest(to_json([compositions]))}.json" for _, compositions in tried]
    unknown = [(*each, file) for each, file in zip(tried, files, strict=True) if not file.is_file()]
    if not unknown:
        return []
    problems = []
    for (ruleset, _, file), verdict in zip(unknown, vet_each([each[1] for each in unknown]), strict=True):
        if isinstance(verdict, Refused):
            what = f"{ruleset.address} must not be given to the engine: {verdict.reason}"
            hint = "CDS_ENGINE=reference runs it without the engine"
            problems.append(Problem("CDS330", Location(ruleset.location.file), what, hint))
        else:
            _remember(ruleset, verdict, file)
    return problems


def _remember(ruleset: Ruleset, verdict: Accepted, file: Path) -> None:
    """Only an acceptance is remembered."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.write_text(json.dumps({"ruleset": ruleset.address, "engine": verdict.engine, "nets": verdict.nets}) + "\n")


def _digest(compositions: str) -> str:
    return hashlib.sha256(f"{_build()}\n{compositions}".encode()).hexdigest()


@cache
def _build() -> str:
    """Which engine it is, and which code of ours puts rulesets to it."""
    code = hashlib.sha256()
    for file in sorted(Path(vetting.__file__).parent.glob("*.py")):
        code.update(file.read_bytes())
    try:
        version = metadata.version("durable-rules")
    except metadata.PackageNotFoundError:
        version = "none"  # the child refuses, and a refusal is not remembered
    return f"{version} {code.hexdigest()}"
