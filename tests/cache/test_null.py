from cds.cache.null import NullStore


def test_what_is_put_into_it_is_gone():
    store = NullStore()
    store.put(b"key", b"value", 60)
    assert store.get(b"key") is None


def test_it_says_that_there_is_no_cache():
    assert NullStore().health() == {"store": "none"}


def test_it_can_be_closed_and_still_asked():
    store = NullStore()
    store.close()
    assert store.get(b"key") is None
