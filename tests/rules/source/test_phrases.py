"""Phrases: a limit written out reads back as itself, its edges stand where the words say, and wrong words are named."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.documents.problem import Location
from cds.documents.yaml_tree import Text
from cds.facts.dates import Duration
from cds.rules.engine.truth import Truth
from cds.rules.judge.values import compare
from cds.rules.ruleset import Parameter
from cds.rules.source.phrases import read_limit, read_quantity, read_window
from cds.rules.source.reader import Reader
from cds.units.quantity import Interval, Quantity

PLACE = Location("f.yaml", 7, 9)
PARAMETERS = {
    "limit": Parameter("limit", "", Quantity(Interval.exactly(Fraction(11, 2)), "mmol/L"), "5.5 mmol/L", PLACE),
    "look-back": Parameter("look-back", "", Duration(90, "day"), "90 days", PLACE),
    "strict": Parameter("strict", "", True, "yes", PLACE),
}
UNITS = ["mmol/L", "mg/dL", "mL/min/{1.73_m2}", "%", "/min", "mm[Hg]", "Cel", "kg", "a", "d", "10*9/L", ""]
NUMBERS = st.decimals(min_value=-99999, max_value=99999, places=3, allow_nan=False).map(Fraction)


def limit(text: str):
    """The limit, and the problems as ``code message | hint``."""
    reader = Reader("f.yaml")
    read = read_limit(reader, Text(text, PLACE), PARAMETERS)
    assert all(problem.location == PLACE for problem in reader.problems)
    return read, [f"{p.code} {p.message} | {p.hint}" for p in reader.problems]


def written(number: Fraction) -> str:
    return f"{float(number):.3f}".rstrip("0").rstrip(".")


@given(NUMBERS, st.sampled_from(UNITS), st.sampled_from(["below", "at most", "above", "at least", "exactly"]))
def test_a_one_sided_limit_reads_back_as_it_was_written(number, unit, words):
    read, problems = limit(f"{words} {written(number)} {unit}".rstrip())
    assert problems == []
    low = number if words in ("above", "at least", "exactly") else None
    high = number if words in ("below", "at most", "exactly") else None
    assert read.interval == Interval(low, high, words == "above", words == "below")
    assert read.unit == (unit or "1")


@given(NUMBERS, st.integers(1, 5000), st.sampled_from(UNITS), st.booleans())
def test_a_range_reads_back_and_its_unit_covers_both_bounds(low, width, unit, open_above):
    text = f"from {written(low)} to {'below ' if open_above else ''}{written(low + width)} {unit}".rstrip()
    read, problems = limit(text)
    assert problems == []
    assert read.interval == Interval(low, low + width, False, open_above)
    assert (read.unit, read.text) == (unit or "1", text)


@pytest.mark.parametrize(
    ("text", "just_below", "at", "just_above"),
    [
        ("below 30 mmol/L", "holds", "fails", "fails"),
        ("at most 30 mmol/L", "holds", "holds", "fails"),
        ("above 30 mmol/L", "fails", "fails", "holds"),
        ("at least 30 mmol/L", "fails", "holds", "holds"),
        ("exactly 30 mmol/L", "fails", "holds", "fails"),
        ("from 30 to 40 mmol/L", "fails", "holds", "holds"),
        ("from 20 to 30 mmol/L", "holds", "holds", "fails"),
        ("from 20 to below 30 mmol/L", "holds", "fails", "fails"),
    ],
)
def test_the_words_decide_what_happens_at_the_limit(text, just_below, at, just_above):
    read, _ = limit(text)
    step = Fraction(1, 10**9)
    values = [Interval.exactly(30 - step), Interval.exactly(30), Interval.exactly(30 + step)]
    assert [compare(value, read.interval).value for value in values] == [just_below, at, just_above]


@given(NUMBERS, NUMBERS)
def test_below_and_at_least_never_agree(number, value):
    verdicts = {
        compare(Interval.exactly(value), limit(f"{w} {written(number)}")[0].interval) for w in ("below", "at least")
    }
    assert verdicts == {Truth.HOLDS, Truth.FAILS}


@pytest.mark.parametrize(
    ("text", "low", "high", "unit"),
    [
        ("from 500 mg to 1 g", Fraction(1, 2), Fraction(1), "g"),
        ("from 1 to 2 weeks", Fraction(1), Fraction(2), "wk"),
        ("above limit", Fraction(11, 2), None, "mmol/L"),
        ("at least look-back", Fraction(90), None, "d"),
        ("from limit to 6.5 mmol/L", Fraction(11, 2), Fraction(13, 2), "mmol/L"),
        ("  at   least  18   years ", Fraction(18), None, "a"),
        ("at least 5 mcg", Fraction(5), None, "ug"),
        ("from 37 Cel to 38 Cel", Fraction(37), Fraction(38), "Cel"),
    ],
)
def test_units_parameters_and_blanks(text, low, high, unit):
    read, problems = limit(text)
    assert problems == []
    assert (read.interval.low, read.interval.high, read.unit) == (low, high, unit)


@pytest.mark.parametrize(
    ("text", "gist"),
    [
        ("over 30", 'CDS401 "over" is not a word of the language | write: above'),
        ("under 30", 'CDS401 "under" is not a word of the language | write: below'),
        ("between 3 and 4", 'CDS401 "between" is not a word of the language | write: from ... to ...'),
        ("< 30", 'CDS401 "<" is not a word of the language | write: below'),
        ("> 30", 'CDS401 ">" is not a word of the language | write: above'),
        (">= 30", 'CDS401 ">=" is not a word of the language | write: at least'),
        ("<= 30", 'CDS401 "<=" is not a word of the language | write: at most'),
        ("= 30", 'CDS401 "=" is not a word of the language | write: exactly'),
        ("equals 30", 'CDS401 "equals" is not a word of the language | write: exactly'),
        ("<30", 'CDS401 "<30" is not a test | below, above, at least, at most, exactly, or from ... to ...'),
        ("30", 'CDS401 "30" is not a test | below, above'),
        ("at least", 'CDS401 "at least" is not a test'),
        ("below 30 breaths", 'CDS402 "breaths" is not a UCUM unit known here | units are case-sensitive: mg/dL'),
        ("from 30 mg to 4 d", "CDS402 the two units of from 30 mg to 4 d do not go together"),
        ("from 30 mg to 40", "CDS402 the two units of from 30 mg to 40 do not go together"),
        ("from 40 to 30", 'CDS403 "from 40 to 30" can never hold | the lower bound comes first'),
        ("from 2 g to 30 mg", 'CDS403 "from 2 g to 30 mg" can never hold'),
        ("from 30 to below 30", 'CDS403 "from 30 to below 30" can never hold'),
        ("below limits", 'CDS404 "limits" is neither a quantity nor a parameter | did you mean "limit"?'),
        ("below strict", 'CDS404 the parameter "strict" is yes or no, not a quantity'),
        ("below 1e3 mg", 'CDS404 "1e3 mg" is neither a quantity nor a parameter'),
        ("below 1,5 mg", 'CDS404 "1,5 mg" is neither'),
        ("below .5 mg", 'CDS404 ".5 mg" is neither'),
        ("below ٣٠ mg", 'CDS404 "٣٠ mg" is neither'),
        ("below NaN", 'CDS404 "NaN" is neither'),
        (f"below {'9' * 5000}", "CDS404"),
    ],
)
def test_what_is_no_limit_says_why_and_what_to_write(text, gist):
    read, problems = limit(text)
    assert read is None
    assert len(problems) == 1
    assert problems[0].startswith(gist)


@given(st.text(max_size=60))
def test_no_text_makes_reading_a_phrase_fail(text):
    read, problems = limit(text)
    assert (read is None) == bool(problems)
    read_quantity(text)
    reader = Reader("f.yaml")
    assert (read_window(reader, Text(text, PLACE), PARAMETERS) is None) == bool(reader.problems)


@given(NUMBERS, st.sampled_from([unit for unit in UNITS if unit]))
def test_a_quantity_is_read_exactly(number, unit):
    assert read_quantity(f"{written(number)} {unit}") == Quantity(Interval.exactly(number), unit)


@pytest.mark.parametrize(
    ("text", "window"),
    [("90 days", Duration(90, "day")), ("12 months", Duration(12, "month")), ("look-back", Duration(90, "day"))],
)
def test_a_window_is_a_duration_or_a_parameter(text, window):
    assert read_window(Reader("f.yaml"), Text(text, PLACE), PARAMETERS) == window


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("at least 40%", "a space between number and unit: 40 %"),
        ("below 5.5mmol/L", "a space between number and unit: 5.5 mmol/L"),
        ("above 5,5 mmol/L", "decimals follow a point"),
        ("below 10,000 /uL", "nothing stands between thousands"),
        ("below 1e5 /uL", "write the number out"),
        ("above limti", 'did you mean "limit"?'),
    ],
)
def test_a_number_written_as_elsewhere_is_told_how_it_is_written_here(text, hint):
    read, problems = limit(text)
    assert read is None
    (problem,) = problems
    assert problem.startswith("CDS404")
    assert hint in problem
