"""A run of cases told: as lines for a terminal, as data, and as JUnit XML for build servers."""

from collections.abc import Callable, Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from cds.authoring.case_finding import FoundCase
from cds.authoring.case_running import CaseResult, Mutation, SuiteReport, percent
from cds.authoring.case_writing import case_text
from cds.authoring.coverage import Goal
from cds.authoring.mutation.mutants import Mutant
from cds.documents.problem import Location

#: Paints a text by its meaning (``error``, ``warning``, ``good``), where there are colours.
Paint = Callable[[str, str], str]
#: What is proven to change nothing is not listed; a survivor that no case was found for may still be such a one.
_MAYBE_EQUIVALENT = "it needs one of its own, or may be equivalent (then nobody could notice it)"
_TITLES = {
    "rule": "rules, firing and silent",
    "definition": "definitions: hold, fail, unknown",
    "boundary": "both sides of every edge",
    "policy": "policies for the unknown",
}


def lines(report: SuiteReport, paint: Paint, *, searched: bool) -> Iterator[str]:
    """Failures first, then what no case shows, then the figures. searched: whether cases were looked for."""
    total, failed = len(report.results), report.failed
    yield f"{report.address}  {report.suite.folder}"
    for result in failed:
        yield from _failure(result, paint)
    if not total:
        yield paint("  it has no case: nothing was tested", "warning")
        return
    if not failed:  # what failing cases show may be wrong
        offers = _Offers(_Naming(report), searched)
        yield from _missing(report, offers)
        if report.mutation is not None:
            yield from _survivors(report.mutation, offers)
        yield from _figures(report)
    told = f"{total - len(failed)} of {total} cases come out as they say"
    yield "  " + paint(told, "error" if failed else "good")


def _failure(result: CaseResult, paint: Paint) -> Iterator[str]:
    for sentence in result.failures:
        place = result.run.location
        yield f"  {paint('failed', 'error')} {place.file}:{place.line}: case '{result.run.name}' {sentence}"


def _missing(report: SuiteReport, offers: "_Offers") -> Iterator[str]:
    if report.missing:
        yield "  no case shows that"
    for goal in report.missing:
        yield f"    {_at(goal.location)}: {goal.name} {goal.told}"
        yield from offers.lines(report.found.get(goal))


def _survivors(mutation: Mutation, offers: "_Offers") -> Iterator[str]:
    survived = mutation.of("survived")
    if survived:
        yield "  no case notices that"
    for mutant, _ in survived:
        yield f"    {_at(mutant.location)}: {mutant.name}: {mutant.told}"
        yield from offers.lines(mutation.killers.get(mutant.key), _MAYBE_EQUIVALENT)
    for mutant, result in mutation.of("equivalent"):
        yield f"    not counted: {_at(mutant.location)}: {mutant.name}: {mutant.told} ({result.why})"


class _Offers:
    """Cases to paste, each printed once: one case often shows several things. searched: whether any were looked for."""

    def __init__(self, naming: "_Naming", searched: bool) -> None:
        self._naming = naming
        self._searched = searched
        self._printed: set[str] = set()

    def lines(self, found: FoundCase | None, else_said: str = "it needs one of its own") -> Iterator[str]:
        """The case that shows what was just named."""
        if found is None:
            if self._searched:
                yield f"      no case was found by changing those that exist: {else_said}"
            return
        text = self._naming.text(found)
        name = text.partition("\n")[0].strip().removeprefix("- name: ")
        if text in self._printed:
            yield f"      shown by the same case: {name}"
            return
        self._printed.add(text)
        yield f"      if that is right, add to {Path(found.made_from.location.file).name}:"
        yield from (f"      {line}" for line in text.splitlines())


class _Naming:
    """Cases to paste, each under a name that no case of the version has, nor another one that is offered."""

    def __init__(self, report: SuiteReport) -> None:
        self._taken = {run.name for run in report.suite.runs}
        self._given: dict[str, str] = {}

    def text(self, found: FoundCase) -> str:
        """The same for the same case."""
        usual = f"{found.made_from.name}, {found.what}"
        written = case_text(found.run, usual, found.fired, found.verdicts)
        if written not in self._given:
            name = next(name for name in _names(usual, found) if name not in self._taken)
            self._taken.add(name)
            self._given[written] = case_text(found.run, name, found.fired, found.verdicts)
        return self._given[written]


