"""Kleene's strong three-valued logic, written out in full (Kleene 1952, section 64)."""

import pickle

import pytest

from cds.rules.engine.truth import Truth, at_least, strongest, truth_of, weakest
from tests.rules.engine.compositions import TRUTHS

# First part, second part, all-of, any-of.
PAIRS = """
h h h h
h f f h
h u u h
f h f h
f f f f
f u f u
u h u h
u f f u
u u u u
"""

# Three parts, then at least one, at least two, at least three of them.
TRIPLES = """
hhh hhh
hhf hhf
hhu hhu
hfh hhf
hff hff
hfu huf
huh hhu
huf huf
huu huu
fhh hhf
fhf hff
fhu huf
ffh hff
fff fff
ffu uff
fuh huf
fuf uff
fuu uuf
uhh hhu
uhf huf
uhu huu
ufh huf
uff uff
ufu uuf
uuh huu
uuf uuf
uuu uuu
"""

PAIR_ROWS = [tuple(row.split()) for row in PAIRS.strip().splitlines()]
TRIPLE_ROWS = [tuple(row.split()) for row in TRIPLES.strip().splitlines()]


def test_the_tables_are_complete():
    assert len({row[:2] for row in PAIR_ROWS}) == 9
    assert len({row[0] for row in TRIPLE_ROWS}) == 27


@pytest.mark.parametrize(("first", "second", "all_of", "any_of"), PAIR_ROWS)
def test_all_of_and_any_of_follow_the_published_tables(first, second, all_of, any_of):
    parts = [TRUTHS[first], TRUTHS[second]]
    assert weakest(parts) is TRUTHS[all_of]
    assert strongest(parts) is TRUTHS[any_of]


@pytest.mark.parametrize(("parts", "expected"), TRIPLE_ROWS)
def test_at_least_counts_what_holds_and_what_still_could(parts, expected):
    found = [at_least(n, [TRUTHS[letter] for letter in parts]) for n in (1, 2, 3)]
    assert found == [TRUTHS[letter] for letter in expected]


def test_not_swaps_the_known_and_keeps_the_unknown():
    assert Truth.HOLDS.reversed() is Truth.FAILS
    assert Truth.FAILS.reversed() is Truth.HOLDS
    assert Truth.UNKNOWN.reversed() is Truth.UNKNOWN


def test_a_truth_is_never_taken_for_a_yes_or_no():
    for truth in Truth:
        with pytest.raises(TypeError):
            bool(truth)


def test_a_truth_stays_itself_through_pickle_so_that_hashing_by_identity_is_sound():
    for truth in Truth:
        assert pickle.loads(pickle.dumps(truth)) is truth  # noqa: S301


def test_a_plain_yes_or_no_becomes_a_truth():
    assert truth_of(True) is Truth.HOLDS
    assert truth_of(False) is Truth.FAILS
