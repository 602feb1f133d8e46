"""What a library declares, under the name that a ruleset gives it; and what of it a ruleset reaches.

A library's ``hospice``, used as ``common``, is ``common.hospice`` wherever it is named, in the library's definitions
too. So whoever reads, judges or traces a ruleset meets nothing new but names with a dot in them.
"""

from collections.abc import Iterable
from dataclasses import replace

from cds.rules.definition import (
    BUILT_IN_ROOTS,
    Absent,
    Age,
    Answers,
    Bound,
    Change,
    Choose,
    Clause,
    Compose,
    Compute,
    Count,
    Definition,
    Filters,
    Find,
    FirstOf,
    Forecast,
    NewestOf,
    Operand,
    Pair,
    ParameterOn,
    Pick,
    Point,
    Points,
    Ratio,
    Score,
    Sex,
    Source,
    Sum,
    ValueOf,
    Where,
)
from cds.rules.references import BUILT_IN_ANCHORS, reachable, sets_of
from cds.rules.ruleset import Ruleset
from cds.rules.text_template import Placeholder, parse_text


def under(alias: str, declared: Ruleset) -> Ruleset:
    """The declarations of a library, every name with ``alias`` and a dot in front."""
    prefix = _Prefix(alias, declared)
    return replace(
        declared,
        value_sets={
            prefix.name(name): replace(found, name=prefix.name(name), rests_on=frozenset(prefix.names(found.rests_on)))
            for name, found in declared.value_sets.items()
        },
        parameters={prefix.name(n): replace(each, name=prefix.name(n)) for n, each in declared.parameters.items()},
        periods={prefix.name(n): replace(each, name=prefix.name(n)) for n, each in declared.periods.items()},
        definitions={prefix.name(n): prefix.definition(each) for n, each in declared.definitions.items()},
    )


def without_unreached(ruleset: Ruleset) -> Ruleset:
    """The ruleset without the definitions and value sets of libraries that none of its own rests on."""
    own = tuple(definition.name for definition in ruleset.own)
    reached = reachable(ruleset, own)
    definitions = {name: each for name, each in ruleset.definitions.items() if name in reached}
    named = {name for definition in definitions.values() for name in sets_of(definition)}
    value_sets = {
        name: each for name, each in ruleset.value_sets.items() if "." not in name or name in named or each.local
    }
    return replace(ruleset, definitions=definitions, value_sets=value_sets)


class _Prefix:
    """Every place of a definition where a name may stand."""

    def __init__(self, alias: str, declared: Ruleset) -> None:
        self._alias = alias
        self._declared = declared

    def name(self, name: str) -> str:
        return f"{self._alias}.{name}" if name else ""

    def names(self, names: Iterable[str]) -> tuple[str, ...]:
        return tuple(self.name(name) for name in names)

    def definition(self, definition: Definition) -> Definition:
        test = definition.test
        return replace(
            definition,
            name=self.name(definition.name),
            says=self._text(definition.says),
            clause=self._clause(definition.clause),
            for_each=self.name(definition.for_each),
            test=replace(test, sets=self._sets(test.sets)) if isinstance(test, Answers) else test,
        )

    def _text(self, text: str) -> str:
        """A sentence names parameters in braces."""
        for piece in parse_text(text, self._declared.aliases):
            if isinstance(piece, Placeholder) and piece.name in self._declared.parameters:
                text = text.replace(f"{{{piece.name}}}", f"{{{self.name(piece.name)}}}")
        return text

    def _clause(self, clause: Clause) -> Clause:
        match clause:
            case Find() | Pick() | Count() | Change():
                return self._of_source(clause)
            case Pair(first, second):
                names = self.name(first), self.name(second)
                return replace(clause, first=names[0], second=names[1], filters=self._filters(clause.filters))
            case Age(point):
                return Age(self._point(point))
            case Compose(entries=entries):
                return replace(clause, entries=tuple(replace(entry, name=self.name(entry.name)) for entry in entries))
            case Absent(name) | ParameterOn(name):
                return type(clause)(self.name(name))
            case Sex():
                return clause
            case Forecast(finder, schedule, apart_from):
                return Forecast(self.name(finder), schedule.renamed(self.name), self.name(apart_from))
        return self._of_numbers(clause)

    def _of_source(self, clause: Find | Pick | Count | Change) -> Clause:
        finders, filters = self.names(clause.source.finders), self._filters(clause.source.filters)
        source = Source(clause.source.kinds, finders, filters)
        if isinstance(clause, Count):
            return replace(clause, source=source, distinct=self._key(clause.distinct))
        return replace(clause, source=source)

    def _of_numbers(
        self, clause: Sum | FirstOf | NewestOf | Ratio | Score | Choose | Points | ValueOf | Compute
    ) -> Clause:
        """Every other clause: the checker of types refuses one that is in neither list."""
        match clause:
            case Sum(names) | FirstOf(names) | NewestOf(names) | Ratio(names):
                return type(clause)(self.names(names))
            case Score(parts):
                return Score(tuple((self.name(name), points) for name, points in parts))
            case Choose(branches):
                return Choose(tuple((self.name(truth), self.name(number)) for truth, number in branches))
            case Points(operand, bands):
                return Points(self._operand(operand), bands)
            case ValueOf(operand):
                return ValueOf(self._operand(operand))
            case Compute(formula, inputs):
                return Compute(formula, {key: self._operand(operand) for key, operand in inputs.items()})

    def _operand(self, operand: Operand) -> Operand:
        root = operand.root if operand.root in BUILT_IN_ROOTS else self.name(operand.root)
        return replace(operand, root=root, value_set=self.name(operand.value_set))

    def _filters(self, filters: Filters) -> Filters:
        return replace(
            filters,
            in_sets=self.names(filters.in_sets),
            not_in=self.names(filters.not_in),
            where=tuple(self._where(where) for where in filters.where),
            that=self.names(filters.that),
            bounds=self._bounds(filters.bounds),
            same=tuple(self._key(key) for key in filters.same),
            different=tuple(self._key(key) for key in filters.different),
        )

    def _where(self, where: Where) -> Where:
        return replace(where, sets=self._sets(where.sets), bounds=self._bounds(where.bounds))

    def _sets(self, words: tuple[str, ...]) -> tuple[str, ...]:
        """Those of the words that are value sets of the library: one of the ruleset may be called like a code word."""
        return self.names(word for word in words if word in self._declared.value_sets)

    def _key(self, key: str) -> str:
        """``set.column``; an attribute and the words of the language stay as they are."""
        return self.name(key) if "." in key else key

    def _bounds(self, bounds: tuple[Bound, ...]) -> tuple[Bound, ...]:
        return tuple(Bound(bound.word, self._point(bound.point)) for bound in bounds)

    def _point(self, point: Point) -> Point:
        is_name = bool(point.edge) or point.anchor not in BUILT_IN_ANCHORS
        return replace(point, anchor=self.name(point.anchor)) if is_name else point
