"""Every command, from the tree of commands, where files and folders cannot be used: missing, of the wrong kind, without
permission, read-only, full. A plain refusal or a problem, the right exit code, never a fault of ours.

A command that is new is tried by itself; a parameter of a new name needs a word in ``GIVEN``.
"""

import ctypes
import io
import os
import shutil
import stat
import sys
from contextlib import contextmanager, suppress
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from cds.commands import main
from tests.commands.test_every_command import EVERY, WITHOUT_JSON
from tests.commands.test_hostile_files import ROOT, folder_in

REQUEST = ROOT / "docs/examples/order-sign.json"
#: What parameters are given, by command and name or by name alone. {root} is the world of the test.
GIVEN = {
    "tokens make address": "http://127.0.0.1:1/rulesets",
    "tokens check address": "http://127.0.0.1:1/rulesets",
    "address": "potassium@1.0.0",
    "cases": str(REQUEST),
    "file": "{root}/codes.csv",
    "folder": "{root}/new-folder",
    "name": "some-new-name",
    "named": "potassium/potassium",
    "new": "potassium@draft",
    "old": "potassium@1.0.0",
    "paths": "{root}/rulesets",
    "request": str(REQUEST),
    "rule": "raises-potassium",
    "ruleset": "potassium",
    "rulesets": "potassium",
    "url": "http://127.0.0.1:1",
    "valuesets diff new": "{root}/codes.csv",
    "valuesets diff old": "potassium/potassium",
    "where": "{root}/rulesets",
    "which": "e83a90bd-c587-5b1c-891a-f9d0febb1f19",
}
#: Options without which a command does little, or waits for what a test has not.
ALSO = {
    "activate": ["--no-wait"],
    "canary": ["--share", "10%", "--no-wait"],
    "shadow start": ["--no-wait"],
    "retire": ["--no-wait"],
    "rollback": ["--no-wait"],
    "stop": ["--why", "x", "--no-wait"],
    "resume": ["--no-wait"],
    "publish": ["--entry", "x", "--with-warnings"],
    "approve": ["--why", "x"],
    "docs": ["--out", "{root}/pages"],
    "export": ["--out", "{root}/exported"],
    "test": ["--search", "0"],
    "diff": ["--search", "0"],
    "explain": ["--search", "0"],
    "valuesets import": ["--into", "potassium", "--as", "new-set"],
}
#: It serves until it is stopped: ``test_serve.py`` and ``tests/stores`` have what it refuses.
SERVES = {"serve"}
COMMANDS = sorted(EVERY.keys() - SERVES)


def arguments_of(words, root):
    given = []
    for param in EVERY[words].params:
        if isinstance(param, click.Argument):
            told = GIVEN.get(f"{words} {param.name}") or GIVEN.get(param.name)
            assert told, f"say in GIVEN what `cds {words}` is given as {param.name}"
            given.append(told)
    return [each.format(root=root) for each in (*words.split(), *given, *ALSO.get(words, []))]


@contextmanager
def bound_by_permissions():
    """Root may read and write anything: for a while it may not."""
    if os.geteuid() != 0:
        yield
        return
    system = ctypes.CDLL(None, use_errno=True)
    head, words = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()  # of capset(2), version 3
    assert system.capget(head, words) == 0, os.strerror(ctypes.get_errno())
    before = words[0]
    words[0] &= ~(1 << 1 | 1 << 2)  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
    assert system.capset(head, words) == 0, os.strerror(ctypes.get_errno())
    try:
        yield
    finally:
        words[0] = before
        assert system.capset(head, words) == 0, os.strerror(ctypes.get_errno())


@pytest.fixture
def root(tmp_path):
    """A world with a published version and a draft."""
    folder = tmp_path
    draft = folder_in(folder)
    published = draft.with_name("1.0.0")
    shutil.copytree(draft, published)
    text = (published / "ruleset.yaml").read_text()
    (published / "ruleset.yaml").write_text(text.replace("status: draft", "status: published"))
    library = folder / "rulesets" / "shared"
    shutil.copytree(library / "draft", library / "1.0.0")
    told = (library / "1.0.0" / "library.yaml").read_text().replace("status: draft", "status: published")
    (library / "1.0.0" / "library.yaml").write_text(told)
    (draft.parent / "CHANGELOG.md").write_text("# potassium\n\n## 1.0.0 (2026-11-30)\n\nx\n")
    (folder / "codes.csv").write_text("system,code,display\nhttp://loinc.org,2823-3,Potassium\n")
    (folder / "state").mkdir(mode=0o700)
    yield folder
    for path in folder.rglob("*"):
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o700)


