"""Why a rule fired: the facts behind its conditions, and the numbers judged on the way."""

from collections.abc import Iterator
from functools import lru_cache

from cds.facts.fact import Fact
from cds.rules.definition import FINDERS, NUMBERS, Absent, Compose, Definition, Entry
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
            yield from (subject.first, subject.second) if isinstance(subject, FactPair) else (subject,)
    elif isinstance(clause, NUMBERS) and not isinstance(clause, Absent):
        yield from _behind_number(judging, definition, it)


def _behind_number(judging: Judging, definition: Definition, it: Subject | None) -> Iterator[Fact]:
    if isinstance(definition.clause, NUMBERS):
        value = judging.value(definition.name, it)
        if isinstance(value, Known | Answer | Unclear):
            yield from value.facts


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
