"""Publishing, approving, verifying, as typed: what is refused and why, and that a refusal changes nothing."""

import json
import re
import shutil
import subprocess
import sys

import pytest
from click.testing import CliRunner

from cds import clock
from cds.access.token_lab import Lab, LabKey
from cds.commands import main
from cds.rules.catalog.load import load_catalog
from tests.authoring.drafts import write_draft

CLIENTS = """\
issuers:
  urn:example:people:
    keys: jwks.json
clients:
  ann: {iss: "urn:example:people", tenant: ann}
  bob: {iss: "urn:example:people", tenant: bob}
"""
ADDRESS = "http://127.0.0.1:8000/rulesets"


@pytest.fixture
def rulesets(tmp_path):
    write_draft(tmp_path / "rulesets", "1.0.0")
    return tmp_path / "rulesets"


@pytest.fixture
def run(rulesets, tmp_path, monkeypatch):
    monkeypatch.setenv("CDS_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("CDS_RULESETS", str(rulesets))
    monkeypatch.setenv("CDS_ENGINE", "reference")
    return lambda *arguments: CliRunner().invoke(main, arguments)


@pytest.fixture
def token(tmp_path, monkeypatch, run):
    """With CDS_AUTH=jwt: a file with a fresh token of one of two people."""
    key = LabKey.generate()
    (tmp_path / "jwks.json").write_bytes(key.key_set)
    (tmp_path / "clients.yaml").write_text(CLIENTS, encoding="utf-8")
    monkeypatch.setenv("CDS_AUTH", "jwt")
    monkeypatch.setenv("CDS_PUBLIC_URL", "http://127.0.0.1:8000")
    monkeypatch.setenv("CDS_CLIENTS", str(tmp_path / "clients.yaml"))

    def made(who, address=ADDRESS):
        file = tmp_path / "token"
        lab = Lab(key, "urn:example:people", address, lambda: clock.now().timestamp(), who)
        file.write_text(lab.good(), encoding="ascii")
        return str(file)

    return made


def snapshot(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def result_of(done):
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)["result"]


def test_a_draft_becomes_a_version_with_digest_record_and_changelog(run, rulesets):
    told = result_of(run("publish", "potassium", "--entry", "The first.", "--json"))
    home = rulesets / "potassium"
    assert (told["version"], told["before"], told["by"], told["approvedBy"]) == ("1.0.0", None, "local", "none")
    assert not (home / "draft").exists()
    assert (home / "1.0.0" / "DIGEST").read_text() == f"sha256:{told['digest']}\n"
    assert (home / "1.0.0" / "cases" / "limits.yaml").is_file()
    assert "## 1.0.0 (" in (home / "CHANGELOG.md").read_text()
    catalog, problems = load_catalog(rulesets)
    assert [one.address for one in catalog.versions["potassium"]] == ["potassium@1.0.0"]
    assert [problem for problem in problems if problem.severity == "error"] == []
    verified = result_of(run("verify", "--json"))["versions"]
    assert [(one["version"], one["unchanged"], one["by"]) for one in verified] == [("1.0.0", True, "local")]


def test_published_in_the_open_it_says_that_it_is_unapproved_and_nobody_can_approve(run):
    assert "unapproved; published by nobody in particular" in run("publish", "potassium", "--entry", "x").stdout
    done = run("approve", "potassium@1.0.0", "--why", "read")
    assert done.exit_code == 2
    assert "CDS_AUTH=jwt" in done.stderr


@pytest.mark.parametrize(
    ("changed", "arguments", "said"),
    [
        ([("is: above 5.0 mmol/L", "is: above 6.0 mmol/L")], ["--entry", "x"], "CDS420"),
        ([("5.0, value: newest, is: above 5.0 mmol/L", "6.0, value: newest, is: above 6.0 mmol/L")], ["--entry", "x"],
         "1 case of"),
        ([("status: draft", "status: draft\napproved-by: Dr Example")], ["--entry", "x"], "leave out approved-by"),
        ([], [], 'says nothing under "## 1.0.0"'),
        ([("Potassium in Serum", "Potassium in Serum"), ("2823-3:", "2823-4:")], ["--entry", "x"], "CDS"),
    ],
)  # fmt: skip
def test_what_is_refused_leaves_everything_as_it_was(run, rulesets, changed, arguments, said):
    write_draft(rulesets, "1.0.0", *changed)
    before = snapshot(rulesets)
    done = run("publish", "potassium", *arguments)
    assert done.exit_code in (1, 2), done.output
    assert said in done.output
    assert snapshot(rulesets) == before


def test_a_version_without_a_case_is_refused(run, rulesets):
    shutil.rmtree(rulesets / "potassium" / "draft" / "cases")
    done = run("publish", "potassium", "--entry", "x")
    assert (done.exit_code, "there is no case" in done.stdout) == (1, True)


def test_the_number_must_fit_the_change(run, rulesets):
    result_of(run("publish", "potassium", "--entry", "The first.", "--json"))
    low = ("version: 1.0.1", "status: draft\nhooks: [order-sign, order-select]")
    write_draft(rulesets, "1.0.1", ("status: draft\nhooks: [order-sign]", low[1]))
    done = run("publish", "potassium", "--entry", "Also when selecting.")
    assert (done.exit_code, "the least number is 2.0.0" in done.stdout) == (1, True)
    write_draft(rulesets, "1.0.0")
    assert "is published already" in run("publish", "potassium", "--entry", "x").stdout
    write_draft(rulesets, "1.0.1")
    assert "nothing has changed since potassium@1.0.0" in run("publish", "potassium", "--entry", "x").stdout
    write_draft(rulesets, "1.0.1", ("title: Trim", "title: On trim"))
    told = result_of(run("publish", "potassium", "--entry", "Words.", "--json"))
    assert (told["before"], told["level"], told["least"]) == ("1.0.0", "patch", "1.0.1")
    changelog = (rulesets / "potassium" / "CHANGELOG.md").read_text()
    assert changelog.index("## 1.0.1") < changelog.index("## 1.0.0")


def test_verify_finds_a_version_changed_with_its_digest_and_one_that_is_gone(run, rulesets):
    result_of(run("publish", "potassium", "--entry", "The first.", "--json"))
    folder = rulesets / "potassium" / "1.0.0"
    file = folder / "ruleset.yaml"
    file.write_text(file.read_text().replace("title: Trim", "title: Tram"))
    assert "CDS311" in run("verify").stdout
    (folder / "DIGEST").unlink()
    hint = next(one for one in json.loads(run("verify", "--json").stdout)["problems"] if one["code"] == "CDS310")[
        "hint"
    ]
    (folder / "DIGEST").write_text(f"{hint}\n")
    done = run("verify", "potassium@1.0.0")
    assert (done.exit_code, "CDS313" in done.stdout) == (1, True)
    shutil.rmtree(folder)
    done = run("verify")
    assert (done.exit_code, "potassium@1.0.0 is gone" in done.stdout) == (1, True)


def test_another_one_than_the_author_approves_and_the_service_tells_who(run, token, rulesets):
    published = run("publish", "potassium", "--entry", "x", "--token", token("ann"), "--json")
    assert result_of(published)["by"] == "ann"
    own = run("approve", "potassium@1.0.0", "--why", "mine", "--token", token("ann"))
    assert (own.exit_code, "somebody else has to approve" in own.stdout) == (1, True)
    told = result_of(run("approve", "potassium@1.0.0", "--why", "read it all", "--token", token("bob"), "--json"))
    assert (told["by"], told["approvedBy"]) == ("ann", "bob")
    catalog, _ = load_catalog(rulesets)
    assert catalog.versions["potassium"][0].approved_by == "bob"
    again = run("approve", "potassium@1.0.0", "--why", "again", "--token", token("bob"))
    assert (again.exit_code, "was approved by bob" in again.stdout) == (1, True)
    assert run("verify").exit_code == 0


def test_a_token_for_hook_calls_and_a_used_one_are_refused_and_nothing_is_published(run, token, rulesets):
    hook = token("ann", "http://127.0.0.1:8000/cds-services")
    before = snapshot(rulesets)
    for arguments in ([], ["--token", hook]):
        done = run("publish", "potassium", "--entry", "x", *arguments)
        assert done.exit_code == 2, done.output
    assert snapshot(rulesets) == before
    used = token("ann")
    result_of(run("publish", "potassium", "--entry", "x", "--token", used, "--json"))
    assert "replayed" in run("approve", "potassium@1.0.0", "--why", "x", "--token", used).stderr
    assert load_catalog(rulesets)[0].versions["potassium"][0].approved_by == "none"


def test_check_tells_the_step_and_what_the_changelog_lacks_and_changes_nothing(run, rulesets):
    before = snapshot(rulesets)
    lacking = run("publish", "potassium", "--check")
    assert lacking.exit_code == 1
    assert "potassium@1.0.0 can be published as the first version, but for one thing:\n" in lacking.stdout
    assert 'says nothing under "## 1.0.0"' in lacking.stdout
    assert run("publish", "potassium", "--check", "--entry", "First.").exit_code == 0
    assert snapshot(rulesets) == before


def test_new_makes_the_next_draft_of_what_is_published_and_says_what_to_do_with_it(run, rulesets):
    assert run("publish", "potassium", "--entry", "First.").exit_code == 0
    done = run("new", "potassium")
    assert done.exit_code == 0, done.output
    assert "a copy of potassium@1.0.0, as 1.0.1" in done.stdout
    assert run("lint", "potassium@draft").exit_code == 0
    assert run("test", "potassium@draft", "--search", "0").exit_code == 0
    assert "nothing has changed since potassium@1.0.0" in run("publish", "potassium").stdout
    assert run("new", "potassium").exit_code == 2


def test_a_version_of_before_there_were_records_is_approved_and_its_author_stays_unknown(run, token, rulesets):
    assert run("publish", "potassium", "--entry", "x", "--token", token("ann")).exit_code == 0
    (rulesets / "potassium" / "publications.yaml").unlink()
    done = run("approve", "potassium@1.0.0", "--why", "read it all", "--token", token("bob"))
    assert done.exit_code == 0, done.output
    assert "who published it is not on record (unknown (bootstrap))" in done.stdout
    (told,) = result_of(run("verify", "--json"))["versions"]
    assert (told["by"], told["approvedBy"], told["unchanged"]) == ("unknown (bootstrap)", "bob", True)


def test_a_record_that_was_taken_out_from_among_others_makes_no_author_unknown(run, token, rulesets):
    assert run("publish", "potassium", "--entry", "x", "--token", token("ann")).exit_code == 0
    file = rulesets / "potassium" / "publications.yaml"
    kept = file.read_text()
    write_draft(
        rulesets, "2.0.0", ("above 5.0 mmol/L", "above 5.2 mmol/L"), ("Potassium above 5.0", "Potassium above 5.2")
    )
    done = run("publish", "potassium", "--entry", "y", "--token", token("ann"), "--with-warnings")
    assert done.exit_code == 0, done.output
    file.write_text(kept)
    refused = run("approve", "potassium@2.0.0", "--why", "mine", "--token", token("ann"))
    assert refused.exit_code == 1
    assert "does not say who published 2.0.0, and should" in refused.stdout


def test_a_token_that_is_refused_is_logged_on_the_other_stream(run, token, rulesets, tmp_path):
    (tmp_path / "token").write_text("no.token.here")
    for arguments in (("publish", "potassium", "--entry", "x"), ("approve", "potassium@1.0.0", "--why", "x")):
        if arguments[0] == "approve":
            result_of(run("publish", "potassium", "--entry", "x", "--token", token("ann"), "--json"))
            (tmp_path / "token").write_text("no.token.here")
        done = run(*arguments, "--token", str(tmp_path / "token"), "--json")
        assert (done.exit_code, json.loads(done.stdout)["exit"]) == (2, 2)
        assert "token_refused" in done.stderr


SERVICE = """\
sign:
  hook: order-sign
  title: t
  description: d
  rulesets: {{potassium: "{range}"}}
other:
  hook: order-sign
  title: t
  description: d
  rulesets: {{gone: "*"}}
"""


@pytest.mark.parametrize(
    ("services", "said"),
    [
        (
            None,
            'no service answers with it: name it in .*services.yaml in a service of order-sign .potassium: ">=1.0.0 <2',
        ),
        (SERVICE.format(range=">=2.0.0"), 'services.yaml binds other versions .">=2.0.0" in sign.; widen the range'),
        (
            SERVICE.format(range="<2.0.0"),
            "services.yaml binds it .sign.: it answers from the next start on, unless one",
        ),
    ],
)
def test_it_says_whether_a_service_would_answer_with_what_was_published(run, rulesets, services, said):
    if services is not None:
        (rulesets / "services.yaml").write_text(services)
    told = run("publish", "potassium", "--entry", "x").stdout
    assert re.search(said, told), told
    assert "cds shadow potassium@1.0.0 " in told


def test_a_later_version_that_is_bound_waits(run, rulesets):
    (rulesets / "services.yaml").write_text(SERVICE.format(range="<2.0.0"))
    run("publish", "potassium", "--entry", "x")
    write_draft(rulesets, "1.0.1", ("title: Trim", "title: On trim"))
    assert "not live yet; services.yaml binds it (sign); one of\n" in run("publish", "potassium", "--entry", "x").stdout


@pytest.mark.parametrize("published", [False, True])
def test_a_draft_folder_without_its_file_is_no_dead_end(run, rulesets, published):
    if published:
        run("publish", "potassium", "--entry", "x")
        write_draft(rulesets, "1.0.1")
    draft = rulesets / "potassium" / "draft"
    (draft / "ruleset.yaml").unlink()
    for arguments in (("publish", "potassium"), ("new", "potassium"), ("activate", "potassium@9.0.0")):
        (rulesets / "services.yaml").write_text("{}\n")
        done = run(*arguments)
        assert done.exit_code == 2
        assert f"{draft} is there, without a ruleset.yaml" in done.stderr, arguments
        assert "move the folder away, and cds new potassium" in done.stderr
    shutil.move(draft, rulesets.parent / "away")
    assert run("new", "potassium").exit_code == 0


def test_who_wants_a_draft_to_answer_is_told_to_publish_it(run, rulesets):
    (rulesets / "services.yaml").write_text("{}\n")
    assert "cds publish potassium makes a version of it" in run("activate", "potassium@draft").stderr
    assert "; cds publish potassium makes one of its draft" in run("activate", "potassium@1.0.0").stderr


def test_who_approves_loads_nothing_that_answers_calls(run, token, rulesets, tmp_path):
    result_of(run("publish", "potassium", "--entry", "x", "--token", token("ann"), "--json"))
    typed = ["approve", "potassium@1.0.0", "--why", "x", "--token", token("bob")]
    heavy = ("cds.decisions", "cds.fetching", "cds.cache", "alembic")
    told = (
        f"import sys; from cds.commands import main; main({typed}, standalone_mode=False);"
        f"print([module for module in {heavy} if module in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
