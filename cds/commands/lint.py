"""``cds lint``: what an author should mend, each with file, line, column and a hint. It changes nothing."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click

from cds.commands.environment import settings_or_stop
from cds.commands.output import FOUND, OK, coloured, counted, json_option, problem_lines, report
from cds.documents.problem import Problem, in_order

#: The pages of problem codes stand beside the sources: lint is a tool of authors, who have them.
_PAGES = Path(__file__).resolve().parents[2] / "docs" / "problems"


@click.command()
@click.argument("path", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--explain", metavar="CODE", help="Show the page of a problem code, such as CDS205, and end.")
@json_option
def lint(path: Path | None, explain: str | None, *, as_json: bool) -> None:
    """Check the rulesets folder PATH (CDS_RULESETS if not given), or one version folder inside it.

    Ends with 0 when there is no error (warnings and advice may remain), else with 1.
    """
    if explain is not None:
        page = _page(explain)
        report([page.rstrip()], {"code": explain.upper(), "page": page}, as_json=as_json)
        return
    folder = path if path is not None else settings_or_stop().rulesets
    problems = problems_in(folder)
    counts = Counter[str](problem.severity for problem in problems)
    result = {"folder": str(folder), "counts": {name: counts[name] for name in ("error", "warning", "advice")}}
    status = FOUND if counts["error"] else OK
    report(_lines(folder, problems, counts), result, as_json=as_json, problems=problems, status=status)


def _lines(folder: Path, problems: list[Problem], counts: Counter[str]) -> Iterator[str]:
    yield from problem_lines(problems)
    if problems:
        yield "Each code has a page with an example: cds lint --explain <code>"
    told = [counted(counts["error"], "error"), counted(counts["warning"], "warning")]
    told += [f"{counts['advice']} of advice"] if counts["advice"] else []
    yield f"{folder}: {coloured(', '.join(told), 'error' if counts['error'] else 'good')}"


def _page(code: str) -> str:
    """A code is letters and digits: what else is written could name another file."""
    page = _PAGES / f"{code.upper()}.md"
    if not (code.isascii() and code.isalnum() and page.is_file()):
        raise click.BadParameter(f"no problem has the code {code}", param_hint="--explain")
    return page.read_text(encoding="utf-8")


def problems_in(folder: Path) -> list[Problem]:
    """What is wrong in a version folder (of a ruleset or a library), or in a folder of rulesets with its services."""
    from cds.authoring.card_check import check_cards
    from cds.rules.analysis.analyse import analyse
    from cds.rules.catalog.load import load_beside, load_catalog
    from cds.rules.catalog.shelf import Shelf
    from cds.services.catalogue import load_services

    if (folder / "library.yaml").is_file():
        found = Shelf(folder.resolve().parents[1]).at(folder)
        return in_order([*found.problems, *(analyse(found.library.declared) if found.library else [])])
    if (folder / "ruleset.yaml").is_file():
        ruleset, problems, reasons = load_beside(folder)
        remarks = [*analyse(ruleset), *check_cards(ruleset, reasons)] if ruleset else []
        return in_order([*problems, *remarks, *_in_cases(folder)])
    catalog, problems = load_catalog(folder)
    every = [version for versions in catalog.versions.values() for version in versions]
    remarks = [found for library in catalog.libraries for found in analyse(library.declared)]
    remarks += [
        found for version in every for found in (*analyse(version), *check_cards(version, catalog.override_reasons))
    ]
    services = load_services(folder / "services.yaml", catalog)[1]
    return in_order([*problems, *remarks, *services, *_in_cases(folder)])


def _in_cases(folder: Path) -> list[Problem]:
    from cds.authoring.cases import expand

    return [problem for file in sorted(folder.rglob("cases/*.yaml")) for problem in expand(file)[1]]
