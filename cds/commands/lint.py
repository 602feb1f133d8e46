"""``cds lint``: what an author should mend, each with file, line, column and a hint; ``--fix`` mends what is safe."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cds.authoring.processes import some_processes
from cds.commands.environment import CannotStart, moment_or_stop, settings_or_stop
from cds.commands.output import FOUND, OK, coloured, counted, json_option, plain, problem_lines, report, write_anew
from cds.commands.versions import folders_named
from cds.documents.files import read_file
from cds.documents.problem import Problem, in_order
from cds.rules.collecting import collector_paused
from cds.settings import Settings

if TYPE_CHECKING:
    from cds.authoring.fixing import Fix
    from cds.rules.catalog.load import Catalog

#: Reading fewer takes no longer than starting a process.
_MANY_CASE_FILES = 60
#: Case files that a process takes at a time.
_AT_A_TIME = 8
_MAIN = ("ruleset", "library")
#: The pages of problem codes stand beside the sources: lint is a tool of authors, who have them.
_PAGES = Path(__file__).resolve().parents[2] / "docs" / "problems"


@click.command()
@click.argument("where", required=False, metavar="[WHERE]")
@click.option("--at", "at", help="The day on which reviews are counted (today if not given).")
@click.option("--fix", is_flag=True, help="Mend what is safe to mend in drafts, and show each line before and after.")
@click.option("--explain", metavar="CODE", help="Show the page of a problem code, such as CDS205, and end.")
@json_option
def lint(where: str | None, at: str | None, fix: bool, explain: str | None, *, as_json: bool) -> None:
    """Check rulesets: WHERE is the folder of all (CDS_RULESETS if not given), a version folder, or NAME@VERSION.

    Drafts are looked at when they are named. Ends with 0 when there is no error (warnings and advice may remain), else
    with 1.
    """
    if explain is not None:
        page = _page(explain)
        report([page.rstrip()], {"code": explain.upper(), "page": page}, as_json=as_json)
        return
    settings = settings_or_stop()
    day = moment_or_stop(at, settings).today
    folder = _folder(where, settings)
    fixed = [done for file in _drafts(folder) for done in _mended(file)] if fix else []
    problems = problems_in(folder, day)
    counts = Counter[str](problem.severity for problem in problems)
    told = {name: counts[name] for name in ("error", "warning", "advice")}
    result: dict[str, object] = {"folder": str(folder), "counts": told}
    result |= {"fixed": [done.data for done in fixed]} if fix else {}
    lines = [*(line for done in fixed for line in done.lines), *_lines(folder, problems, counts)]
    report(lines, result, as_json=as_json, problems=problems, status=FOUND if counts["error"] else OK)


def _folder(where: str | None, settings: Settings) -> Path:
    if where is None:
        return settings.rulesets
    if os.path.isdir(where):  # a name that no file can have is none, not a fault
        return Path(where)
    found = folders_named([where], settings.rulesets)
    if len(found) > 1:
        told = " ".join(f"{folder.parent.name}@{folder.name}" for folder in found)
        raise CannotStart(f"{where} has several versions: name one of {told}")
    return found[0]


@dataclass(frozen=True, slots=True)
class _Mended:
    """What was done to a file: fixes, and whether it was laid out anew as well."""

    file: Path
    fixes: "list[Fix]"
    is_laid_out: bool

    @property
    def lines(self) -> Iterator[str]:
        for fix in self.fixes:
            yield f"{self.file}:{fix.line}: {coloured('mended', 'good')} {fix.code}"
            yield f"    - {plain(fix.before)}"
            yield f"    + {plain(fix.after)}"
        if self.is_laid_out:
            yield f"{self.file}: {coloured('laid out', 'good')} anew; what it says is the same"

    @property
    def data(self) -> dict[str, object]:
        fixes = [{"line": f.line, "code": f.code, "before": f.before, "after": f.after} for f in self.fixes]
        return {"file": str(self.file), "fixes": fixes, "laidOut": self.is_laid_out}


def _drafts(folder: Path) -> list[Path]:
    """The drafts that may be mended: versions that have a digest are never edited."""
    files = (
        [folder / "ruleset.yaml"] if os.path.lexists(folder / "ruleset.yaml") else folder.glob("*/draft/ruleset.yaml")
    )
    return sorted(file for file in files if not (file.parent / "DIGEST").exists() and not file.is_symlink())


def _mended(file: Path) -> "list[_Mended]":
    from cds.authoring.fixing import mend
    from cds.documents.layout import laid_out

    before, _ = read_file(file)
    if before is None:
        return []  # lint names it
    try:
        text = before.decode("utf-8")
    except UnicodeDecodeError:
        return []  # lint names it
    text, fixes = mend(text, partial(_problems_of_text, file))
    tidy, _ = laid_out(text.encode(), str(file))
    after = tidy if tidy is not None else text.encode()
    if after == before:
        return []
    write_anew(file, after)
    return [_Mended(file, fixes, is_laid_out=after != text.encode())]


def _problems_of_text(file: Path, text: str) -> list[Problem]:
    """What is wrong with a file if it had this text."""
    from cds.rules.catalog.load import causes, load_override_reasons
    from cds.rules.catalog.shelf import Shelf
    from cds.rules.catalog.version_folder import opener
    from cds.rules.source.read import read_ruleset

    home = file.resolve().parents[2]
    reasons, in_list = load_override_reasons(home / "override-reasons.yaml")
    found = read_ruleset(text.encode(), str(file), opener(file.parent), reasons, find_library=Shelf(home).find)[1]
    return [problem for problem in causes([*in_list, *found]) if problem.location.file == str(file)]


def _lines(folder: Path, problems: list[Problem], counts: Counter[str]) -> Iterator[str]:
    yield from problem_lines(problems)
    if problems:
        yield "Each code has a page with an example: cds lint --explain <code>"
    told = [counted(counts["error"], "error"), counted(counts["warning"], "warning")]
    told += [f"{counts['advice']} of advice"] if counts["advice"] else []
    yield f"{folder}: {coloured(', '.join(told), 'error' if counts['error'] else 'good')}"
    if drafts := sorted(file.parents[1].name for file in folder.glob("*/draft/*.yaml") if file.stem in _MAIN):
        yield f"drafts are looked at when they are named: {', '.join(f'{name}@draft' for name in drafts)}"


def _page(code: str) -> str:
    """A code is letters and digits: what else is written could name another file."""
    page = _PAGES / f"{code.upper()}.md"
    if not (code.isascii() and code.isalnum() and page.is_file()):
        raise click.BadParameter(f"no problem has the code {code}", param_hint="--explain")
    return page.read_text(encoding="utf-8")


def problems_in(folder: Path, day: date) -> list[Problem]:
    """What is wrong in a version folder (of a ruleset or a library), or in a folder of rulesets with its services."""
    if os.path.lexists(folder / "library.yaml"):
        return _in_library(folder)
    if os.path.lexists(folder / "ruleset.yaml"):
        return _in_version(folder, day)
    with _read_beside(folder) as in_cases:  # begun first: the modules below take a third of a second to import
        return in_order([*_in_all(folder, day), *in_cases()])


def _in_library(folder: Path) -> list[Problem]:
    from cds.rules.analysis.analyse import analyse
    from cds.rules.catalog.shelf import Shelf

    found = Shelf(folder.resolve().parents[1]).at(folder)
    remarks = analyse(found.library.declared) if found.library else []
    return in_order([*found.problems, *remarks, *_not_filled_in(folder / "library.yaml")])


def _in_version(folder: Path, day: date) -> list[Problem]:
    from cds.authoring.card_check import check_cards
    from cds.authoring.rights_check import check_rights
    from cds.rules.analysis.analyse import analyse
    from cds.rules.catalog.load import load_beside

    ruleset, problems, reasons = load_beside(folder)
    if ruleset is not None:
        problems += [*analyse(ruleset), *check_cards(ruleset, reasons), *check_rights(ruleset, day)]
    problems += _not_filled_in(folder / "ruleset.yaml")
    return in_order([*problems, *_in_cases(sorted(folder.rglob("cases/*.yaml")))])


def _in_all(folder: Path, day: date) -> list[Problem]:
    """What is wrong in the published versions, libraries and services of a folder, but for the cases."""
    from cds.authoring.card_check import check_cards
    from cds.authoring.rights_check import check_rights
    from cds.rules.analysis.analyse import analyse
    from cds.rules.catalog.load import load_catalog
    from cds.services.catalogue import load_services
    from cds.services.lapsed import lapsed
    from cds.services.uncalled import uncalled

    with collector_paused():
        catalog, problems = load_catalog(folder, found_by=analyse)
        for library in catalog.libraries:
            problems += analyse(library.declared)
        for version in (version for versions in catalog.versions.values() for version in versions):
            problems += [*check_cards(version, catalog.override_reasons), *check_rights(version, day)]
            problems += _not_filled_in(Path(version.location.file))
        services, in_services = load_services(folder / "services.yaml", catalog, _unread(folder, catalog))
        problems += [*in_services, *uncalled(services, catalog, folder / "services.yaml")]
        return [*problems, *lapsed(services, catalog, day)]


def _unread(folder: Path, catalog: "Catalog") -> set[str]:
    """The rulesets of which some version could not be read."""
    read = {version.address for versions in catalog.versions.values() for version in versions}
    found = (path.parent for path in folder.glob("*/[0-9]*/ruleset.yaml"))
    return {path.parent.name for path in found if f"{path.parent.name}@{path.name}" not in read}


@contextmanager
def _read_beside(folder: Path) -> Iterator[Callable[[], list[Problem]]]:
    """What is wrong in the case files; where they are many, a process of its own begins with them meanwhile.

    Who asks for it takes from the other end what that one has not begun: both are done at the same time.
    """
    files = sorted(folder.rglob("cases/*.yaml"))
    if len(files) <= _MANY_CASE_FILES:
        yield lambda: _in_cases(files)
        return
    import_module("cds.authoring.cases")  # the other process has it from the start, and this one needs it too
    parts = [files[start : start + _AT_A_TIME] for start in range(0, len(files), _AT_A_TIME)]
    with some_processes(1) as pool:
        begun = [pool.submit(_in_cases, part) for part in parts]

        def found() -> list[Problem]:
            told = []
            for part, waiting in zip(reversed(parts), reversed(begun), strict=True):
                told += _in_cases(part) if waiting.cancel() else waiting.result()
            return told

        yield found


def _not_filled_in(file: Path) -> list[Problem]:
    from cds.authoring.rights_check import check_filled_in

    content, _ = read_file(file)
    return check_filled_in(content, str(file)) if content is not None else []


def _in_cases(files: Sequence[Path]) -> list[Problem]:
    from cds.authoring.cases import expand

    with collector_paused():
        return [problem for file in files for problem in expand(file)[1]]
