"""The strength of a drug product as a quantity, for the dosage readers.

Here and not in the product table, because units stand above terminology.
"""

from cds.terminology.products import Strength
from cds.units.quantity import Interval, Quantity


def strength_quantity(strength: Strength) -> Quantity:
    """The same amount as an exact quantity: ``mg`` of one piece, ``mg/mL``, ``mg/h``."""
    return Quantity(Interval.exactly(strength.value), strength.unit)
