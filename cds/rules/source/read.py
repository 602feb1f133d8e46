"""One version folder's ``ruleset.yaml`` or ``library.yaml`` and its value sets, or all problems at once."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from cds.documents.problem import Problem, in_order
from cds.documents.reader import Reader as DocumentReader
from cds.documents.yaml_tree import Node, Table, Text, read_yaml
from cds.hooks.context import HOOKS as LIBRARY
from cds.hooks.context import is_own
from cds.rules.libraries import without_unreached
from cds.rules.ruleset import Applies, Effective, Evidence, Library, Ruleset
from cds.rules.source.checks import check_ruleset
from cds.rules.source.definitions import read_definitions
from cds.rules.source.libraries import FindLibrary, no_libraries, read_uses
from cds.rules.source.local_codes import is_local_code, read_local_codes
from cds.rules.source.moments import Names
from cds.rules.source.names import check_name
from cds.rules.source.parameters import read_parameters
from cds.rules.source.periods import read_periods
from cds.rules.source.reader import Reader
from cds.rules.source.rules import read_applies, read_rules
from cds.rules.source.schedules import read_schedules
from cds.rules.source.value_sets import read_value_sets

RULESET_KEYS = (
    "format", "ruleset", "version", "status", "approved-by", "hooks", "title", "publisher", "approval-date",
    "last-review-date", "effective", "uses", "parameters", "periods", "evidence", "value-sets", "schedules",
    "definitions", "applies", "rules",
)  # fmt: skip
LIBRARY_KEYS = (
    "format", "library", "version", "status", "approved-by", "title", "publisher", "approval-date", "last-review-date",
    "uses", "parameters", "periods", "value-sets", "schedules", "definitions", "override-reasons",
)  # fmt: skip
#: The bytes of a named file in ``value-sets/``.
OpenFile = Callable[[str], bytes | None]
_VERSION = re.compile(r"(?:0|[1-9][0-9]{0,5})\.(?:0|[1-9][0-9]{0,5})\.(?:0|[1-9][0-9]{0,5})\Z")
#: Hooks that a ruleset may answer: those of the library.
HOOKS = tuple(LIBRARY)


def read_ruleset(
    content: bytes,
    file: str,
    open_file: OpenFile,
    override_reasons: Mapping[str, str],
    site: Mapping[str, str] | None = None,
    *,
    find_library: FindLibrary = no_libraries,
) -> tuple[Ruleset | None, list[Problem]]:
    """The ruleset in ``content``, and its problems in order; None when any of them is an error.

    open_file: the bytes of a named file in ``value-sets/`` beside it. override_reasons: display by code.
    site: a site's own values of parameters, as texts. find_library: a version of a library.
    """
    root, problems = read_yaml(content, file)
    if root is None:
        return None, problems
    reader = Reader(file)
    table = reader.table(root, "a ruleset", RULESET_KEYS)
    ruleset = _ruleset(reader, table, _Beside(open_file, find_library, site or {})) if table else None
    if ruleset is not None:
        check_ruleset(reader, ruleset, override_reasons)
    found = in_order(reader.problems)
    broken = ruleset is None or any(problem.severity == "error" for problem in found)
    return (None if broken or ruleset is None else without_unreached(ruleset)), found


def read_library(
    content: bytes,
    file: str,
    open_file: OpenFile,
    site: Mapping[str, str] | None = None,
    *,
    find_library: FindLibrary = no_libraries,
) -> tuple[Library | None, list[Problem]]:
    """The library in ``content``, likewise."""
    root, problems = read_yaml(content, file)
    if root is None:
        return None, problems
    reader = Reader(file)
    table = reader.table(root, "a library", LIBRARY_KEYS)
    library = _library(reader, table, _Beside(open_file, find_library, site or {})) if table else None
    if library is not None:
        check_ruleset(reader, library.declared, {})
    found = in_order(reader.problems)
    return (None if any(problem.severity == "error" for problem in found) else library), found


@dataclass(frozen=True, slots=True)
class _Beside:
    """What a file rests on that stands elsewhere."""

    open_file: OpenFile
    find_library: FindLibrary
    site: Mapping[str, str]


def _ruleset(reader: Reader, table: Table, beside: _Beside) -> Ruleset:
    what = "a ruleset"
    declared = _declared(reader, table, "ruleset", beside)
    reader.required(table, "definitions", what)
    return replace(
        declared,
        hooks=_hooks(reader, table),
        effective=_effective(reader, table),
        evidence=_evidence(reader, reader.required(table, "evidence", what)),
        applies=read_applies(reader, table.get("applies")),
        rules=read_rules(reader, reader.required(table, "rules", what)),
    )


def _library(reader: Reader, table: Table, beside: _Beside) -> Library:
    reasons = {}
    listed = reader.table(table.get("override-reasons"), "override-reasons")
    for code, display in listed.entries if listed else ():
        check_name(reader, code, "an override reason")
        reasons[code.text] = reader.text(display, "the display of an override reason")
    return Library(_declared(reader, table, "library", beside), reasons)


def _declared(reader: Reader, table: Table, kind: str, beside: _Beside) -> Ruleset:
    """The head of a file, and what it declares for rules to rest on; of a library, that is all."""
    what = f"a {kind}"
    if reader.required_text(table, "format", what) not in ("1", ""):
        reader.problem("CDS115", table.place("format"), "this version of the service reads format 1")
    status = reader.one_of(reader.required(table, "status", what), "status", ("draft", "published"), "draft")
    uses = table.get("uses")
    used = read_uses(reader, uses, beside.find_library, beside.site, is_draft=status == "draft")
    own_site = {name: text for name, text in beside.site.items() if name.partition(".")[0] not in reader.aliases}
    values = {name: text for name, text in own_site.items() if not is_local_code(name)}
    parameters = used.parameters | read_parameters(reader, table.get("parameters"), values)
    periods = used.periods | read_periods(reader, table.get("periods"), parameters)
    schedules = read_schedules(reader, table.get("schedules"), periods)
    known = Names(parameters, periods, beside.open_file, schedules)
    approved_by = table.get("approved-by")
    return Ruleset(
        name=_name(reader, table, kind),
        version=_version(reader, table, what),
        status=status,  # type: ignore[arg-type]
        title=reader.required_text(table, "title", what),
        publisher=reader.required_text(table, "publisher", what),
        hooks=frozenset(),
        effective=Effective(date.min, None),
        approval_date=reader.day(reader.required(table, "approval-date", what), "approval-date"),
        last_review_date=reader.day(reader.required(table, "last-review-date", what), "last-review-date"),
        approved_by=reader.text(approved_by, "approved-by") if approved_by else "none",
        evidence={},
        value_sets=read_value_sets(
            reader, table.get("value-sets"), beside.open_file, used.value_sets, read_local_codes(reader, own_site)
        ),
        parameters=parameters,
        periods=periods,
        definitions=used.definitions | read_definitions(reader, table.get("definitions"), known),
        applies=Applies(),
        rules=(),
        location=table.location,
        uses=used.uses,
        reasons=used.reasons,
        schedules=schedules,
    )


def _name(reader: Reader, table: Table, kind: str) -> str:
    name = reader.required_text(table, kind, f"a {kind}")
    if name:
        check_name(reader, Text(name, table.place(kind)), f"a {kind}")
    return name


def _version(reader: Reader, table: Table, what: str) -> str:
    version = reader.required_text(table, "version", what)
    if version and not _VERSION.match(version):
        reader.problem(
            "CDS116", table.place("version"), f'"{version}" is not a version', "three numbers, such as 1.4.0"
        )
    return version


def hook_of(reader: DocumentReader, node: Node | None) -> str:
    """A hook of the library, or an organisation's own by its reverse-domain name."""
    if isinstance(node, Text) and is_own(node.text):
        return node.text
    return reader.one_of(node, "a hook", HOOKS, "")


