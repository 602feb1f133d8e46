"""Every page of docs/problems is true: its mistake gives exactly its code, and the mended form gives none."""

import json
import re
import shutil
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from cds.authoring.case_judging import load_suite
from cds.authoring.rights_check import check_rights
from cds.authoring.valuesets.checking import check_codes, read_tables
from cds.authoring.valuesets.inside import held_by
from cds.authoring.valuesets.outside import read_code_set
from cds.authoring.versions import read_version
from cds.documents.layout import laid_out
from cds.documents.problem import Problem
from cds.documents.yaml_tree import MAX_DEPTH, read_yaml
from cds.rules.catalog import vetted
from cds.rules.catalog.digest import digest_of
from cds.rules.catalog.load import Catalog, load_catalog, load_version
from cds.rules.catalog.shelf import Shelf
from cds.rules.engine.reference import make_reference
from cds.rules.engine.vetting import Refused
from cds.rules.ruleset import Effective
from cds.rules.source.read import read_ruleset
from cds.services.catalogue import load_services
from cds.services.lapsed import lapsed
from cds.services.uncalled import uncalled
from tests.health.problem_pages import DAY, PAGES, REASONS, RULESET, Page, problems_of, read_page, ruleset_problems

INDEX = PAGES[0].with_name("README.md")
SHOWN = [page for page in map(read_page, PAGES) if page.bad]
BY_HAND = [page for page in map(read_page, PAGES) if not page.bad]


#: What `codes` gave in the test that runs.
FOUND: list[set[str]] = []


def codes(problems: Iterable[Problem]) -> set[str]:
    found = {problem.code for problem in problems}
    FOUND.append(found)
    return found


@pytest.fixture(autouse=True)
def _a_test_by_hand_shows_the_mistake_and_the_mended_form(request):
    FOUND.clear()
    yield
    for page in BY_HAND:
        if page.by_hand == request.function.__name__:
            assert any(page.code in found for found in FOUND), f"no mistake of {page.code} was shown"
            assert set() in FOUND, f"no mended form of {page.code} was shown"


def called(page: Page) -> str:
    return page.code


def version_folder(tmp_path: Path, *, status: str = "published", name: str = "example") -> Path:
    """A version folder with a valid ruleset, its digest beside it."""
    folder = tmp_path / name / "1.0.0"
    folder.mkdir(parents=True)
    (folder / "ruleset.yaml").write_text(RULESET.replace("status: draft", f"status: {status}"), encoding="utf-8")
    (folder / "DIGEST").write_text(f"sha256:{digest_of(folder)}\n", encoding="ascii")
    return folder


def found_in(folder: Path) -> set[str]:
    return codes(load_version(folder, REASONS)[1])


def test_the_skeleton_of_the_examples_is_a_valid_ruleset():
    assert ruleset_problems(RULESET) == []


@pytest.mark.parametrize("page", SHOWN, ids=called)
def test_the_mistake_of_a_page_gives_exactly_its_code(page, tmp_path):
    for example in page.bad:
        assert codes(problems_of(example, tmp_path)) == {page.code} | page.beside


@pytest.mark.parametrize("page", SHOWN, ids=called)
def test_the_mended_form_of_a_page_gives_no_problem(page, tmp_path):
    assert page.good
    for example in page.good:
        assert [str(problem) for problem in problems_of(example, tmp_path)] == []


@pytest.mark.parametrize("page", SHOWN, ids=called)
def test_a_message_has_a_place_and_says_something(page, tmp_path):
    for example in page.bad:
        for problem in problems_of(example, tmp_path):
            assert problem.location.line >= 1
            assert problem.message


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_has_its_title_and_says_why(path):
    text = path.read_text(encoding="utf-8")
    assert text.startswith(f"# {path.stem}: ")
    assert "\n**Why.** " in text


def test_the_list_of_problems_names_every_page_by_its_title():
    listed = re.findall(r"^\| \[(CDS\d{3})\]\((CDS\d{3})\.md\) \| (.*) \|$", INDEX.read_text("utf-8"), re.MULTILINE)
    titles = [path.read_text(encoding="utf-8").partition("\n")[0].removeprefix(f"# {path.stem}: ") for path in PAGES]
    assert listed == [(path.stem, path.stem, title) for path, title in zip(PAGES, titles, strict=True)]
    language = (INDEX.parents[1] / "language.md").read_text("utf-8")
    assert "(problems/README.md)" in language


@pytest.mark.parametrize("page", BY_HAND, ids=called)
def test_a_page_without_an_example_names_a_test_of_this_module(page):
    assert page.by_hand in globals()


