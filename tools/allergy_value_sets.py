"""Writes the value sets of the ruleset allergy-duplicate: a step of authoring, never of the service.

``python tools/allergy_value_sets.py /path/to/shared``. Copies the dossier's lists of topic 09 and derives five from
them: drugs by ingredient, classes of which one drug is enough, anticoagulants, and beta-lactams by class and by R1
side chain. Every
code and its ``verified_from`` is the dossier's; names of ingredients are those of ``cds/terminology/products.csv``.
"""

import csv
import re
import sys
from collections.abc import Iterable
from pathlib import Path

from cds.terminology.products import all_products, product

Row = dict[str, str]

FOLDER = Path(__file__).resolve().parent.parent / "rulesets/allergy-duplicate/1.1.0/value-sets"
COLUMNS = ("system", "code", "display", "verified_from")
COPIED = (
    "penicillins", "cephalosporins", "allergy-substance-penicillin", "allergy-substance-cephalosporin", "inr",
    "opioid-extended-release",
)  # fmt: skip
#: The lists of topic 09 whose products count even where no list names their ingredient.
OF_TOPIC = (
    "penicillins", "cephalosporins", "warfarin", "doac", "enoxaparin", "nsaid-systemic", "ppi-misoprostol",
    "statin-any", "ssri-snri", "opioid-analgesic-ambulatory", "benzodiazepine",
)  # fmt: skip
CLASSES = {"nsaid-systemic": "NSAID", "statin-any": "statin", "ssri-snri": "SSRI or SNRI", "ppi-misoprostol": "PPI"}
#: A partner in many combinations, and no therapy of its own there; misoprostol is no proton pump inhibitor.
NO_DUPLICATE, NO_PPI = {"naloxone"}, {"misoprostol"}
#: Aztreonam: the lists name no product of it.
WITHOUT_PRODUCT = ("1272",)
FIRST_GENERATION = "372889003"
ANTICOAGULANTS = ("warfarin", "doac", "enoxaparin")


def main(shared: Path) -> None:
    """Write every list."""
    lists = {path.stem: _read(path) for path in sorted((shared / "clinical/valuesets").glob("*.csv"))}
    seen = {row["code"]: row for rows in lists.values() for row in rows if "rxnorm" in row["system"]}
    for name in COPIED:
        _write(name, lists[name])
    drugs = _drugs(lists, seen)
    _write("drug", drugs.values())
    _write("duplicate-class", (row for name in CLASSES for row in _of_class(lists[name], CLASSES[name], drugs)))
    _write("anticoagulant", (row for name in ANTICOAGULANTS for row in _anticoagulants(lists[name], name, drugs)))
    _write("side-chain", _side_chains(lists))
    _write("beta-lactam-class", _beta_lactams(lists))


def _drugs(lists: dict[str, list[Row]], seen: dict[str, Row]) -> dict[str, Row]:
    """Every ingredient that some product has, and the products of the topic of which no ingredient has a code."""
    parts = (part for each in all_products() for part in each.components)
    named = {part.ingredient.code: part.name for part in parts if part.ingredient is not None}
    rows = {code: _row(seen[code], ingredient=name) for code, name in sorted(named.items()) if code in seen}
    for row in (row for name in OF_TOPIC for row in lists[name]):
        found = product(row["code"])
        if found is not None and all(part.ingredient is None for part in found.components):
            rows[row["code"]] = _row(row, ingredient=found.components[0].name)
    rows |= {code: _row(seen[code], ingredient=seen[code]["display"].lower()) for code in WITHOUT_PRODUCT}
    return {code: row for code, row in rows.items() if row["ingredient"] not in NO_DUPLICATE}


def _of_class(rows: Iterable[Row], name: str, drugs: dict[str, Row]) -> Iterable[Row]:
    for row in rows:
        drug = drugs.get(row["code"])
        if drug is not None and drug["ingredient"] not in NO_PPI:
            yield {**drug, "class": name}


def _anticoagulants(rows: Iterable[Row], name: str, drugs: dict[str, Row]) -> Iterable[Row]:
    """``bridging``: one word for warfarin and enoxaparin, which are given together on purpose; else the drug."""
    for row in rows:
        if drug := drugs.get(row["code"]):
            yield {**drug, "bridging": drug["ingredient"] if name == "doac" else "warfarin-or-heparin"}


def _beta_lactams(lists: dict[str, list[Row]]) -> Iterable[Row]:
    """Penicillins and cephalosporins, ordered or recorded, each code once; the first generation apart."""
    seen: set[tuple[str, str]] = set()
    for name in ("penicillins", "allergy-substance-penicillin", "cephalosporins", "allergy-substance-cephalosporin"):
        for row in lists[name]:
            if row["code"] != FIRST_GENERATION and (row["system"], row["code"]) not in seen:
                seen.add((row["system"], row["code"]))
                told = _row(row)
                source = told.pop("verified_from")
                yield {
                    **told,
                    "class": "penicillin" if "penicillin" in name else "cephalosporin",
                    "verified_from": source,
                }


def _side_chains(lists: dict[str, list[Row]]) -> Iterable[Row]:
    """The group of each ingredient, or its own name where it shares with none; and the products of cefotaxime, which
    a group names and no ingredient code has.
    """
    for row in lists["betalactam-r1-side-chain"]:
        group = re.match(r"G\d", row["r1_group"])
        yield _row(row, group=group.group() if group else row["display"].lower())
    for row in lists["cephalosporins"]:
        found = product(row["code"])
        if found is not None and found.components[0].name == "cefotaxime":
            yield _row(row, group="G3")


def _row(row: Row, **more: str) -> Row:
    return {column: row[column] for column in COLUMNS} | more


def _read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def _write(name: str, rows: Iterable[Row]) -> None:
    rows = list(rows)
    with (FOLDER / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
