"""One dose of one ingredient: what "1 tablet", "5 mL", "20 mg" or "2 patches" of a drug product hold.

Used by ``dosage``. Tablets and millilitres go through the strength of the product table. Refuses to guess a
strength, and which ingredient a dose in milligrams of a fixed combination means. What is malformed, or contradicts
itself, is never passed over for what stands beside it.
"""

import re
from collections.abc import Iterable
from fractions import Fraction
from functools import lru_cache

from cds.facts.fact import Fact
from cds.facts.shapes import JSONObject, text_of, words_of
from cds.frozen import value
from cds.terminology.coding import RXNORM, UCUM, Coding, canonical_system
from cds.terminology.products import Component, Product, Strength, product
from cds.units.fhir_quantity import read_quantity
from cds.units.quantity import Interval, Quantity, Unconvertible
from cds.units.strengths import strength_quantity
from cds.units.ucum import canonical_unit, convert

MASS = "mg"
RATE = "ug/h"

#: Whole things that are counted, not measured; what one holds is in the product's strength.
_COUNTED = frozenset(
    name
    for singular in ("tablet", "tab", "capsule", "cap", "caplet", "pill", "patch", "film", "lozenge", "suppository")
    for name in (singular, singular + "s", singular + "es")
) | {"tbl", "troche", "troches", "suppositories", "spray", "sprays", "puff", "puffs", "actuation", "actuations", "each"}
_DOSES = ("doseQuantity", "doseRange", "dose")
_RATES = ("rateQuantity", "rateRange", "rateRatio")
_ONE_DOSE = {"doseQuantity"}
_TOLD = frozenset((*_DOSES, *_RATES))
#: A dose that is well said, but not computable; another way to say it may be.
_UNTOLD = frozenset(map(Unconvertible, ("strength-unknown", "several-components", "dose-unit")))


@value()
class Drug:
    """What the product table knows of a fact's drug. ``parts`` is empty for a code outside the table.

    hours: how long a patch is worn, by its label. problem: why no dose of it can be had.
    """

    parts: tuple[Component, ...] = ()
    hours: int | None = None
    problem: str = ""

    @property
    def is_patch(self) -> bool:
        """True for a transdermal system: its strength is a rate."""
        return any(part.strength is not None and _is_rate(part.strength) for part in self.parts)


def products_of(fact: Fact) -> list[Product]:
    """The drug products of the table among the fact's codes, in the order of their codes."""
    return _products(fact.codings)


def _products(codings: frozenset[Coding]) -> list[Product]:
    known = (product(coding.code) for coding in sorted(codings) if coding.system == RXNORM)
    return [found for found in known if found is not None]


def strength_of(strength: Strength) -> Quantity:
    """A product's strength as a quantity: of one piece or one actuation, by volume, or by rate."""
    quantity = strength_quantity(strength)
    return Quantity(quantity.interval, quantity.unit.removesuffix("/{actuat}"))


@lru_cache(maxsize=4096)
def _is_rate(strength: Strength) -> bool:
    return _in(strength_of(strength), RATE) is not None


def drug_of(fact: Fact) -> Drug:
    """The components of the fact's drug, if its codes agree on them."""
    # RxNorm joins the parts of a fixed combination with " / "; those of an unknown one cannot be told apart.
    return _drug(fact.codings, " / " in fact.display)


@lru_cache(maxsize=4096)
def _drug(codings: frozenset[Coding], is_joined: bool) -> Drug:
    products = _products(codings)
    if not products:
        return Drug(problem="several-components" if is_joined else "")
    contents = {frozenset((part.ingredient, part.strength) for part in found.components) for found in products}
    if len(contents) > 1:
        return Drug(problem="products-differ")
    if not products[0].components:
        return Drug(problem="strength-unknown")
    hours = [found.hours for found in products if found.hours is not None]
    return Drug(products[0].components, min(hours, default=None))


def dose_of(dosage: JSONObject, part: Component | None, drug: Drug) -> Quantity | Unconvertible:
    """The dose of one instruction, in ``mg``, ``ug/h`` or its own unit.

    The entries of ``doseAndRate`` are one dose said in several ways (ordered, calculated, as tablets), never several:
    what was ordered (or does not say what it is) counts, else the largest. One that is malformed makes the dose
    unreadable: it may be the higher. Also read where STU3 had it, and in an administration.
    """
    listed = dosage.get("doseAndRate")
    if isinstance(listed, list) and len(listed) == 1 and isinstance(listed[0], dict) and listed[0].keys() == _ONE_DOSE:
        written = listed[0]["doseQuantity"]
        if isinstance(written, dict) and written and not _TOLD.intersection(dosage):  # the usual case
            dose = one_dose(written, part, drug)
            return dose if isinstance(dose, Unconvertible) else _largest([dose])
    entries = [] if listed is None else listed if isinstance(listed, list) else [listed]
    if any(_has_dose(dosage, names) for names in (_DOSES, _RATES)):
        entries = [*entries, dosage]
    ordered: list[Quantity | Unconvertible] = []
    others: list[Quantity | Unconvertible] = []
    for entry in entries:
        written = _written(entry)
        dose = written if isinstance(written, Unconvertible) else one_dose(written, part, drug)
        (ordered if _is_ordered(entry) else others).append(dose)
    malformed = [dose for dose in (*ordered, *others) if isinstance(dose, Unconvertible) and dose not in _UNTOLD]
    if any(isinstance(dose, Quantity) for dose in ordered):
        malformed = [dose for dose in malformed if dose in ordered or dose.reason != "unknown-unit"]
    if malformed:
        return malformed[0]
    for group in (ordered, others):
        known = [dose for dose in group if isinstance(dose, Quantity)]
        if known:
            return _largest(known)
    return next((dose for dose in (*ordered, *others)), Unconvertible("dose-missing"))


