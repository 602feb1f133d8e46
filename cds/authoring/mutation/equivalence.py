"""Mutants that nobody could tell from the ruleset, and why: only what is proven, so that the score stays honest."""

from collections.abc import Iterable
from dataclasses import replace

from cds.authoring.mutation.endings import ends_later_still
from cds.authoring.mutation.planned_alike import planned_alike
from cds.hooks.context import HOOKS
from cds.rules.analysis.numbers import both, holds_a_value, outside, possible
from cds.rules.analysis.stance import conflict, follows, stance_of
from cds.rules.definition import Compose, Definition, Entry, Find, Forecast, Limit, Pair, ParameterOn
from cds.rules.engine.truth import Truth
from cds.rules.references import closure, filters_of, kinds_of
from cds.rules.ruleset import Rule, Ruleset
from cds.units.quantity import Quantity
from cds.units.ucum import convert

_DRAFTED = frozenset({"order", "draft"})


def why_equivalent(ruleset: Ruleset, mutant: Ruleset, name: str) -> str:
    """The reason why ``mutant``, changed in ``name``, judges every patient as the ruleset does; "" if unproven."""
    if name in ruleset.definitions and mutant.definitions is not ruleset.definitions:
        return _of_definition(ruleset, ruleset.definitions[name], mutant.definitions[name])
    before = next((rule for rule in ruleset.rules if rule.id == name), None)
    after = next((rule for rule in mutant.rules if rule.id == name), None)
    if before is None or after is None or before == after:
        return ""
    return _of_rule(ruleset, before, after)


def _of_definition(ruleset: Ruleset, before: Definition, after: Definition) -> str:
    if before.name not in judged(ruleset):
        return "no rule is decided by it: only texts and suggestions read it"
    if isinstance(before.test, Limit) and isinstance(after.test, Limit) and before.test != after.test:
        return _of_limit(ruleset, before, before.test, after.test)
    if ends_later_still(ruleset, before, after):
        return "the window ends beyond now, or with the newest of its facts: none is dated later"
    if _found_by_the_others(ruleset, before, after):
        return "every code of it is in another value set of the list"
    if isinstance(before.clause, Forecast) and isinstance(after.clause, Forecast):
        alike = planned_alike(before.clause.schedule, after.clause.schedule)
        return "what is recommended is never before the minimum age" if alike else ""
    if isinstance(before.clause, Compose) and isinstance(after.clause, Compose):
        gone = [entry for entry in before.clause.entries if entry not in after.clause.entries]
        if (
            before.clause.kind == after.clause.kind == "all-of"
            and gone
            and _implied(ruleset, after.clause.entries, gone)
        ):
            return f'"{gone[0]}" is part of another of its conditions'
    return ""


def _found_by_the_others(ruleset: Ruleset, before: Definition, after: Definition) -> bool:
    """Whether only a value set that finds nothing of its own was left out of ``in``."""
    one, two = filters_of(before.clause), filters_of(after.clause)
    if one is None or two is None or replace(one, in_sets=two.in_sets) != two:
        return False
    gone = [ruleset.value_sets[name] for name in one.in_sets if name not in two.in_sets]
    left = {coding for name in two.in_sets for coding in ruleset.value_sets[name].rows}
    return bool(gone and two.in_sets) and all(
        each.rows.keys() <= left and not each.extensible and each.plausible is None and each.molar_mass is None
        for each in gone
    )


def judged(ruleset: Ruleset) -> set[str]:
    """The definitions that decide whether some rule fires; others are for texts and suggestions alone."""
    roots = {entry.name for entry in (*ruleset.applies.when, *ruleset.applies.unless)}
    for rule in ruleset.rules:
        roots |= {entry.name for entry in (*rule.when, *rule.unless)} | ({rule.for_each} - {""})
    return closure(ruleset, roots)


