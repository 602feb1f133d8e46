"""``cds schema``: the rule language as JSON Schema, for editors. rulesets/schema.json is what it prints."""

import json

import click


@click.command()
def schema() -> None:
    """Print the JSON Schema of rulesets (YAML editors complete keys and underline shapes with it)."""
    from cds.rules.source.schema import schema as built

    click.echo(json.dumps(built(), indent=2, sort_keys=True))
