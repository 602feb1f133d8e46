"""Whether compositions may be given to a worker: tried in a child process first, with a time limit.

Once per ruleset digest, at publish or activation (the verdict is stored by ``rules.catalog``), never on a request. What
crashes, hangs or differs there is refused; a verdict is data, and no failure of the child is ever an acceptance.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

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
    """Try them out in a child that gets no environment but the path of this package.

    seconds: the time limit, wall clock. command: the child; another one in tests only.
    """
    try:
        child = subprocess.run(  # noqa: S603 - our own interpreter and module, no shell, data on stdin only
            list(command),
            input=to_json(compositions),
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
            env={"PYTHONPATH": str(_ROOT), "PATH": os.defpath},
        )
    except subprocess.TimeoutExpired:
        return Refused("time-limit")
    except OSError as error:
        return Refused(f"failed: {type(error).__name__}")
    if child.returncode < 0:
        return Refused(f"crashed: {_signal_name(-child.returncode)}")
    if child.returncode > 0:
        return Refused(f"failed: exit status {child.returncode}")
    return _read(child.stdout)


def _read(answer: str) -> Verdict:
    try:
        found = json.loads(answer)
        if found["accepted"] is True:
            return Accepted(engine=str(found["engine"]), nets=int(found["nets"]))
        return Refused(reason=str(found["reason"]), symbol=found["symbol"])
    except (ValueError, KeyError, TypeError):
        return Refused("no-verdict")


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)
