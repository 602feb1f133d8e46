"""Check digits: a code whose last digit is wrong was mistyped, and would match no patient.

LOINC ends in a mod 10 digit (LOINC Users' Guide, appendix "LOINC Code Check Digit": Luhn), SNOMED CT identifiers in a
Verhoeff digit (SNOMED CT Release File Specifications, "Check-digit"). Other systems have none.
"""

import re

from cds.terminology.coding import LOINC, SNOMED, Coding

_LOINC = re.compile(r"([0-9]{1,7})-([0-9])\Z")
#: Parts, answers, answer lists and groups of LOINC: their last digits follow another scheme.
_LOINC_PARTS = re.compile(r"L[APLG][0-9]{1,7}-[0-9]\Z")
_SNOMED = re.compile(r"[1-9][0-9]{5,17}\Z")
#: The permutation of Verhoeff's scheme; its multiplication table is that of the dihedral group of order 10.
_PERMUTED = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


def has_shape(coding: Coding) -> bool:
    """False when the code does not even look like one of its system, whatever its check digit."""
    if coding.system == LOINC:
        return _LOINC.match(coding.code) is not None or _LOINC_PARTS.match(coding.code) is not None
    return coding.system != SNOMED or _SNOMED.match(coding.code) is not None


def is_sound(coding: Coding) -> bool:
    """False when the code cannot be one of its system: wrong in its shape or in its check digit."""
    if coding.system == LOINC:
        match = _LOINC.match(coding.code)
        if match is None:
            return _LOINC_PARTS.match(coding.code) is not None
        return luhn_digit(match[1]) == match[2]
    if coding.system == SNOMED:
        return _SNOMED.match(coding.code) is not None and verhoeff_digit(coding.code[:-1]) == coding.code[-1]
    return True


def luhn_digit(digits: str) -> str:
    """The mod 10 digit that belongs behind ``digits``."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return str(-total % 10)


def verhoeff_digit(digits: str) -> str:
    """The Verhoeff digit that belongs behind ``digits``."""
    check = 0
    for place, digit in enumerate(reversed(digits), start=1):
        check = _STEPS[place % 8][check][digit]
    return str(_inverse(check))


def _permuted(digit: int, times: int) -> int:
    for _ in range(times % 8):
        digit = _PERMUTED[digit]
    return digit


def _combined(a: int, b: int) -> int:
    """The product of two elements of D5: 0 to 4 are turns, 5 to 9 turns of the reflected pentagon."""
    turned = (a + b) % 5 if a < 5 else (a - b) % 5
    return turned if (a < 5) == (b < 5) else turned + 5


#: By place modulo 8, by what was before, by digit: worked out once, because long value sets ask for it often.
_STEPS = tuple(
    tuple({str(digit): _combined(check, _permuted(digit, place)) for digit in range(10)} for check in range(10))
    for place in range(8)
)


def _inverse(a: int) -> int:
    return -a % 5 if a < 5 else a