def _hooks(reader: Reader, table: Table) -> frozenset[str]:
    texts = reader.texts(reader.required(table, "hooks", "a ruleset"), "hooks")
    for text in texts:
        hook_of(reader, text)
    return frozenset(text.text for text in texts)


def _effective(reader: Reader, table: Table) -> Effective:
    node = reader.required(table, "effective", "a ruleset")
    period = reader.table(node, "effective", ("from", "until"))
    if period is None:
        return Effective(reader.day(None, "from"), None)
    until = period.get("until")
    effective = Effective(
        reader.day(reader.required(period, "from", "effective"), "from"), reader.day(until, "until") if until else None
    )
    if effective.until is not None and effective.until <= effective.start:
        reader.problem("CDS301", period.location, "effective ends before it begins")
    return effective


def _evidence(reader: Reader, node: Node | None) -> dict[str, Evidence]:
    table = reader.table(node, "evidence")
    found = {}
    for name, value in table.entries if table else ():
        check_name(reader, name, "evidence")
        what = f'the evidence "{name.text}"'
        fields = reader.table(value, what, ("title", "label", "link", "icon", "grade"))
        if fields is None:
            continue
        grade_node = reader.required(fields, "grade", what)
        grade = reader.table(grade_node, "grade", ("scheme", "strength", "certainty")) if grade_node else None
        link = reader.required_text(fields, "link", what)
        if link and not link.startswith(("https://", "http://")):
            reader.problem("CDS302", fields.place("link"), f'the link of {what} is not a web address: "{link}"')
        icon = reader.text(fields.get("icon"), "icon") if fields.get("icon") else ""
        if icon and not icon.startswith("https://"):
            reader.problem("CDS302", fields.place("icon"), f'the icon of {what} is not a web address: "{icon}"')
        title = reader.required_text(fields, "title", what)
        found[name.text] = Evidence(
            id=name.text,
            title=title,
            label=reader.text(fields.get("label"), "label") if fields.get("label") else title,
            link=link,
            scheme=reader.required_text(grade, "scheme", "grade") if grade else "",
            strength=reader.required_text(grade, "strength", "grade") if grade else "",
            certainty=reader.text(grade.get("certainty"), "certainty") if grade and grade.get("certainty") else "",
            location=name.location,
            icon=icon,
        )
    return found
