"""The ends of a window: ``from``, ``until``, ``after``, ``before`` and ``during`` (docs/language.md, section 6)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from cds.documents.yaml_tree import Table, Text
from cds.facts.dates import Duration, read_duration
from cds.rules.definition import Bound, Point
from cds.rules.ruleset import Parameter, Period
from cds.rules.source.reader import Reader, did_you_mean
from cds.schedules.schedule import Schedule

BOUND_KEYS = ("from", "until", "after", "before", "during")
_BEGINNINGS, _ENDS = ("from", "after"), ("until", "before")
_SHIFTED = re.compile(r"(?P<length>.+?) (?P<way>before|after) (?P<anchor>.+)\Z")
_EDGE = re.compile(r"(?P<period>\S+) (?P<edge>start|end)\Z")
_NAME = re.compile(r"[a-z][a-z0-9-]*(?:\.[a-z][a-z0-9-]*)?\Z")
_HINT = "now, birth, it, a definition of one fact, or `<period> start` or `end`; perhaps with `3 days before` in front"


@dataclass(frozen=True, slots=True)
class Names:
    """What the phrases of a ruleset may name beside definitions."""

    parameters: Mapping[str, Parameter]
    periods: Mapping[str, Period]
    open_file: Callable[[str], bytes | None]  # the bytes of a table in ``value-sets/``
    schedules: Mapping[str, Schedule] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Shift:
    length: Duration | None
    back: bool


def read_bounds(reader: Reader, table: Table, names: Names) -> tuple[Bound, ...]:
    """The ends that stand beside a clause."""
    keys = [key for key in BOUND_KEYS if table.get(key) is not None]
    for kind in (_BEGINNINGS, _ENDS):
        same = [key for key in keys if key in (*kind, "during")]
        if len(same) > 1:
            what = f"a window begins and ends once: {' and '.join(same)} do not go together"
            reader.problem("CDS126", table.place(same[1]), what)
            return ()
    found: list[Bound] = []
    for key in keys:
        node = table.get(key)
        if not isinstance(node, Text):
            reader.problem("CDS418", node.location if node else table.location, f"{key} must be a moment", _HINT)
        else:
            found += read_bound(reader, key, node, names)
    return tuple(found)


def read_bound(reader: Reader, word: str, node: Text, names: Names) -> tuple[Bound, ...]:
    """One end, or both of ``during``."""
    text = " ".join(node.text.split())
    if word != "during":
        point = read_point(reader, text, node, names)
        return (Bound(word, point),) if point else ()  # type: ignore[arg-type]
    if text in names.periods:
        place = node.location
        return Bound("from", Point(text, "start", location=place)), Bound("until", Point(text, "end", location=place))
    if text == "now":
        reader.problem("CDS418", node.location, "now is a moment, and nothing lasts as long", "during: day of now")
        return ()
    point = read_point(reader, text, node, names)
    return (Bound("from", point), Bound("until", point)) if point else ()


def read_point(reader: Reader, text: str, node: Text, names: Names) -> Point | None:
    """``now``, ``42 days after birth``, ``3 days before it``, ``measurement start``, ``day of last-visit``."""
    match = _SHIFTED.match(text)
    length = _length(reader, match["length"], node, names) if match else None
    if match and length is None:
        return None
    shift = _Shift(length, match is not None and match["way"] == "before")
    anchor = match["anchor"] if match else text
    if edge := _EDGE.match(anchor):
        return _edge(reader, edge, shift, node, names)
    whole_day = anchor.startswith("day of ")
    anchor = anchor.removeprefix("day of ")
    if not _NAME.match(anchor):
        reader.problem("CDS418", node.location, f'"{text}" is not a moment', _HINT)
    elif anchor in names.periods:
        hint = f"{anchor} start, or {anchor} end"
        reader.problem("CDS418", node.location, f'"{anchor}" is a period, not a moment', hint)
    elif anchor == "birth" and shift.length is not None and shift.length.is_clock:
        what = "birth is a day, and no hours are counted from a day"
        reader.problem("CDS418", node.location, what, "count in days, weeks, months or years")
    else:
        return Point(anchor, "", shift.length, shift.back, whole_day, node.location)
    return None


def _edge(reader: Reader, edge: re.Match[str], shift: _Shift, node: Text, names: Names) -> Point | None:
    period = edge["period"]
    if period not in names.periods:
        if not reader.is_unread(period):
            hint = did_you_mean(period, names.periods)
            reader.problem("CDS419", node.location, f'no period is called "{period}"', hint)
    elif shift.length is not None and shift.length.is_clock:
        what = f"the period {period} begins and ends with a day, and no hours are counted from a day"
        reader.problem("CDS418", node.location, what, "count in days, weeks, months or years")
    else:
        return Point(period, edge["edge"], shift.length, shift.back, location=node.location)  # type: ignore[arg-type]
    return None


def _length(reader: Reader, text: str, node: Text, names: Names) -> Duration | None:
    if reader.is_unread(text):
        return None
    value = names.parameters[text].default if text in names.parameters else read_duration(text)
    if isinstance(value, Duration):
        return value
    hint = did_you_mean(text, names.parameters) if _NAME.match(text) and text not in names.parameters else ""
    reader.problem("CDS405", node.location, f'"{text}" is not a duration', hint or "such as 90 days, 12 months")
    return None
