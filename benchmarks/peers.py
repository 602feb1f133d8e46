"""Judging beside other rule engines: 30, 300 and 3,000 rules, 19 facts that rules look for, 2 findings.

    python -m benchmarks.peers [ROUNDS]

Every rule asks: is its drug ordered or in use, is its result low, and not: is its disease on record. All engines judge
the same patient in the same run, in turn, and must find the same two rules. Peers that are not installed are left out
by name (clipspy 1.0.6, zen-engine 2.1.3, experta 1.9.4 were measured; none of them is a dependency).

- ours: from the record of facts to verdicts, leaves and chaining, behind the index; with the cross-check, as served.
- ours, chaining alone: the engine's part of it, for the rules that reach it.
- peers get judged symbols, three-valued as we have them (a fact for "holds", one for "fails"); their leaves cost
  nothing here. "whole": the symbols of all rules, as their manuals have it; "indexed": of those that our index finds.
- if/else: the same conditions as one generated Python function over the same symbols.
"""

import collections
import collections.abc
import importlib
import json
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import stated
from cds.api.serving import settle
from cds.facts.dates import Moment
from cds.facts.record import read_record
from cds.hooks.prefetch import Supplied, Supply, Template
from cds.replay.moments import moment_of
from cds.rules.catalog.load import load_catalog
from cds.rules.engine.crosscheck import make_engine
from cds.rules.engine.truth import Truth
from cds.rules.judge.indexing import index_facts
from cds.rules.judge.judge import judge_ruleset
from cds.rules.judge.plan import Plan, compile_ruleset, join
from cds.settings import Settings

ROOT = Path(__file__).parents[1]
SIZES = (30, 300, 3_000)
EACH = 30  # rules of a ruleset
ORDERED, USED = (0, 1), range(2, 9)
FIRST_DRUG = 9_000_000
Fired = list[int]
Judge = Callable[[], Fired]


def patient(moment: Moment, plan: Plan):
    """Two drugs ordered, seven in use, eight results, two problems; the first two rules fire."""
    subject = {"reference": "Patient/bench"}
    drafts = [_order(n, subject, "draft") for n in ORDERED]
    orders = [_order(n, subject, "active") for n in USED]
    labs = [stated._lab(f"lab-{n}", kind, subject, _Usual()) for n, kind in enumerate(stated.LABS)]
    problems = [stated._condition(f"c-{n}", *code, subject) for n, code in enumerate(stated.CONDITIONS[:2])]
    came = {"MedicationRequest": orders, "Observation": labs, "Condition": problems}
    person = {"resourceType": "Patient", "id": "bench", "gender": "female", "birthDate": "1948-03-09"}
    supplied = [Supplied(Template("Patient", "Patient", "", is_read=True), Supply.DATA, (person,))]
    others = ("MedicationStatement", "MedicationDispense", "MedicationAdministration", *came)
    supplied += [Supplied(Template(name, name, ""), Supply.DATA, tuple(came.get(name, ()))) for name in others]
    return read_record(
        hook="order-sign",
        patient_id="bench",
        encounter_id=None,
        drafts=drafts,
        selections=None,
        supplied=tuple(supplied),
        vocabulary=plan.vocabulary,
        moment=moment,
    )


class _Usual:
    """In place of chance: the usual value, the same day."""

    def randint(self, low: int, _high: int) -> int:
        return low

    def uniform(self, _low: float, _high: float) -> float:
        return 1.0


def _order(n: int, subject: dict, status: str) -> dict:
    drug = str(FIRST_DRUG + n)
    return stated._order(f"m-{n}", drug, f"Drug {n}", subject, status=status, day="2026-05-01", times=1)


def write_rulesets(folder: Path, rules: int, each: int = EACH) -> None:
    """Rulesets of ``each`` rules, with the list of override reasons that goes with them."""
    for first in range(0, rules, each):
        numbers = range(first, min(first + each, rules))
        stated.write_made_up(folder / f"made-up-{first}" / "1.0.0", f"made-up-{first}", map(_row, numbers))
    shutil.copy(ROOT / "rulesets" / "override-reasons.yaml", folder)


