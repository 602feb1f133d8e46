from hypothesis import given
from hypothesis import strategies as st

from cds.hooks.instance import find_instance

INSTANCE = b"0b1f0000-0000-4000-8000-000000000001"
PLAIN = b'{"hook": "order-sign", "hookInstance": "' + INSTANCE + b'", "context": {}}'


def told(body):
    found = find_instance(body)
    return found and found[1]


def test_it_is_found_where_it_stands_once():
    assert told(PLAIN) == INSTANCE
    assert told(PLAIN.replace(b'": "0b', b'"\n :\t"0B')) == INSTANCE.replace(b"b", b"B")
    assert told(PLAIN.replace(b"{}", b'{"text": "a \\\\ backslash"}')) == INSTANCE


def test_where_it_cannot_be_told_for_certain_nothing_is_found():
    for body in (
        b"",
        PLAIN.replace(INSTANCE, b"none"),
        PLAIN + PLAIN,
        PLAIN.replace(b"{}", b'{"xhookInstance": 1}'),
        PLAIN.replace(b"{}", b'{"text": "\\u0068"}'),
        PLAIN.replace(INSTANCE, INSTANCE + b"0"),
    ):
        assert told(body) is None, body


@given(st.binary(max_size=200))
def test_any_bytes_are_searched_without_a_fault(body):
    assert told(body) is None
