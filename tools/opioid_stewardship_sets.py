"""Writes the value sets of the ruleset opioid-stewardship: a step of authoring, never of the service.

``python tools/opioid_stewardship_sets.py /path/to/shared``. Joins published sets of the CDC opioid guides (the lists of
the outside cases) with lists of the dossier; each code keeps where it was seen.
"""

import csv
import gzip
import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path

Row = dict[str, str]

RULESET = Path(__file__).resolve().parent.parent / "rulesets/opioid-stewardship"
FOLDERS = [RULESET / version / "value-sets" for version in ("1.0.0", "2.0.0")]
COLUMNS = ("system", "code", "display", "verified_from")
CDC = "http://fhir.org/guides/cdc/opioid-cds/ValueSet/"
#: Name here: lists of the dossier, and published sets (``#2022``: the older edition of the guide).
JOINED: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "opioid": (("opioid-analgesic-ambulatory",), ("opioid-analgesics-with-ambulatory-misuse-potential",)),
    "long-acting-opioid": (("opioid-extended-release",), ()),
    "treatment-drug": (("buprenorphine-methadone",), ("buprenorphine-and-methadone-medications#2022",)),
    "use-disorder": ((), ("opioid-misuse-disorders", "opioid-misuse-disorders#2022")),
    "urine-test": ((), ("all-urine-drug-screening-tests", "urine-drug-screening-tests#2022")),
    "cocaine-or-phencyclidine": (
        (),
        (
            "cocaine-urine-drug-screening-tests",
            "cocaine-urine-drug-screening-tests#2022",
            "phencyclidine-urine-drug-screening-tests",
            "phencyclidine-urine-drug-screening-tests#2022",
        ),
    ),
    "heroin-or-cannabinoid": ((), ("heroin-urine-drug-screening-tests", "cannabinoid-urine-drug-screening-tests")),
    "sickle-cell-disease": (("sickle-cell-disease",), ()),
    "malignancy": (("malignancy-active",), ()),
    "hospice-palliative": (("hospice-palliative",), ()),
    "terminal-condition": (("chronic-opioid-exclusion-terminal",), ()),
}
#: A poisoning or an overdose is no use disorder, and one in remission is not active.
WITHOUT = {"use-disorder": re.compile(r"poison|overdose|remission|adverse|underdos", re.IGNORECASE)}


def main(shared: Path) -> None:
    """Write every list."""
    with gzip.open(shared / "cases/valuesets/valuesets.ndjson.gz", "rt", encoding="utf-8") as lines:
        published = {each["url"]: each["codes"] for each in map(json.loads, lines)}
    for name, (dossier, urls) in JOINED.items():
        rows: dict[tuple[str, str], Row] = {}
        for row in (row for each in dossier for row in _read(shared / f"clinical/valuesets/{each}.csv")):
            rows.setdefault((row["system"], row["code"]), {column: row[column] for column in COLUMNS})
        for url in urls:
            for system, codes in published[CDC + url].items():
                for code, display in codes:
                    if name in WITHOUT and WITHOUT[name].search(display):
                        continue
                    row = {"system": system, "code": code, "display": display, "verified_from": f"cases: {CDC}{url}"}
                    rows.setdefault((system, code), row)
        _write(name, rows.values())


def _read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def _write(name: str, rows: Iterable[Row]) -> None:
    rows = list(rows)
    for folder in FOLDERS:
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
