"""Whether compositions may be given to a worker: tried in a child process first, with a time limit.

Once for what a ruleset asks of the engine, at publish, activation or the first start (the verdict is stored by
``rules.catalog``), never on a request. What crashes, hangs or differs there is refused; a verdict is data, and no
failure of the child is ever an acceptance.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cds
from cds.rules.engine.composition import Composition
from cds.rules.engine.trial import to_json

_ROOT = Path(cds.__file__).parent.parent
_COMMAND = (sys.executable, "-P", "-m", "cds.rules.engine.trial")


@dataclass(frozen=True, slots=True)
class Accepted:
    """Compiled and agreed with the reference. engine: the version of durable-rules; nets: how many it became."""

    engine: str
    nets: int


@dataclass(frozen=True, slots=True)
class Refused:
    """Must not be loaded.

    reason: as in NetRefused and EngineFault, or ``engines-differ`` | ``time-limit`` | ``crashed: SIGSEGV`` |
        ``failed: exit status 1`` | ``no-verdict``; symbol: the composition at fault, where one is known.
    """

    reason: str
    symbol: int | None = None


Verdict = Accepted | Refused


def vet(compositions: Sequence[Composition], *, seconds: float = 10.0, command: Sequence[str] = _COMMAND) -> Verdict:
    """Try those of one ruleset out in a child that gets no environment but the path of this package.

    seconds: the time limit, wall clock. command: the child; another one in tests only.
    """
    return _tried([compositions], seconds, command)[0]


def vet_each(
    sets: Sequence[Sequence[Composition]], *, seconds: float = 10.0, command: Sequence[str] = _COMMAND
) -> list[Verdict]:
    """Try those of several rulesets, a verdict for each: all in one child, which takes a tenth of the time of many.

    Only a child that accepts all of them is believed. Where it does not, each is tried in a child of its own, so that
    none is judged by what another did to their process. seconds: the time limit of one ruleset.
    """
    together = _tried(sets, seconds + len(sets), command)
    if all(isinstance(verdict, Accepted) for verdict in together):
        return together
    return [vet(compositions, seconds=seconds, command=command) for compositions in sets]


def _tried(sets: Sequence[Sequence[Composition]], seconds: float, command: Sequence[str]) -> list[Verdict]:
    """What one child says of each; of all the same, where it could not say it."""
    try:
        child = subprocess.run(  # noqa: S603 - our own interpreter and module, no shell, data on stdin only
            list(command),
            input=to_json(sets),
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
            env={"PYTHONPATH": str(_ROOT), "PATH": os.defpath},
        )
    except subprocess.TimeoutExpired:
        return [Refused("time-limit")] * len(sets)
    except OSError as error:
        return [Refused(f"failed: {type(error).__name__}")] * len(sets)
    if child.returncode < 0:
        return [Refused(f"crashed: {_signal_name(-child.returncode)}")] * len(sets)
    if child.returncode > 0:
        return [Refused(f"failed: exit status {child.returncode}")] * len(sets)
    return _read(child.stdout, len(sets))


def _read(answer: str, count: int) -> list[Verdict]:
    try:
        told = json.loads(answer)
        verdicts = [_verdict(found) for found in told]
    except (ValueError, KeyError, TypeError):
        verdicts = []
    return verdicts if len(verdicts) == count else [Refused("no-verdict")] * count


def _verdict(found: dict[str, Any]) -> Verdict:
    if found["accepted"] is True:
        return Accepted(engine=str(found["engine"]), nets=int(found["nets"]))
    return Refused(reason=str(found["reason"]), symbol=found["symbol"])


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)
