"""A FHIR CodeSystem as a table of codes: each concept below the others too, and what it calls retired."""

from collections.abc import Iterator
from dataclasses import dataclass

from cds.authoring.valuesets.code_set import RETIRED, Code, CodeSet
from cds.authoring.valuesets.fhir_elements import tables_in, text_in
from cds.documents.json_tree import read_json
from cds.documents.problem import Problem
from cds.documents.yaml_tree import Table
from cds.rules.source.reader import Reader
from cds.rules.source.value_sets import read_coding
from cds.terminology.coding import Coding, canonical_system


@dataclass(frozen=True, slots=True)
class CodeSystem:
    """code_set: None when it has errors. is_complete: whether it says that it has every code."""

    url: str
    is_complete: bool
    code_set: CodeSet | None
    problems: tuple[Problem, ...]


def read_code_system(content: bytes, file: str) -> CodeSystem | None:
    """The CodeSystem in a JSON file; None where it is something else."""
    if b'"CodeSystem"' not in content:
        return None
    root, _ = read_json(content, file)
    if not isinstance(root, Table) or text_in(root, "resourceType") != "CodeSystem":
        return None
    reader = Reader(file)
    url = canonical_system(reader.required_text(root, "url", "a CodeSystem"))
    codes: dict[Coding, Code] = {}
    for concept in _below(root):
        coding = read_coding(reader, concept.place("code"), url, text_in(concept, "code"))
        if coding is not None:
            columns = {"status": "retired"} if _is_retired(concept) else {}
            codes[coding] = Code(coding, text_in(concept, "display"), concept.place("code"), columns)
    found = CodeSet(file, "compose", codes, url=url, version=text_in(root, "version"))
    is_complete = text_in(root, "content") == "complete"
    return CodeSystem(url, is_complete, None if reader.problems else found, tuple(reader.problems))


def _below(table: Table) -> Iterator[Table]:
    for concept in tables_in(table.get("concept")):
        yield concept
        yield from _below(concept)


def _is_retired(concept: Table) -> bool:
    """By the properties ``status`` and ``inactive`` that FHIR names for it."""
    for each in tables_in(concept.get("property")):
        code = text_in(each, "code")
        value = next((text_in(each, key) for key in ("valueCode", "valueString", "valueBoolean") if each.get(key)), "")
        if (code == "status" and value.lower() in RETIRED) or (code == "inactive" and value == "true"):
            return True
    return False
