"""What a definition is made of, and how each part is told on a card (docs/language.md, section 9 "Text")."""

from collections.abc import Iterable

from cds.rules.definition import Compose, Definition, Entry, Score
from cds.rules.ruleset import Ruleset

#: How a part is told that holds. A label is a statement about the patient: without these words, "unknown egfr-low"
#: would read as if the eGFR were low.
_TOLD = {
    "": "{}", "not": "not: {}", "absent": "no record of {}", "known": "{} known", "unknown": "{} not known",
    "missing": "{} not known",
}  # fmt: skip
_DOUBTS = frozenset({"unknown", "missing"})


def parts_of(definition: Definition) -> tuple[Entry, ...]:
    """The entries of a composition, the parts of a score that count, else the definition itself, if it is a truth."""
    if isinstance(definition.clause, Compose):
        return definition.clause.entries
    if isinstance(definition.clause, Score):
        return tuple(Entry(name, "") for name, points in definition.clause.parts if points is not None)
    return (Entry(definition.name, ""),) if definition.is_truth else ()


def lists_doubts(parts: Iterable[Entry]) -> bool:
    """Whether all of them ask what is not known: then the text around says so, once for all (CDS510)."""
    return all(part.prefix in _DOUBTS for part in parts)


def labels_of(ruleset: Ruleset, parts: Iterable[Entry], among: Iterable[Entry]) -> list[str]:
    """How some parts, among all of their definition, are told when they hold."""
    plain = lists_doubts(among)
    told = ((_TOLD["" if plain else part.prefix], ruleset.definitions.get(part.name)) for part in parts)
    return [words.format(definition.label) for words, definition in told if definition is not None]
