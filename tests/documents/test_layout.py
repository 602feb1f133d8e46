# ruff: noqa: E501 -- a document a line reads best
"""``cds format``: the layout changes, what is read does not, and a second time changes nothing."""

import random
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from cds.documents.comments import block_lines, comments_in
from cds.documents.layout import laid_out, long_lines
from cds.documents.problem import Location
from cds.documents.yaml_tree import plain, read_yaml
from tests.rules.source.written import RULESET, read

ROOT = Path(__file__).parents[2]
PUBLISHED = sorted(ROOT.glob("rulesets/*/[0-9]*/ruleset.yaml"))
CASES = sorted(ROOT.glob("rulesets/*/[0-9]*/cases/*.yaml"))


def layout(text: str) -> str:
    result, problems = laid_out(text.encode(), "x.yaml")
    assert result is not None, problems
    return result.decode()


#: Published with lines or lists that were broken by hand where ``cds format`` breaks them otherwise, from the time when
#: it left a blank at the ends of some lines and broke lists between brackets. They are frozen: they stay as they are.
BROKEN_BY_HAND = frozenset(
    {
        "adhd-medication-follow-up@1.2.0",
        "cervical-screening@1.1.0",
        "childhood-immunization-status@1.0.0",
        "hyperkalaemia@1.1.0",
        "metformin-renal@1.3.0",
    }
)
#: What a list has between its items, in either style, and what stands between words.
BETWEEN = re.compile(rb"[\s\[\],-]+")


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: "@".join(path.parts[-3:-1]))
def test_published_rulesets_are_in_the_house_layout(path):
    as_it_is = path.read_bytes()
    formatted, problems = laid_out(as_it_is, str(path))
    assert problems == []
    if "@".join(path.parts[-3:-1]) in BROKEN_BY_HAND:
        assert formatted != as_it_is
        assert BETWEEN.split(formatted) == BETWEEN.split(
            as_it_is
        )  # they differ in where lines end, and in nothing else
        assert laid_out(formatted, str(path)) == (formatted, [])
        assert not ends_in_blanks(formatted.decode())
    else:
        assert formatted == as_it_is


def ends_in_blanks(text: str) -> list[str]:
    """The lines that end in blanks, outside of blocks of text."""
    blocks = block_lines(text)
    return [line for number, line in enumerate(text.split("\n")) if number not in blocks and line.endswith(" ")]


def test_a_list_between_brackets_stays_on_its_line_where_texts_are_wrapped_narrower():
    text = "Before a result that cannot be used, not judged: eGFR below 30 ({was-below-30}, {was-below-30.date})."
    reasons = "already-monitored, specialist-advice, data-out-of-date, benefit-outweighs-risk"
    tree = f'a:\n  b:\n    c:\n      d:\n        e:\n          f:\n            text: "{text}"\n      override-reasons: [{reasons}]\n'
    formatted, problems = laid_out(tree.encode(), "f")
    assert problems == []
    assert long_lines(tree.encode()), "else nothing is wrapped narrower"
    assert f"      override-reasons: [{reasons}]\n".encode() in formatted


@pytest.mark.parametrize("quote", ["", '"', "'"])
@pytest.mark.parametrize("length", range(1, 31))
def test_a_text_that_is_folded_leaves_no_blank_at_the_end_of_a_line(quote, length):
    # ruamel.yaml writes the blank before a word, and then finds that the word does not fit.
    words = " ".join(["potassium"] * length + ["x" * (length + 30)] * 9)
    told = layout(f"text: {quote}{words}{quote}\n")
    assert ends_in_blanks(told) == []
    assert plain(read_yaml(told.encode(), "x")[0]) == {"text": words}
    assert layout(told) == told


def test_a_blank_at_the_end_of_a_line_of_a_block_is_text():
    text = "a: b \ndetail: |-\n  one \n  two\nend: c\n"
    assert layout(text) == "a: b\ndetail: |-\n  one \n  two\nend: c\n"
    assert ends_in_blanks(text) == ["a: b "]


def test_one_line_tables_become_blocks_and_short_lists_stay():
    text = "a: {says: Potassium, in: [x, y], is: 'below 30 mL/min/{1.73_m2}'}\nb: [{c: d}, {e: f}]\n"
    assert layout(text) == (
        "a:\n  says: Potassium\n  in: [x, y]\n  is: 'below 30 mL/min/{1.73_m2}'\nb:\n  - c: d\n  - e: f\n"
    )


