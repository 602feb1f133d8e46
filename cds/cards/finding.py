"""A finding: a rule that fired, worded as the card it becomes, with everything but the ids of one request.

Findings are what the cache keeps: plain JSON data, nothing relative to a request.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cds.cards.escaping import cut_words, markdown_name, markdown_text
from cds.cards.naming import answer_said, name_of
from cds.cards.numbers import limits_of, show_day, show_quantity, show_time
from cds.cards.reasons import facts_behind, numbers_judged
from cds.cards.suggesting import act, offered, suggest
from cds.cards.wording import word
from cds.facts.attributes import Coded, Dated, Flagged, Measured
from cds.facts.dates import Span
from cds.facts.fact import Fact
from cds.frozen import value
from cds.rules.judge.judge import RuleVerdict
from cds.rules.judge.judging import Judging
from cds.rules.judge.plan import RulesetPlan
from cds.rules.judge.values import Known
from cds.rules.ruleset import CardLink, CardTemplate, Evidence, OverrideReason, Ruleset
from cds.units.quantity import Quantity

OVERRIDE_SYSTEM = "urn:cds-rules:override-reason"
FINDING_EXTENSION = "org.cds-rules.finding"
MAX_SUMMARY = 139
_DRUG_KINDS = frozenset({"medication", "order", "draft", "prescription", "dispense", "administration"})


@value()
class Finding:
    """A rule that fired for a subject, and its card without ids.

    system_actions: what a client may do by itself; sent only where that was agreed with it.
    """

    pinned: str
    rule: str
    subject: str
    card: Mapping[str, Any]
    system_actions: Sequence[Mapping[str, Any]] = ()


def word_finding(judging: Judging, verdict: RuleVerdict, reasons: Mapping[str, str]) -> Finding:
    """The finding of a rule that fired. ``reasons``: display by override reason code."""
    ruleset, template, it = judging.ruleset, verdict.rule.card, verdict.subject
    backing = backing_of(judging.plan, verdict.rule.id)
    facts = facts_behind(judging, verdict)
    card: dict[str, Any] = {
        "summary": cut_words(word(judging, template.summary, it, plain=True) or verdict.rule.id, MAX_SUMMARY),
        "indicator": template.indicator,
        "detail": _detail(judging, verdict, facts, backing.paragraph),
        "source": backing.source,
        "links": backing.links,
    }
    if suggestions := suggest(judging, template, it):
        card["suggestions"] = suggestions
        card["selectionBehavior"] = template.choose
    if template.override_reasons:
        card["overrideReasons"] = override_reasons(ruleset, template, reasons)
    card["extension"] = {FINDING_EXTENSION: _extension(judging, verdict, facts)}
    actions = act(judging, template.system_actions, it) if template.system_actions else ()
    return Finding(ruleset.pinned, verdict.rule.id, it.reference if it else "", card, actions)


@dataclass(frozen=True, slots=True)
class Backing:
    """What stands behind a rule as its cards show it, the same for every patient: evidence, links, topic.

    paragraph: the values that the site has set, and the evidence.
    """

    source: Mapping[str, Any]
    links: list[dict[str, Any]]
    paragraph: str


@lru_cache(maxsize=4096)
def backing_of(plan: RulesetPlan, rule_id: str) -> Backing:
    """What stands behind a rule of a compiled ruleset."""
    rule = next(goals.rule for goals in plan.goals if goals.rule.id == rule_id)
    return backing(plan.ruleset, rule.card)


def backing(ruleset: Ruleset, template: CardTemplate) -> Backing:
    """The parts of a rule's cards that no patient changes."""
    evidence = [ruleset.evidence[name] for name in template.evidence]
    lines = [f"- [{markdown_text(item.title)}]({item.link}) - {_grade(item)}" for item in evidence]
    links = [{"label": _graded(item), "url": item.link, "type": "absolute"} for item in evidence]
    return Backing(
        _source(evidence[0], template),
        [*links, *(_link(link) for link in template.links)],
        _set_by_site(ruleset) + "**Evidence**\n\n" + "\n".join(lines),
    )


def _set_by_site(ruleset: Ruleset) -> str:
    """What is not the author's, values and codes: whoever reads the card must not take it for the guideline's."""
    own = [parameter for parameter in ruleset.parameters.values() if parameter.usual]
    lines = [f"- {markdown_text(p.says)}: {markdown_text(p.text)} (default {markdown_text(p.usual)})" for p in own]
    lines += [
        f"- codes of its own for {markdown_text(name)}: {len(each.local)}"
        for name, each in ruleset.value_sets.items()
        if each.local
    ]
    return "**Set by this site**\n\n" + "\n".join(lines) + "\n\n" if lines else ""


def _source(evidence: Evidence, template: CardTemplate) -> dict[str, Any]:
    source: dict[str, Any] = {"label": evidence.label, "url": evidence.link}
    if evidence.icon:
        source["icon"] = evidence.icon
    if template.topic is not None:
        coding = template.topic.coding
        display = {"display": template.topic.display} if template.topic.display else {}
        source["topic"] = {"system": coding.system, "code": coding.code, **display}
    return source


def _link(link: CardLink) -> dict[str, Any]:
    shown: dict[str, Any] = {"label": link.label, "url": link.url, "type": link.kind}
    if link.app_context:
        shown["appContext"] = link.app_context
    return shown | ({"autolaunchable": True} if link.autolaunchable else {})


