"""The table of known disagreements: case id to whose it is, and where to look.

A disagreement that stands here is explained; one that does not fails the replay. The table never changes a count.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cds.documents.problem import Problem
from cds.documents.yaml_tree import Table, plain, read_yaml
from cds.replay.tally import Tally
from cds.replay.verdict import Outcome

#: Ours: we are wrong and say so. Source: the case or its label is wrong. Edition: it follows another edition.
WHOSE = ("ours", "source", "edition")


@dataclass(frozen=True, slots=True)
class Known:
    """Why a case and we differ: whose it is, the place that shows it, and the reason in words."""

    whose: str
    where: str
    why: str


def read_known(file: Path) -> tuple[Mapping[str, Known], list[Problem]]:
    """The table by case id, and what is wrong with the file."""
    tree, problems = read_yaml(file.read_bytes(), str(file))
    if not isinstance(tree, Table):
        return {}, problems or [Problem("CDS101", tree.location, "must be a table of case ids")] if tree else problems
    table: dict[str, Known] = {}
    for name, node in tree.entries:
        match plain(node):
            case {"whose": str(whose), "where": str(where), "why": str(why)} if whose in WHOSE:
                table[name.text] = Known(whose, where, why)
            case _:
                hint = f"whose: {' | '.join(WHOSE)}; where: a place; why: a sentence"
                problems.append(Problem("CDS101", name.location, f'"{name.text}" is not explained', hint))
    return table, problems


def unexplained(tally: Tally, known: Mapping[str, Known]) -> tuple[Outcome, ...]:
    """The disagreements that the table does not hold."""
    return tuple(outcome for outcome in tally.differing if outcome.id not in known)


def outlived(tally: Tally, known: Mapping[str, Known], asked: frozenset[str]) -> tuple[str, ...]:
    """Entries of cases that were asked and no longer disagree: to be taken out of the table."""
    differing = {outcome.id for outcome in tally.differing} | {outcome.id for outcome in tally.failing}
    return tuple(sorted(name for name in known if name in asked and name not in differing))