def _is_ordered(entry: object) -> bool:
    """True unless its type says that it is something else."""
    kind = entry.get("type") if isinstance(entry, dict) else None
    words = words_of(kind) if isinstance(kind, dict) else frozenset()
    return not words or "ordered" in words


def _has_dose(entry: JSONObject, names: Iterable[str]) -> bool:
    return any(entry.get(name) is not None for name in names)


def _written(entry: object) -> JSONObject | Unconvertible:
    """The one dose of an entry, else its one rate; two of a choice are none."""
    if not isinstance(entry, dict):
        return Unconvertible("dose-unreadable")
    for names in (_DOSES, _RATES):
        values = [entry[name] for name in names if entry.get(name) is not None]
        if values:
            value = values[0]
            is_one = len(values) == 1 and isinstance(value, dict) and value
            return value if is_one else Unconvertible("dose-unreadable")
    return Unconvertible("dose-missing")


def _largest(doses: list[Quantity]) -> Quantity | Unconvertible:
    if len(doses) == 1 and doses[0].interval.low is doses[0].interval.high:
        return doses[0]
    if len({dose.unit for dose in doses}) > 1:
        return Unconvertible("units-differ")
    lows = [dose.interval.low for dose in doses if dose.interval.low is not None]
    highs = [dose.interval.high for dose in doses if dose.interval.high is not None]
    is_bounded = len(highs) == len(doses)
    return Quantity(Interval(max(lows, default=None), max(highs) if is_bounded else None), doses[0].unit)


def one_dose(written: JSONObject, part: Component | None, drug: Drug) -> Quantity | Unconvertible:
    """A FHIR Quantity or Range as a dose of one component, above zero."""
    if "low" in written or "high" in written:
        dose = Unconvertible("dose-unreadable") if "value" in written else _range(written, part, drug)
    else:
        dose = _single(written, part, drug)
    return Unconvertible("dose-zero") if isinstance(dose, Quantity) and dose.interval.high == 0 else dose


def supplied_mass(written: JSONObject, drug: Drug) -> Quantity | Unconvertible:
    """What a supplied quantity holds of a drug with one ingredient, in ``mg``; a bare number counts pieces."""
    if drug.problem or len(drug.parts) != 1:
        return Unconvertible(drug.problem or "several-components")
    part = drug.parts[0]
    if written.get("unit") is None and written.get("code") is None:
        return _of_strength(written, part)
    mass = one_dose(written, part, drug)
    return mass if isinstance(mass, Unconvertible) or mass.unit == MASS else Unconvertible("dose-unit")


def _single(written: JSONObject, part: Component | None, drug: Drug) -> Quantity | Unconvertible:
    if not all(isinstance(written.get(name), str | None) for name in ("code", "unit", "system")):
        return Unconvertible("unknown-unit")
    kinds = _kinds(written)
    if len(kinds) > 1:
        return Unconvertible("contradicting-units")
    if "counted" in kinds:
        return _of_strength(written, part)
    quantity = _measured(written)
    if isinstance(quantity, Unconvertible):
        return quantity
    volume = _in(quantity, "mL")
    if volume is not None:
        return _of_concentration(volume, part)
    if len(drug.parts) > 1:
        return Unconvertible("several-components")
    standard = _standard(quantity)
    # So many micrograms of a patch: neither how many are worn nor how fast.
    return Unconvertible("dose-unit") if drug.is_patch and standard.unit != RATE else standard


def _range(written: JSONObject, part: Component | None, drug: Drug) -> Quantity | Unconvertible:
    low, high = written.get("low"), written.get("high")
    if high is None:
        return Unconvertible("dose-missing")  # "at least 5 mg" has no most
    if not isinstance(high, dict) or not isinstance(low, dict | None):
        return Unconvertible("dose-unreadable")
    most = _single(high, part, drug)
    zero = Quantity(Interval.exactly(0), getattr(most, "unit", ""))
    least = zero if low is None else _single(low, part, drug)
    if isinstance(most, Unconvertible):
        return most
    if isinstance(least, Unconvertible) or least.unit != most.unit:
        return Unconvertible("dose-unreadable")
    bottom, top = least.interval.low, most.interval.high
    if bottom is None or (top is not None and bottom > top):
        return Unconvertible("dose-unreadable")
    return Quantity(Interval(bottom, top), most.unit)


