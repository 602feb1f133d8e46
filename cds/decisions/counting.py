"""What of an answer is counted: names of rulesets, rules, services and clients, nothing of the patient's."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cds.cards.finding import Finding
from cds.decisions.selected import Selected
from cds.facts.chart import WRONG_SUBJECT
from cds.fetching.fetcher import Fetched
from cds.hooks.prefetch import Supplied
from cds.metrics.meter import Counted, Meter

#: What is counted, its labels, and how often.
Count = tuple[Counted, tuple[str, ...], int]


def counts_of(selected: Selected, client: str, findings: Iterable[Finding], data: Mapping[str, Any]) -> list[Count]:
    """The cards of an answer, and what of its data was lacking or failed: for most answers, nothing."""
    found: list[Count] = []
    for finding in findings:
        ruleset, _, version = finding.pinned.partition("@")
        labels = (ruleset, version.partition("+")[0], finding.rule, finding.card["indicator"])
        found.append(("cards", labels, 1))
    found += [("not_supplied", (client, name, state), 1) for name, state in data["notSupplied"].items()]
    wrong = sum(omission["reason"] == WRONG_SUBJECT for omission in data["omissions"])
    if wrong:
        found.append(("wrong_subject", (client,), wrong))
    found += [("rulesets_not_judged", (fault["ruleset"], fault["cause"]), 1) for fault in data["faults"]]
    found += [("rulesets_not_effective", (selected.service.id, name), 1) for name in selected.not_effective]
    return found


def count_answer(meter: Meter, counts: Iterable[Count]) -> None:
    """Count an answer that is about to leave."""
    for what, labels, by in counts:
        meter.count(what, *labels, by=by)


def count_repeated(meter: Meter, findings: Iterable[Finding]) -> None:
    """Cards that were held back because they had been shown a while ago."""
    for finding in findings:
        ruleset, _, version = finding.pinned.partition("@")
        meter.count("cards_repeated", ruleset, version.partition("+")[0], finding.rule)


def count_fetched(meter: Meter, before: Sequence[Supplied], fetched: Fetched) -> None:
    """What came of each template that was asked for: ``whole``, or why not all of it did."""
    if not fetched.is_of_now:
        return
    for sent, had in zip(before, fetched.supplied, strict=True):
        reason = fetched.missing.get(had.template.key)
        if reason is not None or had is not sent:
            meter.count("fetches", reason or "whole")
