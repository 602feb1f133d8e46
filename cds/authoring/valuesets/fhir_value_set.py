"""A FHIR ValueSet (R4 and later) as codes: its expansion, or what it composes where that lists every code by name.

What only a terminology server can work out (filters, whole systems, other value sets) is refused, and so is an
expansion that says itself that it is not whole: a set that lacks codes in silence would hide patients.
"""

from cds.authoring.valuesets.code_set import Code, CodeSet
from cds.authoring.valuesets.fhir_elements import is_true, tables_in, text_in
from cds.authoring.valuesets.tables import check_cell
from cds.documents.json_tree import read_json
from cds.documents.problem import Problem
from cds.documents.yaml_tree import Node, Table
from cds.rules.source.reader import Reader
from cds.rules.source.value_sets import read_coding
from cds.terminology.coding import Coding

_EXPAND = "let a terminology server expand it (ValueSet/$expand), and import what it answers"
#: How an expansion says that it is not whole (FHIR extensions of ValueSet.expansion).
_NOT_WHOLE = ("valueset-unclosed", "valueset-toocostly")
Codes = dict[Coding, Code]


def read_fhir(reader: Reader, content: bytes) -> CodeSet | None:
    """The codes of the ValueSet in ``content``; what is wrong is noted with the reader."""
    root, problems = read_json(content, reader.file)
    reader.problems += problems
    table = reader.table(root, "a ValueSet") if root is not None else None
    if table is None:
        return None
    kind = text_in(table, "resourceType")
    if kind != "ValueSet":
        what = f"this is {f'a {kind}' if kind else 'no FHIR resource'}, and no ValueSet"
        hint = "take the ValueSet out of it, into a file of its own" if kind == "Bundle" else ""
        reader.problem("CDS240", table.place("resourceType"), what, hint)
        return None
    expansion, compose = table.get("expansion"), table.get("compose")
    codes: Codes = {}
    if isinstance(expansion, Table):
        _expanded(reader, expansion, codes)
        _compare(reader, compose, codes)
    elif isinstance(compose, Table):
        _composed(reader, compose, codes)
    if not codes and not reader.problems:
        reader.problem(
            "CDS221", table.location, "this value set has no codes: neither an expansion nor a list", _EXPAND
        )
    date = text_in(expansion, "timestamp") if isinstance(expansion, Table) else ""
    how = "expansion" if isinstance(expansion, Table) else "compose"
    names = {key: text_in(table, key) for key in ("name", "title", "url", "version")}
    for key in ("url", "version"):  # they stand in the table beside each code
        check_cell(reader, table.place(key), key, names[key])
    return CodeSet(reader.file, how, codes, **names, date=date or text_in(table, "date"))


def _expanded(reader: Reader, expansion: Table, codes: Codes) -> None:
    for extension in tables_in(expansion.get("extension")):
        name = text_in(extension, "url").rpartition("/")[2]
        if name in _NOT_WHOLE:
            reader.problem("CDS240", extension.location, f"this expansion says that it is not whole ({name})", _EXPAND)
    listed = sum(_contained(reader, each, codes) for each in tables_in(expansion.get("contains")))
    total, offset = text_in(expansion, "total"), text_in(expansion, "offset")
    if (total.isdecimal() and int(total) > listed) or offset not in ("", "0"):
        what = f"this is a part of an expansion: {listed} of {total or 'unknown'} codes, from number {offset or 0}"
        reader.problem("CDS240", expansion.place("total"), what, "ask for all of it ($expand with count=0 left out)")


def _contained(reader: Reader, entry: Table, codes: Codes) -> int:
    """How many codes an entry and those below it list. Abstract ones are headings: no record carries them."""
    listed = 0
    if text_in(entry, "code") and not is_true(entry, "abstract"):
        _add(reader, entry, text_in(entry, "system"), codes)
    if text_in(entry, "code"):
        listed += 1
    return listed + sum(_contained(reader, each, codes) for each in tables_in(entry.get("contains")))


def _composed(reader: Reader, compose: Table, codes: Codes) -> None:
    for number, include in enumerate(tables_in(compose.get("include")), start=1):
        if _is_listed(reader, include, f"include {number}"):
            for concept in tables_in(include.get("concept")):
                _add(reader, concept, text_in(include, "system"), codes)
    for number, exclude in enumerate(tables_in(compose.get("exclude")), start=1):
        if _is_listed(reader, exclude, f"exclude {number}"):
            out: Codes = {}
            for concept in tables_in(exclude.get("concept")):
                _add(reader, concept, text_in(exclude, "system"), out)
            for coding in out:
                codes.pop(coding, None)


def _is_listed(reader: Reader, part: Table, what: str) -> bool:
    """Whether a part names each of its codes."""
    system = text_in(part, "system") or "a system"
    for rule in tables_in(part.get("filter")):
        said = " ".join(filter(None, (text_in(rule, key) for key in ("property", "op", "value"))))
        told = f"{what} takes codes of {system} by a filter ({said}), which cannot be worked out here"
        reader.problem("CDS240", rule.location, told, _EXPAND)
        return False
    if part.get("valueSet") is not None:
        told = f"{what} takes the codes of another value set, which cannot be looked up here"
        reader.problem("CDS240", part.place("valueSet"), told, _EXPAND)
        return False
    if part.get("concept") is None:
        told = f"{what} takes every code of {system}, which cannot be listed here"
        reader.problem("CDS240", part.location, told, _EXPAND)
        return False
    return True


def _add(reader: Reader, entry: Table, system: str, codes: Codes) -> None:
    place = entry.place("code")
    coding = read_coding(reader, place, system, text_in(entry, "code"))
    if coding is None or coding in codes:  # of a code in two versions of its system, the first
        return
    columns = {"status": "inactive"} if is_true(entry, "inactive") else {}
    display = text_in(entry, "display")
    for name, text in (("code", coding.code), ("display", display)):
        check_cell(reader, place, name, text)
    codes[coding] = Code(coding, display, place, columns)


def _compare(reader: Reader, compose: Node | None, expanded: Codes) -> None:
    """Where a value set also lists each code by name, both should say the same."""
    if not isinstance(compose, Table):
        return
    beside = Reader(reader.file)
    composed: Codes = {}
    _composed(beside, compose, composed)
    if beside.problems or not composed or composed.keys() == expanded.keys():
        return
    lost, more = composed.keys() - expanded.keys(), expanded.keys() - composed.keys()
    some = ", ".join(coding.code for coding in sorted([*lost, *more])[:3])
    what = f"the expansion lacks {len(lost)} codes that compose lists, and has {len(more)} more ({some})"
    hint = "the expansion is taken; look whether it is of this version"
    reader.problems.append(Problem("CDS240", compose.location, what, hint, "warning"))
