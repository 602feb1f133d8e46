"""Who names whom inside a ruleset: the definitions a definition, an operand or a rule rests on."""

from collections.abc import Iterable, Iterator, Mapping

from cds.rules.definition import (
    BUILT_IN_ROOTS,
    Absent,
    Age,
    Answers,
    Change,
    Choose,
    Clause,
    Compose,
    Compute,
    Count,
    Definition,
    Entry,
    Filters,
    Find,
    FirstOf,
    Forecast,
    NewestOf,
    Operand,
    Pair,
    Pick,
    Point,
    Points,
    Ratio,
    Score,
    Source,
    Sum,
    ValueOf,
)
from cds.rules.ruleset import Rule, Ruleset, Suggestion
from cds.rules.text_template import Placeholder, parse_text

#: Moments that are not definitions.
BUILT_IN_ANCHORS = frozenset({"now", "birth", "it", "first", "second"})
#: The words with which a condition asks for doubt.
TELLING = ("unknown", "missing")
#: Clauses over a source. (A tuple: a union of types would be made anew at each question.)
_SOURCED = (Find, Pick, Count, Change)


def filters_of(clause: Clause) -> Filters | None:
    """The filters of a clause that has any."""
    if isinstance(clause, _SOURCED):
        return clause.source.filters
    return clause.filters if isinstance(clause, Pair) else None


def names_in(clause: Clause) -> tuple[str, ...]:
    """The definitions that a clause names, in the order written."""
    match clause:
        case Find(source) | Pick(source=source) | Count(source=source) | Change(source=source):
            return (*source.finders, *source.filters.that, *anchors_of(source.filters))
        case Pair(first, second, filters):
            return (first, second, *filters.that, *anchors_of(filters))
        case Age(point):
            return _anchors((point,))
        case Absent(name):
            return (name,)
        case Sum(names) | FirstOf(names) | NewestOf(names) | Ratio(names):
            return names
        case Score(parts):
            return tuple(name for name, _ in parts)
        case Points(operand, _) | ValueOf(operand):
            return _operand_names(operand)
        case Choose(branches):
            return tuple(name for branch in branches for name in branch if name)
        case Compute(_, inputs):
            return tuple(name for operand in inputs.values() for name in _operand_names(operand))
        case Compose(_, entries, _):
            return tuple(entry.name for entry in entries)
        case Forecast(finder, _, apart_from):
            return (finder, apart_from) if apart_from else (finder,)
    return ()


def points_in(clause: Clause) -> tuple[Point, ...]:
    """The moments that a clause names."""
    if isinstance(clause, Age):
        return (clause.point,)
    filters = filters_of(clause)
    return _points(filters) if filters is not None else ()


def _points(filters: Filters) -> tuple[Point, ...]:
    bounds = (*filters.bounds, *(bound for where in filters.where for bound in where.bounds))
    return tuple(bound.point for bound in bounds)


def anchors_of(filters: Filters) -> tuple[str, ...]:
    """The definitions that a window begins or ends with."""
    return _anchors(_points(filters)) if filters.bounds or filters.where else ()


def _anchors(points: tuple[Point, ...]) -> tuple[str, ...]:
    names = (point.anchor for point in points if not point.edge)
    return tuple(dict.fromkeys(name for name in names if name not in BUILT_IN_ANCHORS))


def _operand_names(operand: Operand) -> tuple[str, ...]:
    return () if operand.root in BUILT_IN_ROOTS else (operand.root,)


def names_of(definition: Definition) -> tuple[str, ...]:
    """Every definition that this one rests on directly, its ``for-each`` included."""
    each = (definition.for_each,) if definition.for_each else ()
    return (*each, *names_in(definition.clause))


def operands_in(clause: Clause) -> tuple[Operand, ...]:
    """The operands of a clause."""
    match clause:
        case Points(operand, _) | ValueOf(operand):
            return (operand,)
        case Compute(_, inputs):
            return tuple(inputs.values())
    return ()


def closure(ruleset: Ruleset, names: Iterator[str] | tuple[str, ...] | set[str]) -> set[str]:
    """The names and every definition they rest on."""
    found: set[str] = set()
    waiting = [name for name in names if name in ruleset.definitions]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        waiting += [n for n in names_of(ruleset.definitions[name]) if n in ruleset.definitions and n not in found]
    return found