def test_a_list_too_long_for_a_line_becomes_a_block():
    names = [f"a-rather-long-name-{number}" for number in range(8)]
    assert layout(f"any-of: [{', '.join(names)}]\n") == "any-of:\n" + "".join(f"  - {name}\n" for name in names)


def test_texts_keep_what_other_readers_would_change():
    text = "version: 1.10\non: no\ncode: 007\nday: 2026-03-01\nnothing:\nnull: ~\nhex: 0x1F\n"
    assert plain(read_yaml(layout(text).encode(), "x")[0]) == plain(read_yaml(text.encode(), "x")[0])
    assert "version: 1.10\n" in layout(text)


def test_comments_stay_where_they_were():
    text = "# at the top\na: {b: c}    # behind a table\n# between\nd: # behind a key\n  e: 'no # comment'\n\n# at the end\n"
    assert layout(text) == (
        "# at the top\na:\n  b: c  # behind a table\n# between\nd:  # behind a key\n  e: 'no # comment'\n\n# at the end\n"
    )


def test_a_comment_behind_a_list_of_tables_goes_behind_its_last_line():
    told = layout("a: [{b: c}, {d: [e, f]}]  # behind\n# next\ng: h\n")
    assert told == "a:\n  - b: c\n  - d: [e, f]  # behind\n# next\ng: h\n"


def test_a_text_that_is_wrapped_stays_within_the_width():
    told = layout(f'text: "{"potassium: " * 40}"\n')
    assert max(map(len, told.splitlines())) <= 120
    assert layout(told) == told


def test_a_line_that_cannot_be_wrapped_is_named():
    text = f"a: b\ndetail: |-\n  {'word ' * 30}end\n"
    assert layout(text) == text
    assert long_lines(text.encode()) == [3]


def test_blocks_of_text_stay_blocks_of_text():
    text = "detail: |-\n  ### Why\n  # no comment\n  Because: so.\nnext: >-\n  folded\n  text\n"
    assert layout(text) == text


@pytest.mark.parametrize("text", ["a: {b: c, b: d}\n", "a: [\n", "", "a: &x b\n"])
def test_what_cannot_be_read_is_left_alone_and_told(text):
    result, problems = laid_out(text.encode(), "x.yaml")
    assert result is None
    assert problems


def test_a_comment_that_would_be_lost_stops_it():
    result, problems = laid_out(b"a: [  # here\n  {b: c},\n  # and here\n  {d: e}]\n", "x.yaml")
    kept = result is not None and list(comments_in(result.decode())) == ["here", "and here"]
    assert kept or [problem.code for problem in problems] == ["CDS119"]


# --- whatever is written -------------------------------------------------------------------------

WORDS = st.one_of(
    st.sampled_from(["a", "no", "1.10", "below 30 mL/min/{1.73_m2}", "a: b", "x # y", "- z", "{{", "'", '"', "", " ", "~"]),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], exclude_characters="\u2028\u2029\ufeff"), max_size=140),
    st.lists(st.text("abc #:{}", min_size=1, max_size=9), min_size=1, max_size=4).map("\n".join),
)  # fmt: skip
KEYS = st.one_of(st.sampled_from(["a", "b-c", "at most 8 /min", "2160-0", "x # y"]), st.text("abc '\"", max_size=5))
TREES = st.recursive(
    WORDS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=14
)


class _Texts(yaml.SafeDumper):
    """Writes every scalar so that a reader of texts gets it back."""


def written(tree, flow, style, width) -> str:
    return yaml.dump(tree, Dumper=_Texts, default_flow_style=flow, default_style=style, width=width, allow_unicode=True)


@settings(max_examples=400, deadline=None)
@given(
    st.dictionaries(KEYS, TREES, min_size=1, max_size=4),
    st.sampled_from([True, False, None]),
    st.sampled_from([None, '"', "'"]),
    st.sampled_from([40, 120, 1000]),
)
def test_what_is_read_stays_and_twice_is_once(tree, flow, style, width):
    text = written(tree, flow, style, width).encode()
    before, problems = read_yaml(text, "x")
    if before is None:
        assert problems
        return
    once, problems = laid_out(text, "x")
    if once is None:
        assert [problem.code for problem in problems] == ["CDS119"]
        return
    assert plain(read_yaml(once, "x")[0]) == plain(before)
    assert laid_out(once, "x") == (once, [])
    assert ends_in_blanks(once.decode()) == []


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from("abcdef"), TREES, min_size=2, max_size=5), st.data())
def test_comments_are_kept_and_twice_is_once(tree, data):
    lines = written(tree, False, None, 1000).splitlines()
    for number in range(data.draw(st.integers(1, 4))):
        place = data.draw(
            st.sampled_from([n for n, line in enumerate(lines) if re.match(r"[a-f]:", line)] + [len(lines)])
        )
        lines.insert(place, f"# note {number}")
    text = ("\n".join(lines) + "\n").encode()
    if read_yaml(text, "x")[0] is None:
        return
    once, problems = laid_out(text, "x")
    if once is None:
        assert [problem.code for problem in problems] == ["CDS119"]
        return
    assert sorted(comments_in(once.decode())) == sorted(comments_in(text.decode()))
    assert laid_out(once, "x") == (once, [])


