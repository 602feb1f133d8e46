"""Builds cds/terminology/products.csv from the RxNorm names in the clinical value sets.

Usage: python tools/build_products.py [FOLDER OF VALUE SETS]   (default /work/shared/clinical/valuesets)

RxNorm composes the names of its drugs by rule ("72 HR Fentanyl 0.075 MG/HR Transdermal System [Duragesic]"), so
ingredients, strengths and dose form can be read back. A name that does not parse wholly, with words and units listed
here, is left out and reported in docs/products-left-out.md: nothing is guessed, here or at run time.
"""

import csv
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
#: Lists of the quality measures whose strengths are asked for, beside the dossier's.
MEASURES = ("high-risk-meds-elderly/1.0.0/value-sets/doxepin-medications.csv",)
VALUE_SETS = Path("/work/shared/clinical/valuesets")
TABLE = ROOT / "cds/terminology/products.csv"
REPORT = ROOT / "docs/products-left-out.md"
COLUMNS = ("code", "name", "form", "form_class", "hours", "contents", "components")
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"

#: RxNorm's strength units -> UCUM.
UNITS = {
    "MG": "mg",
    "MCG": "ug",
    "MEQ": "meq",
    "MMOL": "mmol",
    "UNT": "[arb'U]",
    "MG/ML": "mg/mL",
    "UNT/ML": "[arb'U]/mL",
    "MG/HR": "mg/h",
    "MG/ACTUAT": "mg/{actuat}",
    "MG/MG": "mg/mg",
}
_PER_UNIT = frozenset({"mg", "ug", "meq", "mmol", "[arb'U]"})
_PER_VOLUME = frozenset({"mg/mL", "[arb'U]/mL"})
_SPRAYED = _PER_VOLUME | {"mg/{actuat}"}

#: form class: (units that such a product's strength may have, its dose forms)
FORMS: Mapping[str, tuple[frozenset[str], tuple[str, ...]]] = {
    "oral-solid": (
        _PER_UNIT,
        (
            *("Oral Tablet", "Oral Capsule", "Extended Release Oral Tablet", "Extended Release Oral Capsule"),
            *("Delayed Release Oral Tablet", "Delayed Release Oral Capsule", "Disintegrating Oral Tablet"),
            *("Effervescent Oral Tablet", "Chewable Tablet", "Tablet for Oral Suspension", "Oral Film"),
            *("Oral Powder", "Oral Granules", "Oral Pellet", "Powder for Oral Solution", "Powder for Oral Suspension"),
            *("Granules for Oral Solution", "Granules for Oral Suspension"),  # by the packet
        ),
    ),
    "oral-liquid": (
        _PER_VOLUME,
        (
            *("Oral Solution", "Oral Suspension", "Extended Release Suspension", "Powder for Oral Solution"),
            *("Powder for Oral Suspension", "Granules for Oral Solution", "Granules for Oral Suspension"),
        ),
    ),
    "transdermal": (frozenset({"mg/h"}), ("Transdermal System",)),
    "injectable": (
        _PER_UNIT | _PER_VOLUME,
        (
            *("Injection", "Injectable Solution", "Injectable Suspension", "Prefilled Syringe", "Auto-Injector"),
            "Cartridge",
        ),
    ),
    "sublingual": (_PER_UNIT, ("Sublingual Tablet", "Sublingual Film")),
    # Lozenges and sprays on the mucosa are taken up in the mouth: what is swallowed is not what was meant.
    "buccal": (_PER_UNIT | _SPRAYED, ("Buccal Tablet", "Buccal Film", "Oral Lozenge", "Mucosal Spray", "Oral Spray")),
    "nasal": (_SPRAYED, ("Nasal Spray", "Metered Dose Nasal Spray")),
    "ophthalmic": (
        _PER_VOLUME,
        ("Ophthalmic Solution", "Ophthalmic Suspension", "Ophthalmic Irrigation Solution"),
    ),
    "topical": (
        _PER_VOLUME | {"mg/mg"},
        ("Topical Gel", "Topical Solution", "Topical Cream", "Topical Spray", "Topical Powder", "Medicated Patch"),
    ),
    "rectal": (_PER_UNIT | _PER_VOLUME, ("Rectal Suppository", "Rectal Gel", "Enema")),
    "implant": (_PER_UNIT, ("Drug Implant",)),
    "other": (frozenset({"mg/mg"}), ("Oral Paste",)),
}
_FORM_NAMES = {form.lower(): form for _, forms in FORMS.values() for form in forms}

