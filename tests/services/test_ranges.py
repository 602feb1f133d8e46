# ruff: noqa: E501 -- one mistake a line reads best
"""Ranges of versions: numbers compared as numbers, and everything that is not a range refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.services.ranges import read_range

PARTS = st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30))


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("*", ["0.0.0", "99.0.1"], []),
        (">=1.0.0 <2.0.0", ["1.0.0", "1.10.0", "1.99.99"], ["0.9.9", "2.0.0", "10.0.0"]),
        (">1.0.0 <=2.0.0", ["1.0.1", "2.0.0"], ["1.0.0", "2.0.1"]),
        ("=1.4.2", ["1.4.2"], ["1.4.1", "1.4.20", "1.40.2"]),
        ("  >=1.9.0  ", ["1.10.0"], ["1.8.11"]),
        (">=2.0.0 <1.0.0", [], ["1.5.0", "2.0.0"]),
    ],
)
def test_a_range_admits_by_number(text, inside, outside):
    versions = read_range(text)
    assert [v for v in inside + outside if versions.admits(v)] == inside


@pytest.mark.parametrize(
    "text",
    ["", " ", "1.0.0", "^1.0.0", "~1.0.0", ">=1.0", ">= 1.0.0", ">=1.0.0,<2.0.0", "* >=1.0.0", "==1.0.0", "!=1.0.0", ">=1.0.0-rc1", "1.x", ">=١.0.0", f">={'9' * 5000}.0.0", ">=1.0.0\n<2.0.0 x"],
)  # fmt: skip
def test_what_is_no_range_is_refused(text):
    assert read_range(text) is None


@given(PARTS, PARTS)
def test_a_bound_splits_all_versions_in_two(bound, version):
    b, v = (".".join(map(str, parts)) for parts in (bound, version))
    assert read_range(f">={b}").admits(v) is (version >= bound)
    assert read_range(f"<{b}").admits(v) is not read_range(f">={b}").admits(v)
    assert read_range(f"={b}").admits(v) is (version == bound)


@given(st.text(max_size=40))
def test_no_text_makes_reading_fail(text):
    versions = read_range(text)
    assert versions is None or versions.admits("1.2.3") in (True, False)