def doubt_inside(ruleset: Ruleset, rules: Iterable[Rule]) -> str:
    """The hint where conditions hold ``unknown x`` inside a definition only, where it does not count; else ""."""
    for rule in rules:
        for entry in rule.when:
            for name in sorted(closure(ruleset, (entry.name,))):
                clause = ruleset.definitions[name].clause
                if isinstance(clause, Compose) and any(part.prefix in TELLING for part in clause.entries):
                    return f'; "{name}" asks inside itself, which does not count: a tier for each doubt, in its `when`'
    return ""


def entries_of(rule: Rule) -> Iterator[Entry]:
    """Every entry of a rule: its conditions, and those of its notes, suggestions and system actions."""
    yield from rule.when
    yield from rule.unless
    for note in rule.card.notes:
        yield from (*note.when, *note.unless)
    for suggestion in rule.card.changes:
        yield from (*suggestion.when, *suggestion.unless)


def kinds_of(ruleset: Ruleset, source: Source) -> frozenset[str]:
    """The fact kinds that a source reads, through the finders it names."""
    kinds = set(source.kinds)
    for name in source.finders:
        definition = ruleset.definitions.get(name)
        if definition is not None and isinstance(definition.clause, _SOURCED):
            kinds |= kinds_of(ruleset, definition.clause.source)
        elif definition is not None and isinstance(definition.clause, Pair):
            for part in (definition.clause.first, definition.clause.second):
                inner = ruleset.definitions.get(part)
                if inner is not None and isinstance(inner.clause, Find):
                    kinds |= kinds_of(ruleset, inner.clause.source)
    return frozenset(kinds)


def root_of(ruleset: Ruleset, finder: str) -> str:
    """The finder that a chain of narrowing finders begins with: their facts are facts of it."""
    seen: set[str] = set()
    while finder not in seen:
        seen.add(finder)
        definition = ruleset.definitions.get(finder)
        if definition is None or not isinstance(definition.clause, Find):
            break
        source = definition.clause.source
        if source.kinds or len(source.finders) != 1:
            break
        finder = source.finders[0]
    return finder


def sets_of(definition: Definition) -> Iterator[str]:
    """Every value set that a definition names, and words of ``where`` and ``in`` that may be one."""
    filters = filters_of(definition.clause)
    if filters is not None:
        yield from (*filters.in_sets, *filters.not_in)
        yield from (name for where in filters.where for name in where.sets)
        yield from (key.rpartition(".")[0] for key in (*filters.same, *filters.different))
    if isinstance(definition.clause, Forecast):
        yield from definition.clause.schedule.sets
    if isinstance(definition.clause, Count):
        yield definition.clause.distinct.rpartition(".")[0]
    if isinstance(definition.test, Answers):
        yield from definition.test.sets
    yield from (operand.value_set for operand in operands_in(definition.clause))


def reachable(ruleset: Ruleset, also: Iterable[str] = (), *, hook: str = "") -> set[str]:
    """Every definition that some rule rests on, or one of ``also``; with a hook, some rule that answers there."""
    rules = [rule for rule in ruleset.rules if not hook or hook in (rule.hooks or ruleset.hooks)]
    roots = {*also}
    roots |= {entry.name for rule in rules for entry in entries_of(rule)}
    if rules or not hook:
        roots |= {entry.name for entry in (*ruleset.applies.when, *ruleset.applies.unless)}
    roots |= {rule.for_each for rule in rules if rule.for_each}
    roots |= text_names(ruleset, rules)
    return closure(ruleset, roots)


def text_names(ruleset: Ruleset, rules: Iterable[Rule]) -> set[str]:
    """Definitions that only texts and suggestions of the rules name."""
    names: set[str] = set()
    for rule in rules:
        texts = (rule.card.summary, rule.card.detail, *(note.text for note in rule.card.notes))
        names |= {p.name for text in texts for p in parse_text(text, ruleset.aliases) if isinstance(p, Placeholder)}
        names |= {suggestion.target for suggestion in rule.card.changes if suggestion.target}
    return {name for name in names if name in ruleset.definitions}


def template_texts(node: object) -> Iterator[str]:
    """Every text in a FHIR template, or in what ``replace`` sets."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, Mapping):
        for value in node.values():
            yield from template_texts(value)
    elif isinstance(node, list | tuple):
        for value in node:
            yield from template_texts(value)


def filled_in(suggestion: Suggestion, aliases: frozenset[str] = frozenset()) -> Iterator[Placeholder]:
    """The placeholders of a suggestion's template."""
    for text in template_texts([suggestion.resource, [value for _, value in suggestion.changes]]):
        yield from (piece for piece in parse_text(text, aliases) if isinstance(piece, Placeholder))
