"""Why a rule fired: the facts behind its conditions, and the numbers judged on the way."""

from collections.abc import Iterator
from functools import lru_cache

from cds.facts.fact import Fact
from cds.formulas import FORMULAS
from cds.rules.definition import (
    FINDERS,
    NUMBERS,
    Absent,
    Choose,
    Clause,
    Compose,
    Compute,
    Definition,
    Entry,
    Find,
    Points,
    Score,
    ValueOf,
)
from cds.rules.engine.truth import Truth
from cds.rules.judge.judge import RuleVerdict
from cds.rules.judge.judging import Judging
from cds.rules.judge.plan import RulesetPlan
from cds.rules.judge.values import Answer, FactPair, Known, Subject, Unclear
from cds.rules.references import closure
from cds.rules.text_template import Placeholder, parse_text


def facts_behind(judging: Judging, verdict: RuleVerdict) -> tuple[Fact, ...]:
    """The facts that made the rule fire, subject first, each resource once, in the order of the conditions."""
    subject = verdict.subject
    own = [subject.first, subject.second] if isinstance(subject, FactPair) else [subject] if subject else []
    entries = (*verdict.rule.when, *judging.ruleset.applies.when)
    found = [*own, *(fact for entry in entries for fact in _behind_entry(judging, entry, subject))]
    once: dict[tuple[str, int], Fact] = {}
    for fact in found:
        once.setdefault((fact.reference, hash(fact.codings)), fact)
    return tuple(once.values())


def _behind_entry(judging: Judging, entry: Entry, it: Subject | None) -> Iterator[Fact]:
    definition = judging.ruleset.definitions[entry.name]
    if entry.prefix == "":
        yield from _behind(judging, definition, it)
    elif not isinstance(definition.clause, FINDERS) and not isinstance(definition.clause, Compose):
        yield from _behind_number(judging, definition, it)


def _behind(judging: Judging, definition: Definition, it: Subject | None) -> Iterator[Fact]:
    clause = definition.clause
    if isinstance(clause, Compose):
        if clause.kind == "none-of":
            return
        for entry in clause.entries:
            if judging.entry(entry, it) is Truth.HOLDS:
                yield from _behind_entry(judging, entry, it)
    elif isinstance(clause, FINDERS):
        for subject in judging.found(definition.name, it).sure:
            yield from _behind_narrowing(judging, definition, subject)
            yield from (subject.first, subject.second) if isinstance(subject, FactPair) else (subject,)
    elif isinstance(clause, NUMBERS) and not isinstance(clause, Absent):
        yield from _behind_number(judging, definition, it)


def _behind_narrowing(judging: Judging, definition: Definition, subject: Subject) -> Iterator[Fact]:
    """What made a finder keep this subject: a visit ``that`` has heart failure shows the heart failure."""
    if not isinstance(definition.clause, Find):
        return
    source, definitions = definition.clause.source, judging.ruleset.definitions
    for name in source.finders:
        if subject in judging.found(name, None).sure:
            yield from _behind_narrowing(judging, definitions[name], subject)
    for name in source.filters.that:
        yield from _behind(judging, definitions[name], subject)


def _behind_number(judging: Judging, definition: Definition, it: Subject | None) -> Iterator[Fact]:
    if isinstance(definition.clause, NUMBERS):
        value = judging.value(definition.name, it)
        if isinstance(value, Known | Answer | Unclear):
            yield from value.facts
            for name, is_truth in _parts(judging, definition.clause, it):
                part = judging.ruleset.definitions.get(name)
                if part is not None:
                    yield from _behind_part(judging, part, is_truth, it)
                if part is not None and is_truth and isinstance(definition.clause, Compute):
                    yield from _measured_for(judging, part, it)


def _behind_part(judging: Judging, part: Definition, is_truth: bool, it: Subject | None) -> Iterator[Fact]:
    if not is_truth:
        yield from _behind_number(judging, part, it)
    elif judging.truth(part.name, it) is Truth.HOLDS:
        yield from _behind(judging, part, it)


def _measured_for(judging: Judging, part: Definition, it: Subject | None) -> Iterator[Fact]:
    """The numbers that a truth rests on which does not hold: a flow of 0 is why no oxygen was counted."""
    if isinstance(part.clause, Compose):
        for entry in part.clause.entries:
            yield from _measured_for(judging, judging.ruleset.definitions[entry.name], it)
    elif judging.truth(part.name, it) is Truth.FAILS:
        yield from _behind_number(judging, part, it)


def _parts(judging: Judging, clause: Clause, it: Subject | None) -> Iterator[tuple[str, bool]]:
    """What a number is made of, by name, and whether it is a truth: parts of a score, inputs, the branch taken."""
    match clause:
        case Score(parts):
            yield from ((name, points is not None) for name, points in parts)
        case Compute(formula, inputs):
            for key, operand in inputs.items():
                yield operand.root, FORMULAS[formula].inputs[key].is_truth
        case Choose(branches):
            for condition, name in branches:
                if not condition or judging.truth(condition, it) is Truth.HOLDS:
                    yield condition, True
                    yield name, False
                    return
        case ValueOf(operand) | Points(operand):
            yield operand.root, False


def numbers_judged(judging: Judging, verdict: RuleVerdict) -> dict[str, Known]:
    """The patient-wide numbers that the rule rests on or shows, by definition name."""
    values = ((name, judging.value(name, None)) for name in number_names(judging.plan, verdict.rule.id))
    return {name: value for name, value in values if isinstance(value, Known)}


@lru_cache(maxsize=4096)
def number_names(plan: RulesetPlan, rule_id: str) -> tuple[str, ...]:
    """The definitions behind :func:`numbers_judged`."""
    ruleset = plan.ruleset
    rule = next(rule for rule in ruleset.rules if rule.id == rule_id)
    names = {entry.name for entry in (*rule.when, *rule.unless)}
    names |= {p.name for p in parse_text(rule.card.summary, ruleset.aliases) if isinstance(p, Placeholder)}
    inside = (ruleset.definitions[name] for name in sorted(closure(ruleset, names)))
    numbers = (d for d in inside if isinstance(d.clause, NUMBERS) and d.test is None)
    return tuple(d.name for d in numbers if d.name not in plan.about_subjects)