def test_a_file_that_is_not_utf_8(tmp_path):
    folder = version_folder(tmp_path, status="draft")
    text = RULESET.replace("Example Health", "Bücher")
    (folder / "ruleset.yaml").write_bytes(text.encode())
    assert found_in(folder) == set()
    (folder / "ruleset.yaml").write_bytes(text.encode("latin-1"))
    assert found_in(folder) == {"CDS104"}


def test_a_file_that_would_lose_a_comment():
    assert codes(laid_out(b"a: {b: c,  # here\n  d: e}\n", "x.yaml")[1]) == {"CDS119"}
    assert codes(laid_out(b"a:\n  b: c  # here\n  d: e\n", "x.yaml")[1]) == set()


def test_a_file_that_is_nested_too_deeply():
    def nested(levels: int) -> str:
        return "".join(f"{' ' * level}a:\n" for level in range(levels)) + " " * levels + "b: c\n"

    assert codes(ruleset_problems(nested(MAX_DEPTH + 2))) == {"CDS105"}
    assert codes(read_yaml(nested(MAX_DEPTH - 2).encode(), "x.yaml")[1]) == set()


def test_a_stray_file_in_a_version_folder(tmp_path):
    folder = version_folder(tmp_path, status="draft")
    assert found_in(folder) == set()
    (folder / "ruleset.yaml~").write_text("", encoding="utf-8")
    assert found_in(folder) == {"CDS117"}


def test_a_version_in_a_folder_of_another_name(tmp_path):
    assert found_in(version_folder(tmp_path, name="another")) == {"CDS118"}
    assert found_in(version_folder(tmp_path)) == set()


def test_a_published_version_without_its_digest(tmp_path):
    folder = version_folder(tmp_path)
    assert found_in(folder) == set()
    (folder / "DIGEST").unlink()
    assert found_in(folder) == {"CDS310"}


def test_a_published_version_that_was_changed(tmp_path):
    folder = version_folder(tmp_path)
    assert found_in(folder) == set()
    file = folder / "ruleset.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("5.5", "5.6"), encoding="utf-8")
    assert found_in(folder) == {"CDS311"}


def test_a_version_that_is_not_what_was_recorded(tmp_path):
    folder = version_folder(tmp_path)
    digest = (folder / "DIGEST").read_text(encoding="ascii").strip()
    record = f"- {{version: 1.0.0, digest: {digest}, by: ann, at: 2026-11-30T12:00:00Z}}\n"
    (folder.parent / "publications.yaml").write_text(record, encoding="utf-8")
    assert found_in(folder) == set()
    for wrong in (
        record.replace(digest, "sha256:0000"),
        record * 2,
        record.replace("}", ", approved: {by: ann, at: 2026-11-30T12:00:00Z, why: mine}}"),
    ):
        (folder.parent / "publications.yaml").write_text(wrong, encoding="utf-8")
        assert found_in(folder) == {"CDS313"}


def library_folder(tmp_path: Path, address: str, uses: str = "{}", *, status: str = "published") -> None:
    """A version of a library, its digest beside it."""
    name, _, version = address.partition("@")
    folder = tmp_path / name / version
    folder.mkdir(parents=True)
    text = (
        f"format: 1\nlibrary: {name}\nversion: {version}\nstatus: {status}\ntitle: Shared\npublisher: Example Health\n"
        f"approval-date: 2026-01-15\nlast-review-date: 2026-01-15\nuses: {uses}\n"
        "definitions: {adult: {says: At least 18 years old, age: now, is: at least 18 years}}\n"
    )
    (folder / "library.yaml").write_text(text, encoding="utf-8")
    library = Shelf(tmp_path).at(folder).problems
    (folder / "DIGEST").write_text(next((p.hint for p in library if p.code == "CDS310"), "") + "\n", encoding="ascii")


def using(tmp_path: Path, uses: str) -> Path:
    """A published version that uses libraries, its digest beside it as `cds lint` tells it."""
    folder = version_folder(tmp_path)
    file = folder / "ruleset.yaml"
    file.write_text(file.read_text(encoding="utf-8") + f"uses: {uses}\n", encoding="utf-8")
    (folder / "DIGEST").unlink()
    problems = load_version(folder, REASONS)[1]
    (folder / "DIGEST").write_text(next((p.hint for p in problems if p.code == "CDS310"), ""), encoding="ascii")
    return folder


