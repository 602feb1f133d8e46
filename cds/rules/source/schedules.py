"""Schedules of doses: ages, intervals and conditions, dose by dose (docs/language.md, section 7)."""

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Literal

from cds.documents.yaml_tree import Items, Node, Table, Text
from cds.facts.dates import Duration, read_duration
from cds.rules.ruleset import Period
from cds.rules.source.names import read_named
from cds.rules.source.reader import Reader, did_you_mean
from cds.schedules.schedule import Ages, Bounds, Conditions, Interval, Length, Schedule, Way, Ways

SCHEDULE_KEYS = ("says", "grace", "season", "apart", "for-sex", "repeated-at-once", "doses", "then")
WAY_KEYS = ("when", "vaccines", "age", "interval", "since-first", "last")
AGE_KEYS = ("minimum", "accepted", "recommended", "late", "below", "counts-below")
INTERVAL_KEYS = ("minimum", "accepted", "recommended", "late")
CONDITION_KEYS = ("first-dose", "last-dose", "every-dose", "without", "earlier-doses", "sex")
_SEXES = ("female", "male")
_PART = re.compile(r"[0-9]{1,4} (?:day|week|month|year)s?")
_BOUNDS = (
    re.compile(r"from (?P<low>.+) to below (?P<high>.+)\Z"),
    re.compile(r"at least (?P<low>.+)\Z"),
    re.compile(r"below (?P<high>.+)\Z"),
)
_BELOW = re.compile(r"below ([1-9][0-9]{0,2})\Z")
_WITHOUT = re.compile(r"(?P<set>\S+) from (?P<age>.+)\Z")
_NO_LENGTH = "such as 6 weeks, 12 months, 16 months 4 weeks"


def read_schedules(reader: Reader, node: Node | None, periods: Mapping[str, Period]) -> dict[str, Schedule]:
    """All schedules by name."""
    table = reader.table(node, "schedules")
    return read_named(reader, table, "a schedule", lambda name, value: _Schedule(reader, name, periods).read(value))


def find_schedule(reader: Reader, table: Table, schedules: Mapping[str, Schedule]) -> Schedule | None:
    """The schedule that a forecast names."""
    node = reader.required(table, "schedule", "forecast")
    name = reader.text(node, "schedule") if node is not None else ""
    if node is None or not name or reader.is_unread(name):
        return None
    if name not in schedules:
        reader.problem("CDS251", node.location, f'no schedule is called "{name}"', did_you_mean(name, schedules))
    return schedules.get(name)


