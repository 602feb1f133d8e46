"""Patients of whom not everything is known, and all that they may be: the oracle of three-valued judging.

A *telling* is one result or drug as a record gives it, perhaps with a doubt. A *world* is the same patient with every
doubt settled in one way, as plain (code, day, value) tuples; what holds in a world is worked out here in a few lines
that know nothing of the code under test.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.patients import medication_request, observation

TODAY = date(2026, 5, 1)
EDGE = TODAY - timedelta(days=10)  # the window of these tests: within 10 days
DAYS = (date(2025, 6, 1), date(2026, 3, 31), EDGE - timedelta(days=1), EDGE, date(2026, 4, 30), TODAY)
VALUES = (2.0, 5.0, 6.0)
LOINC = {"k": "2823-3", "e": "98979-8"}

#: How a date may be told, and the days it may be.
ON: dict[str | None, tuple[date, ...]] = {
    **{day.isoformat(): (day,) for day in DAYS},
    "2026-04": tuple(day for day in DAYS if (day.year, day.month) == (2026, 4)),
    "2026": tuple(day for day in DAYS if day.year == 2026),
    None: DAYS,
    "lost": DAYS,  # a date that cannot be read
}
#: How a value may be told, and the values it may be.
MEASURED: dict[str, tuple[float, ...]] = {
    **{str(value): (value,) for value in VALUES},
    "without unit": VALUES,
    "missing": VALUES,
    "<5": (2.0, 4.9),
    "<=5": (2.0, 5.0),
    ">5": (5.1, 6.0),
    ">=5": (5.0, 6.0),
}

Known = tuple[str, date, float]
World = tuple[Known, ...]


@dataclass(frozen=True)
class Telling:
    code: str
    on: str | None
    value: str
    readable: bool = True  # a status that nobody understands: it may be a final result, or none at all

    @property
    def certain(self) -> bool:
        return self.readable and len(ON[self.on]) == 1 and len(MEASURED[self.value]) == 1

    def worlds(self) -> list[World]:
        there: list[World] = [((self.code, day, value),) for day in ON[self.on] for value in MEASURED[self.value]]
        return there if self.readable else [(), *there]

    def resource(self, number: int) -> dict[str, Any]:
        bare = self.value.strip("<>=")
        value = None if self.value == "missing" else float(VALUES[0] if self.value == "without unit" else bare)
        on = "no-such-date" if self.on == "lost" else self.on
        unit = "no-such-unit" if self.value == "without unit" else "mmol/L"
        status = "final" if self.readable else "unheard-of"
        told = observation(value, unit, on=on, id=f"t{number}", status=status, loinc=LOINC[self.code])
        if self.value != bare:
            told["valueQuantity"]["comparator"] = self.value.removesuffix(bare)
        return told


@dataclass(frozen=True)
class Patient:
    told: tuple[Telling, ...]
    supplied: bool

    @property
    def certain(self) -> bool:
        return self.supplied and all(telling.certain for telling in self.told)

    def resources(self) -> list[dict[str, Any]]:
        return [telling.resource(number) for number, telling in enumerate(self.told)]

    def worlds(self, most: int = 250) -> Iterator[World]:
        """All of them, or ``most`` drawn always alike."""
        choices = [telling.worlds() for telling in self.told]
        if not self.supplied:
            unseen = [((code, day, value),) for code in LOINC for day in DAYS for value in VALUES]
            choices += [[(), *unseen], [(), *unseen]]
        total = 1
        for choice in choices:
            total *= len(choice)
        if total <= most:
            drawn: Iterator[Any] = itertools.product(*choices)
        else:
            dice = random.Random(0)
            drawn = ([dice.choice(choice) for choice in choices] for _ in range(most))
        for parts in drawn:
            yield tuple(itertools.chain.from_iterable(parts))


def patients(codes: str = "ke", most: int = 3) -> st.SearchStrategy[Patient]:
    tellings = st.builds(
        Telling,
        st.sampled_from(codes),
        st.sampled_from(list(ON)),
        st.sampled_from(list(MEASURED)),
        st.sampled_from([True, True, True, False]),
    )
    return st.builds(Patient, st.lists(tellings, max_size=most).map(tuple), st.sampled_from([True, True, False]))


@dataclass(frozen=True)
class Dose:
    """An opioid in use: morphine, whose factor is 1; perhaps without a dose, or without a date in a window."""

    dose: int | None
    on: str | None

    def worlds(self) -> list[tuple[tuple[date, int], ...]]:
        return [((day, dose),) for day in ON[self.on] for dose in ((self.dose,) if self.dose else (0, 20, 200))]

    def resource(self, number: int) -> dict[str, Any]:
        dose = {"dose": (self.dose, "mg"), "per_day": 1} if self.dose else {}
        return medication_request(id=f"m{number}", on=self.on, rxnorm="7052", **dose)
