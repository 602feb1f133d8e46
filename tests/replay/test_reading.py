import gzip
import json

import pytest

from cds.replay.case import Case
from cds.replay.reading import Unreadable, read_cases
from tests.replay.telling import bundle, order, patient

LABELLED = {
    "id": "c1",
    "topic": "t",
    "asOf": "2023-05-01",
    "expect": {"type": "fire", "fire": True},
    "request": {"hook": "patient-view", "context": {"patientId": "p"}},
}
BARE = {"hook": "patient-view", "context": {"patientId": "p"}}


def written(path, *documents):
    text = "".join(json.dumps(document) + "\n" for document in documents).encode()
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    return path


@pytest.mark.parametrize("name", ["a.ndjson", "a.ndjson.gz"])
def test_labelled_cases_are_read_plain_and_gzipped(tmp_path, name):
    [case] = read_cases([written(tmp_path / name, LABELLED)])
    assert (case.id, case.topic, case.as_of, case.hook) == ("c1", "t", "2023-05-01", "patient-view")
    assert case.expect == LABELLED["expect"]
    assert case.origin.endswith(f"{name}:1")


def test_a_bare_request_a_bundle_and_a_bundle_with_an_id_are_cases(tmp_path):
    record = bundle(patient(), order("m"))
    cases = list(read_cases([written(tmp_path / "a.ndjson", BARE, record, {"id": "b", "bundle": record})]))
    assert [case.hook for case in cases] == ["patient-view", "patient-view", "order-sign", "patient-view", "order-sign"]
    assert cases[3].id == "b#patient-view"
    assert all(case.expect == {} for case in cases)


def test_each_further_moment_of_a_label_is_a_case_of_its_own(tmp_path):
    replayed = {**LABELLED, "expect": {"fire": False, "replay": [{"asOf": "2024-01-01", "fire": True}]}}
    first, second = read_cases([written(tmp_path / "a.ndjson", replayed)])
    assert (first.id, first.expect["fire"]) == ("c1", False)
    assert (second.id, second.as_of, second.expect["fire"]) == ("c1@2024-01-01", "2024-01-01", True)
    assert second.request == first.request


def test_a_line_that_is_no_case_is_reported_with_its_place_and_without_its_words(tmp_path):
    file = written(tmp_path / "a.ndjson", LABELLED, {"secret": "name"})
    file.write_bytes(file.read_bytes() + b'{"secret: \n')
    case, neither, broken = read_cases([file])
    assert isinstance(case, Case)
    assert (neither.place, broken.place) == (f"{file}:2", f"{file}:3")
    assert "secret" not in neither.reason + broken.reason


def test_a_folder_gives_its_case_files_in_order_and_passes_over_files_of_other_things(tmp_path):
    (tmp_path / "deeper").mkdir()
    written(tmp_path / "deeper" / "b.ndjson", {**LABELLED, "id": "second"})
    written(tmp_path / "a.ndjson", {**LABELLED, "id": "first"})
    written(tmp_path / "sets.ndjson.gz", {"url": "x", "codes": {}})
    written(tmp_path / "index.json", {"t": 1})
    (tmp_path / "notes.md").write_text("no")
    assert [case.id for case in read_cases([tmp_path])] == ["first", "second"]


def test_a_damaged_file_is_an_error_even_in_a_folder(tmp_path):
    whole = written(tmp_path / "a.ndjson.gz", *[{**LABELLED, "id": str(n)} for n in range(2000)])
    whole.write_bytes(whole.read_bytes()[:-200])
    *cases, last = read_cases([tmp_path])
    assert cases
    assert isinstance(last, Unreadable)
    assert last.reason.startswith("cannot be read to its end")


def test_a_file_that_is_not_there_is_an_error(tmp_path):
    assert list(read_cases([tmp_path / "gone"])) == [Unreadable(str(tmp_path / "gone"), "no such file")]


def test_an_integer_beyond_64_bits_does_not_lose_the_case(tmp_path):
    file = tmp_path / "a.ndjson"
    file.write_text(json.dumps(LABELLED)[:-1] + ', "n": 123456789012345678901234567890}\n')
    assert [case.id for case in read_cases([file])] == ["c1"]
