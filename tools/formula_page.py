"""Writes docs/formulas.md from the formulas themselves: ``python -m tools.formula_page``.

``tests/health/test_formula_page.py`` fails while the page is not what this would write.
"""

import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from cds.formulas import FORMULAS, Formula, Input
from cds.formulas.formula import told_range

PAGE = Path(__file__).resolve().parent.parent / "docs" / "formulas.md"
_INTRODUCTION = """\
# Formulas

Published equations and scores that a ruleset may name in `formula:` ([the language](language.md), section 3). Written
by `python -m tools.formula_page` from `cds/formulas`; each passes the worked examples of its dossier
(`tests/formulas/test_worked_examples.py`) and is sound for ranges (`tests/formulas/test_soundness.py`).

- An input is a **number** (in any unit that converts to the one given; between mass and amount with the `molar-mass`
  of its value set), a **word** (`patient.sex`, a coded answer, a column) or a **truth**: the name of a definition that
  holds or fails. What is of the wrong kind by the file alone is refused at load (CDS123, CDS127).
- An input that is **absent** (we looked; there is none) makes the result absent, unless it is optional. One that is
  **unknown**, without a unit, in a unit that does not convert, or not wholly inside the valid range makes the result
  unknown, with the reason (`{name.why}`). Nothing is clamped.
- A **range** (`<0.5`, a partial birth date, a score with unknown parts) gives a range that holds every value that may
  be true; a truth that is unknown counts both ways.
- Ages are completed years (`patient.age`) or completed months (`patient.age-in-months`).
- A change of a result is a new name: published rulesets rest on these.
"""


def page() -> str:
    """The whole page."""
    modules = groupby(FORMULAS.values(), key=_module)
    return "\n".join([_INTRODUCTION, *(_section(module, list(formulas)) for module, formulas in modules)])


def _module(formula: Formula) -> str:
    return formula.evaluate.__module__


def _section(module: str, formulas: list[Formula]) -> str:
    title, *lines = (sys.modules[module].__doc__ or "").strip().splitlines()
    return "\n".join([f"## {title.rstrip('.')}", "", *_prose(lines), "", *_tables(formulas)])


def _prose(lines: list[str]) -> Iterator[str]:
    """The rest of the docstring: a list entry for each line that names a matter (``Valid: ...``)."""
    is_entry = False
    for line in filter(None, (line.replace("``", "`") for line in lines)):
        head, colon, _ = line.partition(":")
        begins = bool(colon) and head[:1].isupper() and " " not in head
        is_entry = is_entry or begins
        yield f"- {line}" if begins else f"  {line}" if is_entry else line


def _tables(formulas: list[Formula]) -> Iterator[str]:
    for inputs, group in groupby(formulas, key=lambda formula: formula.inputs):
        for formula in group:
            unit = "points" if formula.unit == "1" else f"`{formula.unit}`"
            yield f"**`{formula.name}`**: {formula.title}. Result in {unit}, {told_range(formula.range, '1')}."
            yield ""
        yield "| Input | Takes | Meaning |"
        yield "|---|---|---|"
        for name, wanted in inputs.items():
            yield f"| {f'**{name}**' if wanted.essential else name} | {_takes(wanted)} | {wanted.meaning} |"
        yield ""


def _takes(wanted: Input) -> str:
    if wanted.is_truth:
        return "truth"
    if wanted.is_word:
        return f"word: {', '.join(sorted(wanted.words))}" if wanted.words else "word"
    if wanted.is_calendar:
        return told_range(wanted.valid, wanted.unit)
    return ", ".join(
        filter(None, ("number" if wanted.unit == "1" else f"`{wanted.unit}`", told_range(wanted.valid, "1")))
    )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
