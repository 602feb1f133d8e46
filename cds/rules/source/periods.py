"""Periods: named spans of time, each the one that contains now (docs/language.md, section 6)."""

import re
from collections.abc import Mapping
from datetime import date

from cds.documents.yaml_tree import Node, Table, Text
from cds.rules.ruleset import Parameter, Period, YearDay
from cds.rules.source.names import read_named
from cds.rules.source.reader import Reader, did_you_mean
from cds.rules.source.year_days import read_year_day

_CALENDAR: dict[str, str] = {"calendar year": "year", "calendar quarter": "quarter", "calendar month": "month"}
_YEAR_FROM = re.compile(r"year from (.+)\Z")
_HINT = "calendar year, quarter or month; year from 1 July, or from a parameter; {from: <day>, until: <day>}"


def read_periods(reader: Reader, node: Node | None, parameters: Mapping[str, Parameter]) -> dict[str, Period]:
    """All periods by name."""
    table = reader.table(node, "periods")
    return read_named(reader, table, "a period", lambda name, value: _period(reader, name, value, parameters))


def _period(reader: Reader, name: Text, node: Node, parameters: Mapping[str, Parameter]) -> Period | None:
    if isinstance(node, Table):
        return _fixed(reader, name, node)
    text = " ".join(reader.text(node, f'the period "{name.text}"').split())
    if text in _CALENDAR:
        return Period(name.text, _CALENDAR[text], name.location)  # type: ignore[arg-type]
    match = _YEAR_FROM.match(text)
    begin = _beginning(reader, node, match.group(1), parameters) if match else None
    if begin is not None:
        return Period(name.text, "year-from", name.location, begins=begin, text=text)
    if text and match is None:
        reader.problem("CDS419", node.location, f'"{text}" is not a period', _HINT)
    return None


def _beginning(reader: Reader, node: Node, text: str, parameters: Mapping[str, Parameter]) -> YearDay | None:
    if reader.is_unread(text):
        return None
    begin = parameters[text].default if text in parameters else read_year_day(text)
    if isinstance(begin, YearDay):
        return begin
    hint = did_you_mean(text, parameters) if text not in parameters else ""
    reader.problem("CDS419", node.location, f'"{text}" is not a day of the year', hint or "such as 1 July")
    return None


def _fixed(reader: Reader, name: Text, node: Table) -> Period | None:
    what = f'the period "{name.text}"'
    reader.table(node, what, ("from", "until"))
    first, last = reader.required(node, "from", what), reader.required(node, "until", what)
    if first is None or last is None:
        return None
    days = reader.day(first, "from"), reader.day(last, "until")
    if date.min in days:
        return None
    if days[1] < days[0]:
        reader.problem("CDS419", node.location, f"{what} ends before it begins", "both days are in it")
        return None
    return Period(name.text, "fixed", name.location, first=days[0], last=days[1])
