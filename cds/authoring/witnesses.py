"""Patients to whom two versions say something else: among the cases of both, and on the other side of moved edges.

Every witness was judged by both versions; nothing is guessed. Where none is found, that is said, and proves nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from cds.authoring.case_finding import IsLate
from cds.authoring.case_judging import CaseJudge, Outcome, Suite, judge_case, make_judge, record_of
from cds.authoring.case_knobs import by_clock, flips, knobs_of
from cds.authoring.case_neighbours import neighbours
from cds.authoring.case_telling import HERE, facts_in, text, with_facts, with_key
from cds.authoring.cases import CaseRun, Fired, run_of
from cds.authoring.comparing import Change
from cds.documents.yaml_tree import Node, Table, Text
from cds.errors import ServiceFault
from cds.rules.engine.reference import make_reference
from cds.rules.judge.values import Known
from cds.rules.ruleset import Ruleset
from cds.terminology.coding import SYSTEM_NAMES, Coding

#: A case, the one it is made from, and what is told otherwise.
_Made = tuple[CaseRun, CaseRun, str]
_SHOWN = frozenset({"rule", "definition", "value set", "parameter", "period", "hook"})


@dataclass(frozen=True, slots=True, eq=False)
class Witness:
    """One patient and moment, and what each version says.

    what: how the case differs from the one it is made from; "" where it is that case itself.
    """

    run: CaseRun
    made_from: CaseRun
    what: str
    old: Sequence[Fired]
    new: Sequence[Fired]

    @property
    def only_old(self) -> list[Fired]:
        """Rules that only the version before shows."""
        return [each for each in self.old if each not in self.new]

    @property
    def only_new(self) -> list[Fired]:
        """Rules that only the version after shows."""
        return [each for each in self.new if each not in self.old]


@dataclass(frozen=True, slots=True, eq=False)
class _Both:
    """A case and its two outcomes; None where a version is not asked at the hook."""

    run: CaseRun
    made_from: CaseRun
    what: str
    old: Outcome | None
    new: Outcome | None

    def witness(self) -> Witness:
        return Witness(self.run, self.made_from, self.what, _fired(self.old), _fired(self.new))


def find_witnesses(old: Suite, new: Suite, changes: Sequence[Change], is_late: IsLate) -> dict[int, Witness]:
    """By the place of a change among ``changes``, a patient that shows it. is_late: when the search must end.

    Cards that differ count for changes of their rule. A change of a definition is shown by a patient for whom both it
    and the cards come out otherwise; one of codes, by a patient with such a code.
    """
    found: dict[int, Witness] = {}

    def look(attempts: Iterator[_Both], wanted: Sequence[int]) -> None:
        for both in attempts:
            left = [number for number in wanted if number not in found]
            if not left or is_late():
                return
            witness = both.witness()
            found.update({number: witness for number in left if _shows(changes[number], both, old, new)})

    every = [number for number, change in enumerate(changes) if can_show(change)]
    runs = _runs(old, new)
    look((_both(old, new, run, run, "") for run in runs), every)
    for number in every:
        if changes[number].kind == "value set" and number not in found:
            recoded = list(_with_other_codes(runs, old, new, changes[number].name))
            look((_both(old, new, made, run, what) for made, run, what in recoded), (number,))
            look(_turned(old, new, recoded, is_late), (number,))
    look(_turned(old, new, [(run, run, "") for run in runs], is_late), every)
    look(_told_otherwise(old, new, runs), every)
    return found


def _runs(old: Suite, new: Suite) -> list[CaseRun]:
    """The cases of both, those of the new version first; those under a site's own values are left out."""
    told: dict[str, CaseRun] = {}
    for run in (*new.runs, *old.runs):
        if not run.site:
            told.setdefault(run.name, run)
    return list(told.values())


def _both(old: Suite, new: Suite, run: CaseRun, made_from: CaseRun, what: str) -> _Both:
    return _Both(run, made_from, what, _outcome(old.judge, run), _outcome(new.judge, run))


def _outcome(judge: CaseJudge, run: CaseRun) -> Outcome | None:
    try:
        return judge_case(run, judge, record_of(run, judge))
    except ServiceFault:
        return None


def _fired(outcome: Outcome | None) -> Sequence[Fired]:
    return outcome.findings if outcome is not None else ()


