"""The interface of a meter, and what there is to count. Labels are ids and words of ours, of rulesets, of clients.yaml.

Never a label: anything of a patient, of a body or an address that was called; so their number is bounded, too.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

Counted = Literal[
    "cards",
    "cards_repeated",
    "cache_lookups",
    "cache_unavailable",
    "cross_check_differences",
    "feedback",
    "fetches",
    "not_recorded",
    "not_supplied",
    "refusals",
    "rulesets_not_effective",
    "rulesets_not_judged",
    "shadows",
    "wrong_subject",
]

#: What is counted -> what it says, and its labels in order. Its name outside is ``cds_<name>_total``.
COUNTERS: Mapping[Counted, tuple[str, tuple[str, ...]]] = {
    "cards": ("Cards that were answered.", ("ruleset", "version", "rule", "indicator")),
    "cards_repeated": ("Cards held back: shown a while ago (again-after).", ("ruleset", "version", "rule")),
    "cache_lookups": (
        "Judgements looked up; repeats, near: from the worker's own memory; hits: from Redis.",
        ("outcome",),
    ),
    "cache_unavailable": ("Calls to the cache's server that were given up, or not made.", ("reason",)),
    "cross_check_differences": ("Answers refused because the two engines disagreed. Must be 0.", ("service", "hook")),
    "feedback": ("Outcomes stored; unmatched, unchecked: cards not, or not yet, known.", ("service", "what")),
    "fetches": ("Templates read from clients' FHIR servers, by what came of it.", ("outcome",)),
    "not_recorded": ("Records that could not be written.", ()),
    "not_supplied": ("Data that a call lacked: absent, failed, incomplete, ...", ("client", "type", "state")),
    "refusals": ("Calls refused, by kind of fault; Overloaded and OutOfTime are too much load.", ("fault",)),
    "rulesets_not_effective": ("Answers without a ruleset that has no version in effect.", ("service", "ruleset")),
    "rulesets_not_judged": ("Rulesets that failed, or that time did not reach, in an answer.", ("ruleset", "cause")),
    "shadows": (
        "Decisions judged by a version in the shadow; skipped: no time for it.",
        ("ruleset", "version", "outcome"),
    ),
    "wrong_subject": ("Resources of another patient that a client sent; they were left out.", ("client",)),
}

#: Of what :meth:`Meter.exposition` gives: the text format of Prometheus.
MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Gauge:
    """How something stands now; read when somebody asks. ``name`` without ``cds_``."""

    name: str
    told: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


class Meter(Protocol):
    """Counts. Safe to call from several threads, and after a fork; nothing here raises because of where it counts."""

    def count(self, what: Counted, *labels: str, by: int = 1) -> None:
        """Add to a counter; ``labels`` as :data:`COUNTERS` has them, in order."""

    def took(self, kind: str, service: str, status: int, seconds: float) -> None:
        """A request was answered.

        kind: ``hook``, ``feedback``, ``explain``, ``discovery``, ``other``; service: its id, if known.
        """

    def exposition(self, gauges: Iterable[Gauge]) -> bytes:
        """All of it, of every process, with these gauges, in the text format of Prometheus."""


class NullMeter:
    """Counts nothing: for replays, checks and tests."""

    def count(self, what: Counted, *labels: str, by: int = 1) -> None:
        """Nothing."""

    def took(self, kind: str, service: str, status: int, seconds: float) -> None:
        """Nothing."""

    def exposition(self, gauges: Iterable[Gauge]) -> bytes:  # noqa: ARG002 - the interface's
        """Nothing."""
        return b""


UNCOUNTED = NullMeter()
