"""The tables of docs/truth-tables.md as they stand there, and the states that each of them has to go through."""

import itertools
import re
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "truth-tables.md"
_SECTION = re.compile(r"^## (.+?)\n\n.*?((?:^\|[^\n]*\n)+)", re.MULTILINE | re.DOTALL)
TRUTHS = ("holds", "fails", "unknown")


@dataclass(frozen=True)
class Table:
    """states: how many of the first columns say what is given. rows: given and expected, as they are written."""

    title: str
    states: int
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def missing(self) -> set[tuple[str, ...]]:
        """Combinations of states that the table leaves out."""
        return set(EVERY_STATE[self.title]) - {row[: self.states] for row in self.rows}


#: By title, all combinations of states that a whole table tells of.
EVERY_STATE: dict[str, list[tuple[str, ...]]] = {
    "Lists of two": list(itertools.product(TRUTHS, repeat=2)),
    "So many of three": list(itertools.product(TRUTHS, repeat=3)),
    "Prefix words before a truth": list(itertools.product(TRUTHS)),
    "Prefix words before a finder": [
        ("one is found",),
        ("none, and the look was complete",),
        ("none, and there may be more",),
        ("one that possibly passes",),
    ],
    "A number and its test": [
        (state,) for state in ("6 mmol/L", "4 mmol/L", "above 4 mmol/L", "absent", "unreadable", "not supplied")
    ],
    "Values and limits": [(value,) for value in ("4", "5", "6", "<5", "<=5", ">5", ">=5", "<6", ">4")],
    "What becomes of a rule": list(itertools.product(TRUTHS, repeat=3)),
    "Two tiers of one family": list(itertools.product(TRUTHS, repeat=2)),
    "Narrowing by what holds of each": [
        *itertools.product(("surely in it", "possibly in it"), TRUTHS),
        ("none, and there may be more", "-"),
        ("none, and the look was complete", "-"),
    ],
}


def tables(text: str | None = None) -> dict[str, Table]:
    """The tables by title."""
    found = {}
    for title, block in _SECTION.findall(text if text is not None else PAGE.read_text("utf-8")):
        head, _, *rows = [
            tuple(cell.strip().replace("`", "") for cell in line.strip().strip("|").split("|"))
            for line in block.strip().splitlines()
        ]
        found[title] = Table(title, len(EVERY_STATE[title][0]), head, tuple(rows))
    return found
