"""What is kept of versions is told again only while everything that loading looked at is as it was."""

from datetime import date

import orjson
import pytest

from cds.rules.catalog import outline
from cds.rules.catalog.load import load_catalog
from cds.rules.catalog.outline import KEPT, load_outlines
from tests.rules.catalog.folders import rulesets_folder, version_folder
from tests.rules.catalog.test_shelf import library_folder


@pytest.fixture
def rulesets(tmp_path):
    return rulesets_folder(tmp_path / "rulesets", "1.2.0", "1.10.0")


@pytest.fixture
def listed(rulesets, tmp_path, monkeypatch):
    """Calling it lists the versions; ``listed.read`` are those that were loaded for it."""
    load_version = outline.load_version

    def counted(folder, *arguments, **options):
        listed.read.append(folder.name)
        return load_version(folder, *arguments, **options)

    def listed():
        listed.read = []
        return [each.address for each in load_outlines(rulesets, tmp_path / "state").versions.get("example", ())]

    monkeypatch.setattr(outline, "load_version", counted)
    return listed


BOTH = ["example@1.10.0", "example@1.2.0"]


def test_they_are_those_of_the_catalog_read_or_kept(rulesets, tmp_path):
    versions = load_catalog(rulesets)[0].versions["example"]
    asked = ("name", "version", "address", "digest", "hooks", "effective", "last_review_date")
    for _ in range(2):
        outlines = load_outlines(rulesets, tmp_path / "state").versions["example"]
        assert len(outlines) == 2
        for whole, told in zip(versions, outlines, strict=True):
            assert [getattr(told, each) for each in asked] == [getattr(whole, each) for each in asked]
    assert isinstance(outlines[0].last_review_date, date)


def test_what_is_as_it_was_is_not_read_again(listed):
    assert (listed(), listed.read) == (BOTH, ["1.10.0", "1.2.0"])
    assert (listed(), listed.read) == (BOTH, [])


def changed_table(rulesets):
    table = next((rulesets / "example" / "1.2.0" / "value-sets").iterdir())
    table.write_bytes(table.read_bytes() + b"\n")


def changed_digest(rulesets):
    (rulesets / "example" / "1.2.0" / "DIGEST").write_text("sha256:0\n")


def lost_digest(rulesets):
    (rulesets / "example" / "1.2.0" / "DIGEST").unlink()


def stray_file(rulesets):
    (rulesets / "example" / "1.2.0" / "notes.txt").write_text("mind the dose")


def link(rulesets):
    (rulesets / "example" / "1.2.0" / "more.yaml").symlink_to("/etc/hostname")


@pytest.mark.parametrize("change", [changed_table, changed_digest, lost_digest, stray_file, link])
def test_a_version_that_changed_after_it_was_published_is_read_and_left_out(rulesets, listed, change):
    listed()
    change(rulesets)
    for _ in range(2):  # each time: only what is sound is kept
        assert (listed(), listed.read) == (BOTH[:1], ["1.2.0"])


def test_a_version_that_is_gone_is_gone_and_a_new_one_is_read_alone(rulesets, listed):
    listed()
    version_folder(rulesets, "2.0.0")
    assert (listed(), listed.read) == (["example@2.0.0", *BOTH], ["2.0.0"])
    (rulesets / "example" / "2.0.0" / "ruleset.yaml").unlink()
    assert (listed(), listed.read) == (BOTH, [])


def test_a_record_that_is_spoilt_is_looked_at(rulesets, listed):
    listed()
    (rulesets / "example" / "publications.yaml").write_text("- [\n")
    assert listed() == []


@pytest.mark.parametrize("what", ["libraries", "reasons", "code"])
def test_what_every_version_rests_on_makes_all_be_read_again(rulesets, listed, monkeypatch, what):
    listed()
    if what == "libraries":
        library_folder(rulesets)
    elif what == "reasons":
        (rulesets / "override-reasons.yaml").write_text("patient-declined: Declined\n")
    else:
        monkeypatch.setattr(outline, "_code", lambda: "another")
    assert (listed(), listed.read) == (BOTH, ["1.10.0", "1.2.0"])
    assert (listed(), listed.read) == (BOTH, [])


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"example/1.2.0": 5}', b'{"example/1.2.0": {"mark": null}}'])
def test_what_else_the_file_may_hold_is_nothing(listed, tmp_path, content):
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / KEPT).write_bytes(content)
    assert (listed(), listed.read) == (BOTH, ["1.10.0", "1.2.0"])


def test_a_mark_alone_tells_nothing(listed, tmp_path):
    listed()
    kept = tmp_path / "state" / KEPT
    told = orjson.loads(kept.read_bytes())
    told["example/1.2.0"]["from"] = "soon"
    del told["example/1.10.0"]["hooks"]
    kept.write_bytes(orjson.dumps(told))
    assert (listed(), listed.read) == (BOTH, ["1.10.0", "1.2.0"])


def test_a_state_folder_that_cannot_be_written_is_no_fault(rulesets, tmp_path):
    (tmp_path / "state").write_text("a file")
    assert load_outlines(rulesets, tmp_path / "state").versions.keys() == {"example"}
