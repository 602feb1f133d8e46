"""Morphine milligram equivalents of plain oral opioids, by the factors of 2016."""

import gzip
import json
import re
from pathlib import Path

FACTORS = {
    "oxycodone": 1.5,
    "hydrocodone": 1.0,
    "morphine": 1.0,
    "codeine": 0.15,
    "hydromorphone": 4.0,
    "oxymorphone": 3.0,
    "tramadol": 0.1,
    "tapentadol": 0.4,
}
_TABLET = re.compile(
    rf"^(?:\d+ HR )?({'|'.join(FACTORS)})[a-z ]*? ([\d.]+) MG (?:\d+ HR )?"
    r"(?:Extended Release |Abuse-Deterrent |Delayed Release )*Oral (?:Tablet|Capsule)",
    re.IGNORECASE,
)


def tablets(file: Path) -> dict[str, tuple[str, float]]:
    """Tablets and capsules of one opioid, by RxNorm code: the drug and its milligrams."""
    found = {}
    with gzip.open(file, "rt") as lines:
        for line in lines:
            one = json.loads(line)
            if "opioid-analgesics-with-ambulatory-misuse-potential" not in one["url"]:
                continue
            for code, name, *_ in (pair for codes in one["codes"].values() for pair in codes):
                if told := _TABLET.match(name):
                    found[code] = told[1].lower(), float(told[2])
    return found


def equivalents(drug: str, milligrams: float) -> float:
    """Of so many milligrams a day."""
    return milligrams * FACTORS[drug]
