"""Definitions in circles, and chains so deep that walking them could end a worker, are problems with a place."""

import itertools

from cds.rules.source.value_sets import MAX_NESTING
from tests.rules.source.written import RULESET, changed, read

LAST = "  no-diuretic: {says: No diuretic on record, absent: diuretic}"


def chained(length: int, end: str = "adult") -> str:
    """c0 rests on c1, and so on; the last rests on ``end``."""
    names = [*(f"c{number}" for number in range(length)), end]
    lines = [f"  {name}: {{says: C, all-of: [{inner}]}}" for name, inner in itertools.pairwise(names)]
    return changed(LAST, "\n".join([LAST, *lines]))


def told(text: str) -> list[tuple[str, int, str]]:
    return [(p.code, p.location.line, p.message) for p in read(text)[1]]


def test_a_circle_is_told_once_with_everyone_in_it():
    (problem,) = told(chained(3, "c0"))
    assert problem == ("CDS210", 46, "the definitions go round in a circle: c0 -> c1 -> c2 -> c0")


def test_a_definition_that_rests_on_itself_is_a_circle():
    (problem,) = told(chained(1, "c0"))
    assert problem[2].endswith("c0 -> c0")


def test_two_circles_are_both_told():
    text = chained(2, "c0").replace(LAST, f"{LAST}\n  d0: {{says: D, any: d1}}\n  d1: {{says: D, any: d0}}")
    assert [problem[0] for problem in told(text)] == ["CDS210", "CDS210"]


def test_a_circle_through_for_each_is_found():
    text = changed(
        LAST,
        f"{LAST}\n  a: {{says: A, any: opioid, that: [b]}}\n  b: {{says: B, for-each: a, value: it.route, in: [X1]}}",
    )
    assert [problem[0] for problem in told(text)] == ["CDS210"]


def test_the_deepest_chain_allowed_is_read_and_one_more_is_told():
    assert told(chained(MAX_NESTING - 1)) == []
    (problem,) = told(chained(MAX_NESTING))
    assert problem == ("CDS105", 46, f"definitions rest on one another more than {MAX_NESTING} deep")


def test_a_chain_of_thousands_is_a_problem_and_no_crash():
    assert [problem[0] for problem in told(chained(3000))] == ["CDS105"]
    assert next(problem[0] for problem in told(chained(3000, "c0"))) == "CDS210"


def test_diamonds_are_no_circles():
    layers = "\n".join(
        f"  a{n}: {{says: A, all-of: [a{n + 1}, b{n + 1}]}}\n  b{n}: {{says: B, any-of: [a{n + 1}, b{n + 1}]}}"
        for n in range(40)
    )
    end = "\n  a40: {says: A, age: now, is: above 3 years}\n  b40: {says: B, sex: male}"
    assert told(changed(LAST, f"{LAST}\n{layers}{end}")) == []


def test_the_example_has_no_circle():
    assert told(RULESET) == []