class _Schedule:
    """The reader of one schedule."""

    def __init__(self, reader: Reader, name: Text, periods: Mapping[str, Period]) -> None:
        self._reader = reader
        self._name = name
        self._what = f'the schedule "{name.text}"'
        self._periods = periods

    def read(self, node: Node) -> Schedule | None:
        table = self._reader.table(node, self._what, SCHEDULE_KEYS)
        if table is None:
            return None
        says = self._reader.required_text(table, "says", self._what)
        doses = self._doses(self._reader.required(table, "doses", self._what))
        apart = self._reader.table(table.get("apart"), "apart", ("given", "planned"))
        if not doses:
            return None
        return Schedule(
            name=self._name.text,
            says=says,
            doses=doses,
            grace=self._count_of_days(table, "grace"),
            then=self._ways(table.get("then"), "then"),
            season=self._season(table.get("season")),
            for_sex=self._for_sex(table.get("for-sex")),
            apart_given=self._count_of_days(apart, "given") if apart else 0,
            apart_planned=self._count_of_days(apart, "planned") if apart else 0,
            repeated_at_once=self._names(table.get("repeated-at-once"), "repeated-at-once"),
            location=self._name.location,
        )

    # --- the head ----------------------------------------------------------------------------

    def _count_of_days(self, table: Table, key: str) -> int:
        """Days or weeks as a number of days."""
        length = self._length(table, key)
        if length is None:
            return 0
        if any(part.unit not in ("day", "week") for part in length.parts):
            place = table.place(key)
            self._reader.problem("CDS405", place, f"{key} is counted in days", "such as 4 days, 28 days, 4 weeks")
            return 0
        return sum(part.count * (7 if part.unit == "week" else 1) for part in length.parts)

    def _season(self, node: Node | None) -> str:
        name = self._reader.text(node, "season") if node is not None else ""
        if node is None or not name or self._reader.is_unread(name):
            return ""
        if name not in self._periods:
            hint = did_you_mean(name, self._periods)
            self._reader.problem("CDS419", node.location, f'no period is called "{name}"', hint)
            return ""
        if self._periods[name].kind == "fixed":
            what = f'the period "{name}" does not come again, so no season begins with it'
            self._reader.problem("CDS419", node.location, what, "year from 1 July")
            return ""
        return name

    def _for_sex(self, node: Node | None) -> tuple[tuple[str, Literal["female", "male"]], ...]:
        table = self._reader.table(node, "for-sex")
        found = []
        for name, value in table.entries if table else ():
            sex = self._reader.one_of(value, "a sex", _SEXES, "female")
            found.append((name.text, sex))
        return tuple(found)  # type: ignore[arg-type]

    def _names(self, node: Node | None, what: str) -> tuple[str, ...]:
        return tuple(text.text for text in self._reader.texts(node, what))

    # --- doses -------------------------------------------------------------------------------

    def _doses(self, node: Node | None) -> tuple[Ways, ...]:
        if node is None:
            return ()
        if not isinstance(node, Items) or not node.items:
            self._reader.problem("CDS141", node.location, f"the doses of {self._what} must be a list, one entry each")
            return ()
        return tuple(self._dose(item) for item in node)

    def _dose(self, node: Node) -> Ways:
        """One way, or several under ``ways``."""
        if isinstance(node, Table) and node.get("ways") is not None:
            self._reader.table(node, "a dose of several ways", ("ways",))
            return self._ways(node.get("ways"), "ways")
        way = self._way(node)
        return (way,) if way else ()

    def _ways(self, node: Node | None, what: str) -> Ways:
        if node is None:
            return ()
        if not isinstance(node, Items) or not node.items:
            self._reader.problem("CDS141", node.location, f"{what} must be a list, one entry for each way")
            return ()
        return tuple(way for way in map(self._way, node) if way)

    def _way(self, node: Node) -> Way | None:
        what = f"a dose of {self._what}"
        table = self._reader.table(node, what, WAY_KEYS)
        if table is None:
            return None
        if not any(table.get(key) is not None for key in ("age", "interval", "since-first", "vaccines")):
            hint = "an age, an interval, or vaccines; that a dose is not needed, `when` of the others says"
            self._reader.problem("CDS141", node.location, f"{what} says nothing of when it counts", hint)
            return None
        return Way(
            ages=self._ages(table.get("age")),
            interval=self._interval(table.get("interval"), "interval"),
            since_first=self._interval(table.get("since-first"), "since-first"),
            conditions=self._conditions(table.get("when")),
            vaccines=self._names(table.get("vaccines"), "vaccines"),
            last=self._reader.yes_no(table.get("last"), "last", default=False),
        )

    def _ages(self, node: Node | None) -> Ages:
        table = self._reader.table(node, "age", AGE_KEYS)
        if table is None:
            return Ages()
        found = {key: self._length(table, key) for key in AGE_KEYS}
        self._in_order(table, found)
        return Ages(*(found[key] for key in AGE_KEYS))

    def _interval(self, node: Node | None, what: str) -> Interval:
        table = self._reader.table(node, what, INTERVAL_KEYS)
        if table is None:
            return Interval()
        found = {key: self._length(table, key) for key in INTERVAL_KEYS}
        self._in_order(table, found)
        return Interval(*(found[key] for key in INTERVAL_KEYS))

    def _in_order(self, table: Table, found: Mapping[str, Length | None]) -> None:
        """``accepted``, ``minimum``, ``recommended``, ``late``: none before the one in front; limits behind them."""
        chain = [(key, found[key]) for key in ("accepted", "minimum", "recommended", "late")]
        known = [(key, length) for key, length in chain if length is not None]
        ends = [(key, length) for key in ("below", "counts-below") if (length := found.get(key)) is not None]
        pairs = [*pairwise(known), *((known[0], end) for end in ends if known)]
        for (first, sooner), (second, later) in pairs:
            if _typical(later) < _typical(sooner):
                what = f"{second} ({later.text}) lies before {first} ({sooner.text})"
                self._reader.problem("CDS438", table.place(second), what, "the dose could never be given so")

    def _length(self, table: Table, key: str) -> Length | None:
        node = table.get(key)
        text = self._reader.text(node, key) if node is not None else ""
        return self._read_length(text, node) if node is not None and text else None

    def _read_length(self, text: str, node: Node) -> Length | None:
        length = read_length(text)
        if length is None:
            self._reader.problem("CDS405", node.location, f'"{text}" is not a length of time', _NO_LENGTH)
        return length

    # --- conditions --------------------------------------------------------------------------

    def _conditions(self, node: Node | None) -> Conditions:
        table = self._reader.table(node, "when", CONDITION_KEYS)
        if table is None:
            return Conditions()
        without, since = self._without(table.get("without"))
        return Conditions(
            first_dose=self._bounds(table.get("first-dose"), "first-dose"),
            last_dose=self._bounds(table.get("last-dose"), "last-dose"),
            every_dose=self._names(table.get("every-dose"), "every-dose"),
            without=without,
            without_from=since,
            earlier_doses_below=self._earlier(table.get("earlier-doses")),
            sex=self._reader.one_of(table.get("sex"), "sex", _SEXES, ""),  # type: ignore[arg-type]
        )

    def _bounds(self, node: Node | None, what: str) -> Bounds | None:
        text = self._reader.text(node, what) if node is not None else ""
        if node is None or not text:
            return None
        for shape in _BOUNDS:
            if match := shape.match(" ".join(text.split())):
                ends = {key: self._read_length(found, node) for key, found in match.groupdict().items()}
                return Bounds(ends.get("low"), ends.get("high"))
        hint = "at least 12 months, below 12 months, from 12 months to below 15 months"
        self._reader.problem("CDS401", node.location, f'"{text}" is no range of ages', hint)
        return None

    def _without(self, node: Node | None) -> tuple[tuple[str, ...], Length | None]:
        text = self._reader.text(node, "without") if node is not None else ""
        match = _WITHOUT.match(" ".join(text.split()))
        if node is None or match is None:
            return ((text,), None) if text else ((), None)
        return (match["set"],), self._read_length(match["age"], node)

    def _earlier(self, node: Node | None) -> int | None:
        text = self._reader.text(node, "earlier-doses") if node is not None else ""
        match = _BELOW.match(text)
        if node is not None and text and match is None:
            self._reader.problem("CDS401", node.location, f'"{text}" is no limit of a number of doses', "below 2")
        return int(match[1]) if match else None


def read_length(text: str) -> Length | None:
    """``16 months 4 weeks``; None for anything else."""
    written = " ".join(text.split())
    parts = _PART.findall(written)
    if not parts or " ".join(parts) != written:
        return None
    read = [read_duration(part) for part in parts]
    durations = tuple(part for part in read if isinstance(part, Duration))
    return Length(durations, written) if len(durations) == len(parts) else None


def _typical(length: Length) -> float:
    """About how many days, to tell which of two is longer."""
    days = {"day": 1.0, "week": 7.0, "month": 30.4375, "year": 365.25}
    return sum(part.count * days[part.unit] for part in length.parts)
