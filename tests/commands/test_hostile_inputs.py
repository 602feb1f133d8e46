"""Broken and hostile files that commands are given beside rulesets: requests, cases, tables, keys, clients, records.

As in ``test_hostile_files``: a problem or a plain refusal with the file, never a fault of ours, nothing for a terminal.
"""

import gzip
import json
import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.commands.test_hostile_files import CONTENTS, ROOT, folder_in, run

REQUEST = ROOT / "docs/examples/order-sign.json"
PEOPLE = {"CDS_AUTH": "jwt", "CDS_PUBLIC_URL": "http://127.0.0.1:8000"}


@pytest.fixture
def folder(tmp_path):
    return folder_in(tmp_path)


def told(result, *said):
    """What a command printed, once it is sure that it ended as it may."""
    shown = f"{result.output[-2000:]} {result.exception!r}"
    assert result.exception is None or isinstance(result.exception, SystemExit), shown
    assert result.exit_code in (0, 1, 2), shown
    assert "\x1b" not in result.output, shown
    assert "\x07" not in result.output, shown
    for each in said:
        assert each in result.output, (each, shown)
    return result


@pytest.mark.parametrize("content", CONTENTS)
def test_a_request_that_is_none_is_refused_with_its_place(tmp_path, folder, content):
    file = tmp_path / "request.json"
    file.write_bytes(CONTENTS[content])
    result = told(run(tmp_path, "explain", folder, file))
    assert result.exit_code == 2
    if content != "json":
        assert f"{file}:" in result.output


@pytest.mark.parametrize("content", CONTENTS)
def test_cases_from_outside_that_are_none_end_the_replay_or_are_counted(tmp_path, folder, content):
    good = json.dumps(json.loads(REQUEST.read_bytes())).encode()
    packed = gzip.compress(good + b"\n" + CONTENTS[content])
    for name, content_of in (("a.ndjson", CONTENTS[content]), ("b.ndjson.gz", packed), ("c.ndjson.gz", packed[:-9])):
        file = tmp_path / name
        file.write_bytes(content_of)
        told(run(tmp_path, "replay", file))
        file.unlink()


@pytest.mark.parametrize("content", CONTENTS)
def test_tables_and_lists_beside_them_are_refused_with_their_place(tmp_path, folder, content):
    file = tmp_path / "given"
    file.write_bytes(CONTENTS[content])
    cases = tmp_path / "good.ndjson"
    cases.write_bytes(json.dumps(json.loads(REQUEST.read_bytes())).encode())
    for arguments in (("--known", file), ("--topics", file)):
        result = told(run(tmp_path, "replay", cases, *arguments))
        if content not in ("bom", "crlf"):
            assert result.exit_code == 2, result.output
    told(run(tmp_path, "activate", "potassium@1.0.0", "--codes", file))
    told(run(tmp_path, "tokens", "make", "http://127.0.0.1/x", "--key", file))
    told(run(tmp_path, "diff", folder, folder, "--corpus", file))


@pytest.mark.parametrize("content", CONTENTS)
def test_clients_and_keys_that_cannot_be_read_stop_a_command_with_their_place(tmp_path, folder, content, monkeypatch):
    file = tmp_path / "clients.yaml"
    file.write_bytes(CONTENTS[content])
    monkeypatch.setenv("CDS_CLIENTS", str(file))
    result = told(run(tmp_path, "tokens", "check", "http://127.0.0.1/x"))
    assert result.exit_code == 2
    assert f"{file}:" in result.output
    state = tmp_path / "state"
    state.mkdir()
    for name in ("keys.json", "activation.json"):
        (state / name).write_bytes(CONTENTS[content])
        told(run(tmp_path, "status"))
        told(run(tmp_path, "shadow", "report", "potassium@1.0.0", "--examples", "1"))
        (state / name).unlink()


@pytest.mark.parametrize("content", CONTENTS)
def test_records_and_changelogs_that_cannot_be_read_are_told(tmp_path, folder, content):
    for name, commands in (
        ("publications.yaml", [("verify",), ("publish", "potassium", "--entry", "x", "--check", "--with-warnings")]),
        (
            "CHANGELOG.md",
            [("publish", "potassium", "--check", "--with-warnings"), ("docs", folder, "--out", tmp_path / "o")],
        ),
        ("draft/DIGEST", [("lint", folder)]),
    ):
        (folder.parent / name).write_bytes(CONTENTS[content])
        for command in commands:
            told(run(tmp_path, *command))
        (folder.parent / name).unlink()


