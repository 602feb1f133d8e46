"""What a code of each system looks like: one that cannot be a code was mistyped, or spoilt by a spreadsheet.

ICD-10-CM: a letter, a digit, then up to five letters or digits, behind the third a point (ICD-10-CM Official
Guidelines, I.A.2); blocks such as C00-C14 are codes of its table too. RXCUI: a number. CVX: two or three digits, with
their leading zero (CDC, "IIS: HL7 Standard Code Set CVX").
LOINC and SNOMED CT have check digits (:mod:`cds.terminology.check_digits`).
"""

import re
from functools import lru_cache

from cds.terminology.check_digits import has_shape, is_sound
from cds.terminology.coding import CVX, ICD10CM, LOINC, RXNORM, SNOMED, Coding

_CATEGORY = "[A-Z][0-9][0-9A-Z]"
_FORMS = {
    ICD10CM: (re.compile(rf"{_CATEGORY}(?:\.[0-9A-Z]{{1,4}}|-{_CATEGORY})?\Z"), "E11.9"),
    RXNORM: (re.compile(r"[1-9][0-9]{0,8}\Z"), "6809"),
    CVX: (re.compile(r"[0-9]{2,3}\Z"), "08 or 187"),
}
_CHECKED = {LOINC: "2160-0", SNOMED: "44054006"}


@lru_cache(maxsize=65536)  # versions repeat the codes of the one before, and rulesets those of one another
def wrong_with(coding: Coding) -> str:
    """Why it cannot be a code of its system, in words; "" where nothing speaks against it."""
    if coding.system in _CHECKED:
        return "" if is_sound(coding) else misshapen(coding) or "its check digit is wrong"
    return misshapen(coding)


def misshapen(coding: Coding) -> str:
    """Why it does not even look like a code of its system; "" for one whose check digit alone is wrong."""
    if coding.system in _CHECKED:
        return "" if has_shape(coding) else f"such codes look like {_CHECKED[coding.system]}"
    form, example = _FORMS.get(coding.system, (None, ""))
    return "" if form is None or form.match(coding.code) else f"such codes look like {example}"
