"""Questions that rulesets have in common: asked of one record at one moment, they have one answer.

Many rulesets look for the newest potassium of two years, or for warfarin in use, each under a name and a value set of
its own. Definitions that read facts of one kind by their codes alone, and rest on nothing else of their ruleset, get
a mark here at load; what has the same mark is found once for all rulesets of a request.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from cds.rules.definition import Definition, Find, Pick, Source
from cds.rules.ruleset import Ruleset, ValueSet


class Mark:
    """Stands for one question; equal to itself alone."""

    __slots__ = ()


def marks_of(ruleset: Ruleset, about_subjects: frozenset[str]) -> dict[str, Mark]:
    """The marks of the definitions that others may share; none where a value set says which results are plausible."""
    if any(value_set.plausible is not None for value_set in ruleset.value_sets.values()):
        return {}
    digests: dict[str, bytes] = {}
    found = {
        name: _question(definition, ruleset.value_sets, digests)
        for name, definition in ruleset.definitions.items()
        if name not in about_subjects
    }
    return {name: _mark(question) for name, question in found.items() if question is not None}


def set_marks_of(ruleset: Ruleset, names: Iterable[str]) -> dict[str, Mark]:
    """The marks of value sets: those with the same codes have the same one."""
    return {name: _mark((_digest(ruleset.value_sets[name]),)) for name in names}


@lru_cache(maxsize=65_536)  # beyond it, questions of equal content are no longer seen to be the same
def _mark(question: tuple[Any, ...]) -> Mark:  # noqa: ARG001 - the key of what is remembered
    return Mark()


def _question(
    definition: Definition, value_sets: Mapping[str, ValueSet], digests: dict[str, bytes]
) -> tuple[Any, ...] | None:
    """All that the answer depends on beside record and moment; None if there is more than that."""
    clause = definition.clause
    if not isinstance(clause, Find | Pick) or definition.rounded_to is not None or not _is_simple(clause.source):
        return None
    filters = clause.source.filters
    sets = [value_sets[name] for name in filters.in_sets]
    for value_set in sets:
        if value_set.name not in digests:
            digests[value_set.name] = _digest(value_set)
    asked = (clause.which, clause.on_tie, clause.among) if isinstance(clause, Pick) else ()
    codes = tuple(digests[value_set.name] for value_set in sets)
    molar = tuple((value_set.molar_mass, value_set.valence) for value_set in sets)
    return (*asked, clause.source.kinds[0], codes, molar, filters.status, filters.within)


def _is_simple(source: Source) -> bool:
    filters = source.filters
    return len(source.kinds) == 1 and not source.finders and (filters.is_plain or filters.is_recent)


def _digest(value_set: ValueSet) -> bytes:
    whole = blake2b(digest_size=16)
    for coding in sorted(value_set.rows):
        whole.update(f"{coding.system}|{coding.code}\n".encode())
    return whole.digest()