def test_two_versions_of_one_library(tmp_path):
    for address, uses in [("base@1.0.0", "{}"), ("base@1.1.0", "{}"), ("outer@1.0.0", "{base: base@1.0.0}")]:
        library_folder(tmp_path, address, uses)
    assert found_in(using(tmp_path / "a", "{base: base@1.0.0}")) == {"CDS236"}  # there are no libraries beside it
    shutil.rmtree(tmp_path / "a")
    folder = using(tmp_path, "{base: base@1.0.0, outer: outer@1.0.0}")
    assert found_in(folder) == set()
    file = folder / "ruleset.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("base@1.0.0", "base@1.1.0"), encoding="utf-8")
    assert found_in(folder) == {"CDS230"}


def test_a_library_that_cannot_be_used(tmp_path):
    library_folder(tmp_path / "a", "base@1.0.0", status="draft")
    assert found_in(using(tmp_path / "a", "{base: base@1.0.0}")) == {"CDS237"}
    library_folder(tmp_path / "b", "base@1.0.0")
    assert "CDS237" not in found_in(using(tmp_path / "b", "{base: base@1.0.0}"))


def test_a_code_for_a_value_set_that_takes_none(tmp_path):
    folder = version_folder(tmp_path, status="draft")
    site = {"potassium[http://lab.example/codes|K]": "Kalium"}
    assert codes(load_version(folder, REASONS, site)[1]) == {"CDS238"}
    file = folder / "ruleset.yaml"
    text = file.read_text(encoding="utf-8").replace("  potassium:\n", "  potassium:\n    extensible: yes\n")
    file.write_text(text, encoding="utf-8")
    assert codes(load_version(folder, REASONS, site)[1]) == set()


def test_a_version_that_the_engine_refuses(tmp_path, monkeypatch):
    loaded, problems = load_version(version_folder(tmp_path), REASONS)
    assert loaded is not None, problems
    monkeypatch.setattr(vetted, "vet_each", lambda _: [Refused("crashed: SIGSEGV")])
    assert codes(vetted.refused([loaded], tmp_path / "verdicts")) == {"CDS330"}
    monkeypatch.undo()
    assert codes(vetted.refused([loaded], tmp_path / "verdicts")) == set()
    monkeypatch.setattr(vetted, "vet_each", lambda _: [Refused("asked a second time")])
    assert vetted.refused([loaded], tmp_path / "verdicts") == []


def test_a_rulesets_folder_without_override_reasons(tmp_path):
    version_folder(tmp_path)
    assert codes(load_catalog(tmp_path)[1]) == {"CDS312"}
    (tmp_path / "override-reasons.yaml").write_text("done: Done already\n", encoding="utf-8")
    assert codes(load_catalog(tmp_path)[1]) == set()


def test_a_case_of_another_ruleset(tmp_path):
    folder = version_folder(tmp_path)
    (tmp_path / "override-reasons.yaml").write_text("done: Done already\n", encoding="utf-8")
    (folder / "cases").mkdir()
    case = "ruleset: another\nat: 2026-03-01\nhook: order-sign\ncases: [{name: a, fires: []}]\n"
    (folder / "cases" / "a.yaml").write_text(case, encoding="utf-8")
    assert codes(load_suite(folder, make_reference)[1]) == {"CDS610"}
    (folder / "cases" / "a.yaml").write_text(case.replace("another", "example"), encoding="utf-8")
    assert codes(load_suite(folder, make_reference)[1]) == set()


def test_a_file_that_is_a_link_out_of_its_folder(tmp_path):
    folder = version_folder(tmp_path)
    assert found_in(folder) == set()
    (folder / "ruleset.yaml").rename(tmp_path / "elsewhere.yaml")
    (folder / "ruleset.yaml").symlink_to(tmp_path / "elsewhere.yaml")
    assert found_in(folder) == {"CDS129"}


def outside_codes(tmp_path: Path, text: str) -> set[str]:
    file = tmp_path / "outside"
    file.write_text(text, encoding="utf-8")
    return codes(read_code_set(file)[1])


def test_a_value_set_that_is_not_json(tmp_path):
    assert outside_codes(tmp_path, '{"resourceType": "ValueSet", ') == {"CDS131"}
    include = {"system": "http://loinc.org", "concept": [{"code": "2823-3"}]}
    assert outside_codes(tmp_path, json.dumps({"resourceType": "ValueSet", "compose": {"include": [include]}})) == set()


def test_a_table_with_a_formula(tmp_path):
    assert outside_codes(tmp_path, "system,code,display\nloinc,2823-3,=1+1\n") == {"CDS132"}
    assert outside_codes(tmp_path, "system,code,display\nloinc,2823-3,Potassium\n") == set()


