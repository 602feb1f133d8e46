"""What a fact is called on a card: the record's own words; for a bare code, what the code means."""

from cds.facts.fact import Fact
from cds.rules.judge.judging import Judging
from cds.terminology.coding import RXNORM
from cds.terminology.products import product


def name_of(judging: Judging, fact: Fact) -> str:
    """Record text (escape before showing), or the name of a code that came without one; the reference at the last."""
    if fact.display and fact.display not in {coding.code for coding in fact.codings}:
        return fact.display
    drugs = (product(coding.code) for coding in sorted(fact.codings) if coding.system == RXNORM)
    named = next((found.name for found in drugs if found), "")
    return named or _in_value_sets(judging, fact) or fact.display or fact.reference


def _in_value_sets(judging: Judging, fact: Fact) -> str:
    rows = (
        value_set.rows[coding].get("display", "")
        for value_set in judging.ruleset.value_sets.values()
        for coding in sorted(fact.codings)
        if coding in value_set.rows
    )
    return next((display for display in rows if display), "")
