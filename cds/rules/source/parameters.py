"""Parameters: thresholds, look-backs and switches that a site may set within bounds (docs/language.md, section 8)."""

import re
from collections.abc import Mapping
from datetime import date
from fractions import Fraction

from cds.documents.problem import Location
from cds.documents.yaml_tree import Items, Node, Table, Text
from cds.facts.dates import Duration, day_after, read_duration
from cds.rules.ruleset import Parameter, YearDay
from cds.rules.source.names import read_named
from cds.rules.source.phrases import read_quantity
from cds.rules.source.reader import Reader, did_you_mean
from cds.rules.source.year_days import read_year_day
from cds.units.quantity import Quantity
from cds.units.ucum import convert

Setting = Quantity | Duration | YearDay | bool
_FROM_TO = re.compile(r"from (.+) to (.+)\Z")
_ANY_DAY = date(2001, 1, 1)


def read_parameters(reader: Reader, node: Node | None, site: Mapping[str, str]) -> dict[str, Parameter]:
    """All parameters by name, each at its default or at the site's own value, which must be allowed."""
    table = reader.table(node, "parameters")
    names = [name.text for name, _ in table.entries] if table else []
    for name in site:
        if name not in names:
            place = table.location if table else Location(reader.file)
            reader.problem("CDS227", place, f'no parameter is called "{name}"', did_you_mean(name, names))
    return read_named(
        reader, table, "a parameter", lambda name, value: _parameter(reader, name, value, site.get(name.text))
    )


def _parameter(reader: Reader, name: Text, node: Node, own: str | None) -> Parameter | None:
    what = f'the parameter "{name.text}"'
    table = reader.table(node, what, ("says", "default", "allowed"))
    if table is None:
        return None
    says = reader.required_text(table, "says", what)
    default = reader.required_text(table, "default", what)
    text = default if own is None else own
    setting = _read(text)
    if setting is None:
        if text or own is not None:
            reader.problem(
                "CDS405",
                table.place("default"),
                f'"{text}" is not a quantity, a duration, a day of the year, yes or no',
            )
        return None
    if not (_is_alike(setting, _read(default)) and _is_allowed(reader, table, setting)):
        reader.problem(
            "CDS408", table.place("allowed"), f'{what} may not be "{text}"', "choose a value that is allowed"
        )
    usual = default if own is not None and setting != _read(default) else ""
    return Parameter(name.text, says, setting, text, name.location, usual)


def _read(text: str) -> Setting | None:
    if text in ("yes", "no"):
        return text == "yes"
    return read_duration(text) or read_year_day(text) or read_quantity(text)


def _is_alike(setting: Setting, default: Setting | None) -> bool:
    """A site's value is of the author's kind: a switch for a switch, a quantity of the same dimension."""
    if default is None or isinstance(default, bool):
        return isinstance(setting, bool)
    return _size(setting, default) is not None


def _is_allowed(reader: Reader, table: Table, setting: Setting) -> bool:
    allowed = table.get("allowed")
    if allowed is None:
        return True
    if isinstance(allowed, Items):
        return setting in [_read(text.text) for text in reader.texts(allowed, "allowed")]
    match = _FROM_TO.match(reader.text(allowed, "allowed"))
    ends = [_read(text) for text in match.groups()] if match else []
    if not ends or any(end is None for end in ends):
        reader.problem("CDS409", allowed.location, "allowed must be a list of values, or `from a to b`")
        return True
    low, high, size = (_size(end, setting) for end in (*ends, setting))
    return low is not None and high is not None and size is not None and low <= size <= high


def _size(value: Setting | None, like: Setting) -> Fraction | None:
    """A number to compare by; None across kinds.

    Minutes for durations, the number in one unit for quantities, the place in the year for days.
    """
    if isinstance(value, Duration) and isinstance(like, Duration):
        if not value.is_clock:
            return Fraction((day_after(_ANY_DAY, value) - _ANY_DAY).days * 24 * 60)
        return Fraction(value.count * (60 if value.unit == "hour" else 1))
    if isinstance(value, YearDay) and isinstance(like, YearDay):
        return Fraction(value.month * 31 + value.day)
    if isinstance(value, Quantity) and isinstance(like, Quantity):
        same = convert(value, like.unit)
        return same.interval.low if isinstance(same, Quantity) else None
    return None
