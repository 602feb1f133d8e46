"""Problems are values: readable, sorted by place, each once."""

import random

from cds.documents.problem import Location, Problem, in_order


def test_a_problem_reads_like_a_compilers_message():
    problem = Problem("CDS205", Location("a.yaml", 96, 14), 'no definition is called "x"', 'did you mean "y"?')
    assert str(problem) == 'a.yaml:96:14: CDS205 no definition is called "x"\n    did you mean "y"?'
    assert str(Problem("CDS205", Location("a.yaml"), "none")) == "a.yaml:1:1: CDS205 none"
    assert str(Problem("CDS450", Location("a.yaml"), "idle", "", "warning")) == "a.yaml:1:1: CDS450 warning: idle"


def test_problems_are_sorted_by_file_line_and_column_as_numbers_and_each_is_told_once():
    expected = [
        Problem("CDS300", Location("a.yaml", 2, 9), "m"),
        Problem("CDS100", Location("a.yaml", 10, 2), "m"),
        Problem("CDS200", Location("a.yaml", 10, 2), "m"),
        Problem("CDS100", Location("a.yaml", 10, 11), "m"),
        Problem("CDS100", Location("b.yaml", 1, 1), "m"),
    ]
    mixed = expected * 2
    random.Random(7).shuffle(mixed)
    assert in_order(mixed) == expected