def _names(usual: str, found: FoundCase) -> Iterator[str]:
    yield usual
    verdicts = [f"{name} {word}" for word, names in found.verdicts.items() for name in names]
    if verdicts:
        yield f"{usual}, {', '.join(verdicts)}"
    yield from (f"{usual}, {number}" for number in count(2))


def _at(place: Location) -> str:
    return f"{Path(place.file).name}:{place.line}"


def _figures(report: SuiteReport) -> Iterator[str]:
    for kind, (shown, of) in report.counts().items():
        yield f"  {_TITLES[kind]:<34}{shown:>5} of {of:<5}{percent(shown, of):5.1f} %"
    yield f"  {'coverage':<34}{len(report.shown):>5} of {len(report.goals.all):<5}{report.percent:5.1f} %"
    if report.mutation is not None:
        caught, of = report.mutation.score
        yield f"  {'mutants caught':<34}{caught:>5} of {of:<5}{percent(caught, of):5.1f} %"
        if untried := len(report.mutation.of("untried")):
            yield f"  {untried} mutants were not tried: the time was over"


def as_json(report: SuiteReport) -> dict[str, Any]:
    """All of it as plain data."""
    naming = _Naming(report)
    told: dict[str, Any] = {
        "ruleset": report.address,
        "folder": str(report.suite.folder),
        "cases": len(report.results),
        "failed": [
            {"case": each.run.name, **_place(each.run.location), "failures": list(each.failures)}
            for each in report.failed
        ],
        "coverage": {kind: {"shown": shown, "of": of} for kind, (shown, of) in report.counts().items()},
        "percent": round(report.percent, 2),
        "missing": [_goal_data(report, naming, goal) for goal in report.missing],
    }
    if report.mutation is not None:
        told["mutation"] = _mutation_data(report.mutation, naming)
    return told


def _goal_data(report: SuiteReport, naming: _Naming, goal: Goal) -> dict[str, Any]:
    told = {"kind": goal.kind, "name": goal.name, "told": goal.told, **_place(goal.location)}
    return told | _case_data(report.found.get(goal), naming)


def _case_data(found: FoundCase | None, naming: _Naming) -> dict[str, Any]:
    if found is None:
        return {"case": None}
    return {"case": naming.text(found), "like": found.made_from.name, "file": found.made_from.location.file}


def _mutation_data(mutation: Mutation, naming: _Naming) -> dict[str, Any]:
    caught, of = mutation.score
    return {
        "caught": caught,
        "of": of,
        "percent": round(percent(caught, of), 2),
        "untried": len(mutation.of("untried")),
        "survived": [
            _mutant_data(mutant) | _case_data(mutation.killers.get(mutant.key), naming)
            for mutant, _ in mutation.of("survived")
        ],
        "equivalent": [_mutant_data(mutant) | {"why": result.why} for mutant, result in mutation.of("equivalent")],
    }


def _mutant_data(mutant: Mutant) -> dict[str, Any]:
    place = mutant.location
    told = {"key": mutant.key, "kind": mutant.kind, "name": mutant.name, "told": mutant.told}
    return told | {"ruleset": place.file, "line": place.line}


def _place(place: Location) -> dict[str, Any]:
    return {"file": place.file, "line": place.line}


def junit(reports: Sequence[SuiteReport]) -> bytes:
    """JUnit XML: a suite for each version, a test case for each case."""
    root = ET.Element("testsuites")
    for report in reports:
        suite = ET.SubElement(root, "testsuite", name=report.address)
        suite.set("tests", str(len(report.results)))
        suite.set("failures", str(len(report.failed)))
        for result in report.results:
            place = result.run.location
            case = ET.SubElement(suite, "testcase", name=result.run.name, classname=report.address)
            case.set("file", place.file)
            case.set("line", str(place.line))
            if result.failures:
                failure = ET.SubElement(case, "failure", message=_xml(result.failures[0]))
                failure.text = _xml("\n".join(result.failures))
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _xml(text: str) -> str:
    """Without the characters that XML 1.0 does not have."""
    return "".join(sign if sign >= " " or sign in "\n\t" else "�" for sign in text)
