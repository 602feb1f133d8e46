"""Why a case came out otherwise than it says, as sentences that an author can act on.

``expected no card, but start-not-recommended fired because eGFR below 45 holds (44.9 mL/min/1.73 m2, 2026-02-19,
Observation/lab-2; ruleset.yaml:61)``. Made on demand, from a trace of the case.
"""

from collections.abc import Iterable, Iterator, Sequence

from cds.authoring.case_judging import CaseJudge, Outcome
from cds.authoring.cases import CaseRun
from cds.authoring.expectations import Difference
from cds.authoring.explaining import incomparable
from cds.cards.numbers import limits_of, show_day, show_quantity
from cds.cards.unknowns import why
from cds.documents.problem import Location
from cds.facts.fact import Record
from cds.rules.definition import Entry
from cds.rules.judge.judging import Judging
from cds.rules.judge.tracing import Reading, RuleTrace, ends, reading_of, trace
from cds.rules.judge.values import Answer, Known, Nothing, Subject, Unclear, Word

#: Of the reasons why a rule fired, so many are told: those with a number first.
_REASONS = 3
_OTHERWISE = {
    "folded": "it is folded: another rule of its family is shown",
    "other-hook": "it does not answer at this hook",
    "fires": "",
}


def sentences(
    run: CaseRun, judge: CaseJudge, record: Record, outcome: Outcome, found: Sequence[Difference]
) -> list[str]:
    """Each difference with its reason."""
    traced = trace(judge.plan.parts[0], record, run.moment)
    return [f"{each.sentence}{_reason(each, outcome.judging, traced.rules)}" for each in found]


def _reason(difference: Difference, judging: Judging, rules: Sequence[RuleTrace]) -> str:
    if difference.kind == "verdict":
        if difference.name not in judging.ruleset.definitions:
            return ""
        reading = reading_of(judging, Entry(difference.name, ""))
        return f" ({_seen(judging, reading)})"
    about = [each for each in rules if each.rule.id == difference.name]
    if difference.kind == "fired":
        return _because(_told(judging, _why_it_fires(each)) for each in about if each.outcome == "fires")
    if difference.kind == "silent":
        if not about:
            return f"; {judging.ruleset.address} has no rule of that name"
        return _because(_why_silent(judging, each) for each in about)
    return ""


def _because(reasons: Iterable[str]) -> str:
    told = [reason for reason in dict.fromkeys(reasons) if reason]
    return f" because {'; or '.join(told)}" if told else ""


def _why_it_fires(rule: RuleTrace) -> list[Reading]:
    holding = [end for reading in rule.when for end in ends(reading)]
    numbers = [reading for reading in holding if isinstance(reading.value, Known)]
    return (numbers or holding)[:_REASONS]


def _why_silent(judging: Judging, rule: RuleTrace) -> str:
    if rule.outcome in _OTHERWISE:
        return _OTHERWISE[rule.outcome]
    return _told(judging, rule.decided_by)


def _told(judging: Judging, readings: Iterable[Reading]) -> str:
    return " and ".join(told(judging, reading) for reading in readings)


def told(judging: Judging, reading: Reading) -> str:
    """``eGFR below 45 holds (44.9 mL/min/1.73 m2, 2026-02-19, Observation/lab-2; ruleset.yaml:61)``."""
    says = reading.definition.says
    for name, parameter in judging.ruleset.parameters.items():
        says = says.replace(f"{{{name}}}", parameter.text)
    prefix = f"{reading.entry.prefix} " if reading.entry.prefix else ""
    verdict = "" if reading.truth is None else f" {_is(reading.truth.value)}"
    subject = f" for {reading.subject.reference}" if reading.subject is not None else ""
    quoted = f'{prefix}"{says}"' if prefix else says
    return f"{quoted}{subject}{verdict} ({_seen(judging, reading)})"


def _is(verdict: str) -> str:
    return "is unknown" if verdict == "unknown" else verdict


def _seen(judging: Judging, reading: Reading) -> str:
    return "; ".join([part for part in (", ".join(_values(judging, reading)),) if part] + [_place(reading)])


def _place(reading: Reading) -> str:
    """The file by its name: the case stands beside it."""
    place: Location = reading.definition.location
    return f"{place.file.rpartition('/')[2]}:{place.line}"


def _values(judging: Judging, reading: Reading) -> Iterator[str]:
    if reading.found is not None:
        yield from _names(reading.found.sure)
        if reading.found.possible:
            yield f"possibly {', '.join(_names(reading.found.possible))}"
        if reading.found.more:
            yield why(reading.found.more)
        if not (reading.found.sure or reading.found.possible or reading.found.more):
            yield "nothing found"
    match reading.value:
        case Known(quantity, when, facts):
            yield show_quantity(quantity, limits_of(judging.plan)) + incomparable(reading)
            if when is not None:
                yield show_day(when)
            yield from _names(facts)
        case Unclear(reasons):
            yield f"not known: {why(reasons)}"
        case Nothing():
            yield "none on record"
        case Answer(coded):
            yield ", ".join(sorted(coded.words))
        case Word(text):
            yield text


def _names(subjects: Iterable[Subject]) -> list[str]:
    return list(dict.fromkeys(subject.reference for subject in subjects))