def override_reasons(ruleset: Ruleset, template: CardTemplate, reasons: Mapping[str, str]) -> list[dict[str, str]]:
    """The reasons that a clinician may give, as codings with the one display of their code."""
    told = (
        ruleset.reasons.get(code) or OverrideReason(OVERRIDE_SYSTEM, code, reasons[code])
        for code in template.override_reasons
    )
    return [{"code": each.code, "system": each.system, "display": each.display} for each in told]


def _graded(evidence: Evidence) -> str:
    return f"{evidence.label} ({_grade(evidence)})"


def _grade(evidence: Evidence) -> str:
    certainty = f", certainty {evidence.certainty}" if evidence.certainty else ""
    return f"{evidence.scheme}: {evidence.strength}{certainty}"


def _detail(judging: Judging, verdict: RuleVerdict, facts: tuple[Fact, ...], evidence: str) -> str:
    template, it = verdict.rule.card, verdict.subject
    lines = (word(judging, line, it, plain=False) for line in template.detail.split("\n"))
    paragraphs = ["\n".join(line for line in lines if line is not None)]
    notes = [
        line
        for note in template.notes
        if offered(judging, note.when, note.unless, it) and (line := word(judging, note.text, it, plain=False))
    ]
    paragraphs += notes
    if facts:
        paragraphs.append("**Based on**\n\n" + "\n".join(f"- {_fact_line(judging, fact)}" for fact in facts))
    paragraphs.append(evidence)
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def _fact_line(judging: Judging, fact: Fact) -> str:
    """Name, value with unit, status and day (of an observation the time of day too): what a clinician checks first."""
    parts = [f"{markdown_name(name_of(judging, fact))}{_answer(judging, fact)}"]
    amount = _amount(judging, fact)
    if amount is not None:
        parts.append(show_quantity(amount, limits_of(judging.plan)))
    if fact.kind in ("order", "draft"):
        parts.append("this order")
    elif fact.kind == "medication":
        parts.append(fact.status)
    if fact.when is not None and fact.kind not in ("order", "draft"):
        is_result = fact.kind == "observation"
        day = _time_of_result(judging, fact, fact.when) if is_result else show_day(fact.when)
        parts.append(f"recorded {day}" if is_result and isinstance(judging.observed(fact), Dated) else day)
    return ", ".join(parts)


def _time_of_result(judging: Judging, fact: Fact, when: Span) -> str:
    """Of a span of time both ends: how much was smoked, or passed in a day, is read from it."""
    ends = [judging.attribute(fact, name) for name in ("start", "end")]
    start, end = (show_time(e.span, judging.moment.zone) if isinstance(e, Dated) else "" for e in ends)
    if start and end:
        return f"{start} to {end}"
    return f"since {start}" if start else show_time(when, judging.moment.zone)


def _answer(judging: Judging, fact: Fact) -> str:
    """What a result says that is no number: a word, yes or no, or a day."""
    value = judging.observed(fact) if fact.kind in ("observation", "report") else None
    if isinstance(value, Coded) and (said := answer_said(judging, fact)):
        return f": {markdown_name(said)}"
    if isinstance(value, Flagged):
        return ": yes" if value.value else ": no"
    return f": {show_day(value.span)}" if isinstance(value, Dated) else ""


def _amount(judging: Judging, fact: Fact) -> Quantity | None:
    if fact.kind == "observation":
        value = judging.observed(fact)
        return value.quantity if isinstance(value, Measured) else None
    if fact.kind in _DRUG_KINDS:
        amounts = [a.amount for a in judging.daily_amounts(fact) if isinstance(a.amount, Quantity)]
        return amounts[0] if len(amounts) == 1 else None
    return None


def _extension(judging: Judging, verdict: RuleVerdict, facts: tuple[Fact, ...]) -> dict[str, Any]:
    """References and codes, no names (ARCHITECTURE 19)."""
    ruleset = judging.ruleset
    extension: dict[str, Any] = {
        "ruleset": ruleset.name,
        "version": ruleset.version,
        "digest": ruleset.digest,
        "rule": verdict.rule.id,
    }
    if ruleset.site_digest:
        extension["site"] = ruleset.site
    if verdict.subject is not None:
        extension["subject"] = verdict.subject.reference
    extension["facts"] = [_fact_data(judging, fact) for fact in facts]
    if values := {name: _number_data(number) for name, number in numbers_judged(judging, verdict).items()}:
        extension["values"] = values
    extension["evidence"] = list(verdict.rule.card.evidence)
    extension["unknown"] = unknown_names(verdict)
    return extension


def unknown_names(verdict: RuleVerdict) -> list[str]:
    """The definitions whose doubt the finding carries: overruled exceptions and conditions that ask for doubt."""
    asked = [e.name for e in verdict.rule.when if e.prefix in ("unknown", "missing")]
    return list(dict.fromkeys([*(entry.name for entry in verdict.undecided), *asked]))


def _fact_data(judging: Judging, fact: Fact) -> dict[str, Any]:
    coding = min(fact.codings, default=None)
    data: dict[str, Any] = {"reference": fact.reference}
    if coding is not None:
        data["concept"] = f"{coding.system}|{coding.code}"
    amount = _amount(judging, fact)
    if amount is not None:
        data |= _number_data(Known(amount))
    if fact.when is not None:
        data["date"] = show_day(fact.when)
    return data


def _number_data(number: Known) -> dict[str, Any]:
    interval, unit = number.quantity.interval, number.quantity.unit
    if interval.is_exact and interval.low is not None:
        return {"value": float(interval.low), "unit": unit}
    ends = {"low": interval.low, "high": interval.high}
    return {"range": {key: float(end) for key, end in ends.items() if end is not None}, "unit": unit}
