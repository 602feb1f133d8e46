"""Broken and hostile files, put to the commands of authors: a problem with a place or a plain refusal, never more.

Exit code 3 is a fault of ours, and so is any exception that leaves a command.
"""

import os
import random
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cds.commands import main
from tests.authoring.suites import ONE, RULESET, write

ROOT = Path(__file__).parents[2]
BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 30))
CONTENTS = {
    "empty": b"",
    "aliases": BOMB.encode(),
    "huge": b"a: " + b"x" * (5 * 1024 * 1024),
    "many keys": b"".join(b"k%d: 1\n" % n for n in range(300)),
    "tabs": b"ruleset:\n\tname: x\n",
    "twice": b"ruleset: a\nruleset: b\n",
    "latin-1": "title: Bücher\n".encode("latin-1"),
    "utf-16": RULESET.encode("utf-16"),
    "binary": random.Random(1).randbytes(4096),
    "nul": b"ruleset: a\0b\n",
    "control": b"ruleset: \x1b[31m\x07\n",
    "escape": b'"\\x1b]0;title\\x07": "\\x1b[2J"\n',
    "deep": b"[" * 20_000,
    "deep tables": b"".join(b" " * n + b"a:\n" for n in range(300)),
    "tag": b"!!python/object/apply:os.system [id]\n",
    "documents": b"a: 1\n---\nb: 2\n",
    "list": b"- a\n- b\n",
    "word": b"word\n",
    "number": b"format: " + b"9" * 10_000 + b"\n",
    "surrogate": b'a: "\\uD800"\n',
    "json": b'{"hook": "order-sign", "context": [1, 2], "prefetch": null}',
    "deep json": b"[" * 100_000,
    "bom": b"\xef\xbb\xbf" + RULESET.encode(),
    "crlf": RULESET.replace("\n", "\r\n").encode(),
    "nothing but spaces": b"   \n\n  ",
}
PLACES = (
    "ruleset.yaml",
    "cases/limits.yaml",
    "value-sets/listed.csv",
    "../../override-reasons.yaml",
    "../../services.yaml",
    "../../topics.yaml",
    "../../shared/draft/library.yaml",
)
WITH_TABLE = "uses: {shared: shared@1.0.0}\n" + RULESET.replace(
    "{loinc: {2823-3: Potassium in Serum or Plasma}}", "{file: listed.csv}"
)
LIBRARY = """\
format: 1
library: shared
version: 1.0.0
status: draft
title: Shared
publisher: Example Health
approval-date: 2026-01-15
last-review-date: 2026-01-15
parameters:
  season-start: {says: The day on which a season begins, default: 1 July}
periods: {season: year from season-start}
value-sets: {flu-vaccine: {cvx: {"141": Influenza}}}
schedules:
  flu: {says: One dose each season, season: season, doses: [{age: {minimum: 6 months}}]}
definitions:
  adult: {says: At least 18 years old, age: now, is: at least 18 years}
"""
TABLE = "system,code,display\nloinc,2823-3,Potassium in Serum or Plasma\n"


def folder_in(tmp_path: Path) -> Path:
    folder = write(tmp_path, ONE, WITH_TABLE)
    (folder / "value-sets").mkdir(exist_ok=True)
    (folder / "value-sets" / "listed.csv").write_text(TABLE)
    rulesets = tmp_path / "rulesets"
    (rulesets / "services.yaml").write_text("{}\n")
    (rulesets / "topics.yaml").write_text("potassium: {ruleset: potassium}\n")
    (rulesets / "shared" / "draft").mkdir(parents=True, exist_ok=True)
    (rulesets / "shared" / "draft" / "library.yaml").write_text(LIBRARY)
    return folder


def run(tmp_path: Path, *arguments: object):
    environment = {"CDS_RULESETS": str(tmp_path / "rulesets"), "CDS_STATE": str(tmp_path / "state")}
    environment |= {"CDS_ENGINE": "reference"}
    return CliRunner().invoke(main, [str(each) for each in arguments], env=environment)


