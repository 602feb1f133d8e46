"""The values of facts as numbers, with what their value set gives to convert them by."""

from collections.abc import Iterable

from cds.facts.attributes import Measured, Unreadable
from cds.facts.dates import Span
from cds.facts.fact import Fact
from cds.rules.definition import Source
from cds.rules.judge.values import Known, Unclear, unclear
from cds.rules.judge.verdicts import Verdicts
from cds.units.quantity import Quantity


def measured(judging: Verdicts, fact: Fact) -> Quantity | Unclear:
    """The quantity a fact carries, or why it carries none."""
    value = judging.observed(fact)
    if isinstance(value, Measured):
        return value.quantity
    reason = value.reason if isinstance(value, Unreadable) else "no-value"
    return unclear(f"unreadable:{reason}", facts=(fact,))


def known(judging: Verdicts, source: Source, quantity: Quantity, facts: list[Fact], when: Span | None) -> Known:
    """A number with the molar mass and valence of the value set it was found by."""
    value_sets, names = judging.ruleset.value_sets, source.filters.in_sets
    if not names and facts:  # what another finder found
        return with_substance(judging, Known(quantity, when, tuple(facts)))
    for name in names:
        if value_sets[name].molar_mass is not None or value_sets[name].valence is not None:
            break
    else:  # the usual case
        return Known(quantity, when, tuple(facts))
    sets = [value_sets[name] for name in names]
    chosen = next((s for s in sets if any(c in s.rows for fact in facts for c in fact.codings)), None)
    return Known(
        quantity,
        when,
        tuple(facts),
        chosen.molar_mass if chosen else None,
        chosen.valence if chosen else None,
    )


def with_substance(judging: Verdicts, number: Known) -> Known:
    """A number with the molar mass and valence that value sets of the ruleset give for the codes of its facts.

    None where they give several: which of them is right, nobody can tell.
    """
    codings = frozenset().union(*(fact.codings for fact in number.facts))
    listing = [each for each in judging.ruleset.value_sets.values() if not codings.isdisjoint(each.rows)]
    masses = {each.molar_mass for each in listing if each.molar_mass is not None}
    valences = {each.valence for each in listing if each.valence is not None}
    if not masses and not valences:
        return number
    return Known(
        number.quantity,
        number.when,
        number.facts,
        masses.pop() if len(masses) == 1 else None,
        valences.pop() if len(valences) == 1 else None,
    )


def measured_in(judging: Verdicts, source: Source, fact: Fact, unit: str) -> Quantity | Unclear:
    """The quantity of a fact in a unit, or why it has none there."""
    quantity = measured(judging, fact)
    if isinstance(quantity, Unclear):
        return quantity
    converted = known(judging, source, quantity, [fact], fact.when).in_unit(unit)
    return converted if converted is not None else unclear("units-differ", facts=(fact,))


def first_unit(judging: Verdicts, facts: Iterable[Fact]) -> str | None:
    """The unit of the first that has a value."""
    quantities = (measured(judging, fact) for fact in facts)
    return next((quantity.unit for quantity in quantities if isinstance(quantity, Quantity)), None)
