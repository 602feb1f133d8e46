import base64
import json
import multiprocessing
import pickle
import stat
from contextlib import contextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from cds.records.keys import KeysUnusable, load_keys, read_keys, rotate
from cds.records.sealing import seal, unseal

SECRET = base64.b64encode(bytes(range(32))).decode()


def document(**changes: object) -> str:
    sealing = [{"id": "0a0b0c0d", "key": SECRET}]
    return json.dumps({"format": 1, "hmac": SECRET, "seal": sealing, "records": sealing, **changes})


def test_the_first_start_generates_keys_that_the_next_start_reads(tmp_path):
    first, second = load_keys(None, tmp_path / "var"), load_keys(None, tmp_path / "var")
    assert first.hmac == second.hmac
    assert unseal(second.records, seal(first.records, b"value", b"key"), b"key") == b"value"


def test_generated_keys_are_for_their_owner_only(tmp_path):
    state = tmp_path / "var"
    load_keys(None, state)
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    assert stat.S_IMODE((state / "keys.json").stat().st_mode) == 0o600
    assert [path.name for path in state.iterdir()] == ["keys.json"]


def test_two_services_generate_different_keys(tmp_path):
    assert load_keys(None, tmp_path / "a").hmac != load_keys(None, tmp_path / "b").hmac


def _start(state: Path) -> bytes:
    return load_keys(None, state).hmac


def test_workers_that_start_at_once_agree_on_one_file(tmp_path):
    for attempt in range(5):
        with multiprocessing.get_context("fork").Pool(4) as pool:
            secrets = pool.map(_start, [tmp_path / str(attempt)] * 8, chunksize=1)
        assert len(set(secrets)) == 1


def test_a_named_file_is_read_and_nothing_is_generated(tmp_path):
    named = tmp_path / "keys.json"
    named.write_text(document())
    named.chmod(0o600)
    assert load_keys(named, tmp_path / "var").hmac == bytes(range(32))
    assert not (tmp_path / "var").exists()


def test_a_named_file_that_is_missing_stops_the_start(tmp_path):
    with pytest.raises(KeysUnusable) as refused:
        load_keys(tmp_path / "none.json", tmp_path)
    assert refused.value.reason == "missing"


def test_a_named_file_that_everybody_can_read_is_told_of(tmp_path):
    named = tmp_path / "keys.json"
    named.write_text(document())
    named.chmod(0o644)
    with capture_logs() as logs:
        load_keys(named, tmp_path)
    assert [entry["event"] for entry in logs] == ["keys_file_open_to_all"]
    assert SECRET not in str(logs)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not-json"),
        (document()[:-9], "not-json"),
        ("[]", "format"),
        (document(format=2), "format"),
        (document(hmac=None), "hmac"),
        (document(hmac=SECRET[:-8] + "AAA="), "hmac"),
        (document(hmac=base64.b64encode(b"short").decode()), "hmac"),
        (document(seal=[]), "seal"),
        (document(seal={}), "seal"),
        (document(seal=["key"]), "seal"),
        (document(seal=[{"id": "0a0b0c0d", "key": "AAAA"}]), "seal"),
        (document(seal=[{"id": "0a0b", "key": SECRET}]), "seal"),
        (document(seal=[{"id": "not hex!", "key": SECRET}]), "seal"),
        (document(seal=[{"id": "0a0b0c0d", "key": SECRET}] * 2), "repeated-id"),
        (document(records=None), "records"),
        (document(records=[]), "records"),
    ],
)
def test_a_file_that_is_not_whole_is_refused_left_alone_and_not_repeated(tmp_path, text, reason):
    path = tmp_path / "keys.json"
    path.write_text(text)
    with pytest.raises(KeysUnusable) as refused:
        load_keys(None, tmp_path)
    assert refused.value.reason == reason
    assert str(refused.value) == f"keys file {path}: {reason}"
    assert refused.value.__suppress_context__ or refused.value.__context__ is None
    assert path.read_text() == text


