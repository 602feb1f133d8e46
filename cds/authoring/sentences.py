"""Conditions of rules in the sentences that their author gave the definitions."""

from collections.abc import Iterable

from cds.rules.definition import Entry
from cds.rules.ruleset import Ruleset
from cds.rules.text_template import with_values

_PREFIXES = {
    "": "{}", "not": "not: {}", "absent": "no record of: {}", "known": "known: {}", "unknown": "not known: {}",
    "missing": "missing: {}",
}  # fmt: skip


def conditions(ruleset: Ruleset, entries: Iterable[Entry]) -> str:
    """The entries of a ``when`` or ``unless``, in their order."""
    return "; ".join(_PREFIXES[entry.prefix].format(sentence(ruleset, entry.name)) for entry in entries)


def sentence(ruleset: Ruleset, name: str) -> str:
    """What a definition says, with the values of parameters; its name where it says nothing, or there is none."""
    definition = ruleset.definitions.get(name)
    if definition is None or not definition.says:
        return name
    return with_values(definition.says, {name: each.text for name, each in ruleset.parameters.items()})