def _of_limit(ruleset: Ruleset, definition: Definition, before: Limit, after: Limit) -> str:
    """The number can have no value that passes one of the two and not the other."""
    number = possible(ruleset, definition)
    if number.unit is None:
        return ""
    one, two = (convert(Quantity(limit.interval, limit.unit), number.unit) for limit in (before, after))
    if not (isinstance(one, Quantity) and isinstance(two, Quantity)):
        return ""
    apart = [both(one.interval, piece) for piece in outside(two.interval)]
    apart += [both(two.interval, piece) for piece in outside(one.interval)]
    if any(holds_a_value(both(number.interval, piece), number.step) for piece in apart):
        return ""
    return "the number has no value between the two"


def _of_rule(ruleset: Ruleset, before: Rule, after: Rule) -> str:
    gone = [entry for entry in before.when if entry not in after.when]
    if gone and gone[0] == Entry(before.for_each, "", gone[0].location):
        return "it is the subject that the rule is judged for"
    if gone:
        shared = (entry for entry in ruleset.applies.when if entry.name not in before.despite)
        if _implied(ruleset, (*shared, *after.when), gone):
            return f'"{gone[0]}" is part of another of its conditions'
    if before.hooks != after.hooks and _same_at_other_hooks(ruleset, before):
        return "the other hooks bring no orders, and it needs one"
    if before.family != after.family and _never_beside(ruleset, before):
        return "no other rule of its family can fire beside it"
    if (gone or len(after.unless) < len(before.unless)) and _always_folded(ruleset, before, after):
        return "where it would fire, an earlier rule of its family is shown"
    if before.unless_unknown != after.unless_unknown and not any(may_be_unknown(ruleset, e) for e in before.unless):
        return "its exceptions are never unknown"
    return ""


def _implied(ruleset: Ruleset, rest: Iterable[Entry], gone: Iterable[Entry]) -> bool:
    """Another condition is an all-of that has it as a part: it is then never weaker than that part."""
    parts: set[tuple[str, str]] = set()
    waiting = list(rest)
    while waiting:
        entry = waiting.pop()
        if (entry.prefix, entry.name) in parts:
            continue
        parts.add((entry.prefix, entry.name))
        definition = ruleset.definitions.get(entry.name)
        if entry.prefix == "" and definition is not None and isinstance(definition.clause, Compose):
            waiting += definition.clause.entries if definition.clause.kind == "all-of" else ()
    return all((entry.prefix, entry.name) in parts for entry in gone)


def _never_beside(ruleset: Ruleset, rule: Rule) -> bool:
    """Whether its conditions and those of every other rule of its family exclude each other."""
    others = (other for other in ruleset.rules if other.family == rule.family and other.id != rule.id)
    return all(
        not ((rule.hooks or ruleset.hooks) & (other.hooks or ruleset.hooks))
        or _asks_for_an_exception(rule, other)
        or _asks_for_an_exception(other, rule)
        or conflict(stance_of(ruleset, (*rule.when, *other.when), (*_barring(rule), *_barring(other))))
        for other in others
    )


def _asks_for_an_exception(rule: Rule, other: Rule) -> bool:
    """Whether one fires only where something holds that stops the other, whatever its policy for the unknown."""
    return not {(e.prefix, e.name) for e in rule.when}.isdisjoint((e.prefix, e.name) for e in other.unless)


def _barring(rule: Rule) -> tuple[Entry, ...]:
    """Exceptions that surely fail where the rule fires."""
    return rule.unless if rule.unless_unknown == "stay-silent" else ()


def _always_folded(ruleset: Ruleset, before: Rule, after: Rule) -> bool:
    """Where only the mutant fires, what it lacks fails (or holds, as an exception), or is unknown: then each time an
    earlier tier must fire by conditions that follow.
    """
    if not before.family:
        return False
    lost = [entry for entry in before.when if entry not in after.when]
    excused = [entry for entry in before.unless if entry not in after.unless]
    if lost:
        entry = lost[0]
        openings = [_denied(entry)]
        openings += [Entry(entry.name, "unknown", entry.location)] if may_be_unknown(ruleset, entry) else []
    else:
        entry = excused[0]
        openings = [entry]
        if before.unless_unknown == "stay-silent" and may_be_unknown(ruleset, entry):
            openings.append(Entry(entry.name, "unknown", entry.location))
    if any(opening is None for opening in openings):
        return False
    return all(_shown_before(ruleset, after, (*after.when, opening)) for opening in openings if opening is not None)


