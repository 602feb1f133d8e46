"""``again-after``: a card that was shown a while ago is not shown again, and the answer says so.

Judged it is all the same, and what the cache keeps is judgements: a card is held back when the answer is built, each
time anew. Whatever cannot be told makes the card be shown.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cds.cache.showings import Showing, Showings
from cds.cards.finding import Finding
from cds.decisions.resting import still_rests
from cds.rules.judge.plan import Plan

#: By pinned ruleset and rule.
Rests = Mapping[tuple[str, str], timedelta]


@dataclass(frozen=True, slots=True)
class Repeated:
    """A finding whose card is held back, and since when it has been shown."""

    finding: Finding
    since: datetime

    def told(self) -> dict[str, str]:
        """As the answer tells it."""
        ruleset = self.finding.pinned.partition("@")[0]
        return {"ruleset": ruleset, "rule": self.finding.rule, "since": self.since.isoformat(timespec="seconds")}


@dataclass(frozen=True, slots=True)
class Whose:
    """Who asked, about whom, and in which hook instance."""

    client: str
    patient: str = field(repr=False)
    hook_instance: str

    def name(self, finding: Finding) -> tuple[str, ...]:
        """What a showing is remembered under; the rule in any version."""
        return self.client, self.patient, finding.pinned.partition("@")[0], finding.rule, finding.subject


@dataclass(frozen=True, slots=True)
class Sifted:
    """Findings to show, those held back, and of the former the ones whose showing is to be remembered, and how long."""

    shown: tuple[Finding, ...]
    repeated: tuple[Repeated, ...] = ()
    to_note: tuple[tuple[Finding, timedelta], ...] = ()


def rests_of(plan: Plan) -> Rests:
    """How long the card of each rule rests that says ``again-after``; for most services, nothing."""
    return {
        (part.ruleset.pinned, rule.id): rule.again_after
        for part in plan.parts
        for rule in part.ruleset.rules
        if rule.again_after is not None
    }


def sifted(
    findings: Iterable[Finding],
    rests: Rests,
    last: Callable[[Sequence[Finding]], Sequence[Showing | None]],
    instant: datetime,
    hook_instance: str,
) -> Sifted:
    """Findings without those that were shown less than their rest ago.

    last: the last showing of each. A retry of the hook instance in which it was shown is answered as it was then.
    """
    every = tuple(findings)
    resting = [finding for finding in every if (finding.pinned, finding.rule) in rests]
    if not resting:
        return Sifted(every)
    before = dict(zip(map(id, resting), last(resting), strict=True))
    shown: list[Finding] = []
    repeated: list[Repeated] = []
    to_note: list[tuple[Finding, timedelta]] = []
    for finding in every:
        rest = rests.get((finding.pinned, finding.rule))
        showing = before.get(id(finding))
        is_resting = showing is not None and still_rests(rest, showing.at, instant)
        if showing is not None and is_resting and showing.hook_instance != hook_instance:
            repeated.append(Repeated(finding, showing.at))
            continue
        shown.append(finding)
        if rest is not None and not is_resting:
            to_note.append((finding, rest))
    return Sifted(tuple(shown), tuple(repeated), tuple(to_note))


def hold_back(
    findings: tuple[Finding, ...], rests: Rests, showings: Showings, whose: Whose, instant: datetime
) -> Sifted:
    """:func:`sifted` by what is remembered of this client and patient."""
    if not rests:
        return Sifted(findings)
    return sifted(
        findings,
        rests,
        lambda resting: showings.last([whose.name(finding) for finding in resting]),
        instant,
        whose.hook_instance,
    )


def note_shown(sift: Sifted, showings: Showings, whose: Whose, instant: datetime) -> None:
    """Remember what was shown now and rests from now on."""
    for finding, rest in sift.to_note:
        showings.note(whose.name(finding), Showing(instant, whose.hook_instance), int(rest.total_seconds()))
