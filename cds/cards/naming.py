"""What a fact is called on a card: the record's own words; for a bare code, what the code means."""

from collections.abc import Collection

from cds.facts.fact import Fact
from cds.rules.judge.judging import Judging
from cds.rules.ruleset import Ruleset
from cds.terminology.coding import RXNORM, Coding
from cds.terminology.products import product


def name_of(judging: Judging, fact: Fact) -> str:
    """Record text (escape before showing), or the name of a code that came without one; the reference at the last."""
    if fact.display and fact.display not in {coding.code for coding in fact.codings}:
        return fact.display
    return meaning_of(judging.ruleset, fact.codings) or fact.display or fact.reference


def meaning_of(ruleset: Ruleset, codings: Collection[Coding]) -> str:
    """What codes mean: the drug product, else what a value set of the ruleset calls one; "" where nobody says."""
    drugs = (product(coding.code) for coding in sorted(codings) if coding.system == RXNORM)
    named = next((found.name for found in drugs if found), "")
    return named or _in_value_sets(ruleset, codings)


def _in_value_sets(ruleset: Ruleset, codings: Collection[Coding]) -> str:
    rows = (
        value_set.rows[coding].get("display", "")
        for value_set in ruleset.value_sets.values()
        for coding in sorted(codings)
        if coding in value_set.rows
    )
    return next((display for display in rows if display), "")