def _denied(entry: Entry) -> Entry | None:
    """The entry that holds where this one fails, if there is such a word."""
    other = {"": "not", "not": "", "known": "unknown", "unknown": "known"}.get(entry.prefix)
    return None if other is None else Entry(entry.name, other, entry.location)  # type: ignore[arg-type]


def _shown_before(ruleset: Ruleset, rule: Rule, conditions: tuple[Entry, ...]) -> bool:
    stance = stance_of(ruleset, conditions)
    if conflict(stance):
        return True  # it never comes about
    for earlier in ruleset.rules:
        if earlier.id == rule.id:
            return False
        alike = (earlier.family, earlier.for_each, earlier.despite) == (rule.family, rule.for_each, rule.despite)
        answers = (rule.hooks or ruleset.hooks) <= (earlier.hooks or ruleset.hooks)
        is_free = _is_stopped_by_no_more(earlier, rule)
        if alike and answers and is_free and all(follows(stance, entry) for entry in earlier.when):
            return True
    return False


def _is_stopped_by_no_more(earlier: Rule, rule: Rule) -> bool:
    """Whether no exception stops the earlier one where ``rule`` fires."""
    mine = {(entry.prefix, entry.name) for entry in rule.unless}
    policies = ("fire", rule.unless_unknown)
    return not earlier.unless or (
        {(entry.prefix, entry.name) for entry in earlier.unless} <= mine and earlier.unless_unknown in policies
    )


def _same_at_other_hooks(ruleset: Ruleset, rule: Rule) -> bool:
    others = ruleset.hooks - rule.hooks
    bring_orders = any(field.drafts for hook in others if hook in HOOKS for field in HOOKS[hook].fields)
    return not others or (not bring_orders and any(_needs_order(ruleset, entry) for entry in rule.when))


def _needs_order(ruleset: Ruleset, entry: Entry) -> bool:
    definition = ruleset.definitions.get(entry.name)
    if definition is None or entry.prefix:
        return False
    match definition.clause:
        case Find(source):
            kinds = kinds_of(ruleset, source)
            return bool(kinds) and kinds <= _DRAFTED
        case Pair(first, second):
            return any(_needs_order(ruleset, Entry(name, "")) for name in (first, second))
        case Compose("all-of", entries):
            return any(_needs_order(ruleset, each) for each in entries)
        case Compose("any-of", entries):
            return all(_needs_order(ruleset, each) for each in entries)
    return False


def may_be(ruleset: Ruleset, name: str, truth: Truth) -> bool:
    """Whether some record could give a definition that truth; only what certainly could not is ruled out."""
    if truth is Truth.UNKNOWN:
        return may_be_unknown(ruleset, Entry(name, ""))
    said = Entry(name, "" if truth is Truth.HOLDS else "not")
    return not conflict(stance_of(ruleset, (said,)))


def may_be_unknown(ruleset: Ruleset, entry: Entry) -> bool:
    """Whether some record could leave the entry open."""
    definition = ruleset.definitions.get(entry.name)
    if definition is None or entry.prefix in ("known", "unknown", "missing"):
        return False
    if isinstance(definition.clause, Compose):
        settled = _settled_by_doubt(definition.clause)
        return any(part.name not in settled and may_be_unknown(ruleset, part) for part in definition.clause.entries)
    return not isinstance(definition.clause, ParameterOn)


def _settled_by_doubt(clause: Compose) -> set[str]:
    """Names whose doubt decides a composition: ``unknown x`` among alternatives, ``known x`` among conditions."""
    word = {"any-of": "unknown", "none-of": "unknown", "all-of": "known"}.get(clause.kind)
    return {entry.name for entry in clause.entries if entry.prefix == word}
