"""Loading versions: what was published is what is served, and nothing else is."""

from pathlib import Path

import pytest

from cds.rules.catalog.digest import digest_of
from cds.rules.catalog.load import load_beside, load_catalog, load_override_reasons, load_version, version_key
from tests.rules.catalog.folders import REASONS, publish, rulesets_folder, version_folder
from tests.rules.source.written import REASONS as DISPLAYS


def loaded(folder: Path):
    ruleset, problems = load_version(folder, DISPLAYS)
    return ruleset, [problem.code for problem in problems]


def test_a_published_version_loads_with_its_whole_digest(tmp_path):
    folder = version_folder(tmp_path)
    ruleset, codes = loaded(folder)
    assert codes == []
    assert ruleset.digest == digest_of(folder)
    assert ruleset.pinned == f"example@1.2.0+sha256.{digest_of(folder)[:12]}"


@pytest.mark.parametrize(
    ("name", "added"),
    [
        ("ruleset.yaml", b"\n"),
        ("value-sets/opioids.csv", b"rxnorm,99,x,1,mg,any\n"),
        ("value-sets/statins.csv", b"rxnorm,99,x\n"),
    ],
)
def test_a_version_that_was_changed_after_it_was_published_is_refused(tmp_path, name, added):
    folder = version_folder(tmp_path)
    (folder / name).write_bytes((folder / name).read_bytes() + added)
    ruleset, problems = load_version(folder, DISPLAYS)
    assert ruleset is None
    assert [(p.code, str(p.location)) for p in problems] == [("CDS311", f"{folder}/DIGEST:1:1")]
    assert "publish a new one" in problems[0].hint


@pytest.mark.parametrize("content", [b"", b"sha256:", b"0" * 64, b"\xff\xfe", b"sha256:" + b"0" * 64])
def test_a_digest_that_says_something_else_is_refused(tmp_path, content):
    folder = version_folder(tmp_path)
    (folder / "DIGEST").write_bytes(content)
    assert loaded(folder) == (None, ["CDS311"])


def test_a_published_version_without_its_digest_is_refused_and_told_it(tmp_path):
    folder = version_folder(tmp_path)
    (folder / "DIGEST").unlink()
    ruleset, problems = load_version(folder, DISPLAYS)
    assert ruleset is None
    assert [(p.code, p.hint) for p in problems] == [("CDS310", f"sha256:{digest_of(folder)}")]


def test_a_version_in_the_wrong_folder_is_refused(tmp_path):
    folder = version_folder(tmp_path)
    moved = folder.rename(folder.with_name("1.2.1"))
    ruleset, problems = load_version(moved, DISPLAYS)
    assert ruleset is None
    assert [(p.code, p.message) for p in problems] == [("CDS118", "example@1.2.0 stands in the folder example/1.2.1")]


def test_a_version_below_another_rulesets_name_is_refused(tmp_path):
    folder = version_folder(tmp_path).parent.rename(tmp_path / "other") / "1.2.0"
    assert loaded(folder) == (None, ["CDS118"])


@pytest.mark.parametrize("name", ["notes.txt", "value-sets/x.json", "ruleset.yaml~"])
def test_a_file_of_another_kind_is_refused_at_its_own_place(tmp_path, name):
    folder = version_folder(tmp_path)
    (folder / name).write_text("x")
    publish(folder)
    ruleset, problems = load_version(folder, DISPLAYS)
    assert ruleset is None
    assert [(p.code, str(p.location)) for p in problems] == [("CDS117", f"{folder / name}:1:1")]


def test_a_folder_of_tables_that_is_a_link_is_not_followed(tmp_path):
    folder = version_folder(tmp_path)
    (folder / "value-sets").rename(tmp_path / "elsewhere")
    (folder / "value-sets").symlink_to(tmp_path / "elsewhere")
    publish(folder)
    ruleset, codes = loaded(folder)
    assert ruleset is None
    assert {"CDS117", "CDS223"} <= set(codes)


@pytest.mark.parametrize("inside", [True, False])
def test_a_table_that_is_a_link_is_not_followed(tmp_path, inside):
    folder = version_folder(tmp_path)
    table = folder / "value-sets" / "opioids.csv"
    target = table.rename((folder / "value-sets" if inside else tmp_path) / "real.csv")
    table.symlink_to(target)
    publish(folder)
    ruleset, codes = loaded(folder)
    assert ruleset is None
    assert {"CDS117", "CDS223"} <= set(codes)


@pytest.mark.parametrize("name", ["../secret.csv", "/secret.csv", "../../secret.csv"])
def test_a_table_outside_the_version_is_not_read(tmp_path, name):
    folder = version_folder(tmp_path)
    for place in (folder, folder.parent):
        (place / "secret.csv").write_bytes(b"system,code,display\nrxnorm,1,secret\n")
    file = folder / "ruleset.yaml"
    file.write_text(file.read_text().replace("{file: opioids.csv}", f"{{file: {name}}}"))
    publish(folder)
    ruleset, codes = loaded(folder)
    assert ruleset is None
    assert "CDS223" in codes


