import json
import stat
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from structlog.testing import capture_logs

from cds.access import token_trial
from cds.access.clients_file import load_registry
from cds.access.gate import TokenGate
from cds.access.keys import IssuerKeys
from cds.access.spent import SpentTokens
from cds.commands import main
from tests.access.telling import Memory
from tests.api.desks import client

BASE = "http://127.0.0.1:8000"
SERVICE = f"{BASE}/cds-services/patient-view"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ran("lab")
    return tmp_path / "token-lab"


def ran(*words, status=0, given=None, **environ):
    with capture_logs():  # the service asked is in this process: its log is not the command's output
        result = CliRunner().invoke(
            main, ["tokens", *words], input=given, env={f"CDS_{k}": v for k, v in environ.items()}
        )
    assert result.exit_code == status, result.output
    return result.output


def check(token, address=SERVICE, status=0):
    return ran("check", address, given=token, status=status, CLIENTS="token-lab/clients.yaml")


def test_a_lab_is_a_private_key_its_public_set_and_a_clients_file_that_loads(folder):
    assert stat.S_IMODE((folder / "lab-key.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert "d" in json.loads((folder / "lab-key.json").read_bytes())
    assert "d" not in json.loads((folder / "lab-jwks.json").read_bytes())["keys"][0]
    registry, problems = load_registry(folder / "clients.yaml")
    assert problems == []
    assert [found.id for found in registry.clients] == ["token-lab", "anonymous"]


def test_a_lab_is_never_written_over(folder):
    before = {path: path.read_bytes() for path in folder.iterdir()}
    assert "another folder" in ran("lab", status=2)
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_a_clients_file_that_is_there_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("mine").mkdir()
    Path("mine/clients.yaml").write_text("clients: {}\n")
    assert "urn:cds-rules:token-lab" in ran("lab", "mine")
    assert Path("mine/clients.yaml").read_text() == "clients: {}\n"


def test_a_token_that_was_made_is_accepted_by_the_check(folder):
    assert 'the client is "token-lab"' in check(ran("make", SERVICE))
    assert 'the client is "token-lab"' in check("  " + ran("make", SERVICE) + "\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["make", f"{SERVICE}/"], "refused: audience: "),
        (["make", SERVICE, "--iss", "https://ehr.example.org"], "refused: issuer: "),
        (["make", SERVICE, "--tenant", "east"], "refused: tenant: "),
    ],
)
def test_a_check_says_which_check_a_token_fails_and_what_that_means(folder, words, said):
    token = ran(*words)
    told = check(token, status=1)
    assert told.startswith(said)
    assert len(told) > len(said) + 10
    assert token.strip() not in told


@pytest.mark.parametrize("given", ["", "rubbish", "a.b.c", "x" * 10_000, "\x00", "a b"])
def test_a_check_of_anything_is_a_refusal(folder, given):
    assert check(given, status=1).startswith("refused: ")


def test_without_a_key_it_says_how_to_make_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "make one: cds tokens lab" in ran("make", SERVICE, status=2)
    Path("k.json").write_text("{}")
    assert "make one: cds tokens lab" in ran("make", SERVICE, "--key", "k.json", status=2)


def served(folder, monkeypatch, **settings):
    """Let ``cds tokens try`` ask an application of this process."""
    registry, _ = load_registry(folder / "clients.yaml")
    keys = IssuerKeys(registry.issuers)
    keys.load()
    web = client(gate=TokenGate(registry, keys, SpentTokens([Memory()])), public_url=BASE, **settings)
    asked = []

    def ask(url, authorization):
        asked.append(url)
        headers = {} if authorization is None else {"Authorization": authorization}
        response = web.get(url.removeprefix(BASE), headers=headers)
        return response.status_code, response.headers.get("WWW-Authenticate", ""), response.text

    monkeypatch.setattr(token_trial, "_ask", ask)
    return asked


@pytest.mark.parametrize("url", [BASE, f"{BASE}/", f"{BASE}/cds-services", f"{BASE}/cds-services/"])
def test_a_trial_shows_every_answer_and_finds_ours_as_hoped(folder, monkeypatch, url):
    asked = served(folder, monkeypatch)
    told = json.loads(ran("try", url, "--json"))["result"]
    assert set(asked) == {f"{BASE}/cds-services"}
    assert told["asHoped"] is True
    assert len(told["attempts"]) > 30
    assert {each["status"] for each in told["attempts"]} == {200, 401}
    assert "as hoped" in ran("try", url)


def test_a_trial_of_a_service_that_does_not_know_the_lab_says_so(folder, monkeypatch):
    served(folder, monkeypatch)
    told = ran("try", BASE, "--iss", "urn:another", status=1)
    assert "NOT as hoped (200 was due)" in told
    assert "is its issuer in the service's clients.yaml" in told


@pytest.mark.parametrize(
    ("answer", "remark"),
    [
        ((200, "", "{}"), "401 was due"),
        ((401, "", '{"resourceType":"OperationOutcome"}'), "no WWW-Authenticate: Bearer"),
        ((401, "Bearer", "<html>"), "the body is no OperationOutcome"),
        ((500, "", ""), "401 was due"),
    ],
)
def test_a_trial_finds_what_is_wrong_with_an_answer(folder, monkeypatch, answer, remark):
    monkeypatch.setattr(token_trial, "_ask", lambda *_: answer)
    told = json.loads(ran("try", BASE, "--json", status=1))["result"]
    refusals = [each for each in told["attempts"] if each["expected"] == 401]
    assert all(remark in each["remarks"] for each in refusals)


def test_a_trial_finds_a_token_that_is_echoed(folder, monkeypatch):
    monkeypatch.setattr(
        token_trial,
        "_ask",
        lambda _, sent: (401, "Bearer", json.dumps({"resourceType": "OperationOutcome", "was": sent})),
    )
    told = json.loads(ran("try", BASE, "--json", status=1))["result"]
    assert "the body repeats the token" in told["attempts"][1]["remarks"]


def test_a_trial_of_nobody_ends_with_2(folder):
    start = time.monotonic()
    assert "does not answer" in ran("try", "http://127.0.0.1:1", status=2)
    assert time.monotonic() - start < 15
