"""Texts of cards in which a unit stands twice: what a placeholder shows has its unit already."""

import re
from collections.abc import Iterator
from itertools import pairwise

from cds.cards.numbers import show_unit
from cds.documents.problem import Problem
from cds.rules.analysis.numbers import possible
from cds.rules.definition import FINDERS, NUMBERS
from cds.rules.ruleset import Rule, Ruleset
from cds.rules.text_template import Placeholder, parse_text
from cds.units.ucum import canonical_unit, same_dimension

#: What of a number is shown with its unit.
_WITH_UNIT = frozenset({"", "value", "at-least"})
_NEXT_WORD = re.compile(r"[ \n]*(?P<word>[^\s,;:()]+)")
#: Units that are no words of a sentence. Where nobody knows the unit beforehand, these and quotients are taken for it.
_PLAIN = frozenset({"%", "g", "kg", "mcg", "mg", "mL", "mm[Hg]", "mmol", "ng", "ug"})


def check_units_said(ruleset: Ruleset) -> Iterator[Problem]:
    """CDS509, in the summary, the detail and the notes of every rule."""
    for rule in ruleset.rules:
        card = rule.card
        texts = [(text, card.places.get(key, card.location)) for key, text in _named(rule)]
        for text, place in [*texts, *((note.text, note.location) for note in card.notes)]:
            for piece, behind in pairwise(parse_text(text, ruleset.aliases)):
                if (
                    isinstance(piece, Placeholder)
                    and isinstance(behind, str)
                    and (again := _again(ruleset, piece, behind))
                ):
                    what = f'{piece.written} shows its unit, and "{again}" stands behind it: a reader sees it twice'
                    yield Problem("CDS509", place, what, f'take "{again}" out of the text', "warning")


def _named(rule: Rule) -> tuple[tuple[str, str], ...]:
    return ("summary", rule.card.summary), ("detail", rule.card.detail)


def _again(ruleset: Ruleset, piece: Placeholder, behind: str) -> str:
    """The unit behind a placeholder that shows one; "" where there is none."""
    match = _NEXT_WORD.match(behind)
    word = match["word"].rstrip(".?!") if match else ""
    written = canonical_unit(word) if word else None
    shown = _shown_unit(ruleset, piece)
    if written is None or word == "a" or shown == "1" or same_dimension(written, "1") != (written == "%"):
        return ""
    if shown is None:
        return word if written in _PLAIN or "/" in written else ""
    is_the_same = same_dimension(written, shown) and len(word) > 1
    return word if is_the_same or word in (shown, show_unit(shown)) else ""


def _shown_unit(ruleset: Ruleset, piece: Placeholder) -> str | None:
    """``1`` where a placeholder shows no unit; None where only the patient's data tell which."""
    parameter = ruleset.parameters.get(piece.name)
    if parameter is not None:
        return canonical_unit(parameter.text.partition(" ")[2]) or "1"
    definition = ruleset.definitions.get(piece.name)
    if definition is None:
        return None if piece.name == "it" and piece.attribute else "1"  # a measured attribute, such as the daily dose
    if piece.attribute == "time-since":
        return "d"
    if isinstance(definition.clause, FINDERS) or not isinstance(definition.clause, NUMBERS):
        return "1"
    return possible(ruleset, definition).unit if piece.attribute in _WITH_UNIT else "1"