def test_a_keys_file_that_is_a_folder_is_unreadable(tmp_path):
    with pytest.raises(KeysUnusable) as refused:
        read_keys(tmp_path)
    assert refused.value.reason == "unreadable"


def test_the_refusal_passes_through_context_managers_and_pickling():
    @contextmanager
    def passing():
        yield

    with pytest.raises(KeysUnusable), passing():
        raise KeysUnusable(Path("keys.json"), "hmac")
    again = pickle.loads(pickle.dumps(KeysUnusable(Path("keys.json"), "hmac")))  # noqa: S301
    assert again.reason == "hmac"


def test_what_else_the_file_holds_is_not_ours_to_refuse(tmp_path):
    path = tmp_path / "keys.json"
    path.write_text(document(future={"anything": 1}))
    assert read_keys(path).cache.newest.key_id == bytes.fromhex("0a0b0c0d")


def test_secrets_do_not_show_in_repr(tmp_path):
    keys = load_keys(None, tmp_path)
    shown = repr(keys)
    for secret in (keys.hmac, keys.cache.newest.secret, keys.records.newest.secret):
        assert repr(secret) not in shown
        assert secret.hex() not in shown


@pytest.mark.parametrize("purpose", ["cache", "records"])
def test_after_a_rotation_the_new_key_seals_and_the_old_one_still_opens(tmp_path, purpose):
    keys = load_keys(None, tmp_path)
    before = getattr(keys, purpose)
    old = seal(before, b"value", b"key")
    rotated = rotate(tmp_path / "keys.json")
    after = getattr(rotated, purpose)
    assert rotated.hmac == keys.hmac
    assert after.newest.key_id != before.newest.key_id
    assert unseal(after, old, b"key") == b"value"
    assert unseal(before, seal(after, b"value", b"key"), b"key") is None
    assert stat.S_IMODE((tmp_path / "keys.json").stat().st_mode) == 0o600


def test_rotations_leave_three_keys_of_the_cache_and_every_key_of_the_records(tmp_path):
    first = load_keys(None, tmp_path)
    for _ in range(5):
        last = rotate(tmp_path / "keys.json")
    assert len(last.cache.by_id) == 3
    assert first.cache.newest.key_id not in last.cache.by_id
    assert len(last.records.by_id) == 6
    assert first.records.newest.key_id in last.records.by_id


def _without_records(path: Path) -> None:
    old = json.loads(document())
    del old["records"]
    path.write_text(json.dumps(old))


def test_a_file_of_ours_from_before_records_gets_a_key_for_them_and_keeps_the_others(tmp_path):
    _without_records(tmp_path / "keys.json")
    keys = load_keys(None, tmp_path)
    assert keys.hmac == bytes(range(32))
    assert keys.cache.newest.key_id == bytes.fromhex("0a0b0c0d")
    assert load_keys(None, tmp_path).records.newest.secret == keys.records.newest.secret


def _records_key(state: Path) -> bytes:
    return load_keys(None, state).records.newest.secret


def test_workers_that_find_an_old_file_at_once_agree_on_one_key(tmp_path):
    for attempt in range(5):
        (tmp_path / str(attempt)).mkdir()
        _without_records(tmp_path / str(attempt) / "keys.json")
        with multiprocessing.get_context("fork").Pool(4) as pool:
            assert len(set(pool.map(_records_key, [tmp_path / str(attempt)] * 8, chunksize=1))) == 1


def test_a_named_file_without_a_key_for_records_is_refused_and_left_alone(tmp_path):
    named = tmp_path / "keys.json"
    _without_records(named)
    named.chmod(0o600)
    before = named.read_text()
    with pytest.raises(KeysUnusable) as refused:
        load_keys(named, tmp_path / "var")
    assert (refused.value.reason, named.read_text()) == ("records", before)


def test_a_rotation_keeps_what_else_the_file_holds(tmp_path):
    path = tmp_path / "keys.json"
    path.write_text(document(future={"anything": 1}))
    rotate(path)
    assert json.loads(path.read_text())["future"] == {"anything": 1}
