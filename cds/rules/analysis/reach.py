"""Rules and definitions that can never be: contradictions, and orders at hooks that bring none."""

from collections.abc import Iterator

from cds.documents.problem import Problem
from cds.hooks.context import hook_named
from cds.rules.analysis.numbers import both, holds_a_value, outside
from cds.rules.analysis.stance import Stance, conflict, root_number, stance_of, values_left
from cds.rules.definition import Compose, Entry, Find, Limit, Pair
from cds.rules.references import kinds_of
from cds.rules.ruleset import Rule, Ruleset
from cds.units.quantity import Quantity
from cds.units.ucum import convert

_DRAFTED = frozenset({"order", "draft"})


def conditions_of(ruleset: Ruleset, rule: Rule) -> tuple[Entry, ...]:
    """``when`` of the rule and of ``applies``; the subject that it is about has been found."""
    shared = (entry for entry in ruleset.applies.when if entry.name not in rule.despite)
    subject = (Entry(rule.for_each, "", rule.location),) if rule.for_each else ()
    return (*subject, *shared, *rule.when)


def check_reach(ruleset: Ruleset) -> Iterator[Problem]:
    """Every rule (CDS441, CDS470) and every composition (CDS441)."""
    for definition in ruleset.definitions.values():
        if isinstance(definition.clause, Compose):
            stance = stance_of(ruleset, (Entry(definition.name, ""),))
            if why := conflict(stance):
                what = f'"{definition.name}" can never hold: {why}'
                yield Problem("CDS441", definition.location, what, "one of its parts is not what was meant")
    for rule in ruleset.rules:
        stance = stance_of(ruleset, conditions_of(ruleset, rule))
        if why := conflict(stance) or _excepted(ruleset, rule, stance):
            what = f'the rule "{rule.id}" can never fire: {why}'
            yield Problem("CDS441", rule.location, what, "one of its conditions is not what was meant")
        else:
            yield from _check_hooks(ruleset, rule, stance)


def _excepted(ruleset: Ruleset, rule: Rule, stance: Stance) -> str:
    """Its own conditions make an exception hold."""
    shared = (entry for entry in ruleset.applies.unless if entry.name not in rule.despite)
    for entry in (*shared, *rule.unless):
        decided = {"": stance.holds, "not": stance.fails}.get(entry.prefix, set())
        if entry.name in decided or (entry.prefix, entry.name) in stance.asked:
            return f'"{entry}" is a condition and an exception'
        definition = ruleset.definitions.get(entry.name)
        if definition is None or entry.prefix or not isinstance(definition.test, Limit):
            continue
        if _always_inside(stance, root_number(ruleset, definition), definition.test):
            return f'whenever its conditions hold, so does the exception "{entry}"'
    return ""


def _always_inside(stance: Stance, root: str, limit: Limit) -> bool:
    if root not in stance.numbers:
        return False
    same = convert(Quantity(limit.interval, limit.unit), stance.numbers[root][0])
    if not isinstance(same, Quantity):
        return False
    pieces, wrong = values_left(stance, root), outside(same.interval)
    return not any(holds_a_value(both(piece, other), None) for piece in pieces for other in wrong)


def _check_hooks(ruleset: Ruleset, rule: Rule, stance: Stance) -> Iterator[Problem]:
    hooks = rule.hooks or ruleset.hooks
    if any(field.drafts for hook in hooks for field in hook_named(hook).fields):
        return
    for name in sorted(stance.holds):
        clause = ruleset.definitions[name].clause
        parts = (clause.first, clause.second) if isinstance(clause, Pair) else (name,)
        for part in parts:
            inner = ruleset.definitions[part].clause if part in ruleset.definitions else None
            kinds = kinds_of(ruleset, inner.source) if isinstance(inner, Find) else frozenset()
            if kinds and kinds <= _DRAFTED:
                what = f'the rule "{rule.id}" waits for "{part}", and no hook of it brings orders'
                hint = f"its hooks are {', '.join(sorted(hooks))}: ask for medication, or add order-sign"
                yield Problem("CDS470", rule.location, what, hint)
                return
