import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.hooks.body import decode
from cds.hooks.faults import EnvelopeRejected

names = st.text(alphabet='ab"\\\u0022é', max_size=3)
leaves = st.none() | st.booleans() | st.integers(-5, 5) | st.text(alphabet='x"\\u02', max_size=8)


def written(value):
    """JSON text of trees in which an object is a list of pairs, so that names may repeat; escapes vary."""
    if isinstance(value, tuple):
        return "{" + ",".join(f"{quoted(name)}:{written(item)}" for name, item in value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(written, value)) + "]"
    return quoted(value) if isinstance(value, str) else json.dumps(value)


def quoted(text):
    escape = len(text) % 2
    inner = ("\\u0022" if char == '"' and escape else json.dumps(char, ensure_ascii=False)[1:-1] for char in text)
    return f'"{"".join(inner)}"'


def repeats(value):
    """The naive oracle: does any object of the tree name a member twice?"""
    if isinstance(value, tuple):
        own = [name for name, _ in value]
        return len(set(own)) < len(own) or any(repeats(item) for _, item in value)
    return isinstance(value, list) and any(map(repeats, value))


def pairs_of(values):
    return st.lists(st.tuples(names, values), max_size=3).map(tuple)


trees = pairs_of(st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | pairs_of(inner), max_leaves=12))


@given(trees)
def test_a_repeated_name_is_refused_and_nothing_else_is(tree):
    body = written(tree).encode()
    if repeats(tree):
        with pytest.raises(EnvelopeRejected):
            decode(body)
    else:
        assert decode(body) == json.loads(body)


@given(st.binary(max_size=60))
def test_any_bytes_are_an_object_or_refused(body):
    try:
        told = isinstance(decode(body), dict)
    except EnvelopeRejected as refused:
        told = [fault.field for fault in refused.faults] == ["body"]
    assert told


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"[]",
        b"null",
        b"1",
        b'"x"',
        b"{",
        b"{}{}",
        b'{"a":1,}',
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":-Infinity}',
        b'{"a":1e999}',
        b"{'a':1}",
        b'{"a":1}//x',
        b'{"a":01}',
        b'{"a":"\x01"}',
        b'{"a":"\xff"}',
        b'{"a":"\\ud800"}',
        b"\xef\xbb\xbf{}",
        "{}".encode("utf-16"),
        "{}".encode("utf-32"),
        b'{"patientId":"a","patientId":"b"}',
        b'{"patientId":"a","patient\\u0049d":"b"}',
        b'{"a":[{"b":{"c":1,"c":1}}]}',
        b'{"a":"\\u0022","a":1}',
        b'{"a":' + b"[" * 300 + b"]" * 300 + b"}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
    ],
)
@pytest.mark.requirement("GEN-05")
def test_what_is_no_strict_json_object_is_refused(body):
    with pytest.raises(EnvelopeRejected) as refused:
        decode(body)
    assert refused.value.faults[0].field == "body"


def test_a_refusal_names_a_plain_repeated_member_but_never_a_value():
    with pytest.raises(EnvelopeRejected) as refused:
        decode(b'{"patientId":"Smith","patientId":"Jones"}')
    message = refused.value.faults[0].message
    assert '"patientId"' in message
    assert "Smith" not in message
    assert refused.value.__cause__ is None


def test_a_name_that_may_be_text_of_a_record_is_not_repeated_back():
    with pytest.raises(EnvelopeRejected) as refused:
        decode(b'{"John Smith 1970":1,"John Smith 1970":2}')
    assert "Smith" not in refused.value.faults[0].message


def test_a_number_of_thousands_of_digits_beside_a_quote_escape_is_no_crash():
    with pytest.raises(EnvelopeRejected):
        decode(b'{"a":"\\u0022","b":' + b"9" * 5000 + b"}")


def test_the_same_name_in_different_objects_is_fine():
    assert decode(b'{"a":{"x":1},"b":{"x":2},"q":"\\u0022"}') == {"a": {"x": 1}, "b": {"x": 2}, "q": '"'}


def test_the_deepest_tree_taken_can_also_be_written():
    body = b'{"a":' + b"[" * 236 + b"]" * 236 + b"}"
    assert orjson.dumps(decode(body)) == body
