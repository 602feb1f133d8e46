"""What every command has: help that teaches by an example, JSON in one envelope, exit codes that mean something."""

import json
import shlex
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from cds.commands import main
from cds.commands.examples import EXAMPLES
from cds.logs import get_logger

ROOT = Path(__file__).parents[2]
#: They serve and print a document: there is nothing to put into an envelope.
WITHOUT_JSON = {"serve", "schema"}


def leaves(group, above=()):
    for name, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            yield from leaves(command, (*above, name))
        else:
            yield " ".join((*above, name)), command


EVERY = dict(leaves(main))


def arguments_of(words):
    """Of its example, without what a shell would do."""
    typed = shlex.split(EXAMPLES[words])
    typed = typed[typed.index("cds") + 1 :]
    typed = typed[: next((place for place, word in enumerate(typed) if word in "<>"), len(typed))]
    assert typed[: len(words.split())] == words.split()
    return typed


def test_every_command_has_an_example_and_every_example_a_command():
    assert EXAMPLES.keys() == EVERY.keys()


@pytest.mark.parametrize("words", sorted({words.rpartition(" ")[0] for words in EVERY}))
def test_a_list_of_commands_says_of_each_a_whole_sentence(words):
    told = CliRunner().invoke(main, [*words.split(), "--help"]).output.partition("Commands:\n")[2]
    assert told
    assert "..." not in told


@pytest.mark.parametrize("words", EVERY)
def test_help_says_what_it_does_and_shows_an_example_that_can_be_typed(words):
    told = CliRunner().invoke(main, [*words.split(), "--help"])
    assert told.exit_code == 0
    assert f"Example:\n    {EXAMPLES[words]}" in told.output
    command = EVERY[words]
    assert command.help, words
    options = {option for each in command.params for option in each.opts}
    for word in arguments_of(words)[len(words.split()) :]:
        assert not word.startswith("--") or word in options, word


@pytest.mark.parametrize("words", [words for words in EVERY if words not in WITHOUT_JSON])
def test_whatever_comes_of_it_json_is_one_envelope_and_the_exit_code_is_in_it(words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # nothing of the example is there: most are refused
    (tmp_path / "rulesets").mkdir()
    for name, value in {"CDS_STATE": "state", "CDS_ENGINE": "reference", "CDS_RULESETS": "rulesets"}.items():
        monkeypatch.setenv(name, str(tmp_path / value) if name != "CDS_ENGINE" else value)
    for word in arguments_of(words):
        if word.endswith((".json", "my-token")) and "/" not in word:
            (tmp_path / word).write_text("{}")
    (tmp_path / "docs" / "examples").mkdir(parents=True)
    (tmp_path / "docs" / "known-disagreements.yaml").write_text("{}\n")
    request = "docs/examples/order-sign.json"
    (tmp_path / request).write_bytes((ROOT / request).read_bytes())
    invoke = click.Command.invoke

    def logging(command, context):
        get_logger().warning("something_beside")
        return invoke(command, context)

    monkeypatch.setattr(click.Command, "invoke", logging)
    done = CliRunner().invoke(main, [*arguments_of(words), "--json"], input="no.token.here")
    assert done.exit_code in (0, 1, 2), done.output
    assert "something_beside" in done.stderr
    told = json.loads(done.stdout)
    assert {"envelope", "command", "ok", "exit", "problems", "result"} <= told.keys()
    assert (told["command"], told["exit"], told["ok"]) == (f"cds {words}", done.exit_code, done.exit_code == 0)
    assert told["result"] is not None or told.get("error") or told["problems"]


@pytest.mark.parametrize("words", EVERY)
def test_an_option_that_there_is_not_ends_with_2_and_says_so(words):
    done = CliRunner().invoke(main, [*words.split(), "--nonsense"])
    assert done.exit_code == 2
    assert "--nonsense" in done.stderr