def without_places(value):
    """A ruleset without where things stand, which a new layout changes."""
    if isinstance(value, Location):
        return None
    if is_dataclass(value):
        inner = {field.name: getattr(value, field.name) for field in fields(value)}
        return type(value).__name__, {name: without_places(each) for name, each in inner.items()}
    if isinstance(value, Mapping):
        return {key: without_places(each) for key, each in value.items()}
    if isinstance(value, tuple | list):
        return [without_places(each) for each in value]
    return value


def test_a_ruleset_in_the_house_layout_is_the_same_ruleset():
    ruleset, _ = read(RULESET)
    again, problems = read(layout(RULESET))
    assert problems == []
    assert without_places(again) == without_places(ruleset)
    assert without_places(replace(again, title="Another")) != without_places(ruleset)


@pytest.mark.parametrize("path", CASES, ids=lambda path: "/".join(path.parts[-4:]))
def test_case_files_keep_their_meaning_too(path):
    once = layout(path.read_text(encoding="utf-8"))
    assert plain(read_yaml(once.encode(), "x")[0]) == plain(read_yaml(path.read_bytes(), "x")[0])
    assert layout(once) == once


@pytest.mark.parametrize("fires", ["[]", "[kidney]", "[kidney, dose]"])
def test_a_comment_behind_a_row_that_ends_in_a_list_stays_there_the_second_time_too(fires):
    once = layout(f"rows:\n  - {{code: 1, fires: {fires}}}  # no risk factor\n  - {{code: 2}}\n")
    assert f"fires: {fires}  # no risk factor\n" in once
    assert layout(once) == once


def test_a_width_that_was_chosen_for_a_line_which_is_wrapped_by_now_is_given_up_at_once():
    once = layout(f"a: >\n  {'word ' * 24}end\nb: {'some ' * 20}xxxx about\n")
    assert "xxxx about\n" in once
    assert layout(once) == once


def test_whatever_an_author_does_to_the_lines_of_a_ruleset_one_pass_is_enough():
    hand, tried = random.Random(7), 0
    for path in hand.sample(PUBLISHED + CASES, 36):
        top = re.split(r"(?m)^(?=[a-z])", path.read_text(encoding="utf-8"))
        sections = [section for section in top if 100 < len(section) < 5000] or top[:1]
        lines = "".join(hand.sample(sections, min(2, len(sections)))).split("\n")
        for _ in range(hand.randrange(1, 5)):
            _disturb(lines, hand)
        once, problems = laid_out("\n".join(lines).encode(), "x.yaml")
        if once is None:  # it is no longer YAML, or a comment would be lost
            assert problems
            continue
        tried += 1
        assert laid_out(once, "x.yaml") == (once, []), once.decode()
    assert tried > 12


def _disturb(lines, hand):
    """What an author does: a comment, a blank line, a longer text, a text or a list broken, a folded block."""
    place = hand.randrange(len(lines))
    line = lines[place]
    indent = len(line) - len(line.lstrip())
    match hand.randrange(7):
        case 0:
            lines.insert(place, f"{' ' * hand.randrange(8)}# {'note ' * hand.randrange(1, 30)}")
        case 1:
            lines.insert(place, "")
        case 2 if ": " in line:
            lines[place] = line + " and more" * hand.randrange(1, 15)
        case 3 if line.endswith("]"):
            lines[place] = line.replace("[", "[ ").replace(", ", f",\n{' ' * (indent + 9)}")
        case 4 if " " in line.strip() and not line.endswith("]"):
            head, _, tail = line.rpartition(" ")
            lines[place] = f"{head}\n{' ' * (indent + hand.randrange(1, 5))}{tail}"
        case 5 if line.strip():
            lines[place] = f"{line} {' ' * hand.randrange(3)}# {'why ' * hand.randrange(1, 30)}"
        case 6 if re.match(r" *[a-z-]+: [A-Z]", line):
            key, _, text = line.partition(": ")
            lines[place] = f"{key}: >\n{' ' * (indent + 2)}{text} {'word ' * hand.randrange(40)}"
