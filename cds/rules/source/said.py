"""Is each attribute asked for what it can say? A number of a route, a word of a dose: nobody's record decides that.

Runs beside :mod:`cds.rules.source.uses`, once all names are known. A name that is no value set is read as a code word,
so a mistyped one would match nothing and be silent for everybody: it is told here.
"""

from collections.abc import Iterable

from cds.documents.problem import Location
from cds.facts.attributes import ATTRIBUTES, TIMES
from cds.facts.vocabulary import FLAGGED, MEASURED, REFERRING, may_say, words_of
from cds.rules.definition import (
    FINDERS,
    Answers,
    Choose,
    Clause,
    Definition,
    FirstOf,
    Limit,
    NewestOf,
    Operand,
    Pair,
    Pick,
    Points,
    Source,
    ValueOf,
    Where,
)
from cds.rules.references import filters_of, kinds_of
from cds.rules.ruleset import Ruleset
from cds.rules.source.phrases import read_quantity
from cds.rules.source.reader import Reader, did_you_mean
from cds.rules.source.texts import PATIENT_ATTRIBUTES
from cds.rules.source.uses import subject_kinds

#: The words of a patient's attributes. A race is told by its code.
_OF_PATIENTS = {"sex": frozenset({"female", "male"}), "deceased": frozenset({"yes", "no"})}
_OF_COMPONENT = "daily-dose"


def check_said(reader: Reader, ruleset: Ruleset) -> None:
    """Every ``where``, every ``in`` and every test of an attribute."""
    for definition in ruleset.own:
        filters = filters_of(definition.clause)
        for where in filters.where if filters else ():
            _Said(reader, ruleset, where.location).check_where(where, _kinds_asked(ruleset, definition.clause, where))
        _check_test(reader, ruleset, definition)


def _kinds_asked(ruleset: Ruleset, clause: Clause, where: Where) -> frozenset[str]:
    if isinstance(clause, Pair):
        name = {"first": clause.first, "second": clause.second}.get(where.side)
        return subject_kinds(ruleset, name) if name else frozenset()
    source = getattr(clause, "source", None)
    return kinds_of(ruleset, source) if isinstance(source, Source) and not where.side else frozenset()


def _having(kinds: frozenset[str], name: str) -> frozenset[str]:
    """The kinds that have the attribute; that one has not is told elsewhere, and a date is no value (both in uses)."""
    return frozenset(kind for kind in kinds if name in ATTRIBUTES[kind] and name not in TIMES)


def _check_test(reader: Reader, ruleset: Ruleset, definition: Definition) -> None:
    clause, test, said = definition.clause, definition.test, _Said(reader, ruleset, definition.location)
    if isinstance(clause, Points):
        said.check_number(definition, clause.operand)
    if isinstance(clause, ValueOf) and isinstance(test, Limit):
        said.check_number(definition, clause.operand)
    if isinstance(test, Answers) and isinstance(clause, ValueOf):
        said.check_answers(definition, clause.operand, test)


