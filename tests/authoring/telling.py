"""A case told in a few lines of YAML, for the tests of this folder."""

from textwrap import dedent, indent

from cds.authoring.cases import CaseRun, expand
from cds.documents.problem import Problem
from cds.documents.yaml_tree import read_yaml

HEADER = """\
ruleset: example
at: 2026-03-01
hook: order-sign
patient: {born: 70 years ago, sex: female}
"""


def told(text: str, file: str = "cases.yaml") -> tuple[list[CaseRun], list[Problem]]:
    """The runs and problems of a whole file."""
    tree, problems = read_yaml(dedent(text).encode(), file)
    assert tree is not None, problems
    return expand(tree)


def case(text: str, header: str = HEADER) -> tuple[list[CaseRun], list[Problem]]:
    """The runs and problems of one case under the usual header."""
    body = indent(dedent(text).strip(), "    ")
    return told(f"{header}cases:\n  -\n    name: a case\n{body}\n")


def run_of(text: str, header: str = HEADER) -> CaseRun:
    """The one run of a case without problems."""
    runs, problems = case(text, header)
    assert problems == []
    assert len(runs) == 1
    return runs[0]


def fact(entry: str, header: str = HEADER) -> dict:
    """The resource of a case's only fact; a draft is found in the context."""
    run = run_of(f"facts: [{entry}]\nfires: []", header)
    drafts = run.request["context"].get("draftOrders", {"entry": []})["entry"]
    chart = [
        entry for name, bundle in run.request["prefetch"].items() if name != "Patient" for entry in bundle["entry"]
    ]
    (found,) = [each["resource"] for each in (*drafts, *chart)]
    return found


def problems_of(text: str, header: str = HEADER) -> list[tuple[str, str]]:
    """(code, message) of each problem of a case that gives no run."""
    runs, problems = case(text, header)
    assert runs == []
    return [(problem.code, problem.message) for problem in problems]


def words(concept: dict) -> list[str]:
    """The codes of a CodeableConcept."""
    return [coding["code"] for coding in concept["coding"]]
