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
    click.echo(f"{folder}: {errors} errors, {len(problems) - errors} warnings")
    if errors:
        raise click.exceptions.Exit(1)


def problems_in(folder: Path) -> list[Problem]:
    """What is wrong in a version folder (it holds a ruleset.yaml), or in a folder of rulesets."""
    from cds.rules.catalog.load import load_catalog, load_version

    if not (folder / "ruleset.yaml").is_file():
        return load_catalog(folder)[1]
    # The list of override reasons belongs to all rulesets: rulesets/<name>/<version>/ruleset.yaml.
    catalog, _ = load_catalog(folder.resolve().parents[1])
    return in_order(load_version(folder, catalog.override_reasons)[1])