def plan_of(rules: int) -> tuple[Plan, float]:
    """The rules compiled, and the seconds that loading and compiling took."""
    with tempfile.TemporaryDirectory() as folder:
        write_rulesets(Path(folder), rules)
        start = time.perf_counter()
        catalog, problems = load_catalog(Path(folder))
        errors = [str(problem) for problem in problems if problem.severity == "error"]
        assert not errors, errors[:3]
        found = [version for versions in catalog.versions.values() for version in versions]
        found.sort(key=lambda ruleset: int(ruleset.name.rpartition("-")[2]))
        plan = join(tuple(compile_ruleset(ruleset, make_engine()) for ruleset in found))
        return plan, time.perf_counter() - start


def _row(n: int) -> dict:
    code, _, unit, usual = stated.LABS[n % len(stated.LABS)]
    limit = round(usual * 2 if n in ORDERED else usual / 2, 1)
    return {
        "n": n,
        "drug": str(FIRST_DRUG + n),
        "lab": code,
        "disease": f"X{n // 100:02}.{n % 100:02}",
        "limit": limit,
        "unit": unit,
    }


def ours(plan: Plan, record, moment: Moment) -> Fired:
    indexed = index_facts(plan, record)
    return [
        number * EACH + int(verdict.rule.id.rpartition("-")[2]) % EACH
        for number in indexed.running
        for verdict in judge_ruleset(plan, number, indexed, moment).rules
        if verdict.outcome == "fires"
    ]


def chaining(plan: Plan, record, moment: Moment) -> Judge:
    """The evaluations that the engine was asked for, to be made again by themselves."""
    asked = []
    for part in plan.parts:
        solve = part.engine.solve

        def noting(leaves, goals, solve=solve):
            asked.append((solve, dict(leaves), tuple(goals)))
            return solve(leaves, goals)

        part.engine.solve = noting  # type: ignore[method-assign]
    fired = ours(plan, record, moment)
    for part in plan.parts:
        del part.engine.solve  # type: ignore[attr-defined]

    def again() -> Fired:
        for solve, leaves, goals in asked:
            solve(leaves, goals)
        return fired

    return again


def symbols(rules: int) -> list[tuple[Truth, Truth, Truth, Truth]]:
    """Ordered, in use, low, diseased: as our leaves judge them for the patient."""
    holds, fails = Truth.HOLDS, Truth.FAILS
    return [
        (holds if n in ORDERED else fails, holds if n in USED else fails, holds if n in ORDERED else fails, fails)
        for n in range(rules)
    ]


def if_else(rules: int) -> Judge:
    lines = ["def judge(t):", "    fired = []"]
    for n in range(rules):
        lines += [f"    a, b, c, d = t[{n}]", "    if (a or b) and c and not d:", f"        fired.append({n})"]
    namespace: dict = {}
    exec("\n".join([*lines, "    return fired"]), namespace)  # noqa: S102 - generated above, from numbers
    told = [tuple(truth is Truth.HOLDS for truth in row) for row in symbols(rules)]
    return lambda: namespace["judge"](told)


