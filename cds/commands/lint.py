"""``cds lint``: what an author should mend, each with file, line, column and a hint. It changes nothing."""

from pathlib import Path

import click

from cds.commands.environment import settings_or_stop
from cds.documents.problem import Problem, in_order


@click.command()
@click.argument("path", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
def lint(path: Path | None) -> None:
    """Check the rulesets folder PATH (CDS_RULESETS if not given), or one version folder inside it.

    Ends with 0 when there is no error (warnings may remain), else with 1.
    """
    folder = path if path is not None else settings_or_stop().rulesets
    problems = problems_in(folder)
    for problem in problems:
        click.echo(str(problem))
    errors = sum(problem.severity == "error" for problem in problems)
    if problems:
        click.echo("Each code has a page with an example: docs/problems/<code>.md")
    click.echo(f"{folder}: {_counted(errors, 'error')}, {_counted(len(problems) - errors, 'warning')}")
    if errors:
        raise click.exceptions.Exit(1)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def problems_in(folder: Path) -> list[Problem]:
    """What is wrong in a version folder (it holds a ruleset.yaml), or in a folder of rulesets with its services."""
    from cds.rules.catalog.load import load_catalog, load_version
    from cds.services.catalogue import load_services

    if (folder / "ruleset.yaml").is_file():
        # The list of override reasons belongs to all rulesets: rulesets/<name>/<version>/ruleset.yaml.
        catalog, _ = load_catalog(folder.resolve().parents[1])
        return in_order([*load_version(folder, catalog.override_reasons)[1], *_in_cases(folder)])
    catalog, problems = load_catalog(folder)
    services = load_services(folder / "services.yaml", catalog)[1]
    return in_order([*problems, *services, *_in_cases(folder)])


def _in_cases(folder: Path) -> list[Problem]:
    from cds.authoring.cases import expand

    return [problem for file in sorted(folder.rglob("cases/*.yaml")) for problem in expand(file)[1]]
