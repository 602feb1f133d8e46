"""JSON as a tree of texts with places: what it reads as, where things stand, what is refused and where."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.documents.json_tree import read_json
from cds.documents.yaml_tree import Items, Table, Text, plain

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
TREES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


def texts(tree):
    """The same tree with every scalar as it is written."""
    if isinstance(tree, dict):
        return {name: texts(value) for name, value in tree.items()}
    if isinstance(tree, list):
        return [texts(item) for item in tree]
    return tree if isinstance(tree, str) else json.dumps(tree)


@given(TREES, st.sampled_from([None, 1, "\t"]), st.booleans())
def test_it_reads_what_python_reads(tree, indent, ascii_only):
    written = json.dumps(tree, indent=indent, ensure_ascii=ascii_only)
    try:
        content = written.encode()
    except UnicodeEncodeError:
        return
    node, problems = read_json(content, "x.json")
    if any("\ud800" <= character <= "\udfff" for character in json.dumps(tree, ensure_ascii=False)):
        assert [problem.code for problem in problems] == ["CDS131"]
    else:
        assert problems == []
        assert plain(node) == texts(tree)


def test_each_part_has_its_place():
    node, _ = read_json(b'{\n  "a": [1,\n    "x"],\n  "b": {}\n}', "x.json")
    assert isinstance(node, Table)
    a, b = node.get("a"), node.get("b")
    assert isinstance(a, Items)
    assert isinstance(b, Table)
    assert str(node.location) == "x.json:1:1"
    assert [str(place) for place in (node.place("a"), a.location, a.items[1].location, b.location)] == [
        "x.json:2:3", "x.json:2:8", "x.json:3:5", "x.json:4:8",
    ]  # fmt: skip
    assert a.items[0] == Text("1", a.items[0].location)


def test_a_byte_order_mark_is_no_part_of_it():
    assert plain(read_json(b"\xef\xbb\xbf[1]", "x")[0]) == ["1"]


@pytest.mark.parametrize(
    ("content", "code", "place"),
    [
        (b"", "CDS106", "1:1"),
        (b" \n", "CDS106", "1:1"),
        (b'{"a": 1', "CDS131", "1:8"),
        (b'{"a" 1}', "CDS131", "1:6"),
        (b'{"a": 1,}', "CDS131", "1:9"),
        (b"[1 2]", "CDS131", "1:4"),
        (b"[1,\n]", "CDS131", "2:1"),
        (b"{a: 1}", "CDS131", "1:2"),
        (b"[01]", "CDS131", "1:3"),
        (b"[NaN]", "CDS131", "1:2"),
        (b"[.5]", "CDS131", "1:2"),
        (b"['a']", "CDS131", "1:2"),
        (b'["a\nb"]', "CDS131", "1:2"),
        (b'["\\x"]', "CDS131", "1:2"),
        (b'["\\ud800"]', "CDS131", "1:2"),
        (b"[1] [2]", "CDS131", "1:5"),
        (b"<ValueSet/>", "CDS131", "1:1"),
        (b'{"a": 1,\n "a": 2}', "CDS107", "2:2"),
        (b"[" * 100_000, "CDS105", "1:42"),
        (b'{"a":' * 50, "CDS105", "1:206"),
        ('["é"]'.encode("latin-1"), "CDS104", "1:1"),
        ('["a"]'.encode("utf-16"), "CDS104", "1:1"),
        (b'"' + b"x" * (16 * 1024 * 1024), "CDS105", "1:1"),
    ],
)
def test_what_is_refused_and_where(content, code, place):
    node, problems = read_json(content, "x.json")
    assert node is None
    assert [(problem.code, str(problem.location)) for problem in problems] == [(code, f"x.json:{place}")]


@given(st.binary(max_size=60) | st.text(alphabet='{}[],:"\\u01aeE+-. \n\t', max_size=40).map(str.encode))
def test_whatever_it_is_given_it_is_a_tree_or_a_problem_and_what_it_takes_python_takes(content):
    node, problems = read_json(content, "x")
    assert (node is None) == bool(problems)
    if node is not None:
        json.loads(content.decode("utf-8-sig"))
