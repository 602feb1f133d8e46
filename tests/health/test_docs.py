"""The documents are true: their examples load and run, their tables name what exists, their links lead somewhere."""

import re
import shutil
from dataclasses import fields
from pathlib import Path

import pytest
from click.testing import CliRunner

from cds.authoring.cases import expand
from cds.commands import main
from cds.documents.yaml_tree import read_yaml
from cds.hooks.feedback import read_feedback
from cds.rules.catalog.load import load_catalog
from cds.services.catalogue import load_services
from cds.settings import Settings, not_yet, read_settings
from tests.health.problem_pages import ROOT, RULESET, laid_over, library_problems, ruleset_problems
from tests.journeys.service import client, client_with_feedback
from tests.published import judging

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
PAGE = (ROOT / "docs/integrators.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
YAML = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
JSON = re.compile(r"^```json\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)(?:#[^)]*)?\)")
SETTING = re.compile(r"^\| `(CDS_\w+)` \| (.*?) \| (.*) \|$", re.MULTILINE)
TEST = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")


def called(path: Path) -> str:
    return str(path.relative_to(ROOT))


def blocks(name: str) -> list[str]:
    return YAML.findall((ROOT / name).read_text(encoding="utf-8"))


def in_readme(first_line: str) -> str:
    (found,) = [block for block in blocks("README.md") if block.startswith(first_line)]
    return found


@pytest.mark.parametrize("path", DOCUMENTS, ids=called)
def test_links_lead_somewhere(path):
    gone = [link for link in LINK.findall(path.read_text(encoding="utf-8")) if not (path.parent / link).exists()]
    assert gone == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=called)
def test_no_mark_of_a_merge_is_left(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith(("<<<<<<< ", ">>>>>>> ")) or line == "======="] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=called)
def test_tests_that_are_named_exist(path):
    missing = []
    for file, test in TEST.findall(path.read_text(encoding="utf-8")):
        source = ROOT / file
        if not source.is_file() or (test and f"def {test}(" not in source.read_text(encoding="utf-8")):
            missing.append(f"{file}::{test}")
    assert missing == []


def test_the_services_of_the_operators_page_load_with_the_shipped_rulesets(tmp_path):
    (block,) = (block for block in blocks("docs/operators.md") if "hooks:" in block)
    file = tmp_path / "services.yaml"
    file.write_text(block, encoding="utf-8")
    services, problems = load_services(file, load_catalog(ROOT / "rulesets")[0])
    assert [str(problem) for problem in problems] == []
    assert [(s.id, s.hook) for s in services] == [
        ("medication-safety-order-sign", "order-sign"),
        ("medication-review", "patient-view"),
        ("medication-review", "order-select"),
    ]


@pytest.mark.parametrize("block", blocks("docs/language.md"))
def test_the_examples_of_the_language_load(block):
    is_library = block.startswith("format: 1\nlibrary:")
    problems = library_problems(block) if is_library else ruleset_problems(laid_over(RULESET, block))
    assert [str(problem) for problem in problems] == []


def test_the_ruleset_of_the_readme_is_published_and_does_what_its_cases_say(tmp_path, monkeypatch):
    folder = tmp_path / "potassium-trimethoprim" / "draft"
    (folder / "cases").mkdir(parents=True)
    (folder / "ruleset.yaml").write_text(in_readme("format: 1"), encoding="utf-8")
    (folder / "cases" / "limits.yaml").write_text(in_readme("ruleset: "), encoding="utf-8")
    shutil.copy(ROOT / "rulesets" / "override-reasons.yaml", tmp_path)
    for name, value in {"CDS_RULESETS": tmp_path, "CDS_STATE": tmp_path / "state", "CDS_ENGINE": "reference"}.items():
        monkeypatch.setenv(name, str(value))
    done = CliRunner().invoke(main, ["publish", "potassium-trimethoprim", "--entry", "First version."])
    assert done.exit_code == 0, done.output
    monkeypatch.setattr(judging, "RULESETS", tmp_path)
    runs, problems = expand(folder.with_name("1.0.0") / "cases" / "limits.yaml")
    assert problems == []
    assert len(runs) == 3
    for run in runs:
        assert judging.sentences(run, "1.0.0") == []


def test_the_services_line_of_the_readme_names_its_ruleset():
    line = in_readme("    potassium-trimethoprim")
    assert read_yaml(line.encode(), "services.yaml")[1] == []


def test_the_readme_lists_every_setting_and_no_other():
    known = {f"CDS_{field.name.upper()}" for field in fields(Settings)}
    assert {name for name, _, _ in SETTING.findall(README)} == known


def test_the_defaults_in_the_readme_are_those_of_the_code():
    told = {name: default.strip("`") for name, default, _ in SETTING.findall(README) if default.startswith("`")}
    assert {name: value for name, value in told.items() if read_settings({name: value}) != Settings()} == {}


def test_what_the_start_calls_not_active_is_marked_in_the_readme():
    asked = Settings(
        auth="jwt", database_url="sqlite://", clients=Path("c"), public_url="http://x", log_level="debug", trace=True,
        deadline_ms=100,
    )  # fmt: skip
    inactive = {word for line in not_yet(asked) for word in re.findall(r"CDS_[A-Z_]+", line)}
    marked = {name for name, _, meaning in SETTING.findall(README) if "*not yet*" in meaning}
    assert inactive <= marked


def test_the_first_card_of_the_integrators_page_comes_and_a_mistake_in_it_is_named():
    text = JSON.findall(PAGE)[0]
    path = "/cds-services/medication-safety-order-sign"
    answer = client().post(path, data=text, content_type="application/json", headers={"CDS-Now": "2026-05-01"})
    assert [card["indicator"] for card in answer.json["cards"]] == ["critical"]
    assert answer.json["extension"]["org.cds-rules.decision"]["notSupplied"]
    refused = client().post(path, data=text.replace("patientId", "patient"), content_type="application/json")
    assert (refused.status_code, refused.json["issue"][0]["expression"]) == (400, ["context.patientId"])


def test_the_feedback_of_the_integrators_page_is_taken():
    (text,) = (block for block in JSON.findall(PAGE) if '"outcomeTimestamp"' in block)
    assert [outcome.outcome for outcome in read_feedback(text.encode())] == ["overridden"]


def test_every_status_of_the_openapi_document_is_explained_to_integrators():
    told = set(re.findall(r"^\| (\d{3}) \|", PAGE, re.MULTILINE))
    paths = client_with_feedback().get("/openapi.json").json["paths"].values()
    answered = {status for path in paths for each in path.values() for status in each["responses"]} - {"200"}
    assert answered | {"401", "404"} == told
