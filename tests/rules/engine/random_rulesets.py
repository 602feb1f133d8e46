"""Whole rulesets drawn at random, and what their rules mean, worked out a second time.

At least 60 rules over at least 40 compositions, of which 24 and more stand on one another in a chain; over leaves of
every clause that tests/rules/judge/test_possible_hours.py gives a meaning; with exceptions, policies, families,
subjects, prefix words and ``applies``. :func:`expected` is told the truths of the leaves and knows nothing of
compilation, symbols, rounds or the engine.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cds.rules.engine.truth import Truth
from cds.rules.ruleset import Ruleset
from tests.rules.judge.telling import rule, ruleset
from tests.rules.judge.test_possible_hours import DEFINITIONS, FILES, MEANINGS

CHAIN, COMPOSITIONS, RULES = 24, 40, 60
LEAVES = sorted(MEANINGS)
ORDERS = {
    "ordered": {"any": "order", "in": ["warfarin"]},
    "large": {"for-each": "ordered", "value": "it.daily-dose", "is": "above 5 mg/d"},
    "by-mouth": {"for-each": "ordered", "value": "it.route", "in": ["oral"]},
    "large-or-high": {"any-of": ["large", "high", "by-mouth"]},
}
ABOUT_ORDERS = ("large", "by-mouth", "large-or-high")
ORAL = {"snomed": {"26643006": "by mouth"}}
H, F, U = Truth.HOLDS, Truth.FAILS, Truth.UNKNOWN


@dataclass(frozen=True)
class Drawn:
    """A ruleset as an author's tables, and as it was read."""

    compositions: dict[str, dict[str, Any]]
    rules: dict[str, dict[str, Any]]
    applies: dict[str, Any]
    read: Ruleset


def draw_ruleset(seed: int) -> Drawn:
    chance = random.Random(seed)
    compositions: dict[str, dict[str, Any]] = {}
    for number in range(chance.randint(COMPOSITIONS, COMPOSITIONS + 20)):
        compositions[f"c{number}"] = _composition(chance, number)
    names = [*compositions, *LEAVES]
    rules = {f"r{number}": _rule(chance, names) for number in range(chance.randint(RULES, RULES + 20))}
    applies: dict[str, Any] = {}
    if chance.random() < 0.5:
        barring = chance.sample(LEAVES, 2)
        applies = {"unless": barring, "unless-unknown": chance.choice(["fire", "stay-silent"])}
        for told in rules.values():
            if chance.random() < 0.3:
                told["despite"] = chance.sample(barring, 1)
    definitions = {**DEFINITIONS, **ORDERS, **compositions}
    more = {"periods": {"month": "calendar month"}, "value_sets": {"oral": ORAL}, "files": FILES}
    read = ruleset(definitions, rules, **more, **({"applies": applies} if applies else {}))
    return Drawn(compositions, rules, applies, read)


def _entry(chance: random.Random, name: str) -> str:
    """A name, or a prefix word and a name; what speaks of doubt asks leaves, which need no further round."""
    words = ["", "", "", "not "] if name.startswith("c") else ["", "", "", "not ", "not ", "known ", "unknown "]
    return chance.choice(words) + name


def _composition(chance: random.Random, number: int) -> dict[str, Any]:
    before = [f"c{n}" for n in range(number)]
    width = chance.choice([1, 2, 2, 2, 3, 3, 4, 9, 12])
    pool = [*before[-6:], *LEAVES] if number > CHAIN else LEAVES
    parts = [_entry(chance, name) for name in chance.sample(pool, width)]
    if 0 < number <= CHAIN:
        parts[0] = _entry(chance, before[-1])
    kind = chance.choice(["all-of", "any-of", "none-of", "at-least"])
    chance.shuffle(parts)
    return {"at-least": str(chance.randint(1, width)), "of": parts} if kind == "at-least" else {kind: parts}


