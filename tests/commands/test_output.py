"""The output contract that docs/commands.md tells: envelope, exit codes, tables, colours."""

import io
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from cds.commands import main
from cds.commands.environment import CannotStart
from cds.commands.output import (
    ENVELOPE,
    FOUND,
    Commands,
    coloured,
    json_option,
    plain,
    problem_lines,
    progress,
    report,
    table,
    waiting,
)
from cds.documents.problem import Location, Problem
from cds.logs import get_logger, on_standard_error, on_standard_output

ROOT = Path(__file__).parents[2]
PROBLEM = Problem("CDS201", Location("a.yaml", 3, 5), "no such name", "did you mean b?", "warning")


@click.group(cls=Commands)
@click.option("--traceback", is_flag=True)
def group(traceback):
    """Commands that do what a test needs."""


@group.command()
@click.argument("what")
@json_option
def do(what, as_json):
    if what == "refuse":
        raise CannotStart("no \x1b[31mred\nnext line")
    if what == "break":
        raise ValueError("secret of the patient")
    if what == "stop":
        raise KeyboardInterrupt
    report(["line"], {"a": 1}, as_json=as_json, problems=[PROBLEM], status=FOUND if what == "find" else 0)


def run(*arguments):
    return CliRunner().invoke(group, ["do", *arguments])


def test_the_envelope_is_the_same_for_every_command():
    result = run("find", "--json")
    told = json.loads(result.stdout)
    assert list(told) == ["envelope", "command", "ok", "exit", "problems", "result"]
    assert (told["envelope"], told["command"], told["ok"], told["exit"]) == (ENVELOPE, "cds do", False, 1)
    assert told["result"] == {"a": 1}
    assert told["problems"] == [
        {
            "code": "CDS201",
            "severity": "warning",
            "message": "no such name",
            "hint": "did you mean b?",
            "file": "a.yaml",
            "line": 3,
            "column": 5,
        }
    ]
    assert result.exit_code == 1


def test_lines_are_for_people_and_0_is_as_hoped():
    assert (run("good").stdout, run("good").exit_code) == ("line\n", 0)
    assert json.loads(run("good", "--json").stdout)["ok"] is True


def test_what_cannot_be_done_is_told_in_the_envelope_too_and_ends_with_2():
    result = run("refuse", "--json")
    told = json.loads(result.stdout)
    assert (told["ok"], told["exit"], told["result"]) == (False, 2, None)
    assert told["error"] == "no \\x1b[31mred\nnext line"
    assert run("refuse").stdout == ""
    assert result.exit_code == 2


def test_a_fault_of_our_own_is_one_line_without_what_was_being_read_and_ends_with_3():
    result = run("break")
    assert result.exit_code == 3
    assert "a fault of cds itself: ValueError" in result.stderr
    assert "secret" not in result.output
    assert json.loads(run("break", "--json").stdout)["exit"] == 3


def test_a_fault_of_our_own_is_shown_whole_when_asked_for():
    result = CliRunner().invoke(group, ["--traceback", "do", "break"])
    assert isinstance(result.exception, ValueError)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="only Linux has /dev/full")
@pytest.mark.parametrize(
    "arguments", [["--explain", "CDS205"], ["--explain", "CDS205", "--json"], ["warfarin-nsaid@1.0.0"]]
)
def test_a_full_disk_behind_the_output_is_told_in_one_line_and_ends_with_2(arguments):
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "cds", "lint", *arguments]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, cwd=ROOT, check=False)
    assert done.returncode == 2
    assert done.stderr == "Error: what was found cannot be written: No space left on device\n"


def test_ctrl_c_ends_with_130():
    assert run("stop").exit_code == 130


def test_a_wrong_option_ends_with_2():
    assert run("good", "--jsn").exit_code == 2


def test_no_command_of_ours_is_without_json_but_those_that_print_a_document_or_serve():
    def leaves(command, path=()):
        if isinstance(command, click.Group):
            for name, each in command.commands.items():
                yield from leaves(each, (*path, name))
        else:
            yield " ".join(path), command

    without = {name for name, each in leaves(main) if not any(p.name == "as_json" for p in each.params)}
    assert without == {"serve", "schema"}


