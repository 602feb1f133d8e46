"""What two facts may have in common: an ingredient, a code, a day, an attribute, the word of a value set's column."""

from functools import lru_cache

from cds.facts.attributes import Coded
from cds.facts.dates import Span
from cds.facts.fact import Fact
from cds.rules.engine.truth import Truth, truth_of
from cds.rules.judge.verdicts import Verdicts
from cds.terminology.coding import Coding
from cds.terminology.products import all_products


def ingredients(fact: Fact) -> frozenset[Coding]:
    """The ingredients among a fact's codes; none for a product the terminology does not know: never guessed."""
    return _ingredients(fact.codings)


@lru_cache(maxsize=4096)
def _ingredients(codings: frozenset[Coding]) -> frozenset[Coding]:
    return codings & known_ingredients()


@lru_cache(maxsize=1)
def known_ingredients() -> frozenset[Coding]:
    """Every code that some product of the table has as an ingredient."""
    parts = (component.ingredient for product in all_products() for component in product.components)
    return frozenset(ingredient for ingredient in parts if ingredient is not None)


def same_key(judging: Verdicts, key: str, one: Fact, other: Fact) -> Truth:
    """Whether two facts share an ingredient, a code, a day, an attribute or a value set's column."""
    if key == "code":
        return truth_of(not one.codings.isdisjoint(other.codings))
    if key == "day":
        return _same_day(one.when, other.when)
    if is_of_terms(key):
        mine, theirs = terms(judging, key, one), terms(judging, key, other)
        return truth_of(not mine.isdisjoint(theirs)) if mine and theirs else Truth.UNKNOWN
    mine_value = judging.attribute(one, key)
    their_value = judging.attribute(other, key)
    if isinstance(mine_value, Coded) and isinstance(their_value, Coded):
        return truth_of(not mine_value.words.isdisjoint(their_value.words))
    return Truth.UNKNOWN


def different_key(judging: Verdicts, key: str, one: Fact, other: Fact) -> Truth:
    """Whether two facts differ in it.

    Of two products that share one class, and of which one has another besides, nobody can tell: they are alike in
    the one and different in the other.
    """
    if not is_of_terms(key):
        return same_key(judging, key, one, other).reversed()
    mine, theirs = terms(judging, key, one), terms(judging, key, other)
    if not mine or not theirs:
        return Truth.UNKNOWN
    return Truth.HOLDS if mine.isdisjoint(theirs) else Truth.FAILS if mine == theirs else Truth.UNKNOWN


def is_of_terms(key: str) -> bool:
    """Whether facts share a key by what their codes stand for: an ingredient, or the word of a column."""
    return key == "ingredient" or "." in key


def terms(judging: Verdicts, key: str, fact: Fact) -> frozenset[Coding] | frozenset[str]:
    """What the codes of a fact stand for under such a key; empty: nobody knows."""
    if key == "ingredient":
        return ingredients(fact)
    name, _, column = key.rpartition(".")
    rows = judging.ruleset.value_sets[name].rows
    return frozenset(word for c in fact.codings if c in rows and (word := rows[c].get(column)) is not None)


def _same_day(one: Span | None, other: Span | None) -> Truth:
    if one is None or other is None:
        return Truth.UNKNOWN
    if one.last_day < other.first_day or other.last_day < one.first_day:
        return Truth.FAILS
    exact = one.first_day == one.last_day == other.first_day == other.last_day
    return Truth.HOLDS if exact else Truth.UNKNOWN
