"""The located tree: every scalar is the text that was written, and every place is where an editor puts the cursor."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cds.documents.problem import Location
from cds.documents.yaml_tree import MAX_BYTES, MAX_DEPTH, Items, Table, Text, plain, read_yaml

FILE = "f.yaml"


def tree(text: str):
    node, problems = read_yaml(text.encode(), FILE)
    assert problems == []
    return node


def told(content: bytes | str) -> list[str]:
    node, problems = read_yaml(content.encode() if isinstance(content, str) else content, FILE)
    assert (node is None) == bool(problems)
    return [f"{p.location.line}:{p.location.column} {p.code}" for p in problems]


@pytest.mark.parametrize(
    "text", ["1.10", "no", "yes", "~", "null", "0x1F", "1e3", "007", "2026-01-15", "12:30:00", ".inf", "1_000"]
)
def test_a_scalar_is_the_text_that_was_written(text):
    assert plain(tree(f"a: {text}")) == {"a": text}


def test_quotes_and_blocks_give_their_text():
    assert plain(tree("a: 'no'\nb: \"x\\ty\"\nc: |-\n  one\n  two\nd: >-\n  one\n  two\ne:\n")) == {
        "a": "no", "b": "x\ty", "c": "one\ntwo", "d": "one two", "e": "",
    }  # fmt: skip


def test_every_node_knows_its_place():
    node = tree('# remark\na:\n  - x\n  - {b: "y"}\n')
    assert isinstance(node, Table)
    assert node.location == Location(FILE, 2, 1)
    items = node.get("a")
    assert isinstance(items, Items)
    inner = items.items[1]
    assert (items.location, items.items[0].location) == (Location(FILE, 3, 3), Location(FILE, 3, 5))
    assert inner.place("b") == Location(FILE, 4, 6)
    assert inner.get("b").location == Location(FILE, 4, 9)
    assert (inner.get("c"), inner.place("c")) == (None, inner.location)


def test_columns_count_characters_not_bytes():
    assert tree("a: {ü: 💊, b: c}").get("a").place("b") == Location(FILE, 1, 11)


def test_keys_keep_their_order():
    names = [f"k{n * 37 % 101}" for n in range(101)]
    assert [key.text for key, _ in tree("\n".join(f"{name}: x" for name in names)).entries] == names


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["1:1 CDS106"]),
        ("# only a remark", ["1:1 CDS106"]),
        ("---\n", None),
        ("a: &x b\nc: *x", ["1:4 CDS102", "2:4 CDS102"]),
        ("a: *nothing", ["1:4 CDS102"]),
        ("&x a: b", ["1:1 CDS102"]),
        ("a: &x [*x]", ["1:4 CDS102", "1:8 CDS102"]),
        ("a: !!int 3", ["1:4 CDS102"]),
        ("a: !!python/object:os.system x", ["1:4 CDS102"]),
        ("a: !own [x]", ["1:4 CDS102"]),
        ("!!set {a}", ["1:1 CDS102"]),
        ("!!str a: b", ["1:1 CDS102"]),
        ("a: ! b", ["1:4 CDS102"]),
        ("<<: {a: b}\nc: d", ["1:1 CDS102"]),
        ("a: b\na: c\na: d", ["2:1 CDS107", "3:1 CDS107"]),
        ("x: {a: b, 'a': c}", ["1:11 CDS107"]),
        ("? [a]\n: b", ["1:3 CDS103"]),
        ("a: b\n\tc: d", ["2:1 CDS103"]),
        ("a: 'b", ["1:6 CDS103"]),
        ("a: [b", ["2:1 CDS103"]),
        ("a: b: c", ["1:5 CDS103"]),
        ("a: @b", ["1:4 CDS103"]),
        ("a:\n  b: c\n d: e", ["3:2 CDS103"]),
        ("a\n---\nb", ["2:1 CDS103"]),
        ("a: b\nc: \x07d", ["2:4 CDS103"]),
        ("a: \0", ["1:4 CDS103"]),
    ],
)
def test_what_is_not_part_of_the_language_is_told_where_it_stands(text, expected):
    if expected is not None:
        assert told(text) == expected
    else:
        assert plain(tree(text)) == ""


@pytest.mark.parametrize("content", ["käse".encode("latin-1"), "a: b".encode("utf-16"), b"\xff\xfe\x00", b"a: \xc3"])
def test_what_is_not_utf_8_is_told(content):
    assert told(content) == ["1:1 CDS104"]


def test_the_hint_says_what_to_do():
    hints = {
        "a: b\n\tc: d": "indent with spaces, not with tabs",
        "a:\n  b: c\n d: e": "begin in the column of the lines above",
        "a: 'b": "the quote of line 1, column 4 has no end",
        "a: &x b": "write the value out",
        "a: !x b": "leave the tag out",
        "a: b\na: c": "first on line 1",
        "a\n---\nb": "one file, one document",
    }
    for text, hint in hints.items():
        (problem,) = read_yaml(text.encode(), FILE)[1]
        assert hint in problem.hint


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ("{a: ", "}"), ("- ", "")])
def test_only_so_many_levels_stand_inside_one_another(opening, closing):
    assert told(opening * MAX_DEPTH + "x" + closing * MAX_DEPTH) == []
    (problem,) = told(opening * (MAX_DEPTH + 1) + "x" + closing * (MAX_DEPTH + 1))
    assert problem.endswith("CDS105")


@pytest.mark.parametrize("opening", [b"[", b"{", b"{a: ", b"- ", b"? ", b"[{"])
def test_any_depth_ends_as_a_problem_and_not_the_process(opening):
    assert told(opening * (MAX_BYTES // len(opening)))[0].endswith(("CDS105", "CDS103"))


def test_a_file_may_have_four_mebibytes_and_no_more():
    assert told(b"a: b #" + b"x" * (MAX_BYTES - 6)) == []
    assert told(b"a: b #" + b"x" * (MAX_BYTES - 5)) == ["1:1 CDS105"]


TEXTS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\u2028\u2029\ufeff\x85\ufffe\uffff"), max_size=12
)
TREES = st.recursive(
    TEXTS,
    lambda below: st.lists(below, max_size=4) | st.dictionaries(TEXTS.filter(lambda t: t != "<<"), below, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(TEXTS.filter(lambda t: t != "<<"), TREES, min_size=1, max_size=4), st.booleans())
def test_what_was_written_is_read_back(written, flow):
    text = yaml.dump(written, allow_unicode=True, default_style='"', default_flow_style=flow, Dumper=Anchorless)
    assert plain(tree(text)) == written


class Anchorless(yaml.SafeDumper):
    """Writes equal parts out each time."""

    def ignore_aliases(self, data: object) -> bool:
        return True


@given(st.binary(max_size=200) | st.text(alphabet="a:-[]{}&*!#'\"|>%@\n\t ?,<", max_size=60).map(str.encode))
def test_no_bytes_make_reading_fail(content):
    told(content)


def test_a_text_is_a_text():
    assert tree("x") == Text("x", Location(FILE))


@pytest.mark.parametrize(
    ("text", "opened"),
    [
        ("x: y\na: [b, c\nd: e\n", "the [ of line 2, column 4 has"),
        ("a: {b: c\nd: e\n", "the { of line 1, column 4 has"),
        ("a:\n  - 'b\nc: d\n", "the quote of line 2, column 5 has"),
    ],
)
def test_what_has_no_end_is_told_with_its_begin(text, opened):
    root, problems = read_yaml(text.encode(), "x.yaml")
    assert root is None
    assert problems[0].hint.startswith(opened)
