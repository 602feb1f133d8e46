"""Writes the list of pregnancy of the quality measures, which the package of the measures cuts at 1,000 codes.

Run by an author before a version is published: ``python tools/pregnancy_value_set.py /path/to/shared``. The cut list
"Pregnancy" ends at O35 and has no Z33 or Z34. It is joined with the list of the dossier
(``clinical/valuesets/pregnancy.csv``) and with ICD-10-CM codes of going pregnancies from two other published lists:
"Pregnancy, Obstetric or Maternal Diagnoses" (cut as well) and "PregnancyConditionsCodes" of the HIV guide, which names
ICD-10-CM "icd-10" (its codes of six and seven characters are in ICD-10-CM alone). Left out of these two: losses
(O00-O08), deliveries and what comes after (O80-O94), and the SNOMED CT codes of the HIV guide, among them some that are
no pregnancy. Each row names its list.
"""

import csv
import gzip
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

RULESETS = Path(__file__).resolve().parent.parent / "rulesets"
ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
ICD10 = "http://hl7.org/fhir/sid/icd-10"
#: Version folder and file -> whether its own list was that of obstetric and maternal diagnoses, losses and all.
WANTED = {
    "hf-acei-arb-arni/1.1.0/value-sets/pregnancy.csv": False,
    "child-weight-counselling/1.1.0/value-sets/pregnancy.csv": False,
    "prediabetes-screening/1.1.0/value-sets/pregnancy.csv": False,
    "hypertension-control/1.1.0/value-sets/pregnancy.csv": False,
    "bmi-screening-follow-up/1.1.0/value-sets/pregnancy-obstetric-or-maternal-diagnoses.csv": True,
}
_GOING = re.compile(r"O(09|[1-7]\d|98|99|9A)|Z3[34]")
Row = tuple[str, str, str, str]


def rows(shared: Path, *, obstetric: bool) -> dict[tuple[str, str], Row]:
    """All codes, each with the first list that has it: (system, code) -> (system, code, display, list)."""
    lists = _lists(shared)
    found: dict[tuple[str, str], Row] = {}
    for row in _of(lists["Pregnancy"]):
        found.setdefault(row[:2], row)
    for row in _dossier(shared):
        found.setdefault(row[:2], row)
    for row in _of(lists["PregnancyObstetricOrMaternalDiagnoses"]):
        if obstetric or (row[0] == ICD10CM and _GOING.match(row[1])):
            found.setdefault(row[:2], row)
    for system, code, display, listed in _of(lists["PregnancyConditionsCodes"]):
        if system == ICD10 and _GOING.match(code):
            found.setdefault((ICD10CM, code), (ICD10CM, code, display, listed))
    return found


def _lists(shared: Path) -> dict[str, Any]:
    packed = (shared / "cases" / "valuesets" / "valuesets.ndjson.gz").read_bytes()
    told = (json.loads(line) for line in gzip.decompress(packed).splitlines())
    return {each["name"]: each for each in told}


def _of(listed: Any) -> Iterator[Row]:
    address = listed["url"] + (f"|{listed['version']}" if listed["version"] else "")
    for system, codes in listed["codes"].items():
        for code, display in codes:
            yield system, code, display, address


def _dossier(shared: Path) -> Iterator[Row]:
    text = (shared / "clinical" / "valuesets" / "pregnancy.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        yield row["system"], row["code"], row["display"], row["verified_from"]


def main(shared: Path, folder: str) -> None:
    """folder: under which name the versions stand now, ``draft`` or their number."""
    for name, obstetric in WANTED.items():
        file = RULESETS / name.replace("1.1.0", folder)
        if file.parent.is_dir():
            with file.open("w", newline="", encoding="utf-8") as out:
                table = csv.writer(out, lineterminator="\n")
                table.writerow(("system", "code", "display", "verified_from"))
                table.writerows(sorted(rows(shared, obstetric=obstetric).values()))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "draft")
