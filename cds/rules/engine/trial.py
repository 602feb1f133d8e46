"""The child's half of vetting: ``python -m cds.rules.engine.trial`` compiles what comes on stdin and tries it.

It is a process of its own because a compile can hang or kill the process it runs in. One JSON document in (the
compositions of one ruleset, or of several), one out (a verdict for each); it imports the engine package only, reads no
file and no setting.
"""

import json
import random
import resource
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cds.rules.engine.chain import engine_available, make_durable
from cds.rules.engine.composition import Composition, Part
from cds.rules.engine.crosscheck import CrossCheckedEngine
from cds.rules.engine.faults import EngineFault, EnginesDiffer, EngineUnavailable, NetRefused
from cds.rules.engine.reference import make_reference
from cds.rules.engine.truth import Truth

_MIXTURES = 64  # beside all-unknown, all-holds and all-fails: seeded, so that a verdict is the same every time


def to_json(sets: Sequence[Sequence[Composition]]) -> str:
    """The compositions of each ruleset as the child reads them."""
    rows = [
        [(c.symbol, c.kind, [(part.symbol, part.negated) for part in c.parts], c.n) for c in compositions]
        for compositions in sets
    ]
    return json.dumps(rows)


def from_json(text: str) -> list[list[Composition]]:
    """The inverse of :func:`to_json`."""
    sets: list[list[Any]] = json.loads(text)
    return [
        [
            Composition(symbol, kind, tuple(Part(part, negated) for part, negated in parts), n)
            for symbol, kind, parts, n in rows
        ]
        for rows in sets
    ]


def attempt(compositions: Sequence[Composition]) -> dict[str, object]:
    """Compile, evaluate against the reference, free. ``accepted``, or ``reason`` and ``symbol`` where there is one."""
    try:
        oracle = make_reference(compositions)
        engine = make_durable(compositions)
        checked = CrossCheckedEngine(engine, oracle)
        goals = [composition.symbol for composition in compositions]
        for leaves in _trials(compositions):
            checked.solve(leaves, goals)
        checked.close()
    except NetRefused as refused:
        return {"accepted": False, "reason": refused.reason, "symbol": refused.symbol}
    except EnginesDiffer as differ:
        return {"accepted": False, "reason": "engines-differ", "symbol": differ.symbols[0]}
    except (EngineFault, EngineUnavailable) as fault:
        return {"accepted": False, "reason": fault.reason, "symbol": None}
    return {"accepted": True, "engine": engine_available().version, "nets": len(engine.nets)}


def _trials(compositions: Sequence[Composition]) -> Iterator[Mapping[int, Truth]]:
    symbols = {composition.symbol for composition in compositions}
    leaves = sorted({part.symbol for composition in compositions for part in composition.parts} - symbols)
    yield {}
    for truth in Truth:
        yield dict.fromkeys(leaves, truth)
    chance = random.Random(2028)  # noqa: S311 - a fixed choice of inputs, not a secret
    for _ in range(_MIXTURES):
        yield {leaf: chance.choice(list(Truth)) for leaf in leaves}


if __name__ == "__main__":
    # Should the parent die first, a child that hangs must still end: processor seconds, bytes, no core file.
    resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
    resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.stdout.write(json.dumps([attempt(compositions) for compositions in from_json(sys.stdin.read())]))
