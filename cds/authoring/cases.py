"""Case files (LANGUAGE section 11): each case and each of its rows as one request with what must come of it.

The main path: file -> cases -> rows -> (facts -> resources -> request) + expectation. What is run and compared lies
elsewhere: the caller judges the request like any other and asks ``differing``. A case with a problem gives no run:
a half-read case could pass for the wrong reason.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from datetime import datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from cds.authoring.case_facts import DRAFT_KINDS, FACT_KINDS, SOURCES, CaseFact, FactReader
from cds.authoring.case_request import HOOKS, prefetch_by_template, prepare_request
from cds.authoring.case_rows import CASE_KEYS, SHARED_KEYS, Rows
from cds.authoring.case_times import read_moment, read_time
from cds.authoring.clinical_resources import patient
from cds.authoring.expectations import Expectation, Fired, read_expectation
from cds.authoring.told import PATIENT_ID, Resource, Told
from cds.documents.files import read_file
from cds.documents.problem import Location, Problem, in_order
from cds.documents.yaml_tree import Items, Node, Table, Text, read_yaml
from cds.facts.dates import Moment
from cds.frozen import value
from cds.hooks.context import is_own
from cds.hooks.prefetch import Template
from cds.rules.source.reader import Reader, did_you_mean

__all__ = ["CaseRun", "Expectation", "Fired", "expand", "prefetch_for"]

UTC = ZoneInfo("UTC")
_NONE: frozenset[str] = frozenset()

_FILE_KEYS = ("ruleset", *SHARED_KEYS, "background", "cases")
_PATIENT_KEYS = ("born", "sex", "race", "deceased")


@value()
class CaseRun:
    """One run of a case: a request at a moment, and what must come of it.

    name: the case's own, with the row's values. location: the case, or its row, in the file.
    request: CDS Hooks JSON; ``prefetch`` stands under resource types (:func:`prefetch_for` gives a service's keys).
    site: values of parameters, as written, that differ from the ruleset's defaults.
    not_supplied: resource types that the client did not send. shown_before: when a rule's card was shown last.
    told, header: the case with all its values in place, and its file, as written: what a like case is made from.
    """

    name: str
    location: Location
    ruleset: str
    hook: str
    moment: Moment
    build: Callable[[], Resource] = field(repr=False, compare=False)
    expectation: Expectation
    site: Mapping[str, str]
    not_supplied: frozenset[str]
    told: Table = field(repr=False, compare=False)
    header: Table = field(repr=False, compare=False)
    shown_before: Mapping[str, datetime] = field(default_factory=dict)

    @property
    def request(self) -> Resource:
        """Built when it is asked for: who only looks for problems needs none."""
        return self.build()


def expand(source: Path | Node, zone: ZoneInfo = UTC) -> tuple[list[CaseRun], list[Problem]]:
    """Every run of a case file, in file order, and what is wrong with it, by place.

    source: the file, or its located tree. zone: the organisation's, whose days count.
    """
    if isinstance(source, Path):
        content, problems = read_file(source)
        if content is None:
            return [], problems
        tree, problems = read_yaml(content, str(source))
        return ([], problems) if tree is None else expand(tree, zone)
    reader = Reader(source.location.file)
    runs = list(_runs(source, zone, reader))
    return runs, in_order(reader.problems)


class _File:
    """What all cases of a file share while they are read."""

    def __init__(self, header: Table, zone: ZoneInfo, reader: Reader) -> None:
        self.name = Path(header.location.file).name
        self.header = header
        self.zone = zone
        self.reader = reader
        self.rows = Rows(header, reader)
        self.facts = FactReader(reader)
        self._patients: dict[int, tuple[Table, Moment, Resource]] = {}

    def patient_of(self, case: Table, moment: Moment) -> Resource:
        """The patient of a case: the same of all its rows, unless they tell another or had a problem."""
        told = _table(case.get("patient"), "the patient", _PATIENT_KEYS, self.reader) or Table((), case.location)
        kept = self._patients.get(id(told))
        if kept is not None and kept[1] == moment:
            return kept[2]
        before = len(self.reader.problems)
        found = patient(Told("patient", PATIENT_ID, told, moment, self.reader))
        if len(self.reader.problems) == before:
            self._patients[id(told)] = (told, moment, found)
        return found


def run_of(told: Table, like: CaseRun, name: str) -> CaseRun | None:
    """A case that is told otherwise than another one of the same file; None where it cannot be told so."""
    reader = Reader(like.location.file)
    run = _run(name, told, _File(like.header, like.moment.zone, reader))
    return None if reader.problems else run


def prefetch_for(run: CaseRun, templates: Sequence[Template]) -> dict[str, Resource]:
    """``request.prefetch`` under the keys that a service declared; what was not supplied has no key."""
    return prefetch_by_template(run.request, run.not_supplied, templates)


def _runs(tree: Node, zone: ZoneInfo, reader: Reader) -> Iterator[CaseRun]:
    header = _table(tree, "a case file", _FILE_KEYS, reader)
    if header is None:
        return
    _require(header, ("ruleset", "cases"), "a case file", reader)
    cases = header.get("cases")
    if cases is not None and not (isinstance(cases, Items) and cases.items):
        reader.problem("CDS601", cases.location, "cases must be a list with at least one case")
    sound = not reader.problems  # a misspelt key of the file may change every case
    names: set[str] = set()
    file = _File(header, zone, reader)
    for item in cases.items if isinstance(cases, Items) else ():
        before = len(reader.problems)
        runs = list(_case_runs(item, names, file))
        if sound and len(reader.problems) == before:
            yield from runs


def _case_runs(item: Node, names: set[str], file: _File) -> Iterator[CaseRun]:
    """One run for each row of a case; ``names`` are those taken so far."""
    reader = file.reader
    case = _table(item, "a case", CASE_KEYS, reader)
    if case is None:
        return
    for name, table in file.rows.of(case):
        if name in names:
            reader.problem("CDS608", table.location, f'two cases are called "{name}"', "a name says what is new")
        names.add(name)
        run = _run(name, table, file)
        if run is not None:
            yield run


def _run(name: str, case: Table, file: _File) -> CaseRun | None:
    """One row (or the only one) of a case; ``case`` has all its values in place."""
    header, reader = file.header, file.reader
    moment = _moment(case, file.zone, reader)
    if moment is None:
        return None
    named = case.get("hook")
    if isinstance(named, Text) and (named.text in HOOKS or is_own(named.text)):
        hook = named.text
    else:
        hook = reader.one_of(named, "a case's hook", HOOKS, "")
    if not hook:
        _require(case, ("hook",), "a case", reader)
        return None
    not_supplied = _kinds(case, "not-supplied", SOURCES, reader)
    missing = frozenset(each for kind in not_supplied for each in SOURCES[kind]) if not_supplied else _NONE
    facts = _facts(case, file, not_supplied, moment)
    unreadable = _kinds(case, "unreadable", FACT_KINDS, reader)
    for kind in unreadable:
        if kind not in DRAFT_KINDS and FACT_KINDS[kind].resource_type in missing:
            reader.problem("CDS607", case.place("unreadable"), f"a {kind} cannot be unreadable and not supplied")
    ruleset = reader.text(header.get("ruleset"), '"ruleset"')
    build = prepare_request(
        hook=hook,
        patient=file.patient_of(case, moment),
        facts=[fact for fact in facts if fact.kind in DRAFT_KINDS or fact.resource["resourceType"] not in missing],
        unreadable_kinds=unreadable,
        not_supplied=missing,
        identity=f"{ruleset}\n{file.name}\n{name}",
        place=case.location,
        reader=reader,
        recording=reader.texts(case.get("recording"), '"recording"'),
    )
    expectation = read_expectation(case, reader)
    site, before = _site(case, reader), _shown_before(case, moment, reader)
    return CaseRun(name, case.location, ruleset, hook, moment, build, expectation, site, missing, case, header, before)


def _moment(case: Table, zone: ZoneInfo, reader: Reader) -> Moment | None:
    node = case.get("at")
    if node is None:
        _require(case, ("at",), "a case", reader)
        return None
    text = reader.text(node, '"at"')
    found = read_moment(text, zone) if text else None
    if text and found is None:
        reader.problem("CDS604", node.location, f'"{text}" is not a moment', "such as 2026-03-01 or 2026-03-01T08:30")
    return found


def _facts(case: Table, file: _File, not_supplied: Sequence[str], moment: Moment) -> list[CaseFact]:
    """Background facts, then the case's own. A fact of the case's own that it says was not supplied is a mistake;
    one of the background is what the client failed to send.
    """
    reader = file.reader
    own, background = case.get("facts"), case.get("background")
    if isinstance(background, Text) and background.text == "none":
        background = None
    elif background is not None and not _is_under(file.header, "background", background):
        reader.problem(
            "CDS601", background.location, "a case may only say background: none", "tell its facts under facts"
        )
    for item in own.items if isinstance(own, Items) else ():
        for kind, _ in item.entries if isinstance(item, Table) else ():
            if kind.text in not_supplied:
                reader.problem("CDS607", kind.location, f'this case says that "{kind.text}" was not supplied')
    return file.facts.read([node for node in (background, own) if node is not None], moment)


def _is_under(table: Table, key: str, node: Node) -> bool:
    """True when ``node`` is what stands under ``key``; by place, since ``$name`` may have been replaced in it."""
    found = table.get(key)
    return found is not None and found.location == node.location


def _site(case: Table, reader: Reader) -> dict[str, str]:
    table = _table(case.get("site"), '"site"', None, reader)
    entries = table.entries if table is not None else ()
    return {name.text: reader.text(value, f'"{name.text}"') for name, value in entries}


def _shown_before(case: Table, moment: Moment, reader: Reader) -> dict[str, datetime]:
    """``shown-before: {rule: 3 hours ago}``: for rules with ``again-after``. A day is its beginning."""
    table = _table(case.get("shown-before"), '"shown-before"', None, reader)
    found: dict[str, datetime] = {}
    for rule, told_time in table.entries if table is not None else ():
        text = reader.text(told_time, f'"{rule.text}"')
        told = read_time(text, moment) if text else None
        if told is not None and len(told) >= len("2026-01-01"):
            at = datetime.fromisoformat(told)
            found[rule.text] = at if at.tzinfo else datetime.combine(at.date(), time(), moment.zone)
        elif text:
            reader.problem("CDS604", told_time.location, f'"{text}" is not a time', "such as 3 hours ago, or 1 day ago")
    return found


def _kinds(case: Table, key: str, known: Mapping[str, object], reader: Reader) -> list[str]:
    """The kinds named under ``not-supplied`` or ``unreadable``, each once."""
    node = case.get(key)
    if node is None:
        return []
    found: dict[str, None] = {}
    for word in reader.texts(node, f'"{key}"'):
        if word.text in known:
            found[word.text] = None
        else:
            reader.problem("CDS605", word.location, f'"{word.text}" cannot be {key}', did_you_mean(word.text, known))
    return list(found)


def _table(node: Node | None, what: str, keys: Sequence[str] | None, reader: Reader) -> Table | None:
    if node is None or isinstance(node, Table):
        for name, _ in node.entries if node is not None else ():
            if keys is not None and name.text not in keys:
                reader.problem(
                    "CDS602", name.location, f'{what} has no key "{name.text}"', did_you_mean(name.text, keys)
                )
        return node
    reader.problem("CDS601", node.location, f"{what} must be a table of keys", "write `key: value` lines below it")
    return None


def _require(table: Table, keys: Sequence[str], what: str, reader: Reader) -> None:
    for key in keys:
        if table.get(key) is None:
            reader.problem("CDS603", table.location, f'{what} needs the key "{key}"')
