"""One ruleset, one patient, one moment: every verdict, number and find, each judged once.

Leaves are judged here, compositions by the engine. Nothing is kept between patients: a Judging lives for one call.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, cast

from cds.facts.attributes import Attribute, read_attribute
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
from cds.terminology.coding import Coding

# The subject itself, not its reference: components of a panel share theirs, and so do some clients' drafts.
_Key = str | tuple[str, Subject]


class Judging:
    """Judges the definitions of one ruleset for one record at one moment."""

    def __init__(self, plan: RulesetPlan, indexed: Indexed, moment: Moment) -> None:
        self.plan = plan
        self.ruleset: Ruleset = plan.ruleset
        self.indexed = indexed
        self.record: Record = indexed.record
        self.moment = moment
        self.doubtful = indexed.doubtful
        self._about_subjects = plan.about_subjects
        self._by_code = indexed.by_code
        self._spots: dict[Spot, Sequence[Fact]] = {}
        self.implausible = implausible_values(plan.bounded, indexed.by_code, moment) if plan.bounded else {}
        self._observed = {**indexed.observed, **self.implausible} if self.implausible else indexed.observed
        self._truths: dict[_Key, Truth] = {}
        self._values: dict[_Key, Value] = {}
        self._found: dict[_Key, Found] = {}
        self._whens: dict[_Key, When | Nothing | Unclear] = {}
        self._amounts: dict[Fact, tuple[DailyAmount, ...]] = {}

    # --- facts -------------------------------------------------------------------------------

    def facts(self, kind: str, in_sets: tuple[str, ...]) -> Sequence[Fact]:
        """Facts of a kind; with value sets, those that have a code in one of them."""
        if not in_sets:
            return self.record.facts.get(kind, ())
        if len(in_sets) == 1:
            return self._in_set(in_sets[0], kind)
        return tuple(dict.fromkeys(fact for name in in_sets for fact in self._in_set(name, kind)))

    def _in_set(self, name: str, kind: str) -> Sequence[Fact]:
        found = self._spots.get((name, kind))
        if found is None:
            codes = self._by_code.get(kind)
            found = self._spots[name, kind] = self._matched(name, kind, codes) if codes else ()
        return found

    def _matched(self, name: str, kind: str, codes: Mapping[Coding, Sequence[Fact]]) -> Sequence[Fact]:
        matched = [codes[coding] for coding in codes.keys() & self.ruleset.value_sets[name].rows.keys()]
        if len(matched) < 2:
            return matched[0] if matched else ()
        wanted = {fact for facts in matched for fact in facts}  # back into the record's order, each fact once
        return [fact for fact in self.record.facts[kind] if fact in wanted]

    def found(self, name: str, it: Subject | None) -> Found:
        """What a finder found, for the patient or for one subject."""
        if it is not None and name not in self._about_subjects:
            it = None
        key = name if it is None else (name, it)
        found = self._found.get(key)
        if found is None:
            clause = self.ruleset.definitions[name].clause
            if isinstance(clause, Pair):
                found = find_pairs(self, clause, it)
            else:
                found = find(self, cast("Find", clause).source, it)
            self._found[key] = found
        return found

    # --- numbers -----------------------------------------------------------------------------

    def value(self, name: str, it: Subject | None) -> Value:
        """The number or coded answer of a definition."""
        if it is not None and name not in self._about_subjects:
            it = None
        key = name if it is None else (name, it)
        value = self._values.get(key)
        if value is None:
            definition = self.ruleset.definitions[name]
            value = _VALUES[type(definition.clause)](self, definition.clause, it)
            if definition.rounded_to is not None and isinstance(value, Known):
                value = rounded(value, definition.rounded_to)
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
        """An attribute of a fact; its value is the one that was observed."""
        return self.observed(fact) if name == "value" else read_attribute(fact, name, self.moment)

    def daily_amounts(self, fact: Fact) -> tuple[DailyAmount, ...]:
        """The daily amounts of a drug's components; worked out once."""
        if fact not in self._amounts:
            self._amounts[fact] = daily_amounts(fact, self.moment)
        return self._amounts[fact]

    # --- truths ------------------------------------------------------------------------------

    def truth(self, name: str, it: Subject | None = None) -> Truth:
        """Whether a definition holds, for the patient or for one subject."""
        if it is not None and name not in self._about_subjects:
            it = None
        key = name if it is None else (name, it)
        known = self._truths.get(key)
        if known is None:
            definition = self.ruleset.definitions[name]
            if type(definition.clause) is Compose:
                self.solve((self.plan.symbols["", name],), it)
                known = self._truths[key]
            else:
                known = self._truths[key] = self._judge_leaf(definition, it)
        return known

    def entry(self, entry: Entry, it: Subject | None = None) -> Truth:
        """Whether one entry of a list holds."""
        if entry.prefix == "not":
            return self.truth(entry.name, it).reversed()
        return self._leaf((entry.prefix, entry.name), it)

    def may_hold(self, entry: Entry, it: Subject | None, *, negated: bool = False) -> bool:
        """Whether an entry may hold: the index that keeps rules which surely cannot fire away from the engine.

        It judges leaves one by one and stops at the first that settles the matter, so most are never judged.
        """
        prefix = entry.prefix
        if prefix not in ("", "not"):
            verdict = self._leaf((prefix, entry.name), it)
        else:
            negated ^= prefix == "not"
            clause = self.ruleset.definitions[entry.name].clause
            if type(clause) is Compose:
                return self._may_compose(clause, it, negated=negated)
            verdict = self.truth(entry.name, it)
        return verdict is not (Truth.HOLDS if negated else Truth.FAILS)

    def _may_compose(self, clause: Compose, it: Subject | None, *, negated: bool) -> bool:
        kind = clause.kind
        inside = negated ^ (kind == "none-of")
        if kind == "at-least":
            parts = [self.may_hold(entry, it, negated=inside) for entry in clause.entries]
            return sum(parts) >= (len(parts) - clause.n + 1 if negated else clause.n)
        # none-of is all-of over swapped parts; negated, it is any-of over the parts as they are.
        settled_by = (kind == "any-of") != negated  # for any-of the first that may, for all-of the first that may not
        for entry in clause.entries:
            if self.may_hold(entry, it, negated=inside) is settled_by:
                return settled_by
        return not settled_by

    def solve(self, goals: Iterable[int], it: Subject | None) -> dict[int, Truth]:
        """Compositions by symbol, with every named composition on the way kept."""
        goals = tuple(goals)
        leaves = dict.fromkeys(leaf for goal in goals for leaf in self.plan.leaves_of[goal])
        symbols = self.plan.symbols
        solved = self.plan.engine.solve({symbols[leaf]: self._leaf(leaf, it) for leaf in leaves}, goals)
        for name in self.plan.compositions:
            symbol = symbols["", name]
            if symbol in solved:
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

    def _judge_leaf(self, definition: Definition, it: Subject | None) -> Truth:
        clause = definition.clause
        kind = type(clause)
        if kind is Find or kind is Pair:
            return self.found(definition.name, it).truth
        if kind in NUMBERS:
            return self._test(definition, self.value(definition.name, it))
        if isinstance(clause, Absent):
            return self._absent(clause.name, it)
        if isinstance(clause, Sex):
            sex = self.record.patient.sex
            return Truth.UNKNOWN if sex is None else truth_of(sex == clause.sex)
        if isinstance(clause, ParameterOn):
            return truth_of(bool(self.ruleset.parameters[clause.name].default))
        raise TypeError(f"{definition.name} is no leaf")

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
            verdict = coded_matches(self, value.coded, test.sets, test.words)
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
    ValueOf: lambda judging, clause, it: read_operand(judging, clause.operand, it),
}
