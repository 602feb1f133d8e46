"""Names that mislead: ``not no-...`` says the reverse of what a reader hears."""

from collections.abc import Iterator

from cds.documents.problem import Problem
from cds.rules.definition import Compose, Entry
from cds.rules.references import entries_of
from cds.rules.ruleset import Ruleset

_NEGATIVE = ("no-", "not-", "without-")


def check_names(ruleset: Ruleset) -> Iterator[Problem]:
    """``not`` in front of a name that is negative itself (CDS440)."""
    for entry in _entries(ruleset):
        bare = entry.name.rpartition(".")[2]
        if entry.prefix == "not" and bare.startswith(_NEGATIVE):
            what = f'"{entry}" denies a denial'
            hint = "name the definition by what is there, and deny that"
            yield Problem("CDS440", entry.location, what, hint, "warning")


def _entries(ruleset: Ruleset) -> Iterator[Entry]:
    yield from (*ruleset.applies.when, *ruleset.applies.unless)
    for rule in ruleset.rules:
        yield from entries_of(rule)
    for definition in ruleset.definitions.values():
        if isinstance(definition.clause, Compose):
            yield from definition.clause.entries
