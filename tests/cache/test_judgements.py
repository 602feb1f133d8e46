import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.cache.judgements import JudgementCache, open_cache
from cds.cache.memory import Memory
from cds.cache.null import NullStore
from cds.records.keys import KeysUnusable
from tests.cache.stores import ConfusedStore, DictStore, keys

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
KEYS = keys()
MOMENTS = st.datetimes(datetime(2018, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def over(store, sealed=KEYS) -> JudgementCache:
    """As another worker sees the store: without what this process remembers itself."""
    return JudgementCache(store, sealed, Memory(most=0))


@pytest.fixture(params=["with a memory", "by the store alone"])
def cache(request) -> JudgementCache:
    return JudgementCache(DictStore(), KEYS) if request.param == "with a memory" else over(DictStore())


def lookup(cache, key, moment):
    found = cache.lookup(key, moment)
    if found is None:
        return None
    assert found.valid_from <= moment < found.valid_until
    return found.payload


def edges(moment: datetime, cuts: list[datetime]) -> tuple[datetime, datetime]:
    """The interval between two cuts, in which the judgement does not change."""
    before = [cut for cut in cuts if cut <= moment]
    after = [cut for cut in cuts if cut > moment]
    return max(before, default=datetime.min.replace(tzinfo=UTC)), min(after, default=datetime.max.replace(tzinfo=UTC))


@given(cuts=st.lists(MOMENTS, max_size=6), moments=st.lists(MOMENTS, min_size=1, max_size=30), data=st.data())
def test_cached_equals_fresh_for_moments_in_any_order_backwards_too(cuts, moments, data):
    cache = JudgementCache(DictStore(), KEYS, Memory(most=data.draw(st.sampled_from([0, 512]))))
    key = cache.key([b"facts"])
    moments += [cut + data.draw(st.sampled_from([-1, 0, 1])) * timedelta(microseconds=1) for cut in cuts]
    for moment in data.draw(st.permutations(moments)):
        fresh = str(edges(moment, cuts)).encode()
        found = lookup(cache, key, moment)
        assert found in {None, fresh}
        if found is None:
            cache.remember(key, fresh, *edges(moment, cuts), now=data.draw(MOMENTS))
            assert lookup(cache, key, moment) == fresh


def test_the_interval_holds_its_start_and_not_its_end(cache):
    cache.remember(b"key", b"payload", NOON, NOON + DAY, NOON)
    tick = timedelta(microseconds=1)
    assert lookup(cache, b"key", NOON) == b"payload"
    assert lookup(cache, b"key", NOON + DAY - tick) == b"payload"
    assert lookup(cache, b"key", NOON - tick) is None
    assert lookup(cache, b"key", NOON + DAY) is None
    assert cache.health()["outside"] == 2


def test_the_same_instant_in_another_zone_is_the_same_moment(cache):
    cache.remember(b"key", b"payload", NOON, NOON + DAY, NOON)
    kiribati = NOON.astimezone(timezone(timedelta(hours=14)))
    assert lookup(cache, b"key", kiribati) == b"payload"


def test_a_naive_moment_is_refused(cache):
    cache.remember(b"key", b"payload", NOON, NOON + DAY, NOON)
    with pytest.raises(TypeError):
        lookup(cache, b"key", NOON.replace(tzinfo=None))


def test_of_an_empty_interval_nothing_is_kept(cache):
    cache.remember(b"key", b"payload", NOON, NOON, NOON)
    cache.remember(b"key", b"payload", NOON, NOON - DAY, NOON)
    assert lookup(cache, b"key", NOON) is None
    assert cache.health()["misses"] == 1


@pytest.mark.parametrize(
    ("ends_in", "stay"),
    [
        (timedelta(hours=1), 3600),
        (timedelta(seconds=90, microseconds=1), 91),
        (timedelta(seconds=1), 60),
        (-DAY, 60),
        (40 * DAY, 86_400),
    ],
)
def test_the_store_is_asked_to_keep_it_until_its_end_within_limits(ends_in, stay):
    store = DictStore()
    JudgementCache(store, KEYS).remember(b"key", b"", NOON - 10 * DAY, NOON + ends_in, NOON)
    assert store.seconds == {b"key": stay}


def test_an_interval_without_end_can_be_remembered(cache):
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    cache.remember(b"key", b"payload", first, last, NOON)
    assert lookup(cache, b"key", NOON) == b"payload"


@given(st.lists(st.lists(st.binary(max_size=3), max_size=4), min_size=2, max_size=2, unique_by=tuple))
def test_parts_that_differ_give_keys_that_differ(lists):
    cache = JudgementCache(NullStore(), KEYS)
    assert cache.key(lists[0]) != cache.key(lists[1])


def test_the_same_parts_give_the_same_key_in_another_process_with_the_same_keys():
    first, second = JudgementCache(NullStore(), KEYS), JudgementCache(DictStore(), KEYS)
    assert first.key([b"a", b"b"]) == second.key(iter([b"a", b"b"]))


def test_a_key_depends_on_the_secret_and_shows_nothing_of_its_parts():
    here, there = JudgementCache(NullStore(), KEYS), JudgementCache(NullStore(), keys())
    assert here.key([b"Patient/123"]) != there.key([b"Patient/123"])
    assert b"Patient" not in here.key([b"Patient/123"])
    assert len(here.key([b"Patient/123" * 50])) == len(here.key([]))


@given(seed=st.integers(0, 2**32), names=st.lists(st.sampled_from("abc"), min_size=1, max_size=40))
def test_a_confused_store_never_gives_another_keys_judgement(seed, names):
    cache = over(ConfusedStore(random.Random(seed).choice))
    for name in names:
        key = cache.key([name.encode()])
        cache.remember(key, f"payload of {name}".encode(), NOON, NOON + DAY, NOON)
        assert lookup(cache, key, NOON) in {None, f"payload of {name}".encode()}


def test_what_the_store_gave_is_remembered_for_its_moments():
    store = DictStore()
    over(store).remember(b"key", b"payload", NOON, NOON + DAY, NOON)
    cache = JudgementCache(store, KEYS)
    assert lookup(cache, b"key", NOON) == b"payload"
    store.kept.clear()
    assert [lookup(cache, b"key", NOON + DAY * days) for days in (0, 1, -1)] == [b"payload", None, None]
    assert {name: cache.health()[name] for name in ("near", "hits", "misses")} == {"near": 1, "hits": 1, "misses": 2}


def test_a_tampered_entry_is_a_miss_and_counted():
    store = DictStore()
    cache = over(store)
    cache.remember(b"key", b"payload", NOON, NOON + DAY, NOON)
    store.kept[b"key"] = store.kept[b"key"][:-1] + bytes([store.kept[b"key"][-1] ^ 1])
    assert lookup(cache, b"key", NOON) is None
    assert cache.health()["unopenable"] == 1


def test_an_entry_sealed_with_a_key_that_we_lack_is_a_miss():
    store = DictStore()
    JudgementCache(store, keys()).remember(b"key", b"payload", NOON, NOON + DAY, NOON)
    assert lookup(over(store), b"key", NOON) is None


def test_an_entry_sealed_before_a_rotation_is_still_found():
    store = DictStore()
    JudgementCache(store, KEYS).remember(b"key", b"payload", NOON, NOON + DAY, NOON)
    assert lookup(over(store, keys(KEYS.cache.newest)), b"key", NOON) == b"payload"


def test_what_lies_in_the_store_can_be_read_by_nobody_else():
    store = DictStore()
    cache = JudgementCache(store, KEYS)
    cache.remember(cache.key([b"Patient/123"]), b"warfarin", NOON, NOON + DAY, NOON)
    lying = b"".join([*store.kept, *store.kept.values()])
    assert b"warfarin" not in lying
    assert b"Patient" not in lying


@dataclass(frozen=True)
class Settings:
    state: Path
    keys_file: Path | None = None
    redis_url: str | None = None


def test_without_redis_and_server_nothing_is_kept(tmp_path):
    cache = open_cache(Settings(tmp_path), None)
    cache.remember(b"key", b"payload", NOON, NOON + DAY, NOON)
    assert lookup(cache, b"key", NOON) is None
    assert cache.keeps_nothing
    cache.close()


def test_a_redis_url_is_used_and_nothing_is_opened_yet(tmp_path):
    cache = open_cache(Settings(tmp_path, redis_url="redis://no-such-host.invalid:1/0"), None)
    assert cache.health()["store"] == "redis"
    assert cache.health()["failures"] == 0
    assert not cache.keeps_nothing


def test_keys_that_cannot_be_used_stop_the_start(tmp_path):
    with pytest.raises(KeysUnusable):
        open_cache(Settings(tmp_path, keys_file=tmp_path / "none.json"), None)
