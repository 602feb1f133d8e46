"""Why a rule fired, and why each other one did not: every condition with its verdict, number and facts, as data.

Made on demand, by asking a :class:`Judging` again: what it says is what the rule was judged by, and the hot path pays
nothing for it. What several conditions rest on is one reading, shared: definitions that share parts level by level
would otherwise double the trace with each level. Who shows a trace tells a shared reading once.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from cds.facts.dates import Moment
from cds.facts.fact import Record
from cds.rules.definition import FINDERS, NUMBERS, Compose, Definition, Entry
from cds.rules.engine.truth import Truth
from cds.rules.judge.indexing import index_facts
from cds.rules.judge.judge import RuleVerdict, judge_ruleset
from cds.rules.judge.judging import Judging
from cds.rules.judge.plan import RuleGoals, RulesetPlan, join
from cds.rules.judge.values import Found, Subject, Value
from cds.rules.references import names_in
from cds.rules.ruleset import Rule

Outcome = Literal["fires", "folded", "silent", "unknown", "other-hook", "no-subject"]


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """One definition as it was judged, under the prefix that the entry gave it.

    subject: whom it was judged for, None for the patient. truth: None for a bare number, which neither holds nor fails.
    value: of numbers and coded answers. found: of finders. parts: the definitions that it rests on.
    """

    entry: Entry
    subject: Subject | None
    definition: Definition
    truth: Truth | None
    value: Value | None
    found: Found | None
    parts: tuple["Reading", ...]


@dataclass(frozen=True, slots=True, eq=False)
class RuleTrace:
    """What became of a rule for the patient or for one subject, and of each of its conditions and exceptions.

    decided_by: for a silent rule the conditions at the ends of the chains that failed, or exceptions that hold; for an
    unknown one those that left it open; empty for one that fires. outcome: ``other-hook``, it does not answer here;
    ``no-subject``, nothing was found that it is judged for.
    """

    rule: Rule
    subject: Subject | None
    outcome: Outcome
    when: tuple[Reading, ...] = ()
    unless: tuple[Reading, ...] = ()
    decided_by: tuple[Reading, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class RulesetTrace:
    """Every rule of a ruleset, in file order, and the judging behind it (for texts)."""

    judging: Judging
    rules: tuple[RuleTrace, ...]


def trace(part: RulesetPlan, record: Record, moment: Moment) -> RulesetTrace:
    """Every rule of one ruleset, those that the index kept away too."""
    plan = join((part,))
    verdicts = judge_ruleset(plan, 0, index_facts(plan, record), moment)
    judging = verdicts.judging
    found = {(verdict.rule.id, verdict.subject): verdict for verdict in verdicts.rules}
    readings = _Readings(judging)
    told = [goals for goals in part.goals if goals.rule.id not in part.stopped]
    return RulesetTrace(judging, tuple(each for goals in told for each in _rule_traces(readings, goals, found)))


def reading_of(judging: Judging, entry: Entry, it: Subject | None = None) -> Reading:
    """A definition as it was judged, under the prefix of an entry."""
    return _Readings(judging).of(entry, it)


def _rule_traces(
    readings: "_Readings", goals: RuleGoals, found: dict[tuple[str, Subject | None], RuleVerdict]
) -> Iterator[RuleTrace]:
    rule, judging = goals.rule, readings.judging
    if judging.record.hook not in (rule.hooks or judging.ruleset.hooks):
        yield RuleTrace(rule, None, "other-hook")
        return
    subjects: tuple[Subject | None, ...] = judging.found(rule.for_each, None).sure if rule.for_each else (None,)
    for subject in subjects:
        verdict = found.get((rule.id, subject))
        yield _traced(readings, goals, subject, verdict.outcome if verdict else "silent")
    doubt = found.get((rule.id, None)) if rule.for_each else None
    if doubt or not subjects:  # others, whom nobody has seen, may be due
        finder = readings.of(Entry(rule.for_each, "", rule.location), None)
        yield RuleTrace(rule, None, doubt.outcome if doubt else "no-subject", decided_by=(finder,))


def _traced(readings: "_Readings", goals: RuleGoals, it: Subject | None, outcome: Outcome) -> RuleTrace:
    when = tuple(readings.of(entry, it) for entry in goals.entries)
    unless = tuple(readings.of(entry, it) for entry in (*goals.rule.unless, *goals.excused))
    deciding = tuple(dict.fromkeys(_deciding(outcome, when, unless)))
    return RuleTrace(goals.rule, it, outcome, when, unless, deciding)


def _deciding(outcome: Outcome, when: tuple[Reading, ...], unless: tuple[Reading, ...]) -> Iterator[Reading]:
    if outcome == "silent":
        failed = [reading for reading in when if reading.truth is Truth.FAILS]
        barring = [reading for reading in unless if reading.truth is Truth.HOLDS]
        # One condition that fails is enough: the first, as an author reads the list.
        for reading in failed[:1] or barring:
            yield from ends(reading)
    elif outcome == "unknown":
        for reading in (*when, *unless):
            if reading.truth is Truth.UNKNOWN:
                yield from ends(reading)


def ends(reading: Reading) -> Iterator[Reading]:
    """The leaves because of which a reading is what it is, each once; itself, if it is one."""
    seen: set[Reading] = set()
    waiting = [reading]
    while waiting:
        current = waiting.pop()
        if current in seen:
            continue
        seen.add(current)
        guilty = _guilty(current)
        if guilty is None:
            yield current
        else:
            waiting += reversed(guilty)


def _guilty(reading: Reading) -> tuple[Reading, ...] | None:
    """The parts that made a composition what it is; None of what is none."""
    clause = reading.definition.clause
    if not isinstance(clause, Compose) or reading.entry.prefix not in ("", "not"):
        return None
    wanted = _inside(reading)
    guilty = tuple(part for part in reading.parts if part.truth is wanted)
    # A list fails by its first part that fails, but holds by all of them; any-of is the mirror image.
    first_settles = (clause.kind in ("all-of", "none-of")) == (_own(reading) is Truth.FAILS)
    return guilty[:1] if first_settles and wanted is not Truth.UNKNOWN else guilty


def _own(reading: Reading) -> Truth | None:
    """The verdict of the definition itself, without the entry's ``not``."""
    if reading.truth is None or reading.entry.prefix != "not":
        return reading.truth
    return reading.truth.reversed()


