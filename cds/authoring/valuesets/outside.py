"""Files of codes that others wrote: a FHIR ValueSet in JSON, or a table in CSV."""

from collections.abc import Iterator
from pathlib import Path

from cds.authoring.valuesets.code_set import CodeSet
from cds.authoring.valuesets.fhir_value_set import read_fhir
from cds.authoring.valuesets.tables import read_table
from cds.documents.files import read_file
from cds.documents.problem import Problem, in_order
from cds.rules.source.reader import Reader
from cds.terminology.code_forms import wrong_with


def read_code_set(path: Path, system: str = "") -> tuple[CodeSet | None, list[Problem]]:
    """A FHIR ValueSet in JSON, or a table in CSV; None where it has errors. system: of a table without that column.

    A code that cannot be one of its system is an error: whoever brings it in would look for a patient who is not there.
    """
    content, problems = read_file(path)
    if content is None:
        return None, problems
    reader = Reader(str(path))
    is_json = content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")
    found = read_fhir(reader, content) if is_json else read_table(reader, content, system)
    problems = in_order([*reader.problems, *(mistyped(found) if found is not None else ())])
    return (None if any(each.severity == "error" for each in problems) else found), problems


def mistyped(code_set: CodeSet) -> Iterator[Problem]:
    """Codes that cannot be of their system."""
    for code in code_set.codes.values():
        if wrong := wrong_with(code.coding):
            what = f'"{code.coding.code}" is no code of {code.coding.system}: {wrong}'
            hint = "a spreadsheet may have changed it; take the code from its source again"
            yield Problem("CDS234", code.location, what, hint)