def _rule(chance: random.Random, names: list[str]) -> dict[str, Any]:
    is_each = chance.random() < 0.2
    pool = [*names, *ABOUT_ORDERS * 8] if is_each else names
    when, unless = (list(dict.fromkeys(chance.choices(pool, k=chance.randint(least, 3)))) for least in (1, 0))
    told = rule(
        [_entry(chance, name) for name in when],
        [_entry(chance, name) for name in unless if name not in when],
        **({"for_each": "ordered"} if is_each else {}),
    )
    if "unless" in told:
        told["unless-unknown"] = chance.choice(["fire", "stay-silent"])
    if chance.random() < 0.4:
        told["family"] = f"f{chance.randrange(6)}{'-each' if is_each else ''}"
    return told


def expected(drawn: Drawn, leaf: Callable[[str], Truth], subjects: dict[str, Callable[[str], Truth]]) -> dict[str, str]:
    """What becomes of each rule that is not silent because its conditions fail, by ``rule`` or ``rule subject``.

    leaf: the truth of a leaf for the patient. subjects: by reference, the truths of what is about each order.
    """
    told: dict[str, str] = {}
    shown: set[tuple[str, str]] = set()
    for name, written in drawn.rules.items():
        for reference, about in subjects.items() if "for-each" in written else [("", leaf)]:
            truths = Meaning(drawn.compositions, leaf, about)
            outcome = _outcome(truths, written, drawn.applies)
            family = (written.get("family", ""), reference)
            if outcome == "fires" and family[0]:
                outcome = "folded" if family in shown else outcome
                shown.add(family)
            if outcome != "fails":
                told[f"{name} {reference}".strip()] = outcome
    return told


def _outcome(truths: "Meaning", written: dict[str, Any], applies: dict[str, Any]) -> str:
    when = min_truth(map(truths.entry, written["when"]))
    if when is F:
        return "fails"
    excused = [name for name in applies.get("unless", ()) if name not in written.get("despite", ())]
    doubts = [
        (max_truth(map(truths.entry, names)), policy)
        for names, policy in (
            (written.get("unless", []), written.get("unless-unknown")),
            (excused, applies.get("unless-unknown")),
        )
        if names
    ]
    if any(truth is H for truth, _ in doubts):
        return "silent"
    if when is U or any(truth is U and policy == "stay-silent" for truth, policy in doubts):
        return "unknown"
    return "fires"


class Meaning:
    """Compositions by Kleene's tables, from the names an author wrote."""

    def __init__(self, compositions: dict[str, Any], leaf: Callable[[str], Truth], about: Callable[[str], Truth]):
        self.compositions, self.leaf, self.about = compositions, leaf, about
        self.known: dict[str, Truth] = {}

    def entry(self, written: str) -> Truth:
        word, _, name = written.rpartition(" ")
        truth = self.truth(name)
        match word:
            case "not":
                return truth.reversed()
            case "known":
                return F if truth is U else H
            case "unknown":
                return H if truth is U else F
            case _:
                return truth

    def truth(self, name: str) -> Truth:
        if name not in self.compositions:
            return self.about(name) if name in ABOUT_ORDERS else self.leaf(name)
        if name not in self.known:
            self.known[name] = self._composed(self.compositions[name])
        return self.known[name]

    def _composed(self, told: dict[str, Any]) -> Truth:
        (parts,) = (value for value in told.values() if isinstance(value, list))
        truths = [self.entry(part) for part in dict.fromkeys(parts)]
        if "all-of" in told:
            return min_truth(truths)
        if "any-of" in told:
            return max_truth(truths)
        if "none-of" in told:
            return max_truth(truths).reversed()
        least = int(told["at-least"])
        holding, open_ = truths.count(H), truths.count(U)
        return H if holding >= least else F if holding + open_ < least else U


_ORDER = [F, U, H]


def min_truth(truths: Any) -> Truth:
    return min(truths, key=_ORDER.index)


def max_truth(truths: Any) -> Truth:
    return max(truths, key=_ORDER.index)


def depth(drawn: Drawn) -> int:
    """The longest chain of compositions that stand on one another."""
    depths: dict[str, int] = {}
    for name, told in drawn.compositions.items():
        (parts,) = (value for value in told.values() if isinstance(value, list))
        depths[name] = 1 + max((depths.get(part.rpartition(" ")[2], 0) for part in parts), default=0)
    return max(depths.values())
