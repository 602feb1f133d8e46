"""The product table: faithful to the names it was built from, and complete where it speaks."""

import re
from fractions import Fraction
from pathlib import Path

import pytest

from cds.terminology.coding import LOINC, RXNORM, Coding
from cds.terminology.products import Component, Strength, all_products, expand, product
from cds.units.quantity import Interval, Quantity
from cds.units.strengths import strength_quantity
from cds.units.ucum import canonical_unit
from tools import build_products

ALL = list(all_products())
INGREDIENTS = {part.name: part.ingredient for known in ALL for part in known.components if part.ingredient}


def rx(code):
    return Coding(RXNORM, code)


def of(value, unit):
    return Strength(Fraction(value), unit)


def named(name):
    return build_products.parse(
        name, {n: coding.code for n, coding in INGREDIENTS.items()} | {"potassium chloride": "8591"}
    )


def test_the_committed_table_and_report_are_what_the_script_builds():
    if not build_products.VALUE_SETS.is_dir():
        pytest.skip(f"{build_products.VALUE_SETS} (the clinical dossier) is not on this machine: nothing to build from")
    table, report = build_products.build(build_products.VALUE_SETS)
    assert table == build_products.TABLE.read_text(encoding="utf-8")
    assert report == build_products.REPORT.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "row"),
    [
        (
            "72 HR Fentanyl 0.075 MG/HR Transdermal System [Duragesic]",
            ("Transdermal System", "transdermal", "72", "", "fentanyl|4337|0.075|mg/h"),
        ),
        (
            "acetaminophen 325 MG / oxycodone hydrochloride 5 MG Oral Tablet",
            ("Oral Tablet", "oral-solid", "", "", "acetaminophen|161|325|mg;oxycodone|7804|5|mg"),
        ),
        (
            "8 ML Ibuprofen 100 MG/ML Injection",
            ("Injection", "injectable", "", "8|mL", "ibuprofen|5640|100|mg/mL"),
        ),
        (
            "Abuse-Deterrent 12 HR oxycodone hydrochloride 20 MG Extended Release Oral Tablet",
            ("Extended Release Oral Tablet", "oral-solid", "12", "", "oxycodone|7804|20|mg"),
        ),
        (
            "oxycodone hydrochloride 60 MG 12 HR Extended Release Oral Tablet",
            ("Extended Release Oral Tablet", "oral-solid", "12", "", "oxycodone|7804|60|mg"),
        ),
        ("Oxycodone Hydrochloride 10 MG", ("", "", "", "", "oxycodone|7804|10|mg")),
        (
            "80 ACTUAT fentanyl 0.1 MG/ACTUAT Metered Dose Nasal Spray",
            ("Metered Dose Nasal Spray", "nasal", "", "80|{actuat}", "fentanyl|4337|0.1|mg/{actuat}"),
        ),
        (
            "Potassium Chloride 600 MG Extended Release Oral Tablet",
            ("Extended Release Oral Tablet", "oral-solid", "", "", "potassium chloride|8591|600|mg"),
        ),
        (
            "Aspirin 325 MG / Oxycodone Hydrochloride 4.5 MG / oxycodone terephthalate 0.38 MG Oral Tablet",
            ("Oral Tablet", "oral-solid", "", "", "aspirin|1191|325|mg;oxycodone|7804||"),
        ),
        (
            "{21 (Methylprednisolone 4 MG Oral Tablet [Medrol]) } Pack [Medrol Dosepak]",
            ("Pack", "oral-solid", "", "", "methylprednisolone|6902||"),
        ),
        (
            "fentanyl 0.2 MG Oral Lozenge [Actiq]",
            ("Oral Lozenge", "buccal", "", "", "fentanyl|4337|0.2|mg"),
        ),
    ],
)
def test_regular_names_are_read(name, row):
    read = named(name)
    told = (read.form, read.form_class, read.hours, read.contents, ";".join(map(str, read.parts)))
    assert told == row


@pytest.mark.parametrize(
    "name",
    [
        "Oxycodone",
        "Oxycodone Oral Tablet",
        "oxycodone 5 Oral Tablet",
        "oxycodone 5 MG Oral Tablets",
        "oxycodone 5 MG / acetaminophen Oral Tablet",
        "oxycodone 5 MG Oral Tablet / acetaminophen 325 MG Oral Tablet",
        "oxycodone 0 MG Oral Tablet",
        "oxycodone 5 MG/ML Oral Tablet",
        "oxycodone 5 MG Oral Solution",
        "fentanyl 0.04 MG/ACTUAT Transdermal System",
        "oxycodone 1,000 MG Oral Tablet",
        "oxycodone 5-10 MG Oral Tablet",
        "12 HR oxycodone 5 MG 24 HR Extended Release Oral Tablet",
        "12 HR 24 HR oxycodone 5 MG Extended Release Oral Tablet",
        "{oxycodone 5 MG Oral Tablet} Pack",
        "{21 (Oxycodone Oral Tablet) } Pack",
        "New oxycodone 5 MG Magic Tablet",
    ],
)
def test_a_name_that_does_not_parse_wholly_is_left_out(name):
    with pytest.raises(build_products.LeftOut):
        named(name)


