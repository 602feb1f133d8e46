"""A mistyped code is told from a real one, for the two systems that have check digits."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.terminology.check_digits import is_sound, luhn_digit, verhoeff_digit
from cds.terminology.coding import LOINC, RXNORM, SNOMED, SYSTEM_NAMES, Coding, canonical_system

TABLES = sorted(Path(__file__).parents[2].glob("rulesets/*/*/value-sets/*.csv"))


@pytest.mark.parametrize("code", ["2823-3", "2160-0", "98979-8", "9279-1", "8480-6"])
def test_a_loinc_code_is_sound(code):
    assert is_sound(Coding(LOINC, code))


@pytest.mark.parametrize("code", ["22298006", "73211009", "44054006", "236435004", "999000011000000103"])
def test_a_snomed_identifier_is_sound(code):
    assert is_sound(Coding(SNOMED, code))


@pytest.mark.parametrize(
    ("system", "code"),
    [(LOINC, "2823-4"), (LOINC, "8223-3"), (LOINC, "28233"), (LOINC, "2823-"), (LOINC, "٢823-3"),
     (SNOMED, "22298007"), (SNOMED, "22289006"), (SNOMED, "12345"), (SNOMED, "022298006"), (SNOMED, "22298006 ")],
)  # fmt: skip
def test_a_mistyped_code_is_not(system, code):
    assert not is_sound(Coding(system, code))


def test_systems_without_check_digits_are_let_be():
    assert is_sound(Coding(RXNORM, "1"))
    assert is_sound(Coding(LOINC, "LA6626-1"))


@given(st.integers(10**5, 10**17 - 1).map(str), st.data())
def test_one_wrong_digit_and_two_neighbours_exchanged_are_always_found_by_verhoeff(digits, data):
    code = digits + verhoeff_digit(digits)
    place = data.draw(st.integers(1, len(code) - 1))
    other = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != code[place]]))
    assert is_sound(Coding(SNOMED, code))
    assert not is_sound(Coding(SNOMED, code[:place] + other + code[place + 1 :]))
    if code[place - 1] != code[place] and not (place == 1 and code[1] == "0"):
        assert not is_sound(Coding(SNOMED, code[: place - 1] + code[place] + code[place - 1] + code[place + 1 :]))


@given(st.integers(1, 10**7 - 1).map(str), st.data())
def test_one_wrong_digit_is_always_found_by_luhn(digits, data):
    place = data.draw(st.integers(0, len(digits) - 1))
    other = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != digits[place]]))
    assert is_sound(Coding(LOINC, f"{digits}-{luhn_digit(digits)}"))
    assert not is_sound(Coding(LOINC, f"{digits[:place]}{other}{digits[place + 1 :]}-{luhn_digit(digits)}"))


def test_every_code_of_every_published_value_set_is_sound():
    wrong, seen = [], 0
    for table in TABLES:
        with table.open(encoding="utf-8", newline="") as rows:
            for row in csv.DictReader(rows):
                system = canonical_system(SYSTEM_NAMES.get(row["system"], row["system"]))
                seen += 1
                if not is_sound(Coding(system, row["code"])):
                    wrong.append(f"{table}: {row['code']}")
    assert wrong == []
    assert seen > 1000
