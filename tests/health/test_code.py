"""What no reviewer should have to look for: times, sizes, swallowed faults, undocumented problem codes."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CDS = ROOT / "cds"
MODULES = sorted(CDS.rglob("*.py"))
#: The only place that asks what time it is (ARCHITECTURE.md, 2).
CLOCK = CDS / "clock.py"
LONGEST_MODULE = 400
PROBLEM_CODE = re.compile(r"CDS[1-9]\d\d\Z")


def place(path: Path, node: ast.AST) -> str:
    return f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}"


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def asks_the_time(node: ast.AST) -> bool:
    """``datetime.now(...)``, ``utcnow``, ``today``, ``fromtimestamp`` without a zone, and ``time.time``."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return False
    owner = ast.unparse(node.func.value).rsplit(".", 1)[-1]
    name = node.func.attr
    if owner == "time":
        return name in {"time", "time_ns", "localtime", "gmtime"}
    if owner not in {"datetime", "date"}:
        return False
    zoned = len(node.args) > 1 or any(keyword.arg == "tz" for keyword in node.keywords)
    return name in {"now", "utcnow", "today", "utcfromtimestamp"} or (name == "fromtimestamp" and not zoned)


def swallows_everything(node: ast.AST) -> bool:
    """An ``except`` for any exception at all whose body does nothing."""
    if not isinstance(node, ast.ExceptHandler):
        return False
    caught = "" if node.type is None else ast.unparse(node.type)
    broad = caught == "" or bool(re.search(r"\b(Base)?Exception\b", caught))
    return broad and all(isinstance(line, ast.Pass | ast.Continue) or is_text(line) for line in node.body)


def is_text(line: ast.stmt) -> bool:
    return isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant)


def found(test, modules: list[Path]) -> list[str]:
    return [place(path, node) for path in modules for node in ast.walk(tree(path)) if test(node)]


@pytest.mark.parametrize(
    "text",
    ["datetime.now()", "datetime.datetime.now(UTC)", "date.today()", "time.time()", "datetime.fromtimestamp(1)"],
)
def test_asking_the_time_is_recognised(text):
    assert any(asks_the_time(node) for node in ast.walk(ast.parse(text)))


@pytest.mark.parametrize("text", ["moment.today", "time.monotonic()", "datetime.fromtimestamp(1, UTC)", "self.now()"])
def test_what_does_not_ask_the_time_is_let_be(text):
    assert not any(asks_the_time(node) for node in ast.walk(ast.parse(text)))


def test_only_the_clock_asks_what_time_it_is():
    assert found(asks_the_time, [path for path in MODULES if path != CLOCK]) == []


def test_no_module_is_longer_than_400_lines():
    sizes = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in MODULES}
    assert {name: lines for name, lines in sizes.items() if lines > LONGEST_MODULE} == {}


@pytest.mark.parametrize("head", ["except:", "except Exception:", "except (OSError, BaseException) as fault:"])
def test_a_swallowed_fault_is_recognised(head):
    assert any(swallows_everything(node) for node in ast.walk(ast.parse(f"try:\n    f()\n{head}\n    pass\n")))


def test_no_fault_is_swallowed():
    assert found(swallows_everything, MODULES) == []


def problem_codes() -> Iterator[tuple[str, str]]:
    """Every problem code written in the code as a text of its own, and where."""
    for path in MODULES:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and PROBLEM_CODE.match(node.value):
                yield node.value, place(path, node)


def test_every_problem_code_has_its_page():
    pages = {path.stem for path in (ROOT / "docs" / "problems").glob("CDS*.md")}
    missing = {code: where for code, where in problem_codes() if code not in pages}
    assert missing == {}, f"write docs/problems/<code>.md for: {', '.join(sorted(missing))}"


def test_every_page_is_for_a_code_that_exists():
    pages = {path.stem for path in (ROOT / "docs" / "problems").glob("CDS*.md")}
    assert pages - {code for code, _ in problem_codes()} == set()
