"""One ruleset, one patient, one moment: every verdict, number and find, each judged once.

Leaves are judged here, compositions by the engine. Nothing is kept between patients: a Judging lives for one call.
"""

from collections.abc import Iterable, Mapping
from typing import cast

from cds.facts.dates import Moment
from cds.facts.fact import Fact, Record
from cds.rules.definition import (
    FINDERS,
    Absent,
    Age,
    Answers,
    Choose,
    Compose,
    Compute,
    Count,
    Definition,
    Entry,
    Find,
    FirstOf,
    Limit,
    NewestOf,
    Pair,
    ParameterOn,
    Pick,
    Points,
    Score,
    Sex,
    Sum,
    ValueOf,
)
from cds.rules.engine.truth import Truth, truth_of
from cds.rules.judge.computing import add_up, band_points, choose, compute, first_of, newest_of, score
from cds.rules.judge.finding_facts import coded_matches, find, find_pairs
from cds.rules.judge.operands import age, read_operand
from cds.rules.judge.picking import count, pick
from cds.rules.judge.plan import Leaf, RulesetPlan, Spot
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
    Word,
    test_limit,
    unclear,
)
from cds.rules.ruleset import Ruleset

_Key = tuple[str, str]


class Judging:
    """Judges the definitions of one ruleset for one record at one moment."""

    def __init__(
        self, plan: RulesetPlan, record: Record, moment: Moment, hits: Mapping[Spot, tuple[Fact, ...]]
    ) -> None:
        self.plan = plan
        self.ruleset: Ruleset = plan.ruleset
        self.record = record
        self.moment = moment
        self._hits = hits
        self._truths: dict[_Key, Truth] = {}
        self._values: dict[_Key, Value] = {}
        self._found: dict[_Key, Found] = {}

    # --- facts -------------------------------------------------------------------------------

    def facts(self, kind: str, in_sets: tuple[str, ...]) -> tuple[Fact, ...]:
        """Facts of a kind; with value sets, those that have a code in one of them."""
        if not in_sets:
            return self.record.facts.get(kind, ())
        if len(in_sets) == 1:
            return self._hits.get((in_sets[0], kind), ())
        return tuple(dict.fromkeys(fact for name in in_sets for fact in self._hits.get((name, kind), ())))

    def found(self, name: str, it: Subject | None) -> Found:
        """What a finder found, for the patient or for one subject."""
        key = self._key(name, it)
        if key not in self._found:
            clause = self.ruleset.definitions[name].clause
            if isinstance(clause, Pair):
                self._found[key] = find_pairs(self, clause, it)
            else:
                self._found[key] = find(self, cast("Find", clause).source, it)
        return self._found[key]

    # --- numbers -----------------------------------------------------------------------------

    def value(self, name: str, it: Subject | None) -> Value:
        """The number or coded answer of a definition."""
        key = self._key(name, it)
        if key not in self._values:
            definition = self.ruleset.definitions[name]
            value = self._judge_value(definition, it)
            if definition.rounded_to is not None and isinstance(value, Known):
                value = rounded(value, definition.rounded_to)
            self._values[key] = value
        return self._values[key]

    def number(self, name: str, it: Subject | None) -> Number:
        """The number of a definition; an answer in words is none."""
        value = self.value(name, it)
        return unclear("not-a-number") if isinstance(value, Answer | Word) else value

    def _judge_value(self, definition: Definition, it: Subject | None) -> Value:
        match definition.clause:
            case Pick() as clause:
                return pick(self, clause, it)
            case Count() as clause:
                return count(self, clause, it)
            case Sum() as clause:
                return add_up(self, clause, it)
            case Score() as clause:
                return score(self, clause, it)
            case Points() as clause:
                return band_points(self, clause, it)
            case Choose() as clause:
                return choose(self, clause, it)
            case FirstOf() as clause:
                return first_of(self, clause, it)
            case NewestOf() as clause:
                return newest_of(self, clause, it)
            case Compute() as clause:
                return compute(self, clause, it)
            case Age():
                return age(self)
            case ValueOf(operand):
                return read_operand(self, operand, it)
        raise TypeError(f"{definition.name} yields no number")

    # --- truths ------------------------------------------------------------------------------

    def truth(self, name: str, it: Subject | None = None) -> Truth:
        """Whether a definition holds, for the patient or for one subject."""
        key = self._key(name, it)
        known = self._truths.get(key)
        if known is None:
            clause = self.ruleset.definitions[name].clause
            if isinstance(clause, Compose):
                self.solve((self.plan.symbols["", name],), it)
            else:
                self._truths[key] = self._judge_leaf(self.ruleset.definitions[name], it)
            known = self._truths[key]
        return known

    def entry(self, entry: Entry, it: Subject | None = None) -> Truth:
        """Whether one entry of a list holds."""
        if entry.prefix == "not":
            return self.truth(entry.name, it).reversed()
        return self._leaf((entry.prefix, entry.name), it)

    def solve(self, goals: Iterable[int], it: Subject | None) -> dict[int, Truth]:
        """Compositions by symbol, with every named composition on the way kept."""
        goals = tuple(goals)
        leaves = dict.fromkeys(leaf for goal in goals for leaf in self.plan.leaves_of[goal])
        symbols = self.plan.symbols
        solved = self.plan.engine.solve({symbols[leaf]: self._leaf(leaf, it) for leaf in leaves}, goals)
        for name in self.plan.compositions:
            symbol = symbols["", name]
            if symbol in solved:
                self._truths[self._key(name, it)] = solved[symbol]
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
            return truth_of(is_unknown if prefix in ("unknown", "missing") else not is_unknown)
        value = self.value(name, it)
        if prefix == "unknown":
            return truth_of(isinstance(value, Unclear))
        is_missing = isinstance(value, Unclear | Nothing)
        return truth_of(is_missing if prefix == "missing" else not is_missing)

    def _judge_leaf(self, definition: Definition, it: Subject | None) -> Truth:
        clause = definition.clause
        if isinstance(clause, FINDERS):
            return self.found(definition.name, it).truth
        if isinstance(clause, Absent):
            return self._absent(clause.name, it)
        if isinstance(clause, Sex):
            sex = self.record.patient.sex
            return Truth.UNKNOWN if sex is None else truth_of(sex == clause.sex)
        if isinstance(clause, ParameterOn):
            return truth_of(bool(self.ruleset.parameters[clause.name].default))
        return self._test(definition, self.value(definition.name, it))

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
        if isinstance(value, Word):
            verdict = truth_of(value.text.lower() in test.words)
        elif isinstance(value, Answer):
            verdict = truth_of(coded_matches(self, value.coded, test.sets, test.words))
        else:
            return Truth.UNKNOWN
        return verdict.reversed() if test.negated else verdict

    def _absent(self, name: str, it: Subject | None) -> Truth:
        definition = self.ruleset.definitions[name]
        if isinstance(definition.clause, FINDERS):
            return self.found(name, it).truth.reversed()
        value = self.value(name, it)
        if isinstance(value, Nothing):
            return Truth.HOLDS
        return Truth.UNKNOWN if isinstance(value, Unclear) else Truth.FAILS

    def _key(self, name: str, it: Subject | None) -> _Key:
        """Only definitions about a subject are judged once per subject."""
        return (name, it.reference) if it is not None and name in self.plan.about_subjects else (name, "")
