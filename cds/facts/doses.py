"""One dose of one ingredient: what "1 tablet", "5 mL", "20 mg" or "2 patches" of a drug product hold.

Used by ``dosage``. Tablets and millilitres go through the strength of the product table. Refuses to guess a
strength, and which ingredient a dose in milligrams of a fixed combination means.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from cds.facts.fact import Fact
from cds.facts.shapes import JSONObject, first_object, objects, text_of, words_of
from cds.terminology.coding import RXNORM
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
_DOSE_ELEMENTS = ("doseQuantity", "doseRange", "dose", "rateQuantity")


@dataclass(frozen=True, slots=True)
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
        return any(
            part.strength is not None and _in(strength_of(part.strength), RATE) is not None for part in self.parts
        )


def products_of(fact: Fact) -> list[Product]:
    """The drug products of the table among the fact's codes, in the order of their codes."""
    known = (product(coding.code) for coding in sorted(fact.codings) if coding.system == RXNORM)
    return [found for found in known if found is not None]


def strength_of(strength: Strength) -> Quantity:
    """A product's strength as a quantity: of one piece or one actuation, by volume, or by rate."""
    quantity = strength_quantity(strength)
    return Quantity(quantity.interval, quantity.unit.removesuffix("/{actuat}"))


def drug_of(fact: Fact) -> Drug:
    """The components of the fact's drug, if its codes agree on them."""
    products = products_of(fact)
    if not products:
        # RxNorm joins the parts of a fixed combination with " / "; those of an unknown one cannot be told apart.
        return Drug(problem="several-components" if " / " in fact.display else "")
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
    what was ordered counts, else the largest. Also read where STU3 had it, and in an administration.
    """
    entries = [*objects(dosage.get("doseAndRate")), dosage]
    written = [(entry, dose) for entry in entries if (dose := _written(entry)) is not None]
    ordered = [dose for entry, dose in written if "ordered" in words_of(entry.get("type"))]
    problem = Unconvertible("dose-missing")
    for group in (ordered, [dose for _, dose in written if dose not in ordered]):
        doses = [one_dose(dose, part, drug) for dose in group]
        known = [dose for dose in doses if isinstance(dose, Quantity)]
        if known:
            return _largest(known)
        problem = next((dose for dose in doses if isinstance(dose, Unconvertible)), problem)
    return problem


def _written(entry: JSONObject) -> JSONObject | None:
    values = (entry.get(name) for name in _DOSE_ELEMENTS)
    return next((value for value in values if isinstance(value, dict) and value), None)


def _largest(doses: list[Quantity]) -> Quantity | Unconvertible:
    if len({dose.unit for dose in doses}) > 1:
        return Unconvertible("units-differ")
    return max(doses, key=lambda dose: dose.interval.high or Fraction(0))


def one_dose(written: JSONObject, part: Component | None, drug: Drug) -> Quantity | Unconvertible:
    """A FHIR Quantity or Range as a dose of one component."""
    if "low" in written or "high" in written:
        return _range(written, part, drug)
    if _is_count(written):
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
    low, high = first_object(written.get("low")), first_object(written.get("high"))
    if not high:
        return Unconvertible("dose-missing")  # "at least 5 mg" has no most
    most = one_dose(high, part, drug)
    least = one_dose(low, part, drug) if low else Quantity(Interval.exactly(0), getattr(most, "unit", ""))
    if isinstance(most, Unconvertible):
        return most
    if isinstance(least, Unconvertible) or least.unit != most.unit:
        return Unconvertible("dose-unreadable")
    bottom, top = least.interval.low, most.interval.high
    if bottom is None or (top is not None and bottom > top):
        return Unconvertible("dose-unreadable")
    return Quantity(Interval(bottom, top), most.unit)


def _is_count(written: JSONObject) -> bool:
    code, unit = text_of(written.get("code")), text_of(written.get("unit"))
    if code is not None and not code.startswith("{") and canonical_unit(code) not in {None, "1"}:
        return False  # the code says milligrams, whatever the text shows
    return any(text.strip("{}[]()").lower() in _COUNTED for text in (code, unit) if text is not None)


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
    count = read_quantity({"value": written.get("value"), "comparator": written.get("comparator"), "unit": MASS})
    if isinstance(count, Unconvertible) or count.interval.low is None or count.interval.low < 0:
        return Unconvertible("dose-unreadable")
    if part is None or part.strength is None:
        return Unconvertible("strength-unknown")
    strength = strength_of(part.strength)
    if _in(strength, "mg/mL") is not None:
        return Unconvertible("dose-unit")  # one bottle, one vial: of how many millilitres?
    each = _standard(strength)
    if not each.interval.is_exact or not each.interval.low or each.interval.low < 0:
        return Unconvertible("strength-unknown")
    return Quantity(count.interval.scaled(each.interval.low), each.unit)


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