def tried(words, root, *arguments, environment=None):
    """A command, bound by permissions; never a traceback, and what it could not do is said."""
    told = {"CDS_RULESETS": f"{root}/rulesets", "CDS_STATE": f"{root}/state", "CDS_ENGINE": "reference"}
    typed = [*arguments_of(words, root), *map(str, arguments)]
    here = os.getcwd()
    os.chdir("/")
    try:
        with bound_by_permissions():
            done = CliRunner().invoke(main, typed, env=told | (environment or {}), input="no.token.here")
    finally:
        os.chdir(here)
    shown = f"cds {' '.join(typed)}\n{done.output[-1500:]} {done.exception!r}"
    assert done.exception is None or isinstance(done.exception, SystemExit), shown
    assert done.exit_code in (0, 1, 2), shown
    assert "Traceback" not in done.output, shown
    if done.exit_code == 2:
        assert done.stderr.strip(), shown
    return done


def no_permission(path):
    path.chmod(0)


def read_only(path):
    for each in (path, *path.rglob("*")):
        if not each.is_symlink():
            each.chmod(stat.S_IMODE(each.stat().st_mode) & ~0o222)


def gone(path):
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def a_folder(path):
    gone(path)
    path.mkdir()


def a_file(path):
    gone(path)
    path.write_text("x")


def unreadable(path):
    """Reading it is an error of the disk, whoever asks."""
    gone(path)
    path.symlink_to("/proc/self/mem")


WORLDS = {
    "no rulesets": (gone, "rulesets"),
    "rulesets are a file": (a_file, "rulesets"),
    "rulesets without permission": (no_permission, "rulesets"),
    "rulesets read-only": (read_only, "rulesets"),
    "ruleset without permission": (no_permission, "rulesets/potassium"),
    "ruleset is a file": (a_file, "rulesets/potassium"),
    "version without permission": (no_permission, "rulesets/potassium/1.0.0"),
    "version is a file": (a_file, "rulesets/potassium/1.0.0"),
    "draft without permission": (no_permission, "rulesets/potassium/draft"),
    "no draft": (gone, "rulesets/potassium/draft"),
    "library without permission": (no_permission, "rulesets/shared/1.0.0"),
    "ruleset.yaml without permission": (no_permission, "rulesets/potassium/draft/ruleset.yaml"),
    "ruleset.yaml is a folder": (a_folder, "rulesets/potassium/draft/ruleset.yaml"),
    "ruleset.yaml of a broken disk": (unreadable, "rulesets/potassium/draft/ruleset.yaml"),
    "published without permission": (no_permission, "rulesets/potassium/1.0.0/ruleset.yaml"),
    "published is a folder": (a_folder, "rulesets/potassium/1.0.0/ruleset.yaml"),
    "cases without permission": (no_permission, "rulesets/potassium/draft/cases"),
    "case without permission": (no_permission, "rulesets/potassium/draft/cases/limits.yaml"),
    "case is a folder": (a_folder, "rulesets/potassium/draft/cases/limits.yaml"),
    "cases are a file": (a_file, "rulesets/potassium/draft/cases"),
    "table without permission": (no_permission, "rulesets/potassium/draft/value-sets/listed.csv"),
    "table is a folder": (a_folder, "rulesets/potassium/draft/value-sets/listed.csv"),
    "tables without permission": (no_permission, "rulesets/potassium/draft/value-sets"),
    "changelog without permission": (no_permission, "rulesets/potassium/CHANGELOG.md"),
    "changelog is a folder": (a_folder, "rulesets/potassium/CHANGELOG.md"),
    "publications are a folder": (a_folder, "rulesets/potassium/publications.yaml"),
    "services without permission": (no_permission, "rulesets/services.yaml"),
    "services are a folder": (a_folder, "rulesets/services.yaml"),
    "reasons without permission": (no_permission, "rulesets/override-reasons.yaml"),
    "reasons are a folder": (a_folder, "rulesets/override-reasons.yaml"),
    "topics are a folder": (a_folder, "rulesets/topics.yaml"),
    "state without permission": (no_permission, "state"),
    "state read-only": (read_only, "state"),
    "state is a file": (a_file, "state"),
    "records are a folder": (a_folder, "state/records.db"),
    "records are no database": (a_file, "state/records.db"),
    "keys are a folder": (a_folder, "state/keys.json"),
}