def _shows(change: Change, both: _Both, old: Suite, new: Suite) -> bool:
    """Whether a patient shows a change: the cards come out otherwise, and the change has its part in it."""
    before, after = _fired(both.old), _fired(both.new)
    if change.kind == "rule" and change.name != "order":
        ids = [{each.rule for each in side} for side in (before, after)]
        return (change.name in ids[0]) != (change.name in ids[1]) or _cards(both.old, change) != _cards(
            both.new, change
        )
    if before == after:
        return False
    if change.kind == "definition":
        return _says(both.old, change.name) != _says(both.new, change.name)
    if change.kind == "value set":
        return _is_by_codes(change.name, both, old, new)
    if change.kind == "hook":
        return both.run.hook == change.name
    return change.kind in ("parameter", "period", "metadata", "rule")


def can_show(change: Change) -> bool:
    """Evidence, titles and dates show on no patient; what a rule or a definition that came says, does."""
    return change.kind in _SHOWN or (change.kind, change.name) == ("metadata", "applies")


def _cards(outcome: Outcome | None, change: Change) -> list[object]:
    if outcome is None or not any(each.rule == change.name for each in outcome.findings):
        return []
    return [finding.card for finding in outcome.cards if finding.rule == change.name]


def _says(outcome: Outcome | None, name: str) -> object:
    """What a definition says of the patient; of one about subjects, whether it is there."""
    if outcome is None:
        return None
    judging = outcome.judging
    definition = judging.ruleset.definitions.get(name)
    if definition is None or name in judging.plan.about_subjects:
        return None if definition is None else definition
    if definition.is_truth:
        return judging.truth(name)
    value = judging.value(name, None)
    return (value.quantity, len(value.facts)) if isinstance(value, Known) else type(value)


def _is_by_codes(name: str, both: _Both, old: Suite, new: Suite) -> bool:
    """Whether it is this set that makes the difference: with the set as it was, the new version says something else."""
    sets = old.judge.ruleset.value_sets, new.judge.ruleset.value_sets
    request = str(both.run.request)
    if not any(code in request for code in _moved(old, new, name)):
        return False
    if name not in sets[0] or name not in sets[1]:
        return True
    as_it_was = replace(new.judge.ruleset, value_sets={**sets[1], name: sets[0][name]})
    judge = make_judge(as_it_was, new.judge.override_reasons, make_reference)
    return _fired(_outcome(judge, both.run)) != _fired(both.new)


def _moved(old: Suite, new: Suite, name: str) -> set[str]:
    """The codes that one version's value set has and the other's has not."""
    return {coding.code for coding in _rows(old.judge.ruleset, name) ^ _rows(new.judge.ruleset, name)}


def _rows(ruleset: Ruleset, name: str) -> set[Coding]:
    value_set = ruleset.value_sets.get(name)
    return set(value_set.rows) if value_set is not None else set()


def _with_other_codes(runs: Sequence[CaseRun], old: Suite, new: Suite, name: str) -> Iterator[_Made]:
    """Cases with a code of the set, told with a code that came or went in its place."""
    before, after = _rows(old.judge.ruleset, name), _rows(new.judge.ruleset, name)
    kept = {coding.code for coding in before & after}
    for coding in sorted(before ^ after):
        for run in runs:
            for number, item in enumerate(facts := facts_in(run.told)):
                changed = _recoded(item, coding, kept)
                if changed is None:
                    continue
                made = run_of(with_facts(run.told, [*facts[:number], changed, *facts[number + 1 :]]), run, run.name)
                if made is not None:
                    yield made, run, f"with {coding.code}"


def _recoded(item: Node, coding: Coding, kept: set[str]) -> Node | None:
    """A fact with this code in the place of one of the set; None where it has none of them."""
    if not (isinstance(item, Table) and item.entries and isinstance(keys := item.entries[0][1], Table)):
        return None
    name = next((word for word, uri in SYSTEM_NAMES.items() if uri == coding.system), "")
    there = keys.get(name)
    if not isinstance(there, Text) or there.text not in kept:
        return None
    return Table(((item.entries[0][0], with_key(keys, name, text(coding.code))),), HERE)


def _turned(old: Suite, new: Suite, runs: Sequence[_Made], is_late: IsLate) -> Iterator[_Both]:
    """Cases on both sides of where turning a number or a time changes which version says what."""
    clock = by_clock(new.judge.ruleset) or by_clock(old.judge.ruleset)

    def said(made: CaseRun) -> object:
        return _fired(_outcome(old.judge, made)), _fired(_outcome(new.judge, made))

    for start, made_from, before in runs:
        for knob in knobs_of(start, by_the_clock=clock):
            if is_late():
                return
            for what, made in flips(start, knob, said):
                yield _both(old, new, made, made_from, f"{before}, {what}" if before else f"with {what}")


def _told_otherwise(old: Suite, new: Suite, runs: Sequence[CaseRun]) -> Iterator[_Both]:
    for run in runs:
        for what, made in neighbours(run, new.judge.ruleset):
            yield _both(old, new, made, run, what)