def ask_every_command(tmp_path: Path, folder: Path) -> None:
    """Each command that reads files of authors or callers; none may say more than a problem or a refusal."""
    request = ROOT / "docs/examples/order-sign.json"
    for arguments in (
        ("lint", tmp_path / "rulesets"),
        ("lint", folder, "--fix"),
        ("lint", "shared@draft"),
        ("test", folder, "--search", "0"),
        ("format", "--check", folder),
        ("diff", folder, folder, "--search", "0"),
        ("docs", "--out", tmp_path / "pages"),
        ("publish", folder.parent.name, "--check"),
        ("activate", f"{folder.parent.name}@1.0.0"),
        ("replay", request),
        ("explain", folder, request),
        ("export", folder),
        ("valuesets", "list", folder),
        ("valuesets", "check", folder),
    ):
        result = run(tmp_path, *arguments)
        told = f"{arguments}: {result.output[-2000:]} {result.exception!r}"
        assert result.exception is None or isinstance(result.exception, SystemExit), told
        assert result.exit_code in (0, 1, 2), told
        assert "Traceback" not in result.output, told
        assert "\x1b" not in result.output, told
        assert "\x07" not in result.output, told


def test_the_folder_of_these_tests_is_sound(tmp_path):
    folder = folder_in(tmp_path)
    assert run(tmp_path, "lint", folder).exit_code == 0
    assert run(tmp_path, "test", folder, "--search", "0").exit_code == 0


@pytest.mark.parametrize("content", CONTENTS)
def test_hostile_content_is_a_problem_or_a_refusal(tmp_path, content):
    folder = folder_in(tmp_path)
    for place in PLACES:
        file = (folder / place).resolve()
        before = file.read_bytes()
        file.write_bytes(CONTENTS[content])
        ask_every_command(tmp_path, folder)
        file.write_bytes(before)


def test_broken_content_is_named_with_its_file(tmp_path):
    folder = folder_in(tmp_path)
    for content in ("aliases", "huge", "tabs", "twice", "latin-1", "utf-16", "binary", "nul", "deep", "tag", "empty"):
        for place in ("ruleset.yaml", "cases/limits.yaml", "../../shared/draft/library.yaml"):
            before = (folder / place).read_bytes()
            (folder / place).write_bytes(CONTENTS[content])
            for command in (("lint", folder), ("test", folder, "--search", "0")):
                result = run(tmp_path, *command)
                assert result.exit_code == 1, (content, place, result.output)
                assert f"{os.path.normpath(folder / place)}:" in result.output, (content, place, result.output)
                assert "CDS" in result.output
            (folder / place).write_bytes(before)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("how", ["directory", "dangling link", "link outside", "link to a device", "pipe", "missing"])
def test_what_is_no_file_is_a_problem_or_a_refusal(tmp_path, how, place):
    folder = folder_in(tmp_path)
    file = (folder / place).resolve()
    file.unlink()
    match how:
        case "directory":
            file.mkdir()
        case "dangling link":
            file.symlink_to(tmp_path / "nowhere")
        case "link outside":
            (tmp_path / "outside").write_text("root:x:0:0:secret\n")
            file.symlink_to(tmp_path / "outside")
        case "link to a device":
            file.symlink_to("/dev/zero")
        case "pipe":
            os.mkfifo(file)
    ask_every_command(tmp_path, folder)


def test_a_link_that_leads_out_of_the_folder_is_a_problem_and_shows_nothing_of_what_it_leads_to(tmp_path):
    folder = folder_in(tmp_path)
    (tmp_path / "outside").write_text("secret: of another\n")
    for place in ("ruleset.yaml", "cases/limits.yaml", "value-sets/listed.csv"):
        before = (folder / place).read_bytes()
        (folder / place).unlink()
        (folder / place).symlink_to(tmp_path / "outside")
        for command in (("lint", folder), ("test", folder, "--search", "0")):
            result = run(tmp_path, *command)
            assert result.exit_code == 1, (place, result.output)
            assert "secret" not in result.output
        (folder / place).unlink()
        (folder / place).write_bytes(before)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_file_with_bytes_changed_anywhere_is_a_problem_or_still_sound(tmp_path, data):
    folder = folder_in(tmp_path)
    place = data.draw(st.sampled_from(PLACES))
    content = bytearray((folder / place).read_bytes())
    start = data.draw(st.integers(0, len(content) - 1))
    end = data.draw(st.integers(start, min(len(content), start + 30)))
    content[start:end] = data.draw(st.binary(max_size=12))
    (folder / place).write_bytes(bytes(content))
    for arguments in (("lint", folder), ("lint", folder, "--fix"), ("test", folder, "--search", "0"), ("lint",)):
        result = run(tmp_path, *arguments)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.output
        assert result.exit_code in (0, 1, 2), result.output