def test_a_draft_is_read_by_lint_and_is_never_served(tmp_path):
    rulesets_folder(tmp_path)
    draft = version_folder(tmp_path, "1.2.0", status="draft")
    assert loaded(draft)[1] == []
    catalog, problems = load_catalog(tmp_path)
    assert catalog.versions == {}
    assert [p.code for p in problems] == ["CDS118"]
    assert "drafts stand in the folder draft/" in problems[0].hint


def test_drafts_in_their_own_folder_are_left_alone(tmp_path):
    rulesets_folder(tmp_path)
    version_folder(tmp_path, "1.2.0", status="draft").rename(tmp_path / "example" / "draft")
    catalog, problems = load_catalog(tmp_path)
    assert (catalog.versions, problems) == ({}, [])


def test_versions_are_ordered_as_numbers_highest_first(tmp_path):
    rulesets_folder(tmp_path, "1.9.0", "1.10.0", "0.11.2", "10.0.0", "1.10.3")
    catalog, problems = load_catalog(tmp_path)
    assert problems == []
    assert [r.version for r in catalog.versions["example"]] == ["10.0.0", "1.10.3", "1.10.0", "1.9.0", "0.11.2"]
    assert version_key(catalog.versions["example"][0]) == (10, 0, 0)


def test_a_bad_version_is_left_out_and_told_and_the_others_stay(tmp_path):
    rulesets_folder(tmp_path, "1.0.0", "1.1.0")
    (tmp_path / "example" / "1.1.0" / "DIGEST").unlink()
    catalog, problems = load_catalog(tmp_path)
    assert [r.version for r in catalog.versions["example"]] == ["1.0.0"]
    assert [p.code for p in problems] == ["CDS310"]


def test_the_problems_of_all_versions_come_sorted(tmp_path):
    rulesets_folder(tmp_path, "1.0.0", "1.1.0")
    for version in ("1.1.0", "1.0.0"):
        file = tmp_path / "example" / version / "ruleset.yaml"
        file.write_text(file.read_text().replace("sex: female", "sex: woman").replace("title: P", "titel: P"))
        (tmp_path / "example" / version / "a.txt").write_text("")
    _, problems = load_catalog(tmp_path)
    assert problems == sorted(problems, key=lambda p: (p.location, p.code, p.message))
    assert [p.code for p in problems] == ["CDS117", "CDS109", "CDS101", "CDS113"] * 2


def test_override_reasons_are_displays_by_code(tmp_path):
    path = tmp_path / "override-reasons.yaml"
    path.write_text(REASONS)
    assert load_override_reasons(path) == ({"patient-declined": "The patient declined"}, [])


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("patient-declined: [a]", "CDS111", "1:19"),
        ("patient-declined:", "CDS111", "1:18"),
        ("Patient declined: x", "CDS201", "1:1"),
        ("a: b\na: c", "CDS107", "2:1"),
        ("- a", "CDS110", "1:1"),
        ("", "CDS106", "1:1"),
    ],
)
def test_a_mistake_in_the_override_reasons_is_told_with_its_place(tmp_path, text, code, place):
    path = tmp_path / "override-reasons.yaml"
    path.write_text(text)
    _, problems = load_override_reasons(path)
    assert [(p.code, str(p.location)) for p in problems] == [(code, f"{path}:{place}")]


@pytest.mark.parametrize("text", [None, "- a", "a: [b", b"\xff", "a: b\na: c"])
def test_a_list_of_reasons_that_cannot_be_read_is_told_once_and_no_rule_is_blamed(tmp_path, text):
    rulesets_folder(tmp_path, "1.0.0", "1.1.0")
    path = tmp_path / "override-reasons.yaml"
    path.unlink()
    if text is not None:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    for problems in (load_catalog(tmp_path)[1], load_beside(tmp_path / "example" / "1.0.0")[1]):
        assert [p.location.file for p in problems] == [str(path)]
    assert load_catalog(tmp_path)[0].versions == {}


def test_a_code_that_the_list_lacks_is_told_of_each_rule(tmp_path):
    rulesets_folder(tmp_path, "1.0.0")
    (tmp_path / "override-reasons.yaml").write_text("another: Another\n")
    for problems in (load_catalog(tmp_path)[1], load_beside(tmp_path / "example" / "1.0.0")[1]):
        assert {p.code for p in problems} == {"CDS228"}


def test_a_rulesets_folder_without_the_list_is_told(tmp_path):
    assert [p.code for p in load_catalog(tmp_path)[1]] == ["CDS312"]
