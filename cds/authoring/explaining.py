"""A trace in words, and as JSON: what an author, a reviewer or an operator reads to see why a rule did what it did.

It shows what the record says, so it is for people who may read that record.
"""

from collections.abc import Iterator
from typing import Any

from cds.cards.doses import IN_WORDS
from cds.cards.naming import name_of
from cds.cards.numbers import limits_of, show_day, show_known, show_quantity
from cds.cards.unknowns import why
from cds.facts.fact import Fact
from cds.rules.definition import Forecast, Limit
from cds.rules.judge.judging import Judging
from cds.rules.judge.tracing import Reading, RulesetTrace, RuleTrace
from cds.rules.judge.values import Answer, FactPair, Found, Known, Nothing, Subject, Unclear, Value, Word
from cds.rules.text_template import with_values
from cds.schedules.forecast import Judged

_OUTCOMES = {
    "fires": "fires",
    "folded": "fires, folded: another rule of its family is shown",
    "silent": "silent",
    "unknown": "unknown",
    "other-hook": "does not answer at this hook",
    "no-subject": "silent: nothing was found that it is judged for",
}
_NUMBER = "number"


def lines(trace: RulesetTrace, *, whole: bool = False) -> Iterator[str]:
    """The trace as indented lines: each rule and what decided it; of those that fire, or ``whole``, every condition."""
    for rule in trace.rules:
        yield from _rule_lines(trace.judging, rule, whole=whole or rule.outcome == "fires")


def _rule_lines(judging: Judging, rule: RuleTrace, *, whole: bool) -> Iterator[str]:
    about = f" for {_subject(judging, rule.subject)}" if rule.subject is not None else ""
    yield f"{rule.rule.id}{about}: {_OUTCOMES[rule.outcome]}   ({rule.rule.location})"
    for reading in rule.decided_by:
        yield f"  because {_sentence(judging, reading)}   ({reading.definition.location})"
    told: set[Reading] = set()
    for title, readings in (("when", rule.when), ("unless", rule.unless)):
        if readings and whole:
            yield f"  {title}"
            for reading in readings:
                yield from _reading_lines(judging, reading, 2, told)


def _reading_lines(judging: Judging, reading: Reading, depth: int, told: set[Reading]) -> Iterator[str]:
    """With what it rests on; of what the rule told already, the line alone."""
    again = bool(reading.parts) and reading in told
    told.add(reading)
    yield f"{'  ' * depth}{_sentence(judging, reading)}{' (as above)' if again else ''}"
    if again:
        return
    for judged in _doses(judging, reading):
        yield f"{'  ' * (depth + 1)}{judged.dose.day}  {IN_WORDS[judged.standing]}"
    for part in reading.parts:
        yield from _reading_lines(judging, part, depth + 1, told)


def _doses(judging: Judging, reading: Reading) -> tuple[Judged, ...]:
    """What became of each dose of a forecast."""
    if not isinstance(reading.definition.clause, Forecast):
        return ()
    course = judging.course(reading.definition.name)
    return () if isinstance(course, Unclear) else course.doses


def _sentence(judging: Judging, reading: Reading) -> str:
    """``fails  low-potassium (Potassium is below 3.5 mmol/L): 4.2 mmol/L (2026-05-01) [Observation/k1]``."""
    verdict = reading.truth.value if reading.truth is not None else _NUMBER
    about = f" of {_subject(judging, reading.subject)}" if reading.subject is not None else ""
    seen = _seen(judging, reading)
    return f"{verdict:<8}{reading.entry}{about} ({_says(judging, reading)}){': ' if seen else ''}{seen}"


def _says(judging: Judging, reading: Reading) -> str:
    """The author's sentence, with the site's values in place of parameters."""
    values = {name: parameter.text for name, parameter in judging.ruleset.parameters.items()}
    return with_values(reading.definition.says, values)


def _seen(judging: Judging, reading: Reading) -> str:
    if reading.found is not None:
        return _facts_found(judging, reading.found)
    return _value(judging, reading) if reading.value is not None else ""


def _facts_found(judging: Judging, found: Found) -> str:
    told = [", ".join(_subject(judging, subject) for subject in found.sure)] if found.sure else []
    if found.possible:
        told.append("possibly " + ", ".join(_subject(judging, subject) for subject in found.possible))
    if found.more:
        told.append(why(found.more))
    return "; ".join(told) or "nothing found"


