"""What a fact is called on a card: the record's own words; for a bare code, what the code means."""

import re
from collections.abc import Collection, Iterator

from cds.facts.fact import Fact
from cds.facts.shapes import JSONObject, objects, text_of
from cds.rules.judge.judging import Judging
from cds.rules.judge.values import Answer
from cds.rules.ruleset import Ruleset
from cds.terminology.coding import RXNORM, Coding, canonical_system
from cds.terminology.products import product

#: What SNOMED CT puts behind a name to say of what kind it is: nothing that a reader of a card needs.
_TAG = re.compile(
    r" \((?:disorder|finding|procedure|substance|situation|event|observable entity|regime/therapy|product|"
    r"medicinal product|clinical drug|morphologic abnormality|qualifier value|physical object|body structure)\)$"
)

#: Kinds that answer in codes, and the element with the answer.
_TELLING = {"observation": "valueCodeableConcept", "report": "conclusionCode"}


def name_of(judging: Judging, fact: Fact) -> str:
    """Record text (escape before showing), or the name of a code that came without one; the reference at the last."""
    if fact.display and fact.display not in {coding.code for coding in fact.codings}:
        return _untagged(fact.display)
    return meaning_of(judging.ruleset, fact.codings) or fact.display or fact.reference


def answer_of(judging: Judging, answer: Answer) -> str:
    """What was answered: in the words of a result that says it, else what its codes mean; the codes at the last."""
    results = [fact for fact in answer.facts if fact.kind in _TELLING and judging.observed(fact) == answer.coded]
    said = (answer_said(judging, fact) for fact in results)
    meant = meaning_of(judging.ruleset, answer.coded.codings)
    return next((words for words in said if words), "") or meant or ", ".join(sorted(answer.coded.words))


def answer_said(judging: Judging, fact: Fact) -> str:
    """The coded answer of a result, or what a report concludes, in the record's own words or by the names of its codes.

    "" where it has none.
    """
    concepts = objects(fact.resource.get(_TELLING[fact.kind]))
    told = dict.fromkeys(_said(judging.ruleset, concept) for concept in concepts)
    return ", ".join(words for words in told if words)


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
    return _untagged(next((display for display in rows if display), ""))


def reactions_of(judging: Judging, fact: Fact) -> tuple[str, ...]:
    """What an allergy did, in the record's own words or by its code's name; empty where none is recorded."""
    reactions = objects(fact.resource.get("reaction"))
    found = (_said(judging.ruleset, each) for reaction in reactions for each in objects(reaction.get("manifestation")))
    return tuple(dict.fromkeys(words for words in found if words))


def _said(ruleset: Ruleset, concept: JSONObject) -> str:
    codings = objects(concept.get("coding"))
    displays = (text_of(coding.get("display")) for coding in codings)
    written = text_of(concept.get("text")) or next((display for display in displays if display), "")
    return _untagged(written) or _in_value_sets(ruleset, frozenset(_codings(codings)))


def _untagged(name: str) -> str:
    return _TAG.sub("", name)


def _codings(codings: list[JSONObject]) -> Iterator[Coding]:
    for coding in codings:
        system, code = text_of(coding.get("system")), text_of(coding.get("code"))
        if system and code:
            yield Coding(canonical_system(system), code)
