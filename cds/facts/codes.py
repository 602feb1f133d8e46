"""Which codes a resource has, and whether any rule can read one of them.

First step of reading every resource: most of a record is passed over here, after one look-up per coding, without
building anything. What a code means (its canonical system, the ingredients of a drug product) is worked out once per
code and kept. Refuses to guess a system: a code without one is a list of candidates, which leaves definitions unknown.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from cds.facts.fact import Vocabulary
from cds.facts.shapes import objects, text_of
from cds.terminology.coding import RXNORM, SYSTEM_NAMES, Coding, canonical_system
from cds.terminology.products import expand

_MOST_REMEMBERED = 50_000  # codings; a sender of made-up codes must not fill the memory
_NONE: frozenset[Coding] = frozenset()


class Look(NamedTuple):
    """What a concept's codes are.

    codings: its own codes and, for drug products, their ingredients. wanted: some value set has one of them.
    mapped: at least one is of a code system that value sets are written in.
    bare: the codes it may mean, where a code came without its system.
    problem: why the codes are not known: ``malformed``, ``no-code`` or ``unresolved-medication``; empty if they are.
    """

    codings: frozenset[Coding] = _NONE
    wanted: bool = False
    mapped: bool = False
    bare: frozenset[Coding] = _NONE
    problem: str = ""


MALFORMED = Look(problem="malformed")
NO_CODE = Look(problem="no-code")
UNRESOLVED = Look(problem="unresolved-medication")
TEXT_ONLY = Look()
_SKIPPED = Look()  # a coding that says nothing, such as {}


class Codebook:
    """Reads concepts against one vocabulary; holds nothing of any patient but codes seen."""

    __slots__ = ("_by_code", "_systems", "_vocabulary", "_wanted", "seen")

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._wanted = vocabulary.codings
        self._systems = frozenset(SYSTEM_NAMES.values()) | {coding.system for coding in vocabulary.codings}
        self._by_code: dict[str, frozenset[Coding]] | None = None
        self.seen: dict[tuple[str, str], Look] = {}

    def look(self, concept: object) -> Look:
        """The codes of a CodeableConcept; never raises, whatever stands there."""
        try:  # the usual case: one coding, seen before. Only texts are ever found, and other JSON raises.
            (coding,) = concept["coding"]  # type: ignore[index]
            return self.seen[coding["system"], coding["code"]]
        except (TypeError, KeyError, ValueError):
            return self._look(concept)

    def _look(self, concept: object) -> Look:
        if not isinstance(concept, dict):
            return NO_CODE if concept is None else MALFORMED
        codings = concept.get("coding")
        if type(codings) is list and len(codings) == 1:
            look = self._coding(codings[0])
            return look if look is not _SKIPPED else _uncoded(concept)
        if codings is None:
            return _uncoded(concept)
        if not isinstance(codings, list | dict):
            return MALFORMED
        looks = [self._coding(coding) for coding in (codings if isinstance(codings, list) else [codings])]
        return joined(looks) if any(look is not _SKIPPED for look in looks) else _uncoded(concept)

    def _coding(self, coding: object) -> Look:
        if not isinstance(coding, dict):
            return _SKIPPED if coding is None else MALFORMED
        system, code = coding.get("system"), coding.get("code")
        if type(system) is str and type(code) is str:
            return self.seen.get((system, code)) or self._learn(system, code)
        if code is None:
            return _SKIPPED
        return self._without_system(code.strip()) if isinstance(code, str) else MALFORMED

    def _learn(self, system: str, code: str) -> Look:
        canonical = canonical_system(system)
        if not canonical or not code.strip():
            return self._without_system(code.strip())
        own = Coding(canonical, code.strip())
        codings = expand(own) | {own}
        look = Look(codings, not codings.isdisjoint(self._wanted), canonical in self._systems)
        if len(self.seen) >= _MOST_REMEMBERED:
            self.seen.clear()
        self.seen[system, code] = look
        return look

    def _without_system(self, code: str) -> Look:
        if not code:
            return _SKIPPED
        if self._by_code is None:
            self._by_code = _index(self._wanted)
        products = expand(Coding(RXNORM, code)) & self._wanted
        return Look(bare=self._by_code.get(code, _NONE) | products)


def _index(codings: Iterable[Coding]) -> dict[str, frozenset[Coding]]:
    grouped: dict[str, set[Coding]] = {}
    for coding in codings:
        grouped.setdefault(coding.code, set()).add(coding)
    return {code: frozenset(found) for code, found in grouped.items()}


def _uncoded(concept: dict[str, object]) -> Look:
    said = [concept.get("text"), *(coding.get("display") for coding in objects(concept.get("coding")))]
    return TEXT_ONLY if any(text_of(text) for text in said) else NO_CODE


def joined(looks: Iterable[Look]) -> Look:
    """All the codes of several concepts or codings that name one thing.

    A code without system that the same thing also has with one is no question any more.
    """
    many = [look for look in looks if look is not _SKIPPED]
    if len(many) == 1:
        return many[0]
    codings = _NONE.union(*(look.codings for look in many))
    told = {coding.code for coding in codings}
    bare = _NONE.union(*(look.bare for look in many))
    problems = [look.problem for look in many if look.problem and (look.problem != "no-code" or not codings)]
    return Look(
        codings,
        any(look.wanted for look in many),
        any(look.mapped for look in many),
        frozenset(coding for coding in bare if coding.code not in told),
        problems[0] if problems else "",
    )


@lru_cache(maxsize=64)
def codebook(vocabulary: Vocabulary) -> Codebook:
    """The codebook of a vocabulary, made once; one per set of rulesets that is asked together."""
    return Codebook(vocabulary)