#: Words before the first ingredient that say how a product releases or is sold, and nothing of what is in it.
_RELEASE_WORDS = (
    *("Abuse-Deterrent", "Matrix Delivery", "Modified", "Osmotic", "Once-Daily", "Twice-Daily", "Sprinkle", "PMDD"),
    "Micronized",
)
#: Salts, esters and hydrates that RxNorm files under the same ingredient.
_SALTS = frozenset(
    {
        *("acetate", "anhydrous", "arginine", "benzathine", "besylate", "bitartrate", "calcium", "cilexetil"),
        *("citrate", "decanoate", "dipotassium", "epolamine", "erbumine", "ethylsuccinate", "fumarate"),
        *("hydrobromide", "hydrochloride", "lactobionate", "magnesium", "maleate", "medoxomil", "mesylate"),
        *("monohydrate", "mucate", "napsylate", "phosphate", "polistirex", "potassium", "procaine", "sodium"),
        *("stearate", "strontium", "succinate", "sulfate", "tartrate", "terephthalate", "trihydrate", "tromethamine"),
    }
)
_OTHER_NAMES = {"vitamin b 12": "vitamin b12"}
_QUALIFIERS = (", porcine", ", modified", ", dl-")

_NUMBER = r"(?:0|[1-9][0-9]*)(?:\.[0-9]+)?"
_UNIT = "|".join(sorted(UNITS, key=len, reverse=True))
_BRAND = re.compile(r" \[[^\[\]]+\]$")
_PREFIX = re.compile(
    rf"(?:(?P<word>{'|'.join(_RELEASE_WORDS)})|(?P<number>{_NUMBER}) (?P<of>HR|ML|ACTUAT)) ", re.IGNORECASE
)
_PART = re.compile(
    rf"(?P<name>[A-Za-z][A-Za-z0-9,' -]*?) (?P<value>{_NUMBER}) (?P<unit>{_UNIT})(?: (?P<hours>[1-9][0-9]*) HR)?"
    r"(?: (?P<form>[A-Z][A-Za-z -]+))?"
)
_PACK = re.compile(r"\{(?P<contents>.+) \} Pack")
_PACKED = re.compile(rf"[1-9][0-9]* (?:\({_NUMBER} (?:ML|MG|ACTUAT)\) )?\((?P<product>[^()]+)\)(?: / |$)")


@dataclass(frozen=True)
class Part:
    """One component: ingredient name and code ("" if the value sets name none), strength ("" in packs)."""

    name: str
    code: str
    value: str
    unit: str

    def __str__(self) -> str:
        return "|".join((self.name, self.code, self.value, self.unit))


@dataclass(frozen=True)
class Row:
    """One row of the table but for its code."""

    form: str
    form_class: str
    hours: str
    contents: str
    parts: tuple[Part, ...]


class LeftOut(Exception):
    """Why a name is not in the table."""


def read_names(folder: Path) -> dict[str, str]:
    """RxNorm code -> name, from every value set; displays that differ in more than case are refused."""
    names: dict[str, str] = {}
    for path in (*sorted(folder.glob("*.csv")), *(ROOT / "rulesets" / name for name in MEASURES)):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if row["system"] != RXNORM:
                    continue
                known = names.setdefault(row["code"], row["display"])
                if known.lower() != row["display"].lower():
                    raise ValueError(f"{path}: {row['code']} is {known!r} elsewhere")
                names[row["code"]] = min(known, row["display"])  # the same spelling whatever the order of files
    return names


def ingredients_of(names: Mapping[str, str]) -> dict[str, str]:
    """Plain ingredient name (lower case) -> code; names with numbers are products or their components."""
    plain: dict[str, str] = {}
    for code, name in names.items():
        if re.search(r"[0-9/{\[]", name):
            continue
        if plain.setdefault(name.lower(), code) != code:
            raise ValueError(f"two codes for the ingredient {name}")
    return plain


def parse(name: str, ingredients: Mapping[str, str]) -> Row:
    """The row of a drug's name; raises :class:`LeftOut` with the reason."""
    bare = _BRAND.sub("", name)
    pack = _PACK.fullmatch(bare)
    if pack:
        return _parse_pack(pack["contents"], ingredients)
    bare, told = _take_prefix(bare)
    matches = [_PART.fullmatch(text) for text in bare.split(" / ")]
    if not all(matches):
        raise LeftOut("not a regular name")
    found = [match for match in matches if match]
    if any(match["form"] or match["hours"] for match in found[:-1]):
        raise LeftOut("a dose form before the last component")
    parts = tuple(_part(match, ingredients) for match in found)
    hours = {h for h in (told.get("HR"), found[-1]["hours"]) if h}
    if len(hours) > 1 or any(not h.isdigit() for h in hours):
        raise LeftOut("hours told twice or not whole")
    form, form_class = _form(found[-1]["form"], {part.unit for part in parts})
    return Row(form, form_class, next(iter(hours), ""), _contents(told), _once_each(parts))