def _inside(reading: Reading) -> Truth | None:
    """The verdict of the parts that made a composition what it is."""
    own, clause = _own(reading), reading.definition.clause
    return own.reversed() if own is not None and isinstance(clause, Compose) and clause.kind == "none-of" else own


class _Readings:
    """The readings of one judging; each definition is read once under each entry for each subject."""

    def __init__(self, judging: Judging) -> None:
        self.judging = judging
        self._read: dict[tuple[Entry, Subject | None], Reading] = {}

    def of(self, entry: Entry, it: Subject | None) -> Reading:
        """A definition under the prefix of an entry, and all that it rests on."""
        about = it if entry.name in self.judging.plan.about_subjects else None
        reading = self._read.get((entry, about))
        if reading is None:
            reading = self._read[entry, about] = self._make(entry, about)
        return reading

    def _make(self, entry: Entry, it: Subject | None) -> Reading:
        judging = self.judging
        definition = judging.ruleset.definitions[entry.name]
        clause = definition.clause
        is_judged = definition.is_truth or entry.prefix not in ("", "not")
        return Reading(
            entry,
            it,
            definition,
            judging.entry(entry, it) if is_judged else None,
            judging.value(entry.name, it) if isinstance(clause, NUMBERS) else None,
            judging.found(entry.name, it) if isinstance(clause, FINDERS) else None,
            tuple(self._parts(definition, it)),
        )

    def _parts(self, definition: Definition, it: Subject | None) -> Iterator[Reading]:
        """What it rests on: for the same subject, or, where it adds up over subjects, for each of them."""
        clause = definition.clause
        if isinstance(clause, FINDERS):
            return  # the facts found say it
        entries = clause.entries if isinstance(clause, Compose) else [Entry(name, "") for name in names_in(clause)]
        for entry in dict.fromkeys(entries):
            each = self.judging.ruleset.definitions[entry.name].for_each
            if not each or it is not None:
                yield self.of(entry, it)
                continue
            for subject in self.judging.found(each, None).sure:
                yield self.of(entry, subject)
