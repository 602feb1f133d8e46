# ruff: noqa: E501 -- one mistake a line reads best
"""Hostile files: whatever bytes come, reading ends, with problems that have a place, and never with an exception."""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds.documents.yaml_tree import MAX_BYTES
from tests.rules.source.written import FILE, FILES, RULESET, changed, read

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join(['*' + old] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
TITLE = "title: Potassium and opioids"
#: name -> (content, the codes told, the place of the first)
FILES_FROM_HELL = {
    "an alias bomb": (BOMB.encode(), {"CDS102"}, "1:4"),
    "an alias in a ruleset": (changed(TITLE, "title: &t x").replace("publisher: Example Health", "publisher: *t").encode(), {"CDS102"}, "6:8"),
    "tabs": (RULESET.replace("\n    family", "\n\tfamily", 1).encode(), {"CDS103"}, "49:1"),
    "a duplicate key": (changed(TITLE, f"{TITLE}\ntitle: Other").encode(), {"CDS107"}, "7:1"),
    "a duplicate rule": (changed("  double:\n", "  too-high:\n").encode(), {"CDS107"}, "68:3"),
    "a NUL byte": (changed(TITLE, "title: Potas\0sium").encode(), {"CDS103"}, "6:13"),
    "UTF-16": (RULESET.encode("utf-16"), {"CDS104"}, "1:1"),
    "UTF-16 without a mark": (RULESET.encode("utf-16-le"), {"CDS103"}, "1:2"),
    "Latin-1": (changed(TITLE, "title: Käse").encode("latin-1"), {"CDS104"}, "1:1"),
    "5 MB": (RULESET.encode() + b"#" * (5 * 1024 * 1024), {"CDS105"}, "1:1"),
    "deep brackets": (b"[" * 200_000, {"CDS105"}, "1:42"),
    "deep braces": (b"{a: " * 200_000, {"CDS105"}, "1:162"),
    "deep hyphens": (b"- " * 200_000, {"CDS105"}, "1:83"),
    "a deep template": (changed("recommended: yes, remove: opioid", f"create: {'{a: ' * 50}b{'}' * 50}").encode(), {"CDS105"}, None),
    "a Python object": (changed(TITLE, "title: !!python/object/apply:os.system [ls]").encode(), {"CDS102"}, "6:8"),
    "a plain tag": (changed("version: 1.2.0", "version: !!str 1.2.0").encode(), {"CDS102"}, "3:10"),
    "a tag of its own": (changed(TITLE, "title: !secret x").encode(), {"CDS102"}, "6:8"),
    "a merge key": (changed(TITLE, f"{TITLE}\n<<: {{publisher: x}}").encode(), {"CDS102"}, "7:1"),
    "a list as a key": (changed(TITLE, f"{TITLE}\n? [a, b]\n: c").encode(), {"CDS103"}, "7:3"),
    "a table as a key": (changed(TITLE, f"{TITLE}\n{{a: b}}: c").encode(), {"CDS103"}, "7:1"),
    "units that were not quoted": (changed("at least 50 mg/d}", "below 30 mL/min/{1.73_m2}}").encode(), {"CDS103"}, None),
    "two documents": (RULESET.encode() + b"---\n" + RULESET.encode(), {"CDS103"}, None),
    "a byte order mark": (RULESET.encode("utf-8-sig"), set(), None),
    "Windows line ends": (RULESET.replace("\n", "\r\n").encode(), set(), None),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES_FROM_HELL)
def test_a_hostile_file_is_a_problem_with_a_place_and_never_an_exception(name):
    content, codes, place = FILES_FROM_HELL[name]
    ruleset, problems = read(content)
    assert {problem.code for problem in problems} == codes
    assert (ruleset is None) == bool(codes)
    if place is not None:
        assert str(problems[0].location) == f"{FILE}:{place}"


def test_the_largest_file_allowed_is_still_read():
    assert read(RULESET.encode() + b"#" * (MAX_BYTES - len(RULESET.encode())))[1] == []


def test_keys_that_look_like_other_types_are_texts():
    for key in ("true", "~", "1.0", "2026-01-01", "null"):
        _, problems = read(changed(TITLE, f"{TITLE}\n{key}: x"))
        assert [(p.code, str(p.location)) for p in problems] == [("CDS101", f"{FILE}:7:1")]
        assert f'"{key}"' in problems[0].message


def test_a_table_of_two_thousand_definitions_is_read_quickly():
    more = "".join(f"  extra-{n}: {{says: E, any: medication, in: diuretics}}\n" for n in range(2000))
    started = time.process_time()
    assert read(changed("definitions:\n", f"definitions:\n{more}"))[1] == []
    assert time.process_time() - started < 10


def test_two_thousand_unknown_names_are_all_told_and_in_time():
    more = "".join(f"  extra-{n}: {{says: E, any: medicatoin-{n}, in: [diuretica-{n}]}}\n" for n in range(2000))
    started = time.process_time()
    _, problems = read(changed("definitions:\n", f"definitions:\n{more}"))
    assert len(problems) == 4000
    assert time.process_time() - started < 15


WORDS = sorted(set(re.findall(r"[^\s{}\[\],:\"|]+", RULESET)))
PIECES = st.sampled_from([*WORDS, "{", "}", "[", "]", ":", ", ", "\n", "  ", '"', "'", "#", "&a", "*a", "!x", "|", "- ", "\t", "²", "٣", "\0", "<<", "it", "patient", "not ", "first", ".", "9" * 4400])  # fmt: skip


@settings(max_examples=250, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, len(RULESET)), st.integers(0, 30), PIECES | st.text(max_size=8)),
        min_size=1,
        max_size=4,
    )
)
def test_no_edit_of_a_valid_ruleset_makes_reading_it_fail(edits):
    text = RULESET
    for at, removed, put in edits:
        text = text[:at] + put + text[at + removed :]
    ruleset, problems = read(text.encode("utf-8", "surrogatepass"))
    assert (ruleset is None) == any(problem.severity == "error" for problem in problems)
    assert problems == sorted(problems, key=lambda problem: problem.location)


@settings(max_examples=250, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 10**6), st.sampled_from(WORDS)), min_size=1, max_size=5))
def test_no_exchange_of_words_makes_reading_it_fail(exchanges):
    places = [match.span() for match in re.finditer(r"[^\s{}\[\],:\"|]+", RULESET)]
    text = RULESET
    for start, end, word in sorted({(*places[n % len(places)], word) for n, word in exchanges}, reverse=True):
        text = text[:start] + word + text[end:]
    ruleset, problems = read(text)
    assert (ruleset is None) == bool(problems)


@settings(max_examples=250, deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_make_reading_fail(content):
    ruleset, problems = read(content)
    assert ruleset is None
    assert problems


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["", "system,code,display,factor,unit,for_form\n"]))
def test_no_table_makes_reading_fail(content, header):
    ruleset, problems = read(RULESET, {**FILES, "opioids.csv": header.encode() + content})
    assert (ruleset is None) == bool(problems)
