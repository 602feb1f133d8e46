"""Texts of cards that list what is not known and do not say so: a label alone reads as if it were true."""

import re
from collections.abc import Iterator

from cds.documents.problem import Problem
from cds.rules.parts import lists_doubts, parts_of
from cds.rules.ruleset import Ruleset
from cds.rules.text_template import Placeholder, parse_text

#: Words of doubt or of want. English; ``cds lint`` only warns.
_SAYS_SO = re.compile(
    r"\b(?:not?|nor|cannot|could|without|un\w+|(?:in)?complete\w*|missing|lack\w*|obtain\w*|ask\w*|check\w*|verif\w*"
    r"|confirm\w*|open|doubt\w*|if|may|might|whether)\b",
    re.IGNORECASE,
)


def check_doubts_said(ruleset: Ruleset) -> Iterator[Problem]:
    """CDS510, in every line of the summary, the detail and the notes of every rule."""
    for rule in ruleset.rules:
        card = rule.card
        texts = [(card.summary, card.places.get("summary")), (card.detail, card.places.get("detail"))]
        for text, place in [*texts, *((note.text, note.location) for note in card.notes)]:
            for line in text.splitlines():
                for piece in _silent_lists(ruleset, line):
                    what = f"{piece.written} lists what is not known, and the text around it does not say so"
                    hint = f"such as: not known: {piece.written}"
                    yield Problem("CDS510", place or card.location, what, hint, "warning")


def _silent_lists(ruleset: Ruleset, line: str) -> Iterator[Placeholder]:
    pieces = parse_text(line, ruleset.aliases)
    if _SAYS_SO.search(" ".join(piece for piece in pieces if isinstance(piece, str))):
        return
    for piece in pieces:
        definition = ruleset.definitions.get(piece.name) if isinstance(piece, Placeholder) else None
        if not isinstance(piece, Placeholder) or definition is None:
            continue
        parts = parts_of(definition)
        if piece.attribute == "unknown" or (piece.attribute == "holding" and parts and lists_doubts(parts)):
            yield piece
