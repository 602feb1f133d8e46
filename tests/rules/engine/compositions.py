"""Builders for compositions and leaves, told in one line each, and strategies that draw whole nets of them."""

from hypothesis import strategies as st

from cds.rules.engine.composition import Composition, Part
from cds.rules.engine.truth import Truth

HOLDS, FAILS, UNKNOWN = Truth.HOLDS, Truth.FAILS, Truth.UNKNOWN
TRUTHS = {"h": HOLDS, "f": FAILS, "u": UNKNOWN}


def part(written: int | str) -> Part:
    """``3`` is symbol 3 as it is, ``"not 3"`` its other side."""
    if isinstance(written, int):
        return Part(written)
    return Part(int(written.removeprefix("not ")), negated=True)


def all_of(symbol: int, *parts: int | str) -> Composition:
    return Composition(symbol, "all-of", tuple(map(part, parts)))


def any_of(symbol: int, *parts: int | str) -> Composition:
    return Composition(symbol, "any-of", tuple(map(part, parts)))


def at_least(n: int, symbol: int, *parts: int | str) -> Composition:
    return Composition(symbol, "at-least", tuple(map(part, parts)), n)


def leaves(written: str) -> dict[int, Truth]:
    """``"hfu"``: symbol 0 holds, 1 fails, 2 is unknown."""
    return {symbol: TRUTHS[letter] for symbol, letter in enumerate(written)}


LEAVES = 24


@st.composite
def nets(draw: st.DrawFn, most: int = 90) -> list[Composition]:
    """At least 60 compositions over 24 leaves: a chain of 20 and more, wide lists, counts, shared parts; shuffled."""
    found: list[Composition] = []
    count = draw(st.integers(60, most))
    for symbol in range(LEAVES, LEAVES + count):
        parts = draw(_parts(symbol, chained=symbol < LEAVES + 25))
        kind = draw(st.sampled_from(["all-of", "any-of", "at-least"]))
        n = draw(st.integers(1, len(parts))) if kind == "at-least" else 0
        found.append(Composition(symbol, kind, tuple(parts), n))  # type: ignore[arg-type]
    return draw(st.permutations(found))


@st.composite
def _parts(draw: st.DrawFn, symbol: int, chained: bool) -> list[Part]:
    width = draw(st.sampled_from([1, 2, 2, 2, 3, 3, 4, 9, 12]))
    drawn = draw(st.lists(st.tuples(st.integers(0, symbol - 1), st.booleans()), min_size=width, max_size=width))
    parts = [Part(read, negated) for read, negated in drawn]
    if chained and symbol > LEAVES:
        parts[0] = Part(symbol - 1, parts[0].negated)
    return parts


@st.composite
def some_leaves(draw: st.DrawFn) -> dict[int, Truth]:
    """Any truth for any leaf, some missing, told in any order."""
    truths = draw(st.lists(st.sampled_from([HOLDS, FAILS, UNKNOWN, None]), min_size=LEAVES, max_size=LEAVES))
    given = [(symbol, truth) for symbol, truth in enumerate(truths) if truth is not None]
    return dict(draw(st.permutations(given)))