@pytest.mark.parametrize("how", ["directory", "device", "pipe"])
def test_what_is_no_file_is_refused_and_nobody_waits_for_it(tmp_path, folder, how):
    file = tmp_path / "given"
    match how:
        case "directory":
            file.mkdir()
        case "device":
            file.symlink_to("/dev/zero")
        case "pipe":
            os.mkfifo(file)
    for arguments in (
        ("explain", folder, file),
        ("activate", "potassium@1.0.0", "--codes", file),
        ("replay", REQUEST, "--topics", file),
        ("replay", REQUEST, "--known", file),
        ("tokens", "make", "http://127.0.0.1/x", "--key", file),
    ):
        assert told(run(tmp_path, *arguments)).exit_code == 2


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../x",
        "a/b",
        "*",
        "[a]",
        "\0",
        "\x1b[31m",
        "a" * 5000,
        "ä",
        "@",
        "a@",
        "@1.0.0",
        "a@1.0",
        "a@1.0.0@2",
    ],
)
def test_names_and_versions_that_are_none_are_refused(tmp_path, folder, name):
    for command in (
        ("new", name), ("lint", f"{name}@draft"), ("test", name), ("explain", name, REQUEST), ("publish", name),
        ("approve", name, "--why", "x"), ("verify", name), ("activate", name), ("shadow", name), ("rollback", name),
        ("canary", name, "--share", "1%"), ("retire", name), ("stop", name, "r", "--why", "x"), ("diff", name),
        ("status", name), ("docs", name),
    ):  # fmt: skip
        result = told(run(tmp_path, *command))
        assert result.exit_code != 0 or command[0] == "lint", command


SERVICES = {
    "sign": {"hook": "order-sign", "title": "Signing", "description": "Checks.", "rulesets": {"potassium": "*"}},
}
CASES = {
    "ruleset": "potassium", "at": "2026-03-01", "hook": "order-sign",
    "patient": {"born": "70 years ago", "sex": "female"},
    "background": [{"order": {"rxnorm": "10829"}}],
    "cases": [
        {"name": "k $k", "facts": [{"lab": {"loinc": "2823-3", "value": "$k mmol/L", "on": "3 days ago"}}],
         "rows": [{"k": "5.6", "fires": ["raises-potassium"]}]},
        {"name": "none", "not-supplied": ["lab"], "fires": [], "unknown": ["high"],
         "shown-before": {"raises-potassium": "1 day ago"}},
    ],
}  # fmt: skip
CLIENTS = {
    "issuers": {"https://a.example": {"keys": "jwks.json"}},
    "clients": {
        "east": {"iss": "https://a.example", "tenant": "t", "rate": "2 per second", "origins": ["https://b.example"]}
    },
}
TOPICS = {"potassium": {"ruleset": "potassium", "rules": ["raises-potassium"], "service": "sign"}}
STRANGE = st.sampled_from(
    [None, True, -1, 10**30, "", " ", "x", "$", "\0", "\u202e", [], {}, [[]], [None], {"a": {}}, {"": ""}, ["x"] * 50]
)


def mutated(data, tree):
    """The tree with one value, anywhere in it, that is something else; or one key more or less."""
    paths = list(_paths(tree, ()))
    path = data.draw(st.sampled_from(paths))
    made = json.loads(json.dumps(tree))
    at = made
    for step in path[:-1]:
        at = at[step]
    how = data.draw(st.sampled_from(["put", "put", "drop", "more"]))
    if how == "put":
        at[path[-1]] = data.draw(STRANGE)
    elif how == "drop":
        del at[path[-1]]
    elif isinstance(at, dict):
        at[data.draw(st.sampled_from(["x", "", "$k", "hook ", "fire"]))] = data.draw(STRANGE)
    else:
        at.append(data.draw(STRANGE))
    return made


def _paths(tree, above):
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ():
        yield (*above, key)
        yield from _paths(value, (*above, key))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_value_of_a_wrong_kind_at_any_key_is_a_problem_with_a_place_or_does_no_harm(tmp_path, data):
    root = tmp_path / "of-this-example"
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    folder = folder_in(root)
    tree, place, command = data.draw(
        st.sampled_from(
            [
                (CASES, folder / "cases" / "limits.yaml", ("lint", folder)),
                (CASES, folder / "cases" / "limits.yaml", ("test", folder, "--search", "0")),
                (SERVICES, root / "rulesets" / "services.yaml", ("lint", root / "rulesets")),
                (CLIENTS, root / "clients.yaml", ("tokens", "check", "http://127.0.0.1/x")),
                (TOPICS, root / "rulesets" / "topics.yaml", ("replay", REQUEST)),
            ]
        )
    )
    place.write_text(json.dumps(mutated(data, tree)), encoding="utf-8")
    os.environ["CDS_CLIENTS"] = str(root / "clients.yaml")
    try:
        result = told(run(root, *command))
    finally:
        del os.environ["CDS_CLIENTS"]
    if result.exit_code and "CDS" in result.output:
        assert f"{place}:" in result.output or f"{Path(folder)}" in result.output, result.output