class _Said:
    """What is asked at one place."""

    def __init__(self, reader: Reader, ruleset: Ruleset, place: Location) -> None:
        self._reader, self._ruleset, self._place = reader, ruleset, place

    # --- where -------------------------------------------------------------------------------

    def check_where(self, where: Where, kinds: frozenset[str]) -> None:
        name = where.attribute
        kinds = _having(kinds, name)
        if not kinds:
            return
        if where.limit is not None:
            self._want_number(name, kinds)
        elif where.flag is not None:
            if name not in FLAGGED and (name, "observation" in kinds) != ("value", True):
                self._tell(f'"{name}" is not yes or no', self._how(name))
        elif where.sets:
            self._check_words(name, where.sets, kinds)
        elif where.numeric and name != "value" and name not in MEASURED:
            self._tell(f'"{name}" is never a number', self._how(name))

    def _want_number(self, name: str, kinds: frozenset[str]) -> None:
        if not (name in MEASURED or (name == "value" and "observation" in kinds)):
            self._tell(f'"{name}" has no number to test', self._how(name))

    def _check_words(self, name: str, words: Iterable[str], kinds: frozenset[str]) -> None:
        if name in MEASURED | FLAGGED | REFERRING:
            self._tell(f'"{name}" is not told in codes or words', self._how(name))
            return
        for word in words:
            is_told = word.startswith("not ")  # an entry that no list has (filters)
            if is_told or self._is_set(word) or any(may_say(kind, name, word) for kind in kinds):
                continue
            known = frozenset().union(*(words_of(kind, name) for kind in kinds))
            what = f'"{word}" is no value set, and no code word that "{name}" can have'
            self._tell(what, did_you_mean(word, (*self._ruleset.value_sets, *known)))

    @staticmethod
    def _how(name: str) -> str:
        if name in MEASURED:
            return f"{name} is a number: test it with a phrase, such as above 5 mg/d, or write recorded"
        if name in FLAGGED:
            return f"{name} is yes or no"
        if name in REFERRING:
            return f"{name} names another resource: recorded, not recorded, or `same: {name}`"
        return f"{name} is told in codes: name a value set"

    # --- is, in and bands --------------------------------------------------------------------

    def check_number(self, definition: Definition, operand: Operand) -> None:
        if operand.since:
            return
        if operand.root == "patient":
            if operand.attribute in (*_OF_PATIENTS, "race"):
                self._tell(f'"{operand}" is a word, not a number', "in: [...]")
        elif (cells := self._cells(definition, operand)) is not None:
            if cells and not any(map(read_quantity, cells)):
                self._tell(f'no row of "{operand}" has a number', f"in: [{min(cells)}]")
        elif operand.attribute and (kinds := self._kinds_of(definition, operand)):
            self._want_number(operand.attribute, kinds)

    def check_answers(self, definition: Definition, operand: Operand, test: Answers) -> None:
        if operand.root == "patient":
            self._check_patient(operand, test)
        elif operand.since or (not operand.attribute and not self._may_answer(operand.root)):
            self._tell(f'"{operand}" is a number, and no answer in codes or words', "test it with `is:`")
        elif (cells := self._cells(definition, operand)) is not None:
            self._check_cells(operand, test, cells)
        elif kinds := self._kinds_of(definition, operand):
            name = operand.attribute or "value"
            if name in FLAGGED and set(test.sets) <= {"yes", "no"}:
                return
            self._check_words(name, test.sets, kinds)

    def _check_patient(self, operand: Operand, test: Answers) -> None:
        if operand.attribute not in PATIENT_ATTRIBUTES or operand.attribute == "birth-date":
            return  # told where names are (checks)
        words = _OF_PATIENTS.get(operand.attribute)
        for word in test.sets:
            if words is None and operand.attribute != "race":
                self._tell(f'"{operand}" is a number, and no answer in codes or words', "test it with `is:`")
            elif words is not None and word.lower() not in words:
                self._tell(f'"{operand}" is never "{word}"', did_you_mean(word, words))
            elif words is None and not self._is_set(word) and not any(map(str.isdigit, word)):
                self._tell(f'"{word}" is no code of a race', "such as 2054-5, or a value set")

    def _check_cells(self, operand: Operand, test: Answers, cells: frozenset[str]) -> None:
        words = {cell.lower() for cell in cells if read_quantity(cell) is None}
        for word in test.sets:
            if cells and word.lower() not in words:
                self._tell(f'no row of "{operand}" has the word "{word}"', did_you_mean(word, cells))

    def _cells(self, definition: Definition, operand: Operand) -> frozenset[str] | None:
        """What the rows of a value set or of a table say in a column; None for what is no column."""
        if operand.value_set:
            value_set = self._ruleset.value_sets.get(operand.value_set)
            if value_set is None or operand.attribute == _OF_COMPONENT:
                return frozenset()
            return frozenset(row[operand.attribute] for row in value_set.rows.values() if row.get(operand.attribute))
        each = self._ruleset.definitions.get(definition.for_each)
        table = each.clause.table if each is not None and isinstance(each.clause, Pair) else None
        if operand.root == "it" and table is not None and operand.attribute in table.columns:
            return frozenset(row[operand.attribute] for row in table.rows.values() if row.get(operand.attribute))
        return None

    def _kinds_of(self, definition: Definition, operand: Operand) -> frozenset[str]:
        """The kinds of fact that the attribute is read from; none where that cannot be told here."""
        if operand.root in ("it", "first", "second"):
            each = self._ruleset.definitions.get(definition.for_each)
            is_finder = each is not None and isinstance(each.clause, FINDERS)
            kinds = subject_kinds(self._ruleset, definition.for_each) if is_finder else frozenset()
        else:
            root = self._ruleset.definitions.get(operand.root)
            clause = root.clause if root is not None else None
            kinds = kinds_of(self._ruleset, clause.source) if isinstance(clause, Pick) else frozenset()
        return _having(kinds, operand.attribute) if operand.attribute else kinds

    def _may_answer(self, name: str) -> bool:
        """Whether a number can be a coded answer: that of one fact, or one chosen from such."""
        definition = self._ruleset.definitions.get(name)
        match definition.clause if definition is not None else None:
            case FirstOf(names) | NewestOf(names):
                return any(map(self._may_answer, names))
            case Choose(branches):
                return any(self._may_answer(number) for _, number in branches)
            case ValueOf(operand):
                return bool(operand.attribute) or self._may_answer(operand.root)
            case Pick(which):
                return which in ("latest", "earliest")
        return definition is None

    def _is_set(self, name: str) -> bool:
        """One that is there; that a library lacks one is told where names are (checks)."""
        is_told = "." in name and name.partition(".")[0] in self._ruleset.aliases
        return name in self._ruleset.value_sets or is_told or self._reader.is_unread_set(name)

    def _tell(self, what: str, hint: str) -> None:
        self._reader.problem("CDS424", self._place, what, hint)
