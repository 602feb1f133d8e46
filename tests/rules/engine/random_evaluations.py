"""A child process for the drills: random nets, random leaves, every answer compared with the reference.

    python -m tests.rules.engine.random_evaluations SEED EVALUATIONS

Each round compiles one to ninety compositions (those of 25 and more with a chain of at least 20), evaluates them a
hundred times without remembering, and frees them. It prints what it did, and ends with status 1 at a difference.
"""

import json
import random
import sys
from collections import Counter

from cds.rules.engine.chain import make_durable
from cds.rules.engine.composition import Composition, Part
from cds.rules.engine.reference import make_reference
from cds.rules.engine.truth import Truth

LEAVES, EACH = 24, 100
SIZES = [*range(1, 9), *range(1, 9), 30, 90]  # mostly small: a ruleset asks for one rule at a time


def random_compositions(chance: random.Random) -> list[Composition]:
    found = []
    for symbol in range(LEAVES, LEAVES + chance.choice(SIZES)):
        width = chance.choice([1, 2, 2, 2, 3, 3, 4, 9, 12])
        parts = [Part(chance.randrange(symbol), chance.random() < 0.5) for _ in range(width)]
        if LEAVES < symbol < LEAVES + 25:
            parts[0] = Part(symbol - 1, parts[0].negated)
        kind = chance.choice(["all-of", "any-of", "at-least"])
        found.append(Composition(symbol, kind, tuple(parts), chance.randint(1, width) if kind == "at-least" else 0))  # type: ignore[arg-type]
    chance.shuffle(found)
    return found


def random_leaves(chance: random.Random) -> dict[int, Truth]:
    known = chance.random()
    told = [symbol for symbol in range(LEAVES) if chance.random() < known]
    chance.shuffle(told)
    return {symbol: chance.choice(list(Truth)) for symbol in told}


def main(seed: int, evaluations: int) -> int:
    chance = random.Random(seed)
    told: Counter[str] = Counter()
    while told["evaluations"] < evaluations:
        compositions = random_compositions(chance)
        engine, oracle = make_durable(compositions, remember=0), make_reference(compositions)
        goals = [composition.symbol for composition in compositions]
        told["nets"] += len(engine.nets)
        for _ in range(min(EACH, evaluations - told["evaluations"])):
            leaves = random_leaves(chance)
            found = engine.solve(leaves, goals)
            if found != oracle.solve(leaves, goals):
                print(json.dumps({"differs": seed}))
                return 1
            told["evaluations"] += 1
            told.update(truth.value for truth in found.values())
        engine.close()
    print(json.dumps(told))
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