def test_a_problem_is_shown_with_its_place_its_code_and_what_to_do():
    assert list(problem_lines([PROBLEM])) == [
        f"a.yaml:3:5: {coloured('CDS201', 'warning')} warning: no such name",
        "    did you mean b?",
    ]


def test_hostile_text_does_nothing_to_a_terminal():
    hostile = Problem("CDS101", Location("\x1b]0;x\x07.yaml"), "key \x9b2J", "")
    assert all(line.replace(coloured("CDS101", "error"), "").isprintable() for line in problem_lines([hostile]))
    assert plain("a\nb\u202ec") == r"a\nb\u202ec"


def test_a_table_is_a_line_to_a_row_where_nobody_looks():
    rows = [("short", 7, "[bold]not markup[/]"), ("x" * 200, 1234, "\x1b[31m")]
    assert list(table(["name", "n", "note"], rows)) == [
        f"{'name':200}  {'n':>4}  note",
        f"{'short':200}  {'7':>4}  [bold]not markup[/]",
        f"{'x' * 200}  1234  \\x1b[31m",
    ]


def test_a_bar_is_for_terminals(monkeypatch):
    stderr = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stderr)
    with progress("working", 2) as advance:
        advance(1)
    assert stderr.getvalue() == ""


def on_terminal(*command, **environment):
    """What a command sends to a terminal."""
    ours, theirs = pty.openpty()
    env = {k: v for k, v in os.environ.items() if k != "NO_COLOR"} | {"TERM": "xterm"} | environment
    process = subprocess.Popen(command, cwd=ROOT, stdout=theirs, stderr=theirs, env=env)
    os.close(theirs)
    seen = b""
    try:
        while part := os.read(ours, 4096):
            seen += part
    except OSError:  # the other end has closed
        pass
    process.wait(30)
    os.close(ours)
    return seen.decode()


WORK = """
import time
from cds.commands import output
output._BAR_AFTER = 0
with output.progress("one step", 1) as advance:
    advance(1)
with output.progress("two steps", 2) as advance:
    advance(1)
    advance(1)
with output.waiting("looking for cases"):
    time.sleep(0.1)
"""


def test_long_work_says_on_a_terminal_what_goes_on_and_leaves_nothing_behind():
    """What is done after its first step shows no bar, which would only flicker."""
    seen = on_terminal(sys.executable, "-c", WORK)
    assert "two steps" in seen
    assert "looking for cases" in seen
    assert "one step" not in seen
    assert seen.rstrip().endswith("\x1b[2K")


def test_work_without_a_terminal_is_silent(capsys):
    with waiting("looking for cases"):
        pass
    assert capsys.readouterr() == ("", "")


def in_terminal(tmp_path, **environment):
    """What ``cds lint`` of a broken ruleset sends to a terminal."""
    (tmp_path / "ruleset.yaml").write_text("ruleset: [\n")
    return on_terminal(sys.executable, "-m", "cds", "lint", str(tmp_path), **environment)


@pytest.mark.parametrize(
    ("environment", "has_colour"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)]
)
def test_colours_are_for_terminals_that_want_them(tmp_path, environment, has_colour):
    assert ("\x1b[" in in_terminal(tmp_path, **environment)) is has_colour


def test_nothing_is_coloured_in_a_pipe(tmp_path):
    (tmp_path / "ruleset.yaml").write_text("ruleset: [\n")
    told = subprocess.run(
        [sys.executable, "-m", "cds", "lint", str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert "\x1b" not in told.stdout + told.stderr
    assert told.returncode == 1


def test_the_log_stands_beside_a_result_and_on_standard_output_where_the_command_serves(capsys):
    with on_standard_error():
        get_logger().warning("beside")
        on_standard_output()
        get_logger().warning("serving")
    get_logger().warning("afterwards")
    told = capsys.readouterr()
    assert "beside" in told.err
    assert ("serving" in told.out, "afterwards" in told.out, "beside" in told.out) == (True, True, False)
