"""The requirements of our CDS Hooks checklist, and the tests that carry their ids.

A test carries an id by its name (``test_http_07_...``, ``test_cors_01_to_03_...``, ``test_ctx_05_and_13_...``) or, for
further ones, by ``@pytest.mark.requirement("SUG-01", ...)``. Both are read from the source, without importing it.
"""

import ast
import csv
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
TESTS = HERE.parent
_NAMED = re.compile(r"test_([a-z]+)_(\d\d)(?:_(to|and)_(\d\d))?(?:_|$)")


@dataclass(frozen=True)
class Requirement:
    """source: ``spec`` = the guide says it, ``der`` = follows from it, ``proj`` = the guide is silent, we decide."""

    id: str
    level: str
    source: str
    section: str
    requirement: str


@cache
def requirements() -> tuple[Requirement, ...]:
    with (HERE / "requirements.csv").open(encoding="utf-8", newline="") as file:
        return tuple(Requirement(**row) for row in csv.DictReader(file))


@cache
def not_met() -> dict[str, str]:
    """Why a requirement is not met, by id. Whoever meets one takes its line out."""
    with (HERE / "not_met.csv").open(encoding="utf-8", newline="") as file:
        return {row["id"]: row["why"] for row in csv.DictReader(file)}


@cache
def carriers() -> dict[str, tuple[str, ...]]:
    """``file::function`` of every test that carries an id, by id."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(TESTS.rglob("test_*.py")):
        source = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                for identity in ids_of(node):
                    found[identity].append(f"{path.relative_to(TESTS.parent).as_posix()}::{node.name}")
    return {identity: tuple(dict.fromkeys(tests)) for identity, tests in found.items()}


def ids_of(test: ast.FunctionDef) -> Iterator[str]:
    yield from ids_in_name(test.name)
    for decorator in test.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.requirement":
            yield from (ast.literal_eval(argument) for argument in decorator.args)


def ids_in_name(name: str) -> list[str]:
    match = _NAMED.match(name)
    if match is None or match[1].upper() not in {r.id.partition("-")[0] for r in requirements()}:
        return []
    first, last = int(match[2]), int(match[4] or match[2])
    numbers = range(first, last + 1) if match[3] == "to" else dict.fromkeys((first, last))
    return [f"{match[1].upper()}-{number:02}" for number in numbers]
