"""Operands: what a ``value``, ``points`` or a formula input names (docs/language.md, section 3)."""

from dataclasses import replace

from cds.documents.yaml_tree import Text
from cds.rules.definition import Operand
from cds.rules.source.phrases import UNITS_OF_TIME
from cds.rules.source.reader import Reader

#: Behind an operand: how long ago that was.
TIME_SINCE = "time-since"
#: Behind an operand: how long the fact has lasted.
LENGTH = "length"


def read_operand(reader: Reader, text: Text) -> Operand:
    """``name``, ``it.length``, ``name.time-since``, ``it.route``, ``it.start.time-since``, ``it.opioids.factor``."""
    parts = _joined(text.text.split("."), reader.aliases)
    if len(parts) in (2, 3) and parts[-1] == TIME_SINCE and all(parts):
        return Operand(parts[0], parts[1] if len(parts) > 2 else "", "", text.location, since="d")
    if len(parts) == 2 and parts[1] == LENGTH and parts[0]:
        return Operand(parts[0], "", "", text.location, since="d", lasting=True)
    if len(parts) == 3 and parts[0] in ("it", "first", "second"):
        return Operand(parts[0], parts[2], parts[1], text.location)
    if len(parts) > 2 or not all(parts):
        reader.problem("CDS406", text.location, f'"{text.text}" is not a name, nor a name and an attribute')
        return Operand(parts[0], "", "", text.location)
    return Operand(parts[0], parts[1] if len(parts) > 1 else "", "", text.location)


def _joined(parts: list[str], aliases: frozenset[str]) -> list[str]:
    """The name of a library and the name in it are one name."""
    place = 1 if parts[0] in ("it", "first", "second") and len(parts) > 3 else 0
    if parts[place] in aliases and len(parts) > place + 1:
        parts[place : place + 2] = [f"{parts[place]}.{parts[place + 1]}"]
    return parts


def counted_in(operand: Operand, unit: str) -> Operand:
    """The operand, its time since then counted in the unit that it is compared in: a month is no number of days."""
    return replace(operand, since=unit) if operand.since and unit in UNITS_OF_TIME else operand
