"""One ruleset, one patient, one moment: every verdict, number and find, each judged once.

Leaves are judged here, compositions by the engine. Nothing is kept between patients: a Judging lives for one call.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast

from cds.facts.attributes import Attribute, Coded, read_attribute
from cds.facts.dates import Moment
from cds.facts.dosage import DailyAmount, daily_amounts
from cds.facts.fact import Fact, Record
from cds.rules.definition import (
    NUMBERS,
    Absent,
    Age,
    Answers,
    Change,
    Choose,
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
from cds.rules.engine.truth import Truth, truth_of
from cds.rules.judge.changing import change
from cds.rules.judge.computing import add_up, band_points, choose, compute, first_of, newest_of, ratio, score
from cds.rules.judge.counting import count
from cds.rules.judge.dating import date_of
from cds.rules.judge.finding_facts import coded_matches, find
from cds.rules.judge.forecasting import follow, next_dose
from cds.rules.judge.indexing import Indexed
from cds.rules.judge.operands import age, read_operand
from cds.rules.judge.pairing import find_pairs
from cds.rules.judge.picking import pick
from cds.rules.judge.plan import Leaf, RulesetPlan, Spot
from cds.rules.judge.plausibility import implausible_values
from cds.rules.judge.rounding import rounded
from cds.rules.judge.values import (
    Answer,
    Found,
    Known,
    Nothing,
    Number,
    Subject,
    Unclear,
    Value,
    When,
    Word,
    test_limit,
    unclear,
)
from cds.rules.ruleset import Ruleset
from cds.schedules.forecast import Forecast as Course

# The subject itself, not its reference: components of a panel share theirs, and so do some clients' drafts.
_Key = str | tuple[str, Subject]


class Judging:
    """Judges the definitions of one ruleset for one record at one moment."""

    def __init__(self, plan: RulesetPlan, indexed: Indexed, moment: Moment) -> None:
        self.plan = plan
        self.ruleset: Ruleset = plan.ruleset
        self.indexed = indexed
        self._definitions = plan.ruleset.definitions
        self._sets = plan.ruleset.value_sets
        self.record: Record = indexed.record
        self.moment = moment
        self.doubtful, self.missing = indexed.doubtful, indexed.missing
        self._about_subjects = plan.about_subjects
        self._set_marks, self._by_set, self._indexed_sets = plan.set_marks, indexed.by_set, indexed.indexed
        self.implausible = implausible_values(self, plan.bounded) if plan.bounded else {}
        self._observed = {**indexed.observed, **self.implausible} if self.implausible else indexed.observed
        self._attributes = indexed.attributes
        self._marks, self._common_found, self._common_values = plan.marks, indexed.found, indexed.values
        self._truths: dict[_Key, Truth] = {}
        self._values: dict[_Key, Value] = {}
        self._found: dict[_Key, Found] = {}
        self._whens: dict[_Key, When | Nothing | Unclear] = {}
        self._courses: dict[Forecast, Course | Unclear] = {}
        self._amounts: dict[Fact, tuple[DailyAmount, ...]] = {}

    # --- facts -------------------------------------------------------------------------------

    def facts(self, kind: str, in_sets: tuple[str, ...]) -> Sequence[Fact]:
        """Facts of a kind; with value sets, those that have a code in one of them."""
        if not in_sets:
            return self.record.facts.get(kind, ())
        if len(in_sets) == 1:
            return self.in_set(in_sets[0], kind)
        return tuple(dict.fromkeys(fact for name in in_sets for fact in self.in_set(name, kind)))

    def may_have(self, spot: Spot) -> bool:
        """Whether there is a fact of a kind with a code of a value set, or one may be missing."""
        name, kind = spot
        return kind in self.doubtful or bool(self.in_set(name, kind))

    def in_set(self, name: str, kind: str) -> Sequence[Fact]:
        """Facts of a kind that have a code in a value set, in the record's order."""
        facts = self._by_set.get(kind)
        if facts is None:
            return ()
        mark = self._set_marks.get(name)
        if mark is not None:
            found = facts.get(mark)
            if found is not None:
                return found
            if mark in self._indexed_sets:
                return ()
        # Bounds of what is plausible, or an index that was made for another version.
        rows = self._sets[name].rows.keys()
        return [fact for fact in self.record.facts[kind] if not rows.isdisjoint(fact.codings)]

    def found(self, name: str, it: Subject | None) -> Found:
        """What a finder found, for the patient or for one subject."""
        if it is not None and name not in self._about_subjects:
            it = None
        key = name if it is None else (name, it)
        found = self._found.get(key)
        if found is None:
            mark = self._marks.get(name)
            found = self._common_found.get(mark) if mark is not None else None
            if found is None:
                found = self._find(name, it)
                if mark is not None:
                    self._common_found[mark] = found
            self._found[key] = found
        return found

    def _find(self, name: str, it: Subject | None) -> Found:
        clause = self._definitions[name].clause
        if type(clause) is Find:
            return find(self, clause.source, it)
        return find_pairs(self, cast("Pair", clause), it)

    # --- numbers -----------------------------------------------------------------------------

    def value(self, name: str, it: Subject | None) -> Value:
        """The number or coded answer of a definition."""
        if it is not None and name not in self._about_subjects:
            it = None
        key = name if it is None else (name, it)
        value = self._values.get(key)
        if value is None:
            mark = self._marks.get(name)
            value = self._common_values.get(mark) if mark is not None else None
            if value is None:
                definition = self._definitions[name]
                if type(definition.clause) is Forecast:
                    value = next_dose(self, name)
                else:
                    value = _VALUES[type(definition.clause)](self, definition.clause, it)
                if definition.rounded_to is not None and isinstance(value, Known):
                    value = rounded(value, definition.rounded_to)
                if mark is not None:
                    self._common_values[mark] = value
            self._values[key] = value
        return value

    def number(self, name: str, it: Subject | None) -> Number:
        """The number of a definition; an answer in words is none."""
        value = self.value(name, it)
        return unclear("not-a-number") if isinstance(value, Answer | Word) else value

    def when(self, name: str, it: Subject | None) -> When | Nothing | Unclear:
        """The time of the fact that a definition is about."""
        it = self._about(name, it)
        key = name if it is None else (name, it)
        when = self._whens.get(key)
        if when is None:
            when = self._whens[key] = date_of(self, name, it)
        return when

    def observed(self, fact: Fact) -> Attribute:
        """The value of a result; read once per request."""
        value = self._observed.get(fact)
        if value is None:
            value = self._observed[fact] = read_attribute(fact, "value", self.moment)
        return value

    def attribute(self, fact: Fact, name: str) -> Attribute:
        """An attribute of a fact; its value is the one that was observed. Read once per request."""
        if name == "value":
            return self.observed(fact)
        attribute = self._attributes.get((fact, name))
        if attribute is None:
            attribute = self._attributes[fact, name] = read_attribute(fact, name, self.moment)
        return attribute

    def daily_amounts(self, fact: Fact) -> tuple[DailyAmount, ...]:
        """The daily amounts of a drug's components; worked out once."""
        if fact not in self._amounts:
            self._amounts[fact] = daily_amounts(fact, self.moment)
        return self._amounts[fact]

    def course(self, name: str) -> Course | Unclear:
        """What became of the doses of a forecast; worked out once."""
        clause = cast("Forecast", self._definitions[name].clause)
        course = self._courses.get(clause)
        if course is None:
            course = self._courses[clause] = follow(self, clause)
        return course

    # --- truths ------------------------------------------------------------------------------

    def truth(self, name: str, it: Subject | None = None) -> Truth:
        """Whether a definition holds, for the patient or for one subject."""
        if it is not None and name not in self._about_subjects:
            it = None
        key = name if it is None else (name, it)
        known = self._truths.get(key)
        if known is None:
            definition = self._definitions[name]
            judge = _LEAVES.get(type(definition.clause))
            if judge is not None:
                known = self._truths[key] = judge(self, definition, it)
            else:
                self.solve((self.plan.symbols["", name],), it)
                known = self._truths[key]
        return known

    def entry(self, entry: Entry, it: Subject | None = None) -> Truth:
        """Whether one entry of a list holds."""
        if not entry.prefix:
            return self.truth(entry.name, it)
        if entry.prefix == "not":
            return self.truth(entry.name, it).reversed()
        return self._leaf((entry.prefix, entry.name), it)

    def solve(self, goals: Iterable[int], it: Subject | None) -> dict[int, Truth]:
        """Compositions by symbol, with every named composition on the way kept."""
        goals = tuple(goals)
        plan = self.plan
        asked = plan.asked.get(goals) or plan.ask(goals)
        truths = {
            symbol: self._leaf((prefix, name), it) if prefix else self.truth(name, it)
            for symbol, prefix, name in asked.leaves
        }
        solved = plan.engine.solve(truths, goals)
        for name, symbol in asked.named:
            about = self._about(name, it)
            self._truths[name if about is None else (name, about)] = solved[symbol]
        return solved

    def _leaf(self, leaf: Leaf, it: Subject | None) -> Truth:
        prefix, name = leaf
        if not prefix:
            return self.truth(name, it)
        if prefix == "absent":
            return self._absent(name, it)
        definition = self.ruleset.definitions[name]
        if definition.is_truth:
            is_unknown = self.truth(name, it) is Truth.UNKNOWN
            if prefix == "missing" and isinstance(definition.clause, NUMBERS):  # `if-absent` decides the test only
                is_unknown = is_unknown or isinstance(self.value(name, it), Unclear | Nothing)
            return truth_of(is_unknown if prefix in ("unknown", "missing") else not is_unknown)
        value = self.value(name, it)
        if prefix == "unknown":
            return truth_of(isinstance(value, Unclear))
        is_missing = isinstance(value, Unclear | Nothing)
        return truth_of(is_missing if prefix == "missing" else not is_missing)

    def _judge_finder(self, definition: Definition, it: Subject | None) -> Truth:
        return self.found(definition.name, it).truth

    def _judge_number(self, definition: Definition, it: Subject | None) -> Truth:
        test, clause = definition.test, definition.clause
        if type(test) is Answers and type(it) is Fact and type(clause) is ValueOf and clause.operand.is_of_it:
            coded = self.attribute(it, clause.operand.attribute)
            if type(coded) is Coded:  # the usual case: no value need be made of it
                verdict = coded_matches(self, coded, test.sets, test.words)
                return verdict.reversed() if test.negated else verdict
        value = self.value(definition.name, it)
        if type(value) is Known and type(test) is Limit:  # the usual case
            return test_limit(value, test)
        return self._test(definition, value)

    def _judge_absence(self, definition: Definition, it: Subject | None) -> Truth:
        return self._absent(cast("Absent", definition.clause).name, it)

    def _judge_sex(self, definition: Definition, _: Subject | None) -> Truth:
        sex = self.record.patient.sex
        return Truth.UNKNOWN if sex is None else truth_of(sex == cast("Sex", definition.clause).sex)

    def _judge_switch(self, definition: Definition, _: Subject | None) -> Truth:
        return truth_of(bool(self.ruleset.parameters[cast("ParameterOn", definition.clause).name].default))

    def _test(self, definition: Definition, value: Value) -> Truth:
        if isinstance(value, Nothing):
            return Truth.UNKNOWN if definition.if_absent is None else truth_of(definition.if_absent == "holds")
        test = definition.test
        if isinstance(test, Limit):
            return test_limit(value, test) if isinstance(value, Known) else Truth.UNKNOWN
        if isinstance(test, Answers):
            return self._test_answer(test, value)
        return Truth.UNKNOWN

    def _test_answer(self, test: Answers, value: Value) -> Truth:
        if isinstance(value, Answer):
            verdict = coded_matches(self, value.coded, test.sets, test.words)
        elif isinstance(value, Word):
            verdict = truth_of(value.text.lower() in test.words)
        else:
            return Truth.UNKNOWN
        return verdict.reversed() if test.negated else verdict

    def _absent(self, name: str, it: Subject | None) -> Truth:
        definition = self.ruleset.definitions[name]
        if not isinstance(definition.clause, NUMBERS):
            return self.truth(name, it).reversed()
        value = self.value(name, it)
        if isinstance(value, Nothing):
            return Truth.HOLDS
        return Truth.UNKNOWN if isinstance(value, Unclear) else Truth.FAILS

    def _about(self, name: str, it: Subject | None) -> Subject | None:
        """The subject, for a definition that speaks of it; all others are judged once and never see it."""
        return it if it is not None and name in self.plan.about_subjects else None


def _operand_of(judging: Judging, clause: ValueOf, it: Subject | None) -> Value:
    operand = clause.operand
    return judging.value(operand.root, it) if operand.is_number else read_operand(judging, operand, it)


#: The judges of leaves; compositions have none: they are the engine's.
_LEAVES: dict[type, Callable[[Judging, Definition, Subject | None], Truth]] = {
    Find: Judging._judge_finder,
    Pair: Judging._judge_finder,
    **dict.fromkeys(NUMBERS, Judging._judge_number),
    Absent: Judging._judge_absence,
    Sex: Judging._judge_sex,
    ParameterOn: Judging._judge_switch,
}
_VALUES: dict[type, Callable[[Judging, Any, Subject | None], Value]] = {
    Pick: pick,
    Count: count,
    Change: change,
    Sum: add_up,
    Score: score,
    Points: band_points,
    Choose: choose,
    FirstOf: first_of,
    NewestOf: newest_of,
    Ratio: ratio,
    Compute: compute,
    Age: lambda judging, clause, it: age(judging, clause.point, it),
    ValueOf: _operand_of,
}
