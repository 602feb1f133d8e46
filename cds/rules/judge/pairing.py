"""Pairs of two facts, one of each finder: what they share, what a table says of them, how far apart they are."""

from collections.abc import Callable, Iterable, Mapping

from cds.facts.fact import Fact
from cds.rules.definition import Filters, Pair, Where
from cds.rules.engine.truth import Truth
from cds.rules.judge.elapsed import time_between
from cds.rules.judge.finding_facts import Identity, attribute_passes, identity, is_same
from cds.rules.judge.shared_keys import different_key, is_of_terms, same_key, terms
from cds.rules.judge.values import FactPair, Found, Known, Subject, test_limit
from cds.rules.judge.verdicts import Verdicts
from cds.terminology.coding import Coding


def find_pairs(judging: Verdicts, clause: Pair, it: Subject | None) -> Found:
    """Pairs of two different facts that pass the filters; a pair found both ways counts once."""
    first = judging.found(clause.first, it)
    if first.truth is Truth.FAILS:  # there is none and can be none: whatever the other side has, there is no pair
        return _NONE
    second = judging.found(clause.second, it)
    if second.truth is Truth.FAILS:
        return _NONE
    sure: dict[frozenset[Identity], FactPair] = {}
    possible: dict[frozenset[Identity], FactPair] = {}
    partners = _partners(judging, clause.filters, _with_certainty(second))
    for one, one_sure in _with_certainty(first):
        for other, other_sure in partners(one):
            if is_same(one, other):
                continue
            rows = _rows(clause, one, other)
            if clause.table is not None and not rows:
                continue
            verdict = _verdict(judging, clause, one, other)
            if verdict is Truth.FAILS:
                continue
            target = sure if verdict is Truth.HOLDS and one_sure and other_sure else possible
            target.setdefault(frozenset((identity(one), identity(other))), FactPair(one, other, rows))
    undecided = tuple(pair for key, pair in possible.items() if key not in sure)
    return Found(tuple(sure.values()), undecided, _pair_gaps(first, second))


_NONE = Found()


def _partners(
    judging: Verdicts, filters: Filters, others: list[tuple[Fact, bool]]
) -> Callable[[Fact], Iterable[tuple[Fact, bool]]]:
    """For a fact, those of the others that it may be paired with, in their order.

    Left out are those that surely do not share a key with it: so 30 orders beside 60 drugs in use are not 1,800 pairs.
    """
    key = next(filter(is_of_terms, filters.same), None)
    if key is None:
        return lambda _: others
    unclear: list[int] = []
    by_term: dict[Coding | str, list[int]] = {}
    for place, (other, _) in enumerate(others):
        theirs = terms(judging, key, other)
        for term in theirs:
            by_term.setdefault(term, []).append(place)
        if not theirs:
            unclear.append(place)

    def partners(one: Fact) -> Iterable[tuple[Fact, bool]]:
        mine = terms(judging, key, one)
        if not mine:
            return others
        return [others[place] for place in sorted({*unclear, *(p for term in mine for p in by_term.get(term, ()))})]

    return partners


def _verdict(judging: Verdicts, clause: Pair, one: Fact, other: Fact) -> Truth:
    """Whether two facts pass the filters: the first that surely fails settles it, and most pairs share nothing."""
    filters = clause.filters
    fails, unknown, result = Truth.FAILS, Truth.UNKNOWN, Truth.HOLDS
    for key in filters.same:
        verdict = same_key(judging, key, one, other)
        if verdict is fails:
            return fails
        if verdict is unknown:
            result = unknown
    for key in filters.different:
        verdict = different_key(judging, key, one, other)
        if verdict is fails:
            return fails
        if verdict is unknown:
            result = unknown
    for where in filters.where:
        verdict = _pair_passes(judging, where, one, other)
        if verdict is fails:
            return fails
        if verdict is unknown:
            result = unknown
    return result


def _with_certainty(found: Found) -> list[tuple[Fact, bool]]:
    return [(s, True) for s in found.sure if isinstance(s, Fact)] + [
        (s, False) for s in found.possible if isinstance(s, Fact)
    ]


def _pair_gaps(first: Found, second: Found) -> tuple[str, ...]:
    """More pairs are possible only if the other side has, or may have, a partner."""
    if not first.more and not second.more:
        return ()
    some_first, some_second = first.truth is not Truth.FAILS, second.truth is not Truth.FAILS
    return tuple(dict.fromkeys((*(first.more if some_second else ()), *(second.more if some_first else ()))))


def _rows(clause: Pair, one: Fact, other: Fact) -> tuple[Mapping[str, str], ...]:
    """The rows of the table that name a code of each, either way round."""
    if clause.table is None:
        return ()
    rows = clause.table.rows
    keys = [key for a in one.codings for b in other.codings for key in ((a, b), (b, a)) if key in rows]
    return tuple(rows[key] for key in dict.fromkeys(sorted(keys)))


def _pair_passes(judging: Verdicts, where: Where, one: Fact, other: Fact) -> Truth:
    """A condition on one of the two, or on the time between them."""
    if where.side:
        return attribute_passes(judging, one if where.side == "first" else other, where, None)
    if where.limit is None or one.when is None or other.when is None:
        return Truth.UNKNOWN
    return test_limit(Known(time_between(one.when, other.when, where.limit.unit)), where.limit)