def test_every_row_is_what_its_own_name_says():
    for known in ALL:
        row = named(known.name)
        assert (row.form or None, row.form_class or None) == (known.form, known.form_class), known
        assert row.hours == ("" if known.hours is None else str(known.hours)), known
        assert [part.name for part in row.parts] == [part.name for part in known.components], known


def test_every_number_of_a_name_is_in_its_row_and_no_other():
    """Told apart from the parser: numbers and slashes counted in the bare text."""
    for known in ALL:
        if known.form == "Pack" or any(part.strength is None for part in known.components):
            continue
        bare = re.sub(r" \[[^\]]*\]$", "", known.name)
        told = sorted(Fraction(number) for number in re.findall(r"(?<![A-Za-z0-9.])[0-9.]+(?= )", bare))
        kept = [part.strength.value for part in known.components]
        kept += [Fraction(known.hours)] if known.hours is not None else []
        kept += [known.contents.value] if known.contents is not None else []
        assert sorted(kept) == told, known
        assert len(known.components) == bare.count(" / ") + 1, known


def test_every_component_of_a_mixture_is_a_word_of_its_name():
    for known in ALL:
        for part in known.components:
            assert part.name.split(" ")[0] in known.name.lower(), known
        assert len({part.name for part in known.components}) == len(known.components), known


def test_every_strength_is_positive_and_in_a_unit_that_converts():
    units = {part.strength.unit for known in ALL for part in known.components if part.strength}
    assert units == set(build_products.UNITS.values()) - {"ug", "meq"}
    for unit in [*units, "ug", "meq", "mL", "{actuat}"]:
        assert canonical_unit(unit) == unit
    assert all(part.strength is None or part.strength.value > 0 for known in ALL for part in known.components)


def test_one_strength_speaks_for_one_ingredient_only():
    for known in ALL:
        denominators = {part.strength.unit.partition("/")[2] for part in known.components if part.strength}
        assert len(denominators) <= 1, known


def test_a_strength_is_missing_only_in_packs_and_for_two_salts_of_one_ingredient():
    for known in ALL:
        for part in known.components:
            if part.strength is None and known.form != "Pack":
                assert known.name.lower().count(part.name) == 2, known


def test_codes_are_those_of_one_ingredient_each():
    by_code = {}
    for known in ALL:
        for part in known.components:
            if part.ingredient is not None:
                assert by_code.setdefault(part.ingredient, part.name) == part.name
                assert product(part.ingredient.code) is None
            else:
                assert part.name not in INGREDIENTS


def test_patches_are_worn_for_hours_and_release_by_the_hour():
    patches = [known for known in ALL if known.form_class == "transdermal"]
    assert patches
    for patch in patches:
        assert {part.strength.unit for part in patch.components} == {"mg/h"}
        assert patch.hours in {None, 72, 168}


def test_a_product_is_found_by_its_code():
    wanted = "72 hr fentanyl 0.075 mg/hr transdermal system [duragesic]"
    duragesic = next(known for known in ALL if known.name.lower() == wanted)
    assert product(duragesic.coding.code) == duragesic
    assert duragesic.components == (Component("fentanyl", rx("4337"), of("0.075", "mg/h")),)
    assert (duragesic.form_class, duragesic.hours) == ("transdermal", 72)
    assert strength_quantity(duragesic.components[0].strength) == Quantity(Interval.exactly(Fraction("0.075")), "mg/h")


def test_ingredients_and_unknown_codes_are_no_products():
    assert product("7804") is None
    assert product("0") is None
    assert product("") is None


def test_a_product_widens_to_its_ingredients():
    percocet = next(k for k in ALL if [p.name for p in k.components] == ["acetaminophen", "oxycodone"])
    assert expand(percocet.coding) == {percocet.coding, rx("161"), rx("7804")}


def test_an_ingredient_without_a_code_widens_nothing():
    mixture = next(k for k in ALL if [p.name for p in k.components] == ["chlorthalidone", "triamterene"])
    assert mixture.components[0].ingredient is None
    assert expand(mixture.coding) == {mixture.coding, rx("10763")}


def test_what_is_no_product_widens_to_itself():
    assert expand(rx("7804")) == {rx("7804")}
    assert expand(rx("nonsense")) == {rx("nonsense")}
    duragesic = next(known for known in ALL if "Duragesic" in known.name)
    elsewhere = Coding(LOINC, duragesic.coding.code)
    assert expand(elsewhere) == {elsewhere}


def test_the_report_names_no_code_that_is_in_the_table():
    listed = re.findall(r"^- ([0-9]+) ", Path(build_products.REPORT).read_text(encoding="utf-8"), re.MULTILINE)
    assert listed
    assert [code for code in listed if product(code) is not None] == []
