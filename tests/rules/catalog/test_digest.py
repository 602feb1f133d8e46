"""The digest covers every byte that decides the meaning of a version, and nothing that does not."""

import hashlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cds.rules.catalog.digest import digest_of, meaningful_files, unlisted_files
from tests.rules.catalog.folders import version_folder

INSIDE = ["ruleset.yaml", "value-sets/opioids.csv", "value-sets/statins.csv"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return version_folder(tmp_path)


def test_the_digest_is_sha_256_over_the_sorted_paths_and_the_sha_256_of_their_bytes(folder):
    lines = "".join(f"{name}\0{hashlib.sha256((folder / name).read_bytes()).hexdigest()}\n" for name in sorted(INSIDE))
    assert digest_of(folder) == hashlib.sha256(lines.encode()).hexdigest()
    assert [path.relative_to(folder).as_posix() for path in meaningful_files(folder)] == INSIDE


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.sampled_from(INSIDE), st.integers(0, 10**6), st.integers(1, 255))
def test_any_byte_of_any_meaningful_file_changes_it(folder, name, at, other):
    before = digest_of(folder)
    content = (folder / name).read_bytes()
    place = at % len(content)
    try:
        (folder / name).write_bytes(content[:place] + bytes([content[place] ^ other]) + content[place + 1 :])
        assert digest_of(folder) != before
    finally:
        (folder / name).write_bytes(content)
    assert digest_of(folder) == before


def test_a_file_that_comes_goes_or_is_renamed_changes_it(folder):
    digests = {digest_of(folder)}
    (folder / "value-sets" / "more.csv").write_bytes(b"")
    digests.add(digest_of(folder))
    (folder / "value-sets" / "more.csv").rename(folder / "value-sets" / "most.csv")
    digests.add(digest_of(folder))
    (folder / "value-sets" / "statins.csv").unlink()
    digests.add(digest_of(folder))
    assert len(digests) == 4


def test_line_ends_are_bytes(folder):
    before = digest_of(folder)
    file = folder / "ruleset.yaml"
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert digest_of(folder) != before


def test_two_files_that_swap_their_contents_change_it(folder):
    before = digest_of(folder)
    one, two = folder / "value-sets/opioids.csv", folder / "value-sets/statins.csv"
    first, second = one.read_bytes(), two.read_bytes()
    one.write_bytes(second)
    two.write_bytes(first)
    assert digest_of(folder) != before


def test_cases_the_digest_and_a_signature_do_not_count(folder):
    before = digest_of(folder)
    (folder / "cases" / "more.yaml").write_text("cases: []")
    (folder / "cases" / "notes.txt").write_text("free")
    (folder / "DIGEST").write_text("sha256:0")
    (folder / "SIGNATURE").write_bytes(b"\0\1")
    assert digest_of(folder) == before
    assert unlisted_files(folder) == []


def test_a_folder_of_another_name_than_cases_does_count(folder):
    before = digest_of(folder)
    (folder / "value-sets" / "cases").mkdir()
    (folder / "value-sets" / "cases" / "x.csv").write_bytes(b"x")
    assert digest_of(folder) != before


@pytest.mark.parametrize(
    "name",
    [
        "notes.txt",
        "ruleset.yaml~",
        ".hidden",
        "value-sets/x.json",
        "value-sets/DIGEST",
        "table.CSV",
        "x.yml",
        "bad\nname.csv",
        "käse.csv",
    ],
)
def test_a_file_of_another_kind_is_unlisted(folder, name):
    (folder / name).write_bytes(b"")
    assert unlisted_files(folder) == [folder / name]


def test_a_name_that_is_not_text_is_unlisted_and_breaks_nothing(folder):
    (folder / "value-sets" / b"\xff.csv".decode("utf-8", "surrogateescape")).write_bytes(b"x")
    assert len(unlisted_files(folder)) == 1
    assert len(digest_of(folder)) == 64


def test_a_link_is_unlisted_wherever_it_leads(folder, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "x.csv").write_bytes(b"system,code,display\n")
    links = [
        folder / "linked.csv",
        folder / "sets",
        folder / "value-sets" / "dangling.csv",
        folder / "value-sets" / "z.csv",
    ]
    for link, target in zip(
        links, [outside / "x.csv", outside, tmp_path / "nowhere", folder / "ruleset.yaml"], strict=True
    ):
        link.symlink_to(target)
    assert unlisted_files(folder) == sorted(links)