def _kinds(written: JSONObject) -> frozenset[str]:
    """What code and text say the dose is: counted (tablets), measured (milligrams); both if they contradict."""
    return _kinds_of(written.get("code"), written.get("unit"), written.get("system"))


@lru_cache(maxsize=1024)
def _kinds_of(*texts: str | None) -> frozenset[str]:
    code, unit, system = map(text_of, texts)
    if code is not None and code.isdigit() and system is not None and canonical_system(system) != UCUM:
        code = None  # "385055001" of another system: a name, not a number
    kinds = (_kind(text, beside=code or "") for text in (code, unit) if text is not None)
    return frozenset(kind for kind in kinds if kind is not None)


def _kind(text: str, beside: str) -> str | None:
    if text.strip("{}[]()").lower() in _COUNTED:
        return "counted"
    if canonical_unit(text.strip("{}")) is not None:
        return "measured"
    # "tablet(s)", "oral tablet": not what we count by, but no milligrams either.
    is_at_odds = canonical_unit(beside) is not None and not _COUNTED.isdisjoint(re.findall(r"[a-z]+", text.lower()))
    return "counted" if is_at_odds else None


def _measured(written: JSONObject) -> Quantity | Unconvertible:
    quantity = read_quantity(written)
    if isinstance(quantity, Unconvertible):
        # "{mL}" is no UCUM unit, but its author left no doubt; the text beside it must say the same.
        code, unit = text_of(written.get("code")), text_of(written.get("unit"))
        plain = "" if code is None else code.strip("{}")
        if not plain or plain == code or canonical_unit(plain) != canonical_unit(unit or plain):
            return quantity
        quantity = read_quantity(
            {"value": written.get("value"), "comparator": written.get("comparator"), "unit": plain}
        )
        if isinstance(quantity, Unconvertible):
            return quantity
    if quantity.unit == "1":
        return Unconvertible("dose-unit-missing")
    low = quantity.interval.low
    return Unconvertible("dose-unreadable") if low is None or low < 0 else quantity


def _of_strength(written: JSONObject, part: Component | None) -> Quantity | Unconvertible:
    """So many tablets or patches of one component."""
    number, comparator = written.get("value"), written.get("comparator")
    if comparator is None and (type(number) is int or type(number) is float):  # True is no number
        return _so_many(number, part)
    return _of_pieces(number, comparator, part)


@lru_cache(maxsize=4096)  # equal numbers are equal amounts
def _so_many(number: float, part: Component | None) -> Quantity | Unconvertible:
    return _of_pieces(number, None, part)


def _of_pieces(number: object, comparator: object, part: Component | None) -> Quantity | Unconvertible:
    count = read_quantity({"value": number, "comparator": comparator, "unit": MASS})
    if isinstance(count, Unconvertible) or count.interval.low is None or count.interval.low < 0:
        return Unconvertible("dose-unreadable")
    if part is None or part.strength is None:
        return Unconvertible("strength-unknown")
    each = _of_one_piece(part.strength)
    if isinstance(each, Unconvertible):
        return each
    return Quantity(count.interval.scaled(each.interval.low or Fraction(0)), each.unit)


@lru_cache(maxsize=4096)
def _of_one_piece(strength: Strength) -> Quantity | Unconvertible:
    """What one tablet, capsule or patch holds: exactly, and above zero."""
    quantity = strength_of(strength)
    if _in(quantity, "mg/mL") is not None:
        return Unconvertible("dose-unit")  # one bottle, one vial: of how many millilitres?
    each = _standard(quantity)
    is_some = each.interval.is_exact and each.interval.low is not None and each.interval.low > 0
    return each if is_some else Unconvertible("strength-unknown")


def _of_concentration(volume: Quantity, part: Component | None) -> Quantity | Unconvertible:
    """So many millilitres of a liquid."""
    if part is None or part.strength is None:
        return Unconvertible("strength-unknown")
    concentration = _in(strength_of(part.strength), "mg/mL")
    if concentration is None or not concentration.interval.is_exact or not concentration.interval.low:
        return Unconvertible("strength-unknown")
    return Quantity(volume.interval.scaled(concentration.interval.low), MASS)


def _standard(quantity: Quantity) -> Quantity:
    return _first(_in(quantity, unit) for unit in (MASS, RATE)) or quantity


def _first(found: Iterable[Quantity | None]) -> Quantity | None:
    return next((quantity for quantity in found if quantity is not None), None)


def _in(quantity: Quantity, unit: str) -> Quantity | None:
    converted = convert(quantity, unit)
    return converted if isinstance(converted, Quantity) else None
