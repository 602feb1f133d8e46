"""Results that cannot be true: outside the bounds that a value set gives, with their source.

The fact stands, as with every value that cannot be read; its value is unreadable, so what rests on it is unknown. It
never triggers a rule, it lets no older result decide, and the answer names it.
"""

from collections.abc import Iterable

from cds.facts.attributes import Attribute, Measured, Unreadable, read_attribute
from cds.facts.fact import Fact
from cds.rules.judge.verdicts import Verdicts
from cds.rules.ruleset import ValueSet
from cds.units.quantity import Quantity
from cds.units.ucum import convert

#: The reason that the answer and the texts give.
IMPLAUSIBLE = "implausible-value"


def implausible_values(judging: Verdicts, bounded: Iterable[ValueSet]) -> dict[Fact, Attribute]:
    """The results of the value sets that lie outside their bounds, each as a value that cannot be read."""
    return {
        fact: Unreadable(IMPLAUSIBLE)
        for value_set in bounded
        for fact in judging.in_set(value_set.name, "observation")
        if _is_outside(read_attribute(fact, "value", judging.moment), value_set)
    }


def _is_outside(value: Attribute, value_set: ValueSet) -> bool:
    """Whether no value that it may have is plausible. What is in no unit that converts is unknown anyway."""
    bounds = value_set.plausible
    if bounds is None or not isinstance(value, Measured):
        return False
    same = convert(value.quantity, bounds.unit, value_set.molar_mass, value_set.valence)
    return isinstance(same, Quantity) and not bounds.interval.meets(same.interval)
