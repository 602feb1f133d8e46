"""Is every name used as what it yields: a number as a number, a truth as a truth, facts as facts?

Runs once all names are known and no circle is left. What is let through here would be a fault, or a silence, in front
of a patient: an attribute that a kind of fact does not have, a filter that nothing compares with.
"""

from collections.abc import Iterable

from cds.documents.problem import Location
from cds.facts.attributes import ATTRIBUTES, TIMES
from cds.facts.statuses import STATUSES
from cds.formulas import FORMULAS
from cds.rules.definition import (
    FINDERS,
    FORECAST_DAYS,
    NUMBERS,
    Absent,
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
    Limit,
    NewestOf,
    Operand,
    Pair,
    Pick,
    Point,
    Ratio,
    Score,
    Source,
    Sum,
    ValueOf,
)
from cds.rules.references import BUILT_IN_ANCHORS, closure, kinds_of, names_in, operands_in, points_in, root_of
from cds.rules.ruleset import Ruleset
from cds.rules.source.phrases import UNITS_OF_TIME
from cds.rules.source.reader import Reader, did_you_mean

#: What ``same``, ``different`` and ``distinct`` compare beside attributes and columns.
_KEYS = frozenset({"ingredient", "code", "day"})
#: Clauses of which the time can be told.
_DATED = (Find, Pick, Change, FirstOf, NewestOf, Choose, Compute, Forecast, ValueOf)
#: Read from the dose instructions of one component, beside the columns of its row.
_OF_COMPONENT = "daily-dose"


def check_uses(reader: Reader, ruleset: Ruleset) -> None:
    """Every definition's use of the others."""
    for definition in ruleset.own:
        use = _Use(reader, ruleset, definition)
        use.check_names()
        use.check_subjects()
        for operand in _read_as_values(definition.clause):
            use.check_operand(operand)
        for point in points_in(definition.clause):
            use.check_moment(point)


def _read_as_values(clause: Clause) -> tuple[Operand, ...]:
    """The operands that are numbers or words; truths that a formula takes are looked at with its inputs."""
    if isinstance(clause, Compute):
        wanted = FORMULAS[clause.formula].inputs
        return tuple(operand for key, operand in clause.inputs.items() if key not in wanted or not wanted[key].is_truth)
    return operands_in(clause)


def check_entry(reader: Reader, ruleset: Ruleset, entry: Entry) -> None:
    """One entry of a list: its prefix asks for something that the definition yields."""
    definition = ruleset.definitions.get(entry.name)
    if definition is None:
        return
    clause, name = definition.clause, entry.name
    if entry.prefix in ("", "not") and not definition.is_truth:
        hint = "give it `is:` (a word or a coded answer: `in:`), or write known, unknown or missing in front"
        reader.problem("CDS410", entry.location, f'"{name}" is a number, not a truth', hint)
    if entry.prefix == "missing" and not isinstance(clause, NUMBERS):
        hint = f"unknown {name}"
        reader.problem("CDS414", entry.location, f'"missing" asks for a number, and "{name}" is none', hint)
    if entry.prefix == "absent" and not isinstance(clause, (*NUMBERS, *FINDERS)):
        what = f'"absent" asks for facts or a number, and "{name}" is neither'
        reader.problem("CDS414", entry.location, what, f"not {name}")


