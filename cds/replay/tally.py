"""Many outcomes to one count that can be merged: in any order, in any grouping, with the same result.

Batches may run in a pool, on a cluster or one after another; their tallies must agree. Nothing here judges.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields

from cds.replay.case import Json
from cds.replay.verdict import Outcome


@dataclass(frozen=True, slots=True)
class TopicTally:
    """The counts of one topic. Each case is in exactly one of agree, disagree, undecided, errors."""

    agree: int = 0
    disagree: int = 0
    undecided: int = 0
    errors: int = 0
    tp: int = 0
    fp: int = 0
    tn: int = 0
    fn: int = 0
    indicator_agree: int = 0
    indicator_disagree: int = 0
    value_agree: int = 0
    value_disagree: int = 0
    recommendation_agree: int = 0
    recommendation_disagree: int = 0

    @property
    def cases(self) -> int:
        """How many cases the topic had."""
        return self.agree + self.disagree + self.undecided + self.errors

    def merged(self, other: "TopicTally") -> "TopicTally":
        """The counts of both."""
        return TopicTally(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


@dataclass(frozen=True, slots=True)
class Tally:
    """What a replay came to. ``differing`` and ``failing``: the outcomes that disagree or are errors, by topic and id.

    undecided: how many cases were not decided, by reason. changes: the adapter's changes by name: how many cases
    had it, and how often in all.
    """

    topics: Mapping[str, TopicTally] = field(default_factory=dict)
    differing: tuple[Outcome, ...] = ()
    failing: tuple[Outcome, ...] = ()
    undecided_why: Mapping[str, int] = field(default_factory=dict)
    changed_cases: Mapping[str, int] = field(default_factory=dict)
    changed_times: Mapping[str, int] = field(default_factory=dict)

    @property
    def total(self) -> TopicTally:
        """All topics together."""
        total = TopicTally()
        for topic in self.topics.values():
            total = total.merged(topic)
        return total

    def merged(self, other: "Tally") -> "Tally":
        """Both counts as one; associative and commutative."""
        names = sorted({*self.topics, *other.topics})
        none = TopicTally()
        return Tally(
            {name: self.topics.get(name, none).merged(other.topics.get(name, none)) for name in names},
            _ordered(self.differing + other.differing),
            _ordered(self.failing + other.failing),
            _added(self.undecided_why, other.undecided_why),
            _added(self.changed_cases, other.changed_cases),
            _added(self.changed_times, other.changed_times),
        )


def tally_of(outcomes: Iterable[Outcome]) -> Tally:
    """The count of some outcomes."""
    topics: dict[str, TopicTally] = {}
    differing, failing = [], []
    undecided: Counter[str] = Counter()
    cases: Counter[str] = Counter()
    times: Counter[str] = Counter()
    for outcome in outcomes:
        topics[outcome.topic] = topics.get(outcome.topic, TopicTally()).merged(_counts(outcome))
        cases.update(outcome.changes.keys())
        times.update(outcome.changes)
        if outcome.standing == "disagree":
            differing.append(outcome)
        elif outcome.standing == "error":
            failing.append(outcome)
        elif outcome.standing == "undecided":
            undecided[outcome.why] += 1
    ordered = {name: topics[name] for name in sorted(topics)}
    return Tally(ordered, _ordered(differing), _ordered(failing), dict(undecided), dict(cases), dict(times))


def _counts(outcome: Outcome) -> TopicTally:
    counts: dict[str, int] = {"errors" if outcome.standing == "error" else outcome.standing: 1}
    if outcome.counted:
        counts[outcome.counted] = 1
    compared = {"indicator": outcome.indicator, "value": outcome.value, "recommendation": outcome.recommendation}
    for name, agreed in compared.items():
        if agreed is not None:
            counts[f"{name}_{'agree' if agreed else 'disagree'}"] = 1
    return TopicTally(**counts)


def _ordered(outcomes: Iterable[Outcome]) -> tuple[Outcome, ...]:
    # repr last: two outcomes of one id (a case read twice) need an order too, or merging would not commute.
    return tuple(sorted(outcomes, key=lambda o: (o.topic, o.id, o.why, repr(o))))


def _added(one: Mapping[str, int], other: Mapping[str, int]) -> Mapping[str, int]:
    return {name: one.get(name, 0) + other.get(name, 0) for name in sorted({*one, *other})}


def as_json(tally: Tally) -> Json:
    """The shape that harnesses rely on (ARCHITECTURE 19, "Replay JSON"), and nothing beside it."""
    total = tally.total
    return {
        "cases": total.cases,
        "agree": total.agree,
        "disagree": total.disagree,
        "undecided": total.undecided,
        "errors": total.errors,
        "topics": {
            name: {
                "cases": topic.cases,
                "agree": topic.agree,
                "fire": {"tp": topic.tp, "fp": topic.fp, "tn": topic.tn, "fn": topic.fn},
                "errors": topic.errors,
            }
            for name, topic in tally.topics.items()
        },
        "disagreements": [
            {"id": o.id, "topic": o.topic, "expected": dict(o.expected), "got": dict(o.got), "why": o.why}
            for o in tally.differing
        ],
    }
