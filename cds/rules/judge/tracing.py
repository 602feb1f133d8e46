"""Why a rule fired, and why each other one did not: every condition with its verdict, number and facts, as data.

Made on demand, by asking a :class:`Judging` again: what it says is what the rule was judged by, and the hot path pays
nothing for it.
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
    return RulesetTrace(judging, tuple(each for goals in part.goals for each in _rule_traces(judging, goals, found)))


def reading_of(judging: Judging, entry: Entry, it: Subject | None = None) -> Reading:
    """A definition as it was judged, under the prefix of an entry."""
    return _reading(judging, entry, it)


def _rule_traces(
    judging: Judging, goals: RuleGoals, found: dict[tuple[str, Subject | None], RuleVerdict]
) -> Iterator[RuleTrace]:
    rule = goals.rule
    if judging.record.hook not in (rule.hooks or judging.ruleset.hooks):
        yield RuleTrace(rule, None, "other-hook")
        return
    subjects: tuple[Subject | None, ...] = judging.found(rule.for_each, None).sure if rule.for_each else (None,)
    for subject in subjects:
        verdict = found.get((rule.id, subject))
        yield _traced(judging, goals, subject, verdict.outcome if verdict else "silent")
    if not subjects:
        doubt = found.get((rule.id, None))
        finder = _reading(judging, Entry(rule.for_each, "", rule.location), None)
        yield RuleTrace(rule, None, doubt.outcome if doubt else "no-subject", decided_by=(finder,))


def _traced(judging: Judging, goals: RuleGoals, it: Subject | None, outcome: Outcome) -> RuleTrace:
    applies = judging.ruleset.applies
    excused = tuple(entry for entry in applies.unless if entry.name not in goals.rule.despite)
    when = tuple(_reading(judging, entry, it) for entry in goals.entries)
    unless = tuple(_reading(judging, entry, it) for entry in (*goals.rule.unless, *excused))
    return RuleTrace(goals.rule, it, outcome, when, unless, tuple(_deciding(outcome, when, unless)))


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
    """The leaves because of which a reading is what it is; itself, if it is one."""
    clause = reading.definition.clause
    if not isinstance(clause, Compose) or reading.entry.prefix not in ("", "not"):
        yield reading
        return
    wanted = _inside(reading)
    guilty = [part for part in reading.parts if part.truth is wanted]
    # A list fails by its first part that fails, but holds by all of them; any-of is the mirror image.
    first_settles = (clause.kind in ("all-of", "none-of")) == (_own(reading) is Truth.FAILS)
    for part in guilty[:1] if first_settles and wanted is not Truth.UNKNOWN else guilty:
        yield from ends(part)


def _own(reading: Reading) -> Truth | None:
    """The verdict of the definition itself, without the entry's ``not``."""
    if reading.truth is None or reading.entry.prefix != "not":
        return reading.truth
    return reading.truth.reversed()


def _inside(reading: Reading) -> Truth | None:
    """The verdict of the parts that made a composition what it is."""
    own, clause = _own(reading), reading.definition.clause
    return own.reversed() if own is not None and isinstance(clause, Compose) and clause.kind == "none-of" else own


def _reading(judging: Judging, entry: Entry, it: Subject | None) -> Reading:
    definition = judging.ruleset.definitions[entry.name]
    clause = definition.clause
    is_judged = definition.is_truth or entry.prefix not in ("", "not")
    return Reading(
        entry,
        it if entry.name in judging.plan.about_subjects else None,
        definition,
        judging.entry(entry, it) if is_judged else None,
        judging.value(entry.name, it) if isinstance(clause, NUMBERS) else None,
        judging.found(entry.name, it) if isinstance(clause, FINDERS) else None,
        tuple(_parts(judging, definition, it)),
    )


def _parts(judging: Judging, definition: Definition, it: Subject | None) -> Iterator[Reading]:
    """What it rests on: for the same subject, or, where it adds up over subjects, for each of them."""
    clause = definition.clause
    if isinstance(clause, FINDERS):
        return  # the facts found say it
    entries = clause.entries if isinstance(clause, Compose) else [Entry(name, "") for name in names_in(clause)]
    for entry in dict.fromkeys(entries):
        each = judging.ruleset.definitions[entry.name].for_each
        if not each or it is not None:
            yield _reading(judging, entry, it)
            continue
        for subject in judging.found(each, None).sure:
            yield _reading(judging, entry, subject)
