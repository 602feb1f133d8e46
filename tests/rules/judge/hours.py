"""Patients whose results and stays are told by the hour, the minute or the day, and all the times that these may be.

As :mod:`tests.rules.judge.worlds`, with instants for days: a *world* has one instant and one value for each result,
and one begin and end for the stay. The zone matters, since a date is a day of the organisation.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.patients import encounter, observation
from tests.rules.judge.worlds import LOINC

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
FAR = datetime(9999, 1, 1, tzinfo=UTC)
#: How far east of UTC each is in these days of spring.
ZONES = {"UTC": timedelta(0), "Europe/Vienna": timedelta(hours=2), "America/New_York": timedelta(hours=-4)}
TICK, SECOND, HOUR, DAY = timedelta(microseconds=1), timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
#: Both sides of the edges of these tests: 3, 12 and 24 hours, midnights, and now.
INSTANTS = tuple(
    NOW - ago
    for ago in (timedelta(0), SECOND, 3 * HOUR, 12 * HOUR, 12 * HOUR + SECOND, DAY, DAY + SECOND, 2 * DAY, 4 * DAY)
)
#: "none" is a date that is not recorded, "lost" one that cannot be read.
DATES = ("2026-05-01", "2026-04-30", "2026-04-29", "2026-04", "2026-05", "2026-04-30T12:00Z", "2026-05-01T00:00Z")
VALUES = {"2.0": (2.0,), "5.0": (5.0,), "6.0": (6.0,), "none": (2.0, 5.0, 6.0), ">5": (5.1, 6.0)}

Known = tuple[str, datetime, float]


@dataclass(frozen=True)
class World:
    results: tuple[Known, ...]
    stay: tuple[datetime, datetime] | None = None


def written(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


#: What a result's time may be told as.
TOLD = (*map(written, INSTANTS), *DATES, "none", "lost")


def times(told: str, zone: str) -> tuple[datetime, ...]:
    """Every instant until now that matters and that a time told so may be."""
    if len(told) == len("2026-05-01T12:00:00Z"):
        return (datetime.fromisoformat(told),)
    if told in ("none", "lost"):
        return INSTANTS
    if "T" in told:
        first = datetime.fromisoformat(told)
        return first, first + SECOND, first + timedelta(minutes=1) - TICK
    day = date.fromisoformat(told if len(told) == 10 else told + "-01")
    days = 1 if len(told) == 10 else 30
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) - ZONES[zone]
    end = min(start + days * DAY - TICK, NOW)
    return tuple(dict.fromkeys((start, *(at for at in INSTANTS if start <= at <= end), end)))


@dataclass(frozen=True)
class Result:
    code: str
    on: str
    value: str
    readable: bool = True

    def certain(self, zone: str) -> bool:
        return self.readable and len(times(self.on, zone)) == 1 and len(VALUES[self.value]) == 1 and self.on != "none"

    def worlds(self, zone: str) -> list[tuple[Known, ...]]:
        there = [((self.code, at, value),) for at in times(self.on, zone) for value in VALUES[self.value]]
        return [*there] if self.readable else [(), *there]

    def resource(self, number: int) -> dict[str, Any]:
        on = {"none": None, "lost": "no-such-date"}.get(self.on, self.on)
        value = None if self.value == "none" else float(self.value.strip(">"))
        status = "final" if self.readable else "unheard-of"
        told = observation(value, "mmol/L", on=on, id=f"t{number}", status=status, loinc=LOINC[self.code])
        if self.value.startswith(">"):
            told["valueQuantity"]["comparator"] = ">"
        return told


@dataclass(frozen=True)
class Stay:
    """A visit. Told to the minute it covers that minute (FHIR R4, "Period").

    ``end`` is None where it is not told: while the visit goes on there is none, else it was at some time until now.
    """

    start: str
    end: str | None
    goes_on: bool = False

    def certain(self, zone: str) -> bool:
        return "T" in self.start and (self.goes_on if self.end is None else "T" in self.end)

    def worlds(self, zone: str) -> list[tuple[datetime, datetime]]:
        unsaid = (FAR,) if self.goes_on else INSTANTS
        ends = unsaid if self.end is None else times(self.end, zone)
        starts = times(self.start, zone)
        return [(start, end) for start in (starts[:1] if "T" in self.start else starts) for end in ends if start <= end]

    def resource(self) -> dict[str, Any]:
        return encounter(start=self.start, end=self.end, more={"status": "in-progress" if self.goes_on else "finished"})


@dataclass(frozen=True)
class Patient:
    zone: str
    told: tuple[Result, ...]
    stay: Stay | None
    supplied: bool = True

    @property
    def certain(self) -> bool:
        parts = (*self.told, *((self.stay,) if self.stay else ()))
        return self.supplied and all(part.certain(self.zone) for part in parts)

    def resources(self) -> list[dict[str, Any]]:
        results = [result.resource(number) for number, result in enumerate(self.told)]
        return [*results, *((self.stay.resource(),) if self.stay else ())]

    def worlds(self, most: int = 120) -> Iterator[World]:
        """All of them, or ``most`` drawn always alike."""
        choices: list[list[Any]] = [result.worlds(self.zone) for result in self.told]
        if not self.supplied:
            unseen = [((code, at, value),) for code in LOINC for at in INSTANTS for value in (2.0, 5.0, 6.0)]
            choices += [[(), *unseen]]
        choices.append(list(self.stay.worlds(self.zone)) if self.stay else [None])
        total = 1
        for choice in choices:
            total *= len(choice)
        dice = random.Random(0)
        drawn: Any = (
            itertools.product(*choices)
            if total <= most
            else ([dice.choice(choice) for choice in choices] for _ in range(most))
        )
        for *parts, stay in drawn:
            yield World(tuple(itertools.chain.from_iterable(parts)), stay)


#: Begins and ends of stays, so that none ends before it begins.
STAYS = [
    Stay(start, end, goes_on)
    for start in ("2026-04-29", "2026-04-30", "2026-04-29T12:00:00Z", "2026-04-30T12:00:00Z", "2026-04-30T12:00Z")
    for end, goes_on in (
        *((told, False) for told in ("2026-04-30", "2026-05-01", "2026-05-01T00:00:00Z", "2026-05-01T09:00:00Z", None)),
        (None, True),
    )
    if end is None or len(end) == 10 or end > start
]


def patients(told: tuple[str, ...] = TOLD, most: int = 4) -> st.SearchStrategy[Patient]:
    results = st.builds(
        Result,
        st.sampled_from("kke"),
        st.sampled_from(told),
        st.sampled_from(list(VALUES)),
        st.sampled_from([True] * 9 + [False]),
    )
    return st.builds(
        Patient,
        st.sampled_from(list(ZONES)),
        st.lists(results, max_size=most).map(tuple),
        st.sampled_from([None, *STAYS]),
        st.sampled_from([True] * 5 + [False]),
    )