class _Use:
    """One definition, and what it asks of the others."""

    def __init__(self, reader: Reader, ruleset: Ruleset, definition: Definition) -> None:
        self._reader = reader
        self._ruleset = ruleset
        self._definition = definition
        self._place = definition.location

    def check_names(self) -> None:
        match self._definition.clause:
            case Find(source):
                self._check_source(source)
            case Pick(which, source):
                self._check_source(source)
                self._check_valued(which, source)
            case Change(source):
                self._check_source(source)
                self._check_valued("change", source)
            case Count(source, distinct):
                self._check_source(source)
                self._check_distinct(distinct, kinds_of(self._ruleset, source))
            case Pair(first, second, filters):
                self._want_finders((first, second), (Find,))
                self._check_pair(first, second, filters)
                self._check_keys(filters, _attributes(kinds_of(self._ruleset, Source((), (first, second), Filters()))))
            case Forecast(finder, _, apart_from):
                self._want_immunizations((finder, apart_from) if apart_from else (finder,))
            case Absent(name):
                self._check_entries((Entry(name, "absent", self._place),))
            case Sum(names) | FirstOf(names) | NewestOf(names) | Ratio(names):
                self._want_numbers(names)
            case Score(parts):
                self._want_numbers(name for name, points in parts if points is None)
                self._want_truths(name for name, points in parts if points is not None)
            case Choose(branches):
                self._want_numbers(number for _, number in branches)
                self._want_truths(truth for truth, _ in branches if truth)
            case Compose(_, entries, _):
                self._check_entries(entries)

    def check_subjects(self) -> None:
        """All that a definition speaks about belongs to one finder, or the parts would be judged for strangers."""
        clause, each = self._definition.clause, self._definition.for_each
        names = () if isinstance(clause, Sum) else names_in(clause)
        if isinstance(clause, Find | Pick | Count | Change | Pair):
            return  # their parts are about the facts that they find
        roots = subject_roots(self._ruleset, names) | ({root_of(self._ruleset, each)} if each else frozenset())
        if len(roots) > 1:
            what = f"the parts speak about different facts: {', '.join(sorted(roots))}"
            self._reader.problem(
                "CDS232", self._place, what, "narrow one finder by the other, or write two definitions"
            )

    def _check_entries(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            check_entry(self._reader, self._ruleset, entry)

    def _want_truths(self, names: Iterable[str]) -> None:
        self._check_entries(Entry(name, "", self._place) for name in names)

    def _want_numbers(self, names: Iterable[str]) -> None:
        for name in names:
            definition = self._ruleset.definitions.get(name)
            if definition is not None and not isinstance(definition.clause, NUMBERS):
                self._reader.problem("CDS410", self._place, f'"{name}" is not a number, and one is needed here')

    def _want_immunizations(self, names: tuple[str, ...]) -> None:
        """A forecast judges vaccines given, of the patient as a whole."""
        self._want_finders(names, (Find,))
        for name in names:
            others = (
                sorted(subject_kinds(self._ruleset, name) - {"immunization"})
                if name in self._ruleset.definitions
                else []
            )
            if others:
                what = f'a schedule is about immunizations, and "{name}" may find a {others[0]}'
                self._reader.problem("CDS142", self._place, what, "any: immunization")

    def _want_finders(self, names: Iterable[str], clauses: tuple[type, ...]) -> None:
        for name in names:
            definition = self._ruleset.definitions.get(name)
            if definition is not None and not isinstance(definition.clause, clauses):
                hint = "name a definition with `any`; to test a number, write `value`"
                self._reader.problem("CDS411", self._place, f'"{name}" is no source of facts', hint)

    def _check_pair(self, first: str, second: str, filters: Filters) -> None:
        """Conditions on a pair name one of its facts, or the gap between them."""
        for where in filters.where:
            if where.side:
                kinds = kinds_of(self._ruleset, Source((), (first if where.side == "first" else second,), Filters()))
                self._check_attribute(where.attribute, kinds, where.location)
            elif where.attribute != "gap":
                hint = f"first.{where.attribute}, second.{where.attribute}, or gap"
                self._reader.problem("CDS206", where.location, f'a pair has no "{where.attribute}"', hint)
            elif where.limit is None or where.limit.unit not in UNITS_OF_TIME:
                hint = "such as gap: at most 7 days"
                self._reader.problem("CDS402", where.location, '"gap" is the time between the two', hint)

    # --- sources and filters -----------------------------------------------------------------

    def _check_source(self, source: Source) -> None:
        self._want_finders(source.finders, FINDERS)
        self._want_truths(source.filters.that)
        kinds = kinds_of(self._ruleset, source)
        attributes = _attributes(kinds)
        for where in source.filters.where:
            name = f"{where.side}.{where.attribute}" if where.side else where.attribute
            self._check_attribute(name, kinds, where.location)
        self._check_status(source.filters.status or frozenset(), kinds)
        if source.filters.same or source.filters.different:
            self._check_keys(source.filters, attributes)
            self._check_partner()

    def _check_status(self, words: frozenset[str], kinds: frozenset[str]) -> None:
        """A word that no fact of these kinds has would find nothing, and so would a kind of which no word is named."""
        known = frozenset().union(*(STATUSES[kind] for kind in kinds))
        wrong = sorted(words - known) if kinds else []
        for word in wrong:
            what = f'status cannot be "{word}": no fact of the kind "{min(kinds)}" ever is'
            self._reader.problem("CDS113", self._place, what, did_you_mean(word, known))
        silent = [kind for kind in sorted(kinds) if words and not wrong and words.isdisjoint(STATUSES[kind])]
        for kind in silent:
            what = f'no fact of the kind "{kind}" ever has one of these statuses'
            self._reader.problem("CDS113", self._place, what, did_you_mean(min(words), STATUSES[kind]))

    def _check_partner(self) -> None:
        """``same`` and ``different`` compare with ``it``, which must be one fact."""
        each = self._ruleset.definitions.get(self._definition.for_each)
        if self._reader.is_unread(self._definition.for_each):
            return
        if each is None or not isinstance(each.clause, Find):
            hint = "for-each: <the finder whose fact is compared>"
            self._reader.problem("CDS231", self._place, '"same" and "different" need "for-each" here', hint)

    def _check_keys(self, filters: Filters, attributes: frozenset[str]) -> None:
        for key in (*filters.same, *filters.different):
            name, dot, column = key.rpartition(".")
            if dot:
                self._check_column(name, column, self._place)
            elif key not in _KEYS and key not in attributes:
                known = _KEYS | attributes
                self._reader.problem(
                    "CDS206", self._place, f'facts have no "{key}" in common', did_you_mean(key, known)
                )

    def _check_valued(self, which: str, source: Source) -> None:
        """A number is tested or compared: then the facts must be of kinds that have one."""
        definition = self._definition
        tested = isinstance(definition.test, Limit) or definition.rounded_to is not None
        lacking = [kind for kind in sorted(kinds_of(self._ruleset, source)) if "value" not in ATTRIBUTES[kind]]
        if lacking and (tested or which not in ("latest", "earliest")):
            what = f'a fact of the kind "{lacking[0]}" has no value to {"test" if tested else "compare"}'
            hint = f"value: {definition.name}.time-since, in a definition of its own, tests how long ago it was"
            self._reader.problem("CDS416", self._place, what, hint if tested else "latest, earliest or count")

    def _check_distinct(self, key: str, kinds: frozenset[str]) -> None:
        name, dot, column = key.rpartition(".")
        if dot:
            self._check_column(name, column, self._place)
        elif key and key not in _KEYS | _attributes(kinds):
            known = _KEYS | _attributes(kinds)
            self._reader.problem("CDS113", self._place, f'distinct cannot be "{key}"', did_you_mean(key, known))

    def _check_attribute(self, name: str, kinds: frozenset[str], place: Location) -> None:
        lacking = [kind for kind in sorted(kinds) if name not in ATTRIBUTES[kind]]
        if lacking:
            hint = did_you_mean(name, _attributes(kinds))
            self._reader.problem("CDS206", place, f'a fact of the kind "{lacking[0]}" has no "{name}"', hint)

    def _check_column(self, name: str, column: str, place: Location) -> None:
        value_set = self._ruleset.value_sets.get(name)
        if value_set is None:
            if not self._reader.is_unread_set(name):
                hint = did_you_mean(name, self._ruleset.value_sets)
                self._reader.problem("CDS220", place, f'no value set is called "{name}"', hint)
            return
        columns = {key for row in value_set.rows.values() for key in row}
        if column not in columns and column != _OF_COMPONENT and not self._reader.is_unread_set(name):
            hint = did_you_mean(column, columns)
            self._reader.problem("CDS222", place, f'no code of "{name}" has a column "{column}"', hint)

    # --- moments -----------------------------------------------------------------------------

    def check_moment(self, point: Point) -> None:
        """Now, birth, an edge of a period, ``it``, or a definition that has a date and speaks of nobody else."""
        if point.edge or point.anchor in ("now", "birth"):
            return
        each = self._definition.for_each
        if point.anchor in BUILT_IN_ANCHORS:
            if not each:
                hint = "for-each: <the finder that `it` comes from>"
                self._reader.problem("CDS231", point.location, f'"{point.anchor}" needs "for-each" here', hint)
            return
        definition = self._ruleset.definitions.get(point.anchor)
        if definition is None:
            return
        if not isinstance(definition.clause, _DATED):
            hint = "a definition with any, latest or earliest has one"
            self._reader.problem("CDS417", point.location, f'"{point.anchor}" has no date', hint)
        roots = sorted(subject_roots(self._ruleset, (point.anchor,)))
        if roots and not each:
            what = f'"{point.anchor}" is judged for each {roots[0]}; this definition is not'
            self._reader.problem("CDS231", point.location, what, f"for-each: {roots[0]}")
        elif roots and roots != [root_of(self._ruleset, each)]:
            what = f'"{point.anchor}" speaks about {roots[0]}, and this definition about {each}'
            self._reader.problem("CDS232", point.location, what, "narrow one finder by the other")

    # --- operands ----------------------------------------------------------------------------

    def check_operand(self, operand: Operand) -> None:
        """A number, or an attribute of one fact."""
        if operand.lasting:
            return  # what can have a length: cds.rules.source.lengths
        if operand.attribute == "date" or (operand.attribute in TIMES and not operand.since):
            what = f'"{operand}" is a date, and no number follows from a date'
            hint = f"{operand.root}.{'' if operand.attribute == 'date' else f'{operand.attribute}.'}time-since"
            self._reader.problem("CDS417", operand.location, what, hint)
        elif operand.root == "patient":
            return
        elif operand.root in ("it", "first", "second"):
            self._check_subject(operand)
        elif operand.since and not operand.attribute:
            self._want_dated(operand)
        elif not operand.attribute:
            self._want_numbers((operand.root,))
        elif (definition := self._ruleset.definitions.get(operand.root)) is not None and isinstance(
            definition.clause, Forecast
        ):
            self._check_forecast(operand)
        elif definition is not None:
            self._want_numbers((operand.root,))
            if isinstance(definition.clause, NUMBERS):
                self._check_read(operand, self._kinds_below(operand.root))

    def _check_forecast(self, operand: Operand) -> None:
        """Its days, and how long ago they were (or, below 0, how long from now they are)."""
        if operand.attribute not in FORECAST_DAYS:
            hint = did_you_mean(operand.attribute, FORECAST_DAYS)
            self._reader.problem("CDS206", operand.location, f'a forecast has no "{operand.attribute}"', hint)
        elif not operand.since:
            what = f'"{operand}" is a date, and no number follows from a date'
            self._reader.problem("CDS417", operand.location, what, f"{operand}.time-since")

    def _check_subject(self, operand: Operand) -> None:
        if operand.value_set:
            self._check_column(operand.value_set, operand.attribute, operand.location)
            return
        each = self._ruleset.definitions.get(self._definition.for_each)
        table = each.clause.table if each is not None and isinstance(each.clause, Pair) else None
        if table is not None and operand.root == "it" and operand.attribute in table.columns:
            return
        if each is not None and isinstance(each.clause, FINDERS) and not (operand.since and not operand.attribute):
            self._check_read(operand, subject_kinds(self._ruleset, self._definition.for_each))

    def _want_dated(self, operand: Operand) -> None:
        """How long ago: asked of facts, and of numbers that are those of one fact or of dated ones."""
        definition = self._ruleset.definitions.get(operand.root)
        if definition is not None and not isinstance(definition.clause, _DATED):
            what = f'"{operand.root}" has no date'
            hint = "a definition with any, latest or earliest has one"
            self._reader.problem("CDS417", operand.location, what, hint)

    def _check_read(self, operand: Operand, kinds: frozenset[str]) -> None:
        self._check_attribute(operand.attribute, kinds, operand.location)
        if operand.since and operand.attribute in _attributes(kinds) - TIMES - {"value"}:
            what = f'"{operand.attribute}" is no date'
            self._reader.problem("CDS417", operand.location, what, did_you_mean(operand.attribute, TIMES))

    def _kinds_below(self, name: str) -> frozenset[str]:
        """The kinds of fact that a number may come from."""
        kinds: set[str] = set()
        for inner in closure(self._ruleset, (name,)):
            clause = self._ruleset.definitions[inner].clause
            if isinstance(clause, Pick | Count | Change):
                kinds |= kinds_of(self._ruleset, clause.source)
        return frozenset(kinds)


def subject_kinds(ruleset: Ruleset, finder: str) -> frozenset[str]:
    """The kinds of fact that ``it`` may be for a finder; for a pair, of either fact."""
    return kinds_of(ruleset, Source((), (finder,), Filters()))


def _attributes(kinds: frozenset[str]) -> frozenset[str]:
    """The attributes that every one of the kinds has."""
    sets = [ATTRIBUTES[kind] for kind in kinds]
    return frozenset.intersection(*sets) if sets else frozenset()


def subject_roots(ruleset: Ruleset, names: Iterable[str]) -> frozenset[str]:
    """The finders whose facts the names speak about, each by the beginning of its chain of narrowing finders."""
    roots: set[str] = set()
    seen: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        definition = ruleset.definitions.get(name)
        if name in seen or definition is None:
            continue
        seen.add(name)
        if definition.for_each:
            roots.add(root_of(ruleset, definition.for_each))
        elif not isinstance(definition.clause, Sum | Find | Pick | Count | Change | Pair):  # those fold subjects
            waiting += names_in(definition.clause)
    return frozenset(roots)
