"""Codes from outside as an author writes them: a table in ``value-sets/``, an entry in the ruleset, and where from."""

import csv
import io
import json
import re
from collections.abc import Mapping
from datetime import date

from cds.authoring.valuesets.code_set import CodeSet
from cds.authoring.valuesets.inside import SOURCE
from cds.documents.yaml_tree import Plain, Table, plain, read_yaml
from cds.terminology.coding import SYSTEM_NAMES

_SHORT = {uri: name for name, uri in SYSTEM_NAMES.items()}
#: What YAML reads as it stands, in every place where we write it.
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9 .,()/+%-]*[A-Za-z0-9.)%]\Z|[A-Za-z0-9]\Z")

#: Other readers of YAML take it for another number.
_OCTAL = re.compile(r"0\d+\Z")


def table_of(code_set: CodeSet) -> bytes:
    """The CSV table: ``system,code,display,verified_from``, then the columns that the source has more of."""
    more = dict.fromkeys(name for code in code_set.codes.values() for name in code.columns if name != SOURCE)
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["system", "code", "display", SOURCE, *more])
    for code in code_set.codes.values():
        source = code.columns.get(SOURCE, code_set.origin)
        rest = (code.columns.get(name, "") for name in more)
        writer.writerow([code.coding.system, code.coding.code, code.display, source, *rest])
    return out.getvalue().encode()


def entry_of(code_set: CodeSet, name: str, day: date, file: str = "") -> list[str]:
    """The lines of the entry under ``value-sets:``. file: the table; without it every code stands in the entry."""
    when = f", of {code_set.date}" if code_set.date else ""
    count = f"{len(code_set.codes)} code{'s' if len(code_set.codes) != 1 else ''}"
    comment = f"# {count}, imported {day} from {code_set.how} {code_set.file}{when}"
    lines = ["".join(each if each.isprintable() else "?" for each in comment), f"{name}:"]
    lines += [f"  {key}: {value}" for key, value in provenance(code_set).items()]
    if file:
        return [*lines, f"  file: {file}"]
    by_system: dict[str, list[str]] = {}
    for code in code_set.codes.values():
        display = code.display or code.coding.code
        by_system.setdefault(code.coding.system, []).append(f"    {scalar(code.coding.code)}: {scalar(display)}")
    for system, codes in by_system.items():
        lines += [f"  {_SHORT.get(system, scalar(system))}:", *codes]
    return lines


def provenance(code_set: CodeSet) -> dict[str, str]:
    """``url`` and ``version`` of the published value set, as far as it has them, as YAML."""
    return {key: scalar(text) for key, text in (("url", code_set.url), ("version", code_set.version)) if text}


def scalar(text: str) -> str:
    """A text as YAML: as it stands where that is safe, else in double quotes (those of JSON are YAML's too)."""
    one_line = " ".join(text.split())
    if _PLAIN.match(one_line) and one_line == text and not _OCTAL.match(text):
        return one_line
    return json.dumps(one_line, ensure_ascii=not one_line.isprintable())


def with_entry(text: str, name: str, lines: list[str]) -> str | None:
    """A ruleset's file with one value set more; None where that cannot be done without changing anything else."""
    root, _ = read_yaml(text.encode(), "")
    if not isinstance(root, Table):
        return None
    sets = root.get("value-sets")
    written = text.splitlines(keepends=True)
    if sets is None:
        new = f"value-sets:\n{_indented(lines)}\n"
        at = root.place("definitions").line - 1 if root.get("definitions") is not None else len(written)
    else:
        new = _indented(lines)
        at = _end_of_section(root, written)
    whole = "".join([*written[:at], new, *written[at:]])
    return whole if _is_added(plain(root), whole, name, lines) else None


def _indented(lines: list[str]) -> str:
    return "".join(f"  {line}\n" for line in lines)


def _end_of_section(root: Table, written: list[str]) -> int:
    """The number of the line behind the last one of ``value-sets``."""
    start = root.place("value-sets").line
    at = min((key.location.line - 1 for key, _ in root.entries if key.location.line > start), default=len(written))
    while at > start and (not written[at - 1].strip() or written[at - 1].startswith("#")):
        at -= 1
    return at


def _is_added(before: Plain, whole: str, name: str, lines: list[str]) -> bool:
    """Whether the file reads as before, and has the entry."""
    root, _ = read_yaml(whole.encode(), "")
    entry, _ = read_yaml("\n".join(lines).encode(), "")
    if root is None or entry is None:
        return False
    after, added = plain(root), plain(entry)
    if not (isinstance(after, dict) and isinstance(before, dict) and isinstance(added, dict)):
        return False
    sets: Mapping[str, Plain] = before.get("value-sets", {})  # type: ignore[assignment]
    return after == {**before, "value-sets": {**sets, name: added[name]}}
