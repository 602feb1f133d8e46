"""Mistakes that a program may mend: a name with one near match, a text that lacks its quotes.

Pure: text in, text out. A fix is kept only if the problem is gone and no new one has come, and each is told with its
line before and after. What was valid is never touched, so nothing that a ruleset says changes by itself.
"""

import difflib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cds.documents.problem import Problem
from cds.rules.source.read import LIBRARY_KEYS, RULESET_KEYS

_SUGGESTED = re.compile(r'did you mean "(?P<name>[^"]+)"\?')
_QUOTED = re.compile(r'"(?P<name>[^"]+)"')
#: ``key: value`` on a line of its own, the value without quotes.
_PLAIN_VALUE = re.compile(r"(?P<before>\s*(?:- )*[\w.-]+: +)(?P<value>[^\s\"'|>#][^#]*?)(?P<after>\s*(?: #.*)?)\Z")
_PLACEHOLDER = re.compile(r"\{[a-z][^\[\]{},:]*\}")
_BEFORE_COLON = re.compile(r"([\w-]+):\s")
#: Keys that stand without an indent: where a line is joined to them, nothing stands between.
_AT_THE_LEFT = tuple({*RULESET_KEYS, *LIBRARY_KEYS})
#: How alike a name and its only near match must be.
_NEAR = 0.8
_MOST = 50
_SYNTAX = "CDS103"


@dataclass(frozen=True, slots=True)
class Fix:
    """One line, before and after."""

    line: int
    code: str
    before: str
    after: str


def mend(text: str, problems_of: Callable[[str], list[Problem]]) -> tuple[str, list[Fix]]:
    """The text with every safe fix in it, and the fixes in the order in which they were made.

    problems_of: what is wrong with a text, with places in this one file.
    """
    done: list[Fix] = []
    problems = problems_of(text)
    while len(done) < _MOST:
        better = next(_improvements(text, problems, problems_of), None)
        if better is None:
            return text, done
        text, problems, fix = better
        done.append(fix)
    return text, done


def _improvements(
    text: str, problems: list[Problem], problems_of: Callable[[str], list[Problem]]
) -> Iterator[tuple[str, list[Problem], Fix]]:
    lines = text.splitlines(keepends=True)
    for problem in problems:
        for number, after in _candidates(lines, problem):
            changed = "".join([*lines[:number], after, *lines[number + 1 :]])
            left = problems_of(changed)
            # A file that could not be read had one problem; once it can, all its others come to light.
            is_better = _is_read_further(number, left) if problem.code == _SYNTAX else _told(left) < _told(problems)
            if is_better and not any(_same(problem, other) for other in left):
                yield changed, left, Fix(number + 1, problem.code, lines[number].strip(), after.strip())


def _is_read_further(number: int, left: list[Problem]) -> bool:
    """Whether nothing is wrong any more with a line that was quoted, nor with the one that YAML stumbled over."""
    return not any(problem.location.line <= number + 1 for problem in left if problem.code == _SYNTAX) and not any(
        problem.location.line == number + 1 for problem in left
    )


def _told(problems: list[Problem]) -> set[tuple[str, str]]:
    return {(problem.code, problem.message) for problem in problems}


def _same(one: Problem, other: Problem) -> bool:
    return (one.code, one.location) == (other.code, other.location)


def _candidates(lines: list[str], problem: Problem) -> Iterator[tuple[int, str]]:
    if problem.code == _SYNTAX:
        yield from _quoted(lines, problem)
        return
    suggested, wrong = _SUGGESTED.search(problem.hint), _QUOTED.search(problem.message)
    if suggested is None or problem.severity != "error":
        return
    for named in [wrong["name"]] if wrong else []:
        if difflib.SequenceMatcher(None, named, suggested["name"]).ratio() >= _NEAR:
            yield from _renamed(lines, problem.location.line - 1, named, suggested["name"])


def _renamed(lines: list[str], start: int, wrong: str, right: str) -> Iterator[tuple[int, str]]:
    """In the block that begins at a line, the only place where the wrong name stands."""
    word = re.compile(rf"(?<![\w.-]){re.escape(wrong)}(?![\w-])")
    found = [number for number in _block(lines, start) if word.search(lines[number])]
    if len(found) == 1 and len(word.findall(lines[found[0]])) == 1:
        yield found[0], word.sub(right.replace("\\", "\\\\"), lines[found[0]])


def _block(lines: list[str], start: int) -> Iterator[int]:
    """The line, and those below that stand further in."""
    if not 0 <= start < len(lines):
        return
    yield start
    indent = _indent(lines[start])
    for number in range(start + 1, len(lines)):
        if lines[number].strip() and _indent(lines[number]) <= indent:
            return
        yield number


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _quoted(lines: list[str], problem: Problem) -> Iterator[tuple[int, str]]:
    """The text of the line, or of the one before it, in quotes: where YAML saw a table in a text.

    Never what may have been meant as a list or a table (a bracket is missing, and nobody knows where), and never a text
    that goes on in the next line.
    """
    for number in (problem.location.line - 1, problem.location.line - 2):
        if not 0 <= number < len(lines) or _goes_on(lines, number):
            continue
        body = lines[number].rstrip("\r\n")
        match = _PLAIN_VALUE.match(body)
        if match and _is_text(match["value"]) and set(match["value"]) & set("{}[]:@`%&*!"):
            value = match["value"].replace("\\", "\\\\").replace('"', '\\"')
            yield number, f'{match["before"]}"{value}"{match["after"]}{lines[number][len(body) :]}'


def _is_text(value: str) -> bool:
    """A sentence, perhaps with placeholders: ``{newest} with trimethoprim``; not two lines that became one."""
    rest = _PLACEHOLDER.sub("x", value)
    if "  " in rest or rest.endswith(":") or any(word.endswith(_AT_THE_LEFT) for word in _BEFORE_COLON.findall(rest)):
        return False
    return not set(rest) & set("{}[]") or (rest[0] not in "[{" and _is_balanced(rest))


def _is_balanced(text: str) -> bool:
    open_ones: list[str] = []
    for sign in text:
        if sign in "[{":
            open_ones.append("]" if sign == "[" else "}")
        elif sign in "]}" and (not open_ones or open_ones.pop() != sign):
            return False
    return not open_ones


def _goes_on(lines: list[str], number: int) -> bool:
    """Whether the next line that is not empty stands further in."""
    below = next((line for line in lines[number + 1 :] if line.strip()), "")
    return _indent(below) > _indent(lines[number].replace("- ", "  "))