def clips_judge(rules: int, wanted: range) -> Judge:
    clips = importlib.import_module("clips")
    environment = clips.Environment()
    for n in range(rules):
        a, b, c, d, met, fires = (6 * n + place for place in range(6))
        for needs, gives in (
            ([("h", a)], ("h", met)),
            ([("h", b)], ("h", met)),
            ([("f", a), ("f", b)], ("f", met)),
            ([("h", met), ("h", c), ("f", d)], ("h", fires)),
            ([("f", met)], ("f", fires)),
            ([("f", c)], ("f", fires)),
            ([("h", d)], ("f", fires)),
        ):
            tests = " ".join(f"({side} {symbol})" for side, symbol in needs)
            name = f"r{n}-{'-'.join(f'{side}{symbol}' for side, symbol in needs)}"
            environment.build(f"(defrule {name} {tests} => (assert ({gives[0]} {gives[1]})))")
    told = symbols(rules)
    sides = [("h" if t is Truth.HOLDS else "f", 6 * n + place) for n in wanted for place, t in enumerate(told[n])]
    texts = [f"({side} {symbol})" for side, symbol in sides]

    def judge() -> Fired:
        environment.reset()
        for text in texts:
            environment.assert_string(text)
        environment.run()
        return sorted(fact[0] // 6 for fact in environment.facts() if fact.template.name == "h" and fact[0] % 6 == 5)

    return judge


def zen_judge(rules: int, wanted: range) -> Judge:
    zen = importlib.import_module("zen")
    rules_of = {n: f"(l{n}[0] or l{n}[1]) and l{n}[2] and not l{n}[3]" for n in wanted}
    rows = [{"id": str(n), "key": f"f{n}", "value": rule} for n, rule in rules_of.items()]
    place = {"x": 0, "y": 0}
    nodes = [
        {"id": "i", "name": "in", "type": "inputNode", "position": place},
        {"id": "e", "name": "rules", "type": "expressionNode", "position": place, "content": {"expressions": rows}},
        {"id": "o", "name": "out", "type": "outputNode", "position": place},
    ]
    edges = [{"id": a + b, "sourceId": a, "targetId": b, "type": "edge"} for a, b in ("ie", "eo")]
    decision = zen.ZenEngine().create_decision(json.dumps({"nodes": nodes, "edges": edges}))
    told = symbols(rules)
    given = {f"l{n}": [truth is Truth.HOLDS for truth in told[n]] for n in wanted}

    def judge() -> Fired:
        return sorted(int(name[1:]) for name, fires in decision.evaluate(given)["result"].items() if fires)

    return judge


def experta_judge(rules: int, wanted: range) -> Judge:
    collections.Mapping = collections.abc.Mapping  # type: ignore[attr-defined]  # its frozendict is of Python 3.9
    experta = importlib.import_module("experta")
    fired: Fired = []
    body: dict = {}
    for n in range(rules):

        def fire(_self, n=n) -> None:
            fired.append(n)

        told = experta.Fact
        condition = experta.AND(experta.OR(told(h=4 * n), told(h=4 * n + 1)), told(h=4 * n + 2), told(f=4 * n + 3))
        body[f"rule_{n}"] = experta.Rule(condition)(fire)
    engine = type("Rules", (experta.KnowledgeEngine,), body)()
    truths = symbols(rules)
    sides = [("h" if t is Truth.HOLDS else "f", 4 * n + place) for n in wanted for place, t in enumerate(truths[n])]

    def judge() -> Fired:
        fired.clear()
        engine.reset()
        for side, symbol in sides:
            engine.declare(experta.Fact(**{side: symbol}))
        engine.run()
        return sorted(fired)

    return judge


def installed(name: str) -> bool:
    try:
        importlib.import_module(name)
    except ImportError:
        print(f"{name} is not installed: left out")
        return False
    return True


def main(rounds: int) -> None:
    moment = moment_of(stated.MOMENT, Settings().timezone)
    peers = {"clipspy": ("clips", clips_judge, SIZES), "zen-engine": ("zen", zen_judge, SIZES)}
    collections.Mapping = collections.abc.Mapping  # type: ignore[attr-defined]
    peers["experta"] = ("experta", experta_judge, SIZES[:1])  # 300 rules take it minutes to build
    peers = {name: peer for name, peer in peers.items() if installed(peer[0])}
    table: dict[str, dict[int, float]] = collections.defaultdict(dict)
    touched = range(ORDERED[0], USED[-1] + 1)
    for size in SIZES:
        plan, seconds = plan_of(size)
        record = patient(moment, plan)
        facts = sum(len(found) for kind, found in record.facts.items() if kind not in {"draft", "prescription"})
        judges: dict[str, Judge] = {
            "ours": lambda plan=plan, record=record: ours(plan, record, moment),
            "ours, chaining alone": chaining(plan, record, moment),
            "if/else": if_else(size),
        }
        for name, (_, make, sizes) in peers.items():
            if size in sizes:
                judges[f"{name}, whole"] = make(size, range(size))
                judges[f"{name}, indexed"] = make(size, touched)
        settle()  # as the server does before its workers fork
        taken: dict[str, list[float]] = collections.defaultdict(list)
        for _ in range(rounds):
            for name, judge in judges.items():
                judge()  # the turn before was another engine's, and left the processor's caches full of its own
                start = time.thread_time_ns()
                found = judge()
                taken[name].append((time.thread_time_ns() - start) / 1000)
                assert found == list(ORDERED), (name, found)
        for name, laps in taken.items():
            table[name][size] = statistics.median(laps)
        print(f"{size} rules in {len(plan.parts)} rulesets in {seconds:.2f} s; {facts} facts, 2 fire")
        for part in plan.parts:
            part.engine.close()
    print(f"\nCPU microseconds a patient, medians of {rounds}".ljust(40) + "".join(f"{size:>10}" for size in SIZES))
    for name, row in table.items():
        print(name.ljust(40) + "".join(f"{row[size]:>10.0f}" if size in row else " " * 10 for size in SIZES))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
