"""What a fact is called on a card: the record's own words; for a bare code, what the code means."""

from collections.abc import Collection, Iterator

from cds.facts.fact import Fact
from cds.facts.shapes import JSONObject, objects, text_of
from cds.rules.judge.judging import Judging
from cds.rules.ruleset import Ruleset
from cds.terminology.coding import RXNORM, Coding, canonical_system
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


def reactions_of(judging: Judging, fact: Fact) -> tuple[str, ...]:
    """What an allergy did, in the record's own words or by its code's name; empty where none is recorded."""
    reactions = objects(fact.resource.get("reaction"))
    found = (_said(judging.ruleset, each) for reaction in reactions for each in objects(reaction.get("manifestation")))
    return tuple(dict.fromkeys(words for words in found if words))


def _said(ruleset: Ruleset, concept: JSONObject) -> str:
    codings = objects(concept.get("coding"))
    displays = (text_of(coding.get("display")) for coding in codings)
    written = text_of(concept.get("text")) or next((display for display in displays if display), "")
    return written or _in_value_sets(ruleset, frozenset(_codings(codings)))


def _codings(codings: list[JSONObject]) -> Iterator[Coding]:
    for coding in codings:
        system, code = text_of(coding.get("system")), text_of(coding.get("code"))
        if system and code:
            yield Coding(canonical_system(system), code)