def _value(judging: Judging, reading: Reading) -> str:
    value = reading.value
    if isinstance(value, Known):
        shown = show_known(value, limits_of(judging.plan)) + incomparable(reading)
    elif isinstance(value, Unclear):
        shown = f"not known: {why(value.reasons)}"
    elif isinstance(value, Nothing):
        shown = "none on record"
    else:
        shown = _words(value)
    sources = [fact.reference for fact in _facts(value)]
    return f"{shown} [{', '.join(sources)}]" if sources else shown


def incomparable(reading: Reading) -> str:
    """Why a number that is known decides nothing: its unit and that of the limit are of two kinds; else ""."""
    test, value = reading.definition.test, reading.value
    if not (isinstance(value, Known) and isinstance(test, Limit)) or value.in_unit(test.unit) is not None:
        return ""
    return f', which cannot be compared with "{test.text}"'


def _words(value: Value | None) -> str:
    if isinstance(value, Answer):
        return ", ".join(sorted(value.coded.words))
    return value.text if isinstance(value, Word) else ""


def _facts(value: Value | None) -> tuple[Fact, ...]:
    return value.facts if isinstance(value, Known | Answer | Unclear) else ()


def _subject(judging: Judging, subject: Subject) -> str:
    if isinstance(subject, FactPair):
        return f"{_fact(judging, subject.first)} with {_fact(judging, subject.second)}"
    return _fact(judging, subject)


def _fact(judging: Judging, fact: Fact) -> str:
    day = f", {show_day(fact.when)}" if fact.when else ""
    return f"{name_of(judging, fact)} [{fact.reference}{day}]"


def as_json(trace: RulesetTrace) -> list[dict[str, Any]]:
    """The trace as data: references, codes and values, and no words of the record but answers."""
    return [_rule_data(trace.judging, rule) for rule in trace.rules]


def _rule_data(judging: Judging, rule: RuleTrace) -> dict[str, Any]:
    data: dict[str, Any] = {"rule": rule.rule.id, "outcome": rule.outcome, "location": str(rule.rule.location)}
    if rule.subject is not None:
        data["subject"] = rule.subject.reference
    data["decidedBy"] = [_data(judging, reading, set()) for reading in rule.decided_by]
    told: set[Reading] = set()
    data["when"] = [_data(judging, reading, told) for reading in rule.when]
    data["unless"] = [_data(judging, reading, told) for reading in rule.unless]
    return data


def _data(judging: Judging, reading: Reading, told: set[Reading]) -> dict[str, Any]:
    """``told``: what the rule has told already; of these the parts are left out."""
    data: dict[str, Any] = {
        "entry": str(reading.entry),
        "says": _says(judging, reading),
        "location": str(reading.definition.location),
    }
    if reading.truth is not None:
        data["verdict"] = reading.truth.value
    if reading.subject is not None:
        data["subject"] = reading.subject.reference
    if reading.found is not None:
        data["found"] = {
            "sure": [subject.reference for subject in reading.found.sure],
            "possible": [subject.reference for subject in reading.found.possible],
            "more": list(reading.found.more),
        }
    if reading.value is not None:
        data["value"] = _value_data(judging, reading)
    if doses := _doses(judging, reading):
        data["doses"] = [{"date": str(judged.dose.day), "standing": judged.standing} for judged in doses]
    if reading.parts and reading in told:
        data["asAbove"] = True
    elif reading.parts:
        told.add(reading)
        data["parts"] = [_data(judging, part, told) for part in reading.parts]
    return data


def _value_data(judging: Judging, reading: Reading) -> dict[str, Any]:
    value = reading.value
    data: dict[str, Any] = {}
    if isinstance(value, Known):
        data["shown"] = show_quantity(value.quantity, limits_of(judging.plan))
        if value.when is not None:
            data["date"] = show_day(value.when)
    elif isinstance(value, Unclear):
        data["unknown"] = list(value.reasons)
    elif isinstance(value, Nothing):
        data["none"] = True
    else:
        data["answer"] = _words(value)
    if isinstance(reading.definition.test, Limit):
        data["limit"] = reading.definition.test.text
    if sources := [fact.reference for fact in _facts(value)]:
        data["facts"] = sources
    return data
