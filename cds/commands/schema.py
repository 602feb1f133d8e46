"""``cds schema``: the rule language as JSON Schema, for editors, as in rulesets/schema.json and library-schema.json."""

import json

import click


@click.command()
@click.option("--library", is_flag=True, help="That of libraries.")
def schema(library: bool) -> None:
    """Print the JSON Schema of rulesets (YAML editors complete keys and underline shapes with it)."""
    from cds.rules.source.schema import library_schema
    from cds.rules.source.schema import schema as ruleset_schema

    click.echo(json.dumps(library_schema() if library else ruleset_schema(), indent=2, sort_keys=True))
