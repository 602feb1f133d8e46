"""What an evaluation costs: durable-rules, the reference, and both under the cross-check. Medians, in microseconds.

Run it with the malloc settings of the field guide:
MALLOC_TRIM_THRESHOLD_=268435456 MALLOC_MMAP_THRESHOLD_=67108864 .venv/bin/python benchmarks/engine_nets.py
"""

import os
import random
import statistics
import time

from cds.rules.engine.chain import DurableEngine, make_durable
from cds.rules.engine.composition import Composition, Engine, Part
from cds.rules.engine.crosscheck import make_engine
from cds.rules.engine.reference import make_reference
from cds.rules.engine.truth import Truth


def typical() -> list[Composition]:
    """Twenty leaves (0 to 19) and twelve compositions: shared conditions, then three rules, each when and unless."""
    rows: list[tuple[int, str, list[int], int]] = [
        (20, "any-of", [0, 1, 2], 0),
        (21, "all-of", [3, 4], 0),
        (22, "at-least", [5, 6, 7, 8], 2),
        (23, "any-of", [9, 10], 0),
        (24, "all-of", [20, 11], 0),
        (25, "any-of", [21, 23, 12], 0),
        (26, "all-of", [24, 22, 13], 0),  # a rule's when
        (27, "any-of", [14, 15], 0),  # its unless
        (28, "all-of", [25, 20, 16], 0),
        (29, "any-of", [17, 21], 0),
        (30, "all-of", [24, 18, 25], 0),
        (31, "any-of", [19, 23], 0),
    ]
    return [Composition(symbol, kind, tuple(map(Part, parts)), n) for symbol, kind, parts, n in rows]  # type: ignore[arg-type]


def patients(known: float, count: int = 200) -> list[dict[int, Truth]]:
    """Leaves of which a share is known, mostly failing, as real ones do."""
    chance = random.Random(7)
    return [
        {
            leaf: chance.choice([Truth.HOLDS, Truth.FAILS, Truth.FAILS]) if chance.random() < known else Truth.UNKNOWN
            for leaf in range(20)
        }
        for _ in range(count)
    ]


def median(engine: Engine, leaves: list[dict[int, Truth]], goals: list[int], rounds: int = 15) -> float:
    """Microseconds of one solve."""
    taken = []
    for _ in range(rounds):
        for given in leaves:
            start = time.perf_counter_ns()
            engine.solve(given, goals)
            taken.append(time.perf_counter_ns() - start)
    return statistics.median(taken) / 1000


def main() -> None:
    compositions = typical()
    goals = [composition.symbol for composition in compositions]
    durable, reference = make_durable(compositions), make_reference(compositions)
    checked = make_engine("durable", "always", 0)(compositions)
    remembering = make_engine("durable", "always", remember=64)(compositions)
    print("malloc settings", "on" if "MALLOC_TRIM_THRESHOLD_" in os.environ else "OFF: see the module's docstring")
    print(f"{len(compositions)} compositions in {len(durable.nets)} nets")
    for known in (1.0, 0.7, 0.2):
        leaves = patients(known)
        times = [median(engine, leaves, goals) for engine in (durable, reference, checked, remembering)]
        per_net = times[0] / len(durable.nets)
        print(
            f"{known:.0%} of leaves known: durable {times[0]:.1f} us ({per_net:.1f} a net),"
            f" reference {times[1]:.1f} us, cross-checked {times[2]:.1f} us,"
            f" and remembering {times[3]:.1f} us"
        )
    one = make_durable(compositions[:1])
    print(f"one net of one composition: {median(one, patients(1.0), [20]):.1f} us")
    hundred_rules()
    build_time(compositions)


def hundred_rules() -> None:
    """A hundred rules over 200 leaves, each with a shared condition, a when and an unless; nearly all leaves fail."""
    chance = random.Random(1)
    compositions: list[Composition] = []
    for first in range(200, 500, 3):
        drawn = [Part(chance.randrange(200)) for _ in range(6)]
        compositions.append(Composition(first, "any-of", tuple(drawn[:2])))
        compositions.append(Composition(first + 1, "all-of", (Part(first), *drawn[2:4])))
        compositions.append(Composition(first + 2, "any-of", tuple(drawn[4:])))
    weights = [8, 1, 1]
    given = [
        dict(enumerate(chance.choices([Truth.FAILS, Truth.HOLDS, Truth.UNKNOWN], weights, k=200))) for _ in range(100)
    ]
    goals = [composition.symbol for composition in compositions]
    engines = [make_durable(compositions), make_reference(compositions), make_engine(remember=0)(compositions)]
    times = [median(engine, given, goals, rounds=4) for engine in engines]
    remembering = make_durable(compositions, remember=64)
    for leaves in given:
        remembering.solve(leaves, goals)
    fresh = [
        dict(enumerate(chance.choices([Truth.FAILS, Truth.HOLDS, Truth.UNKNOWN], weights, k=200))) for _ in range(100)
    ]
    print(
        f"100 rules, 300 compositions: durable {times[0]:.0f} us, reference {times[1]:.0f} us,"
        f" cross-checked {times[2]:.0f} us, remembering (patients not met before)"
        f" {median(remembering, fresh, goals, rounds=1):.0f} us"
    )


def build_time(compositions: list[Composition]) -> None:
    """Compile, prime, free."""
    taken = []
    for _ in range(20):
        start = time.perf_counter_ns()
        engine: DurableEngine = make_durable(compositions)
        engine.close()
        taken.append(time.perf_counter_ns() - start)
    print(f"compile, prime and free: {statistics.median(taken) / 1e6:.1f} ms")


if __name__ == "__main__":
    main()
