"""What a newcomer without compiler, Python or git is told: one line, and status 2."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / ".ci" / "prerequisites"


def check(path: str, python: str = "") -> "subprocess.CompletedProcess[str]":
    env = {"PATH": path, "PYTHON": python}
    return subprocess.run(["/bin/sh", str(SCRIPT)], env=env, capture_output=True, text=True, timeout=30, check=False)


def folder_with(tmp_path: Path, *names: str) -> str:
    """A folder for PATH in which these programs, and no others, can be found."""
    for name in names:
        program = tmp_path / name
        program.write_text("#!/bin/sh\nexit 0\n")
        program.chmod(0o755)
    return str(tmp_path)


def said(result: "subprocess.CompletedProcess[str]") -> str:
    assert result.returncode == 2
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    return line


def test_with_an_empty_path_one_line_names_and_installs_everything(tmp_path):
    assert said(check(str(tmp_path))) == (
        "Missing: Python 3.11 or 3.12, a C compiler, make, git. On Debian or Ubuntu, install with: "
        "apt-get update && apt-get install -y python3-venv python3-dev gcc make git"
    )


def test_only_what_is_missing_is_installed(tmp_path):
    line = said(check(folder_with(tmp_path, "make", "gcc"), sys.executable))
    assert line.startswith("Missing: git.")
    assert line.endswith("apt-get install -y git")


def test_make_without_anything_says_that_line_and_ends_with_status_2(tmp_path):
    make = shutil.which("make")
    assert make is not None
    result = subprocess.run(
        [make, "-C", str(ROOT), "prerequisites"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert result.returncode == 2
    assert result.stderr.splitlines()[0].startswith("Missing: Python 3.11 or 3.12, a C compiler, make, git.")


def test_where_all_is_there_it_names_the_python_and_is_silent_otherwise():
    result = check(os.environ["PATH"], sys.executable)
    assert (result.returncode, result.stdout, result.stderr) == (0, sys.executable + "\n", "")


def fake_python(tmp_path: Path, answer: str) -> str:
    python = tmp_path / "a python"
    python.write_text(f"#!/bin/sh\necho '{answer}'\n")
    python.chmod(0o755)
    return str(python)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("3.11 venv", "venv for Python 3.11"),
        ("3.12 headers", "headers of Python 3.12"),
        ("3.12 venv headers compiler", "venv for Python 3.12, headers of Python 3.12, a C compiler"),
    ],
)
def test_each_thing_that_a_python_lacks_is_told(tmp_path, answer, told):
    path = folder_with(tmp_path, "make", "git")
    assert said(check(path, fake_python(tmp_path, answer))).startswith(f"Missing: {told}. On")


def test_a_python_of_the_wrong_version_is_refused_and_the_right_one_named(tmp_path):
    line = said(check(folder_with(tmp_path, "make", "git", "gcc"), fake_python(tmp_path, "3.13 version")))
    assert "a python is 3.13" in line
    assert line.endswith("apt-get install -y python3.12-venv python3.12-dev")


def test_a_python_that_does_not_run_is_told(tmp_path):
    line = said(check(folder_with(tmp_path, "make", "git", "gcc"), "/no/such/python"))
    assert "PYTHON=/no/such/python does not run" in line
