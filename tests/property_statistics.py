"""What the property tests go through: ``python -m tests.property_statistics [EXAMPLES]`` (100; the drill takes 200).

- *whole rulesets*: drawn rulesets of 60 rules and more, five patients each, judged by the engine, by the reference and
  by a third judge written down in the tests; rules, findings and traces are compared.
- *possible worlds*: patients of whom not all is known, each verdict held against every world that the record allows.
- *the engine alone*: random compositions and leaves, against the reference, in this process.

A difference ends the run with an AssertionError. The drawing is the same every time.
"""

import random
import sys
from collections import Counter
from collections.abc import Callable

from hypothesis import HealthCheck, given, settings

from tests.rules.engine import random_evaluations, test_whole_rulesets
from tests.rules.engine.random_rulesets import draw_ruleset
from tests.rules.judge import test_possible_hours, test_possible_worlds
from tests.rules.judge.hours import ZONES
from tests.rules.judge.hours import patients as patients_by_the_hour
from tests.rules.judge.worlds import patients

EVALUATIONS_EACH = 20  # of the engine alone, for each example


def alike(examples: int) -> Callable:
    """Settings of a run that can be told of: so many examples, the same each time."""
    return settings(
        max_examples=examples, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )


def whole_rulesets(examples: int) -> Counter[str]:
    told: Counter[str] = Counter()

    @alike(examples)
    @given(test_whole_rulesets.seeds_and_people(5))
    def run(drawn) -> None:
        seed, people, orders = drawn
        test_whole_rulesets.judged(draw_ruleset(seed), people, orders, told, random.Random(seed))

    run()
    return told


def possible_worlds(examples: int) -> Counter[str]:
    told: Counter[str] = Counter()

    @alike(examples)
    @given(patients())
    def days(patient) -> None:
        found = test_possible_worlds.judge(patient)
        worlds = list(patient.worlds())
        _count(told, found, len(worlds))
        for world in worlds:
            for name, verdict in found.items():
                if verdict != "unknown" and not (name == "newest" and test_possible_worlds.of_one_day(world)):
                    assert (name, verdict) == (name, test_possible_worlds.MEANINGS[name][1](world)), world

    @alike(examples)
    @given(patients_by_the_hour())
    def hours(patient) -> None:
        found, east = test_possible_hours.judge(patient), ZONES[patient.zone]
        worlds = list(patient.worlds())
        _count(told, found, len(worlds))
        for world in worlds:
            for name, verdict in found.items():
                if verdict != "unknown" and not (name == "newest" and test_possible_hours.one_day(world, east)):
                    assert (name, verdict) == (name, test_possible_hours.MEANINGS[name][1](world, east)), world

    days()
    hours()
    told["definitions"] = len(test_possible_worlds.MEANINGS) + len(test_possible_hours.MEANINGS)
    return told


def _count(told: Counter[str], found: dict[str, str], worlds: int) -> None:
    told["patients"] += 1
    told["worlds"] += worlds
    told["verdicts"] += len(found)
    told.update(f"verdicts that are {verdict}" for verdict in found.values())


def main(examples: int = 100) -> None:
    for name, figures in (
        ("whole rulesets", whole_rulesets(examples)),
        ("possible worlds", possible_worlds(examples)),
    ):
        print(f"{name}, {examples} examples:")
        for what, count in figures.items():
            print(f"  {what:<32}{count:>12,}")
    print("the engine alone, seed 1:")
    random_evaluations.main(1, examples * EVALUATIONS_EACH)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
