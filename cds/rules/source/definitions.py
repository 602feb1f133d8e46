"""Definitions: one clause each, with the modifiers that clause allows (docs/language.md, section 3)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from cds.documents.yaml_tree import Items, Node, Table, Text
from cds.facts.dates import Duration
from cds.formulas import FORMULAS
from cds.rules.definition import (
    FINDERS,
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
    Find,
    FirstOf,
    Forecast,
    Limit,
    NewestOf,
    Pair,
    ParameterOn,
    Pick,
    Points,
    Ratio,
    Score,
    Sex,
    Sum,
    ValueOf,
)
from cds.rules.ruleset import Parameter
from cds.rules.source.filters import FILTER_KEYS, read_filters, read_source
from cds.rules.source.moments import BOUND_KEYS, Names, read_point
from cds.rules.source.names import read_named
from cds.rules.source.operands import counted_in, read_operand
from cds.rules.source.pair_tables import read_pair_table
from cds.rules.source.phrases import read_limit, read_quantity, read_window
from cds.rules.source.reader import Reader, did_you_mean
from cds.rules.source.schedules import find_schedule
from cds.rules.source.trends import read_change
from cds.rules.text_template import with_values
from cds.units.quantity import Quantity

_COUNT = re.compile(r"[0-9]{1,4}\Z")
PREFIXES = ("not", "absent", "known", "unknown", "missing")
ALWAYS_KEYS = ("says", "label", "for-each")
_TEST_KEYS = ("is", "if-absent")
#: Keys whose numbers and durations the sentence of a definition must name (docs/language.md, section 9).
_PHRASE_KEYS = ("is", "at-least", "within", "over", "spaced", *BOUND_KEYS, "age")


@dataclass(frozen=True, slots=True)
class _Place:
    """What a clause reader is given: where it stands and what is known so far."""

    reader: Reader
    table: Table
    node: Node
    known: Names

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        return self.known.parameters

    def names(self, what: str) -> tuple[str, ...]:
        return tuple(text.text for text in self.reader.texts(self.node, what))

    def one_name(self, what: str) -> str:
        return self.reader.text(self.node, what)

    def duration(self, key: str) -> Duration | None:
        """A length of time under a key of the definition."""
        node = self.table.get(key)
        text = self.reader.text(node, key) if node is not None else ""
        return read_window(self.reader, Text(text, node.location), self.parameters) if node and text else None

    def filled_table(self, node: Node | None, what: str) -> Table | None:
        table = self.reader.table(node, what)
        if table is not None and not table.entries:
            self.reader.problem("CDS112", table.location, f"{what} is empty")
        return table


def read_definitions(reader: Reader, node: Node | None, known: Names) -> dict[str, Definition]:
    """All definitions by name."""
    table = reader.table(node, "definitions")
    return read_named(reader, table, "a definition", lambda name, value: _definition(reader, name, value, known))


def _definition(reader: Reader, name: Text, node: Node, known: Names) -> Definition | None:
    table = reader.table(node, f'the definition "{name.text}"')
    if table is None:
        return None
    says = reader.required_text(table, "says", f'the definition "{name.text}"')
    clauses = [key for key, _ in table.entries if key.text in _CLAUSES]
    if len(clauses) != 1:
        what = "has no clause" if not clauses else f"has several clauses: {', '.join(key.text for key in clauses)}"
        unknown = [] if clauses else [key.text for key, _ in table.entries if key.text not in ALWAYS_KEYS]
        close = [did_you_mean(word, _CLAUSES) for word in unknown]
        hint = next((hint for hint in close if hint.startswith("did you")), f"exactly one of: {', '.join(_CLAUSES)}")
        reader.problem("CDS120", name.location, f'the definition "{name.text}" {what}', hint)
        return None
    key = clauses[0]
    allowed, read = _CLAUSES[key.text]
    reader.table(table, f'a definition with "{key.text}"', (*ALWAYS_KEYS, key.text, *allowed))
    value = table.get(key.text)
    clause = read(_Place(reader, table, value, known)) if value is not None else None
    if clause is None:
        return None
    test = _test(reader, table, clause, known.parameters)
    if test is None and any(table.get(key) is not None for key in _tests_of(clause)):
        return None
    if isinstance(clause, ValueOf) and isinstance(test, Limit):
        clause = ValueOf(counted_in(clause.operand, test.unit))
    return Definition(
        name=name.text,
        says=says,
        # Shown on cards as it is: a reader of theirs must not meet a name in braces.
        label=with_values(
            reader.text(table.get("label"), "label") or says, {n: each.text for n, each in known.parameters.items()}
        ),
        clause=clause,
        location=name.location,
        for_each=reader.text(table.get("for-each"), "for-each") if table.get("for-each") else "",
        test=test,
        if_absent=_if_absent(reader, table, clause),
        rounded_to=_rounded_to(reader, table.get("rounded-to")),
        phrases={k.text: v.text for k, v in table.entries if k.text in _PHRASE_KEYS and isinstance(v, Text)},
    )


def _test(reader: Reader, table: Table, clause: Clause, parameters: Mapping[str, Parameter]) -> Limit | Answers | None:
    tests = [key for key in _tests_of(clause) if table.get(key) is not None]
    if len(tests) > 1:
        reader.problem("CDS126", table.place(tests[1]), f"one test, not {len(tests)}: {', '.join(tests)}")
    phrase = table.get("is")
    if isinstance(clause, Change):
        return clause.limit
    if phrase is not None:
        if isinstance(clause, FINDERS):
            reader.problem("CDS412", table.place("is"), '"is" tests a number; conditions on the facts go in "where"')
            return None
        text = reader.text(phrase, "is")
        return read_limit(reader, Text(text, phrase.location), parameters) if text else None
    if isinstance(clause, ValueOf):
        for key in ("in", "not-in"):
            if names := reader.texts(table.get(key), key):
                words = tuple(name.text for name in names)
                return Answers(words, frozenset(word.lower() for word in words), negated=key == "not-in")
    return None


def _tests_of(clause: Clause) -> tuple[str, ...]:
    return ("is", "in", "not-in") if isinstance(clause, ValueOf) else ("is",)


def _if_absent(reader: Reader, table: Table, clause: Clause) -> Literal["fails", "holds"] | None:
    if table.get("if-absent") is not None and all(table.get(key) is None for key in _tests_of(clause)):
        reader.problem("CDS126", table.place("if-absent"), '"if-absent" goes with a test', "add `is:`, or leave it out")
    word = reader.one_of(table.get("if-absent"), "if-absent", ("fails", "holds"), "")
    return "fails" if word == "fails" else "holds" if word == "holds" else None


def _rounded_to(reader: Reader, node: Node | None) -> Quantity | None:
    if node is None:
        return None
    quantity = read_quantity(reader.text(node, "rounded-to"))
    if quantity is None or quantity.interval.low is None or quantity.interval.low <= 0:
        reader.problem("CDS402", node.location, "rounded-to must be a step such as 0.1 Cel")
        return None
    return quantity


def read_entries(reader: Reader, node: Node | None, what: str) -> tuple[Entry, ...]:
    """A list of names, each perhaps behind one prefix word."""
    entries = []
    for text in reader.texts(node, what):
        words = text.text.split()
        if len(words) == 1:
            entries.append(Entry(words[0], "", text.location))
        elif len(words) == 2 and words[0] in PREFIXES:
            entries.append(Entry(words[1], words[0], text.location))  # type: ignore[arg-type]
        else:
            hint = (
                "write `missing x` or `unknown x` for `not known x`"
                if words[:2] == ["not", "known"]
                else "a name, or one prefix word and a name"
            )
            reader.problem("CDS203", text.location, f'"{text.text}" is not an entry of a list', hint)
    return tuple(entries)


# --- one reader per clause -----------------------------------------------------------------------


def _find(place: _Place) -> Clause:
    return Find(read_source(place.reader, place.node, place.table, place.known))


def _pair(place: _Place) -> Clause | None:
    names = place.names("pair")
    if len(names) != 2:
        place.reader.problem("CDS121", place.node.location, "pair needs exactly two finders: [a, b]")
        return None
    node = place.table.get("table")
    file = place.reader.text(node, "table") if node is not None else ""
    table = read_pair_table(place.reader, Text(file, node.location), place.known.open_file) if node and file else None
    if file and table is None:
        return None
    return Pair(names[0], names[1], read_filters(place.reader, place.table, place.known), table)


def _ratio(place: _Place) -> Clause | None:
    names = place.names("ratio")
    if len(names) != 2:
        place.reader.problem("CDS121", place.node.location, "ratio needs exactly two numbers: [part, whole]")
        return None
    return Ratio(names)


def _pick(which: str) -> Callable[[_Place], Clause]:
    def read(place: _Place) -> Clause:
        tie = place.reader.one_of(place.table.get("on-tie"), "on-tie", ("highest", "lowest"), "range")
        among = place.reader.one_of(place.table.get("among"), "among", ("sure",), "all")
        source = read_source(place.reader, place.node, place.table, place.known)
        return Pick(which, source, tie, among)  # type: ignore[arg-type]

    return read


def _count(place: _Place) -> Clause:
    distinct, spaced = place.table.get("distinct"), place.table.get("spaced")
    if distinct is not None and spaced is not None:
        place.reader.problem("CDS126", place.table.place("spaced"), '"distinct" and "spaced" do not go together')
    key = place.reader.text(distinct, "distinct") if distinct else ""
    return Count(read_source(place.reader, place.node, place.table, place.known), key, place.duration("spaced"))


def _change(place: _Place) -> Clause | None:
    source = read_source(place.reader, place.node, place.table, place.known)
    phrase = place.reader.required(place.table, "is", "change")
    place.reader.required(place.table, "over", "change")
    over = place.duration("over")
    text = place.reader.text(phrase, "is") if phrase is not None else ""
    tested = read_change(place.reader, Text(text, phrase.location), place.parameters) if phrase and text else None
    return Change(source, over, tested.way, tested.by, tested.limit) if tested and over else None


def _score(place: _Place) -> Clause | None:
    table = place.filled_table(place.node, "score")
    parts: list[tuple[str, Fraction | None]] = []
    for name, value in table.entries if table else ():
        text = place.reader.text(value, "the points of a score")
        if text == "add":
            parts.append((name.text, None))
        elif (points := read_quantity(text)) and points.unit == "1":
            parts.append((name.text, points.interval.low))
        elif text:
            place.reader.problem("CDS407", value.location, f'"{text}" is neither a number of points nor "add"')
    return Score(tuple(parts)) if parts else None


def _points(place: _Place) -> Clause | None:
    operand = place.reader.text(place.node, "points")
    bands = place.filled_table(place.reader.required(place.table, "bands", "points"), "bands")
    read: list[tuple[Limit, Fraction]] = []
    for phrase, value in bands.entries if bands else ():
        limit = read_limit(place.reader, phrase, place.parameters)
        text = place.reader.text(value, "the points of a band")
        points = read_quantity(text)
        if text and (points is None or points.unit != "1"):
            place.reader.problem("CDS407", value.location, f'"{text}" is not a number of points')
        elif limit and points and points.interval.low is not None:
            read.append((limit, points.interval.low))
    if not operand or not read:
        return None
    what = read_operand(place.reader, Text(operand, place.node.location))
    return Points(counted_in(what, read[0][0].unit), tuple(read))


def _choose(place: _Place) -> Clause | None:
    branches: list[tuple[str, str]] = []
    for item in place.node if isinstance(place.node, Items) else ():
        table = place.filled_table(item, "a branch of choose")
        for condition, number in table.entries if table else ():
            if branches and not branches[-1][0]:
                place.reader.problem("CDS122", condition.location, "no branch is reached after `otherwise`")
            name = place.reader.text(number, "the number of a branch")
            branches.append(("" if condition.text == "otherwise" else condition.text, name))
    if not branches:
        place.reader.problem("CDS122", place.node.location, "choose needs a list of {truth: number} branches")
        return None
    return Choose(tuple(branches))


def _compute(place: _Place) -> Clause | None:
    name = place.one_name("formula")
    if not name:
        return None
    if name not in FORMULAS:
        place.reader.problem(
            "CDS226", place.node.location, f'no formula is called "{name}"', did_you_mean(name, FORMULAS)
        )
        return None
    table = place.reader.table(place.reader.required(place.table, "inputs", "formula"), "inputs", FORMULAS[name].inputs)
    inputs = {}
    for key, value in table.entries if table else ():
        if text := place.reader.text(value, "an input"):
            needed = FORMULAS[name].inputs.get(key.text)
            operand = read_operand(place.reader, Text(text, value.location))
            inputs[key.text] = counted_in(operand, needed.unit) if needed else operand
    for wanted, needed in FORMULAS[name].inputs.items():
        if needed.essential and wanted not in inputs:
            place.reader.problem("CDS123", place.node.location, f'the formula {name} needs the input "{wanted}"')
    return Compute(name, inputs)


def _forecast(place: _Place) -> Clause | None:
    finder, other = place.one_name("forecast"), place.table.get("apart-from")
    schedule = find_schedule(place.reader, place.table, place.known.schedules)
    apart_from = place.reader.text(other, "apart-from") if other is not None else ""
    return Forecast(finder, schedule, apart_from) if finder and schedule else None


def _age(place: _Place) -> Clause | None:
    text = place.one_name("age")
    point = read_point(place.reader, text, Text(text, place.node.location), place.known) if text else None
    return Age(point) if point else None


def _sex(place: _Place) -> Clause:
    return Sex(place.reader.one_of(place.node, "sex", ("female", "male"), "female"))


def _value(place: _Place) -> Clause | None:
    text = place.one_name("value")
    return ValueOf(read_operand(place.reader, Text(text, place.node.location))) if text else None


def _compose(kind: str) -> Callable[[_Place], Clause | None]:
    def read(place: _Place) -> Clause | None:
        entries = read_entries(place.reader, place.node, kind)
        return Compose(kind, entries) if entries else None  # type: ignore[arg-type]

    return read


def _at_least(place: _Place) -> Clause | None:
    count = place.one_name("at-least")
    entries = read_entries(place.reader, place.reader.required(place.table, "of", "at-least"), "of")
    if not _COUNT.match(count) or not 0 < int(count) <= len(entries):
        place.reader.problem(
            "CDS124", place.node.location, f"at-least needs a number from 1 to {len(entries)}, the parts under `of`"
        )
        return None
    return Compose("at-least", entries, int(count))


_NUMBER_KEYS = (*_TEST_KEYS, "rounded-to")
_CLAUSES: dict[str, tuple[tuple[str, ...], Callable[[_Place], Clause | None]]] = {
    "any": ((*FILTER_KEYS, "is"), _find),
    "pair": (("same", "different", "where", "table"), _pair),
    "absent": ((), lambda place: Absent(place.one_name("absent"))),
    "latest": ((*FILTER_KEYS, *_NUMBER_KEYS, "on-tie", "among"), _pick("latest")),
    "earliest": ((*FILTER_KEYS, *_NUMBER_KEYS, "on-tie"), _pick("earliest")),
    "highest": ((*FILTER_KEYS, *_NUMBER_KEYS), _pick("highest")),
    "lowest": ((*FILTER_KEYS, *_NUMBER_KEYS), _pick("lowest")),
    "average": ((*FILTER_KEYS, *_NUMBER_KEYS), _pick("average")),
    "count": ((*FILTER_KEYS, *_NUMBER_KEYS, "distinct", "spaced"), _count),
    "change": ((*FILTER_KEYS, *_TEST_KEYS, "over"), _change),
    "sum": (_NUMBER_KEYS, lambda place: Sum(place.names("sum"))),
    "score": (_NUMBER_KEYS, _score),
    "points": (("bands", *_NUMBER_KEYS), _points),
    "choose": (_NUMBER_KEYS, _choose),
    "first-of": (_NUMBER_KEYS, lambda place: FirstOf(place.names("first-of"))),
    "newest-of": (_NUMBER_KEYS, lambda place: NewestOf(place.names("newest-of"))),
    "ratio": (_NUMBER_KEYS, _ratio),
    "formula": (("inputs", *_NUMBER_KEYS), _compute),
    "forecast": (("schedule", "apart-from", *_TEST_KEYS), _forecast),
    "age": (_NUMBER_KEYS, _age),
    "sex": ((), _sex),
    "value": (("in", "not-in", *_NUMBER_KEYS), _value),
    "parameter": ((), lambda place: ParameterOn(place.one_name("parameter"))),
    "all-of": ((), _compose("all-of")),
    "any-of": ((), _compose("any-of")),
    "none-of": ((), _compose("none-of")),
    "at-least": (("of",), _at_least),
}
#: The keys that each clause allows beside it and those of every definition.
CLAUSE_KEYS: Mapping[str, tuple[str, ...]] = {name: allowed for name, (allowed, _) in _CLAUSES.items()}