@pytest.mark.parametrize("world", WORLDS)
def test_every_command_in_a_world_where_something_cannot_be_used(world, root):
    spoil, where = WORLDS[world]
    spoil(root / where)
    for words in COMMANDS:
        tried(words, root)


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_ends_with_130_where_ctrl_c_comes_in_the_middle_of_it(words, root, monkeypatch):
    pressed = []
    echo = click.echo

    def stop(*arguments, **options):
        if not pressed:
            pressed.append(words)
            raise KeyboardInterrupt
        return echo(*arguments, **options)

    monkeypatch.setattr("click.echo", stop)
    monkeypatch.setattr("cds.commands.environment.read_settings", stop)
    for module in [name for name in sys.modules if name.startswith("cds.commands.")]:
        monkeypatch.setattr(f"{module}.settings_or_stop", stop, raising=False)
    monkeypatch.setattr("pathlib.Path.read_bytes", stop)
    monkeypatch.setattr("pathlib.Path.mkdir", stop)
    done = CliRunner().invoke(main, arguments_of(words, root), input="no.token.here")
    assert (done.exit_code, done.stderr.splitlines()[-1]) == (130, "stopped"), done.output


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has /dev/full")
@pytest.mark.parametrize("words", [words for words in COMMANDS if words not in WITHOUT_JSON])
def test_every_command_says_so_where_its_output_takes_no_more(words, root, monkeypatch, capfd):
    for name, value in {"CDS_RULESETS": "rulesets", "CDS_STATE": "state"}.items():
        monkeypatch.setenv(name, f"{root}/{value}")
    monkeypatch.setenv("CDS_ENGINE", "reference")
    monkeypatch.setattr("sys.stdin", io.StringIO("no.token.here"))
    full = open("/dev/full", "w", encoding="utf-8")  # noqa: SIM115 - closing it fails too
    monkeypatch.setattr("sys.stdout", full)
    with pytest.raises(SystemExit) as ended:
        main.main([*arguments_of(words, root), "--json"], prog_name="cds")
    with suppress(OSError):
        full.close()
    assert ended.value.code == 2
    assert capfd.readouterr().err.startswith("Error: ")


def places(words):
    """Each path that a command takes: how it is typed, and whether it is read."""
    for param in EVERY[words].params:
        if isinstance(param, click.Option) and isinstance(param.type, click.Path | click.File):
            yield param.opts[0], bool(getattr(param.type, "exists", True))
        elif isinstance(param, click.Argument) and isinstance(param.type, click.Path):
            yield param.name, bool(param.type.exists)


PLACES = [(words, place) for words in COMMANDS for place, _ in places(words)]
BAD = ("missing", "folder", "file", "without permission", "below a file", "in a closed folder", "broken disk", "full")


@pytest.mark.parametrize(("words", "place"), PLACES)
@pytest.mark.parametrize("bad", BAD)
def test_every_path_that_a_command_takes_may_be_none_of_use(words, place, bad, root, monkeypatch):
    (root / "folder").mkdir()
    (root / "file").write_text("x")
    (root / "closed").mkdir()
    (root / "secret").write_text("x")
    (root / "closed").chmod(0)
    (root / "secret").chmod(0)
    path = {
        "missing": root / "missing" / "x",
        "folder": root / "folder",
        "file": root / "file",
        "without permission": root / "secret",
        "below a file": root / "file" / "x",
        "in a closed folder": root / "closed" / "x",
        "broken disk": Path("/proc/self/mem"),
        "full": Path("/dev/full"),
    }[bad]
    if place.startswith("--"):
        tried(words, root, place, path)
    else:
        monkeypatch.setitem(GIVEN, f"{words} {place}", str(path))
        tried(words, root)