def _once_each(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """Two salts of one ingredient (oxycodone hydrochloride, terephthalate): it is in there, its amount is not told.

    Strengths of different salts do not add up, and a table that listed both would invite taking the first.
    """
    names = [part.name for part in parts]
    return tuple(
        dict.fromkeys(part if names.count(part.name) == 1 else Part(part.name, part.code, "", "") for part in parts)
    )


def _take_prefix(text: str) -> tuple[str, dict[str, str]]:
    told: dict[str, str] = {}
    while match := _PREFIX.match(text):
        if match["of"]:
            unit = match["of"].upper()
            if unit in told:
                raise LeftOut("a quantity told twice")
            told[unit] = match["number"]
        text = text[match.end() :]
    return text, told


def _contents(told: Mapping[str, str]) -> str:
    if "ML" in told and "ACTUAT" in told:
        raise LeftOut("contents told twice")
    if "ML" in told:
        return f"{told['ML']}|mL"
    return f"{told['ACTUAT']}|{{actuat}}" if "ACTUAT" in told else ""


def _part(match: re.Match[str], ingredients: Mapping[str, str]) -> Part:
    if Fraction(match["value"]) <= 0:
        raise LeftOut("a strength of nothing")
    name = plain_name(match["name"], ingredients)
    return Part(name, ingredients.get(name, ""), match["value"], UNITS[match["unit"]])


def plain_name(name: str, ingredients: Mapping[str, str]) -> str:
    """The ingredient's name without its salt; a name that is made of salt words only (potassium chloride) stays."""
    plain = _OTHER_NAMES.get(name.lower(), name.lower())
    if re.search(r" [0-9]", plain):
        raise LeftOut("a number inside an ingredient's name")
    for qualifier in _QUALIFIERS:
        plain = plain.removesuffix(qualifier)
    words = plain.split(" ")
    while len(words) > 1 and " ".join(words) not in ingredients and words[-1] in _SALTS and words[0] not in _SALTS:
        words.pop()
    return " ".join(words)


def _form(text: str | None, units: set[str]) -> tuple[str, str]:
    """The dose form and its class; a component of a drug (strength only) has neither."""
    if text is None:
        return "", ""
    form = _FORM_NAMES.get(text.lower())
    if form is None:
        raise LeftOut(f"unknown dose form {text}")
    classes = [name for name, (allowed, forms) in FORMS.items() if form in forms and units <= allowed]
    if len(classes) != 1:
        raise LeftOut(f"{form} with a strength in {', '.join(sorted(units))}")
    return form, classes[0]


def _parse_pack(contents: str, ingredients: Mapping[str, str]) -> Row:
    """A pack is known by its ingredients only: what "one" of it holds depends on the day of the course."""
    products, position = [], 0
    while position < len(contents):
        match = _PACKED.match(contents, position)
        if match is None:
            raise LeftOut("a pack with irregular contents")
        products.append(parse(match["product"].strip(), ingredients))
        position = match.end()
    parts = dict.fromkeys(Part(part.name, part.code, "", "") for product in products for part in product.parts)
    classes = {product.form_class for product in products}
    return Row("Pack", classes.pop() if len(classes) == 1 else "other", "", "", tuple(parts))


def build(folder: Path) -> tuple[str, str]:
    """The table and the report, as texts."""
    names = read_names(folder)
    ingredients = ingredients_of(names)
    rows: dict[str, Row] = {}
    left_out: dict[str, list[str]] = defaultdict(list)
    for code, name in sorted(names.items(), key=lambda item: int(item[0])):
        if ingredients.get(name.lower()) == code:
            continue
        try:
            rows[code] = parse(name, ingredients)
        except LeftOut as reason:
            left_out[str(reason)].append(f"- {code} {name}")
    return _table(rows, names), _report(rows, left_out, ingredients)


def _table(rows: Mapping[str, Row], names: Mapping[str, str]) -> str:
    lines = [",".join(COLUMNS)]
    for code, row in rows.items():
        components = ";".join(map(str, row.parts))
        cells = (code, names[code], row.form, row.form_class, row.hours, row.contents, components)
        lines.append(",".join(map(_cell, cells)))
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if re.search('[",\n]', text) else text


def _report(rows: Mapping[str, Row], left_out: Mapping[str, Iterable[str]], ingredients: Mapping[str, str]) -> str:
    unnamed = sorted({part.name for row in rows.values() for part in row.parts if not part.code})
    lines = [
        "# Drug products that the table leaves out",
        "",
        "Written by `tools/build_products.py`; do not edit. These RxNorm codes match by their own code only, and a",
        "dose of them cannot be computed (unknown, and said so).",
        "",
        f"In the table: {len(rows)} products and components; {len(ingredients)} plain ingredients have codes.",
    ]
    for reason, entries in sorted(left_out.items()):
        lines += ["", f"## {reason}", "", *entries]
    lines += ["", "## Ingredients without a code in the value sets", ""]
    lines += ["In the table by name only; no rule can name them by ingredient.", "", *_wrapped(unnamed)]
    return "\n".join(lines) + "\n"


def _wrapped(words: Iterable[str], width: int = 118) -> list[str]:
    lines = [""]
    for word in words:
        joined = f"{lines[-1]}, {word}" if lines[-1] else word
        if len(joined) > width:
            lines[-1] += ","
            lines.append(word)
        else:
            lines[-1] = joined
    return lines


def main() -> None:
    """Write the table and the report."""
    table, report = build(Path(sys.argv[1]) if len(sys.argv) > 1 else VALUE_SETS)
    TABLE.write_text(table, encoding="utf-8")
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(report, encoding="utf-8")


if __name__ == "__main__":
    main()