def test_a_value_set_whose_codes_cannot_be_told(tmp_path):
    include = {"system": "http://loinc.org", "filter": [{"property": "parent", "op": "=", "value": "LP1"}]}
    told = {"resourceType": "ValueSet", "compose": {"include": [include]}}
    assert outside_codes(tmp_path, json.dumps(told)) == {"CDS240"}
    assert outside_codes(tmp_path, json.dumps({"resourceType": "Bundle"})) == {"CDS240"}
    include = {"system": "http://loinc.org", "concept": [{"code": "2823-3"}]}
    assert outside_codes(tmp_path, json.dumps({"resourceType": "ValueSet", "compose": {"include": [include]}})) == set()


def test_codes_against_tables(tmp_path):
    folder = version_folder(tmp_path, status="draft")
    version, problems = read_version(folder)
    assert version is not None, problems
    (potassium,) = (each for each in held_by(version) if each.value_set.name == "potassium")
    table = tmp_path / "table.csv"
    for display, found in [("Potassium", set()), ("Sodium", {"CDS308"}), ("", set())]:
        table.write_text(f"system,code,display\nloinc,2823-3,{display}\n", encoding="utf-8")
        assert codes([*check_codes(potassium, read_tables([table])[0])]) == found
    table.write_text("system,code,display\nloinc,2951-2,Sodium\n", encoding="utf-8")
    assert codes([*check_codes(potassium, read_tables([table])[0])]) == {"CDS307"}


def test_a_rulesets_folder_without_services(tmp_path):
    assert codes(load_services(tmp_path / "services.yaml", Catalog({}, REASONS))[1]) == {"CDS320"}
    (tmp_path / "services.yaml").write_text("{}\n", encoding="utf-8")
    assert codes(load_services(tmp_path / "services.yaml", Catalog({}, REASONS))[1]) == set()


def test_a_hook_that_no_service_calls(tmp_path):
    catalog, _ = load_catalog(version_folder(tmp_path).parents[1])
    file = tmp_path / "services.yaml"
    one = "{title: A, description: B, hook: order-sign, rulesets: {example: '*'}}"
    file.write_text(f"a: {one}\n", encoding="utf-8")
    services, problems = load_services(file, catalog)
    assert problems == []
    (found,) = uncalled(services, catalog, file)
    assert codes([found]) == {"CDS325"}
    assert (found.code, found.severity, str(found.location)) == ("CDS325", "advice", f"{file}:1:1")
    assert "answers at patient-view too" in found.message
    file.write_text(f"a: {one}\nb: {one.replace('order-sign', 'patient-view')}\n", encoding="utf-8")
    assert codes(uncalled(load_services(file, catalog)[0], catalog, file)) == set()
    (unbound,) = uncalled((), catalog, file)
    assert "no service answers with example@1.0.0" in unbound.message


def test_a_service_of_which_nothing_is_in_effect(tmp_path):
    catalog, _ = load_catalog(version_folder(tmp_path).parents[1])
    (version,) = catalog.versions["example"]
    file = tmp_path / "services.yaml"
    file.write_text("a: {title: A, description: B, hook: order-sign, rulesets: {example: '*'}}\n", encoding="utf-8")
    services, _ = load_services(file, catalog)
    begins = version.effective.start
    ended = replace(version, effective=Effective(begins, date(2026, 4, 1)))
    next_one = replace(version, version="1.1.0", effective=Effective(date(2027, 1, 1), None))

    def told(*versions, day):
        return list(lapsed(services, Catalog({"example": versions}, REASONS), day))

    (found,) = told(ended, day=date(2026, 4, 1))
    assert (found.code, found.severity, str(found.location)) == ("CDS314", "warning", f"{file}:1:1")
    assert "the last ended 2026-04-01" in found.message
    assert told(ended, day=date(2026, 3, 31)) == []
    assert told(version, day=date(2036, 4, 1)) == []  # without an end
    assert told(next_one, ended, day=date(2026, 4, 1)) == []  # one is still to come


def test_a_published_version_may_have_ended_and_a_draft_may_not():
    ruleset, problems = read_ruleset(RULESET.encode(), "ruleset.yaml", {}.get, REASONS)
    assert ruleset is not None, problems
    ended = replace(ruleset, effective=Effective(ruleset.effective.start, DAY))
    assert codes(check_rights(ended, DAY)) == {"CDS314"}
    assert codes(check_rights(replace(ended, status="published"), DAY)) == set()
