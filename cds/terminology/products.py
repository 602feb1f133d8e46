"""Drug products: what is in them, how much, and in which form.

Orders name products, rules name ingredients: the fact readers widen a product's code with :func:`expand`, and the
dosage readers take strengths from :func:`product`. The table ``products.csv`` is built from RxNorm's own names by
``tools/build_products.py``. Nothing is parsed or guessed here: a product that is not in the table is its code only.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache
from importlib.resources import files

from cds.terminology.coding import RXNORM, Coding

_Row = tuple[str, ...]


#: The classes of dose forms that the table knows.
FORM_CLASSES = frozenset(
    {
        "oral-solid",
        "oral-liquid",
        "transdermal",
        "injectable",
        "sublingual",
        "buccal",
        "nasal",
        "ophthalmic",
        "topical",
        "rectal",
        "implant",
        "other",
    }
)


@dataclass(frozen=True, slots=True)
class Strength:
    """An exact amount above 0 in a UCUM unit: of one piece (``mg``), by volume (``mg/mL``) or by rate (``mg/h``).

    Stated as on the label, mostly of the salt. ``cds.units.strengths`` turns it into a quantity.
    """

    value: Fraction
    unit: str


@dataclass(frozen=True, slots=True)
class Component:
    """One active ingredient of a product.

    name: the ingredient without its salt, in lower case.
    ingredient: its RxNorm coding, ``None`` if no value set names the plain ingredient.
    strength: ``None`` where one number would mislead: packs, and two salts of one ingredient.
    """

    name: str
    ingredient: Coding | None
    strength: Strength | None


@dataclass(frozen=True, slots=True)
class Product:
    """A drug product, or a component of one (ingredient with strength, without a form).

    components: every active ingredient, in the order of the name.
    form: RxNorm's dose form, ``Pack`` for a course of several products, ``None`` for a component.
    form_class: ``oral-solid oral-liquid transdermal injectable sublingual buccal nasal ophthalmic topical rectal
        implant other``; ``None`` for a component.
    hours: how long it releases, or a patch is worn, where the name tells.
    contents: what one container holds, in mL or ``{actuat}``, where the name tells.
    """

    coding: Coding
    name: str
    components: tuple[Component, ...]
    form: str | None
    form_class: str | None
    hours: int | None
    contents: Strength | None = None


def product(code: str) -> Product | None:
    """The product of an RxNorm code; ``None`` for ingredients and for what the table does not hold."""
    return _product(code) if code in _table() else None


def expand(coding: Coding) -> frozenset[Coding]:
    """The coding and, for a drug product of the table, the codings of its ingredients."""
    if coding.system != RXNORM or coding.code not in _table():
        return frozenset((coding,))
    return _expanded(coding)


# Only codes of the table reach the caches: what a sender invents takes no memory.
@lru_cache(maxsize=2048)
def _product(code: str) -> Product:
    return _read(_table()[code])


@lru_cache(maxsize=2048)
def _expanded(coding: Coding) -> frozenset[Coding]:
    parts = _product(coding.code).components
    return frozenset((coding, *(part.ingredient for part in parts if part.ingredient is not None)))


def all_products() -> Iterator[Product]:
    """Every product of the table, for checks over the whole of it."""
    return map(_read, _table().values())


@cache
def _table() -> dict[str, _Row]:
    """Rows by code; read once, parsed row by row when asked for."""
    text = (files("cds.terminology") / "products.csv").read_text(encoding="utf-8")
    rows = csv.reader(text.splitlines())
    next(rows)  # the header
    return {row[0]: tuple(row) for row in rows}


def _read(row: _Row) -> Product:
    code, name, form, form_class, hours, contents, components = row
    return Product(
        coding=Coding(RXNORM, code),
        name=name,
        components=tuple(_component(text) for text in components.split(";")),
        form=form or None,
        form_class=form_class or None,
        hours=int(hours) if hours else None,
        contents=_strength(*contents.split("|")) if contents else None,
    )


def _component(text: str) -> Component:
    name, code, value, unit = text.split("|")
    return Component(name, Coding(RXNORM, code) if code else None, _strength(value, unit) if value else None)


def _strength(value: str, unit: str) -> Strength:
    return Strength(Fraction(value), unit)
