"""The command line: one module per command. It prints and chooses exit codes; it decides nothing.

How all of them speak (exit codes, ``--json``, tables, colour, progress): ``output.py`` and docs/commands.md.
"""

import click

from cds import __version__
from cds.commands.activation import activate, canary, resume, retire, rollback, stop
from cds.commands.decisions import decisions
from cds.commands.diff import diff
from cds.commands.docs import docs
from cds.commands.examples import teach
from cds.commands.explain import explain
from cds.commands.export import export
from cds.commands.format import format_files
from cds.commands.lint import lint
from cds.commands.new import new
from cds.commands.output import Commands
from cds.commands.publish import approve, publish, verify
from cds.commands.replay import replay
from cds.commands.schema import schema
from cds.commands.serve import serve
from cds.commands.shadow import shadow
from cds.commands.status import status
from cds.commands.test import run_tests
from cds.commands.tokens import tokens
from cds.commands.valuesets import valuesets
from cds.commands.valuesets_check import check
from cds.commands.valuesets_diff import diff as diff_of_value_sets
from cds.commands.valuesets_import import import_set


@click.group(cls=Commands)
@click.version_option(__version__, prog_name="cds")
@click.option("--traceback", is_flag=True, help="Show all of a fault of cds itself (it may repeat what was read).")
def main(traceback: bool) -> None:
    """Clinical decision support rules service: CDS Hooks in, evidence-linked cards out."""


main.add_command(serve)
main.add_command(replay)
main.add_command(new)
main.add_command(lint)
main.add_command(tokens)
main.add_command(explain)
main.add_command(format_files)
main.add_command(schema)
main.add_command(decisions)
for command in (activate, canary, shadow, retire, rollback, stop, resume, status):
    main.add_command(command)
main.add_command(run_tests)
for command in (import_set, diff_of_value_sets, check):
    valuesets.add_command(command)
main.add_command(valuesets)
for command in (diff, docs, export, publish, approve, verify):
    main.add_command(command)
teach(main)
