"""A FHIR record as the measures see it: lists by type, codes by value set, times as intervals of ISO texts.

Written from the published meaning of the measures, without the product's code, so that both can be compared.
"""

import gzip
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

Json = dict[str, Any]
Interval = tuple[str, str]

FIRST, LAST, UNKNOWN = "0001-01-01", "9999-12-31", "unknown"
DONE_OBSERVATION = ("final", "amended", "corrected")
DONE_VISIT = ("finished", "arrived", "triaged", "in-progress", "onleave")
ORDERS = ("order", "original-order", "reflex-order", "filler-order", "instance-order")
SNOMED, LOINC = "http://snomed.info/sct", "http://loinc.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"


def read_value_sets(file: Path) -> dict[str, frozenset[tuple[str, str]]]:
    """Each set by the last part of its url."""
    sets = {}
    with gzip.open(file, "rt") as lines:
        for line in lines:
            one = json.loads(line)
            pairs = {(system, code[0]) for system, codes in one["codes"].items() for code in codes}
            sets[one["url"].rpartition("/")[2]] = frozenset(pairs)
    return sets


def codes_of(concept: Any) -> set[tuple[str, str]]:
    """The codings of a CodeableConcept."""
    codings = concept.get("coding", []) if isinstance(concept, dict) else []
    return {(c.get("system", ""), c.get("code", "")) for c in codings}


def day(time: str) -> str:
    """The calendar day of a time."""
    return time[:10]


def plus(time: str, days: int) -> str:
    """The day so many days later."""
    return (date.fromisoformat(day(time)) + timedelta(days)).isoformat()


def years_later(time: str, years: int) -> str:
    """The same calendar day, years later; 29 February becomes 28."""
    start = date.fromisoformat(day(time))
    try:
        return start.replace(year=start.year + years).isoformat()
    except ValueError:
        return start.replace(year=start.year + years, day=28).isoformat()


def hours_between(one: str, other: str) -> float:
    """From one time to the other."""
    return (_clock(other) - _clock(one)).total_seconds() / 3600


def clock(time: str) -> str:
    """To the second, so that texts can be compared; a day begins at midnight."""
    return time[:19] if len(time) > 10 else time + "T00:00:00"


def _clock(time: str) -> datetime:
    return datetime.fromisoformat(time[:19] if len(time) > 10 else time + "T00:00:00")


def age_on(birth: str, when: str) -> int:
    """Completed years."""
    years = int(when[:4]) - int(birth[:4])
    return years - (day(when)[5:] < birth[5:10])


def span(resource: Json, field: str) -> Interval | None:
    """``field``DateTime or ``field``Period as an interval; an open end lasts for ever."""
    moment = resource.get(field + "DateTime")
    if moment:
        return moment, moment
    period = resource.get(field + "Period")
    return period_span(period)


def period_span(period: Any) -> Interval | None:
    """A Period as an interval."""
    if not isinstance(period, dict) or not (period.get("start") or period.get("end")):
        return None
    return period.get("start") or FIRST, period.get("end") or LAST


def overlaps(one: Interval | None, other: Interval) -> bool:
    """They share a day; what ended nobody knows when shares one only if it began there."""
    if one is not None and one[1] == UNKNOWN:
        return starts_in(one, other)
    return one is not None and day(one[0]) <= day(other[1]) and day(other[0]) <= day(one[1])


def within(one: Interval | None, other: Interval) -> bool:
    """The whole of the first lies in the days of the second."""
    return one is not None and day(other[0]) <= day(one[0]) and day(one[1]) <= day(other[1])


def ends_in(one: Interval | None, other: Interval) -> bool:
    """The last day lies in the second."""
    return one is not None and day(other[0]) <= day(one[1]) <= day(other[1])


def starts_in(one: Interval | None, other: Interval) -> bool:
    """The first day lies in the second."""
    return one is not None and day(other[0]) <= day(one[0]) <= day(other[1])


def latest(one: Interval | None) -> str | None:
    """The end, or the start of what has no end."""
    return None if one is None else one[0] if one[1] == LAST else one[1]


class Record:
    """The record of one case with the value sets to read it by, and the measurement period."""

    def __init__(self, case: Json, sets: Mapping[str, frozenset[tuple[str, str]]]) -> None:
        self.sets = sets
        self.start, self.end = case["period"]["start"], case["period"]["end"]
        self.mp: Interval = (self.start, self.end)
        self.resources = list(_resources(case["request"]["prefetch"]))
        self.patient = next(r for r in self.resources if r["resourceType"] == "Patient")
        self.birth = self.patient.get("birthDate", "")

    def of(self, kind: str, where: Callable[[Json], bool]) -> list[Json]:
        return [r for r in self.resources if r["resourceType"] == kind and where(r)]

    def years(self, start: int, end: int = 0) -> Interval:
        """From so many years before the start of the period to so many years after its end."""
        return years_later(self.start, start), years_later(self.end, end)

    def age_at_end(self) -> int:
        return age_on(self.birth, self.end) if self.birth else -1

    def age_at_start(self) -> int:
        return age_on(self.birth, self.start) if self.birth else -1

    def extension_code(self, name: str) -> str:
        found = (e.get("valueCode", "") for e in self.patient.get("extension", []) if e["url"].endswith(name))
        return next(found, "")

    def member(self, codes: Iterable[tuple[str, str]], names: Iterable[str]) -> bool:
        """One of the codes is in one of the named sets; ``system|code`` names a single code."""
        return any(
            code in self.sets[name] if "|" not in name else "|".join(code) == name for code in codes for name in names
        )

    def coded(self, kind: str, *names: str, field: str = "code") -> list[Json]:
        return self.of(kind, lambda r: self.member(codes_of(r.get(field)), names))

    def conditions(self, *names: str) -> list[Json]:
        """Conditions of the sets that nobody refuted or entered in error."""
        denied = ("refuted", "entered-in-error")
        return [c for c in self.coded("Condition", *names) if _first(c.get("verificationStatus")) not in denied]

    def visits(self, *names: str) -> list[Json]:
        def fits(visit: Json) -> bool:
            codes = {code for concept in visit.get("type", []) for code in codes_of(concept)}
            return visit.get("status") in DONE_VISIT and self.member(codes, names)

        return self.of("Encounter", fits)

    def observations(self, *names: str, statuses: tuple[str, ...] = DONE_OBSERVATION) -> list[Json]:
        return [o for o in self.coded("Observation", *names) if o.get("status") in statuses]

    def procedures(self, *names: str) -> list[Json]:
        return [p for p in self.coded("Procedure", *names) if p.get("status") == "completed"]

    def requests(self, *names: str) -> list[Json]:
        """Service orders."""
        return [s for s in self.coded("ServiceRequest", *names) if _ordered(s) and not s.get("doNotPerform")]

    def medicines(self, *names: str, statuses: tuple[str, ...] = ("active", "completed")) -> list[Json]:
        """Medication orders of the sets."""

        def fits(order: Json) -> bool:
            return (
                order.get("status") in statuses
                and order.get("intent") in ORDERS
                and not order.get("doNotPerform")
                and self.member(self.medicine_codes(order), names)
            )

        return self.of("MedicationRequest", fits)

    def medicine_codes(self, order: Json) -> set[tuple[str, str]]:
        reference = order.get("medicationReference", {}).get("reference", "")
        named = [m for m in self.resources if reference and reference.endswith(f"{m['resourceType']}/{m.get('id')}")]
        return codes_of(order.get("medicationCodeableConcept")) | {c for m in named for c in codes_of(m.get("code"))}

    def times(self) -> list[str]:
        """Every date and time that the resources tell, but for the patient's own."""
        return [t for r in self.resources if r["resourceType"] not in _NOT_CLINICAL for t in _times(r)]

    def any_ill(self, names: Iterable[str], test: Callable[[Interval | None, Interval], bool], when: Interval) -> bool:
        return any(test(prevalence(c), when) for c in self.conditions(*names))


_NOT_CLINICAL = ("Patient", "Coverage", "Claim", "Organization", "Practitioner", "Location")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _times(value: Any) -> Iterator[str]:
    if isinstance(value, str) and _TIME.match(value):
        yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _times(part)


def _resources(prefetch: Mapping[str, Any]) -> Iterator[Json]:
    for value in prefetch.values():
        if isinstance(value, dict) and value.get("resourceType") == "Bundle":
            yield from (entry["resource"] for entry in value.get("entry", []))
        elif isinstance(value, dict):
            yield value


def _first(concept: Any) -> str:
    codings = concept.get("coding", []) if isinstance(concept, dict) else []
    return codings[0].get("code", "") if codings else ""


def _ordered(request: Json) -> bool:
    return request.get("status") in ("active", "completed") and request.get("intent") in ORDERS


def prevalence(condition: Json) -> Interval | None:
    """From onset to abatement; without onset since ever. One that is over without abatement ended nobody knows when."""
    start = (span(condition, "onset") or (FIRST, FIRST))[0]
    abated = span(condition, "abatement")
    if abated is not None:
        return start, abated[1]
    live = _first(condition.get("clinicalStatus")) in ("", "active", "recurrence", "relapse")
    return (start, LAST) if live else (start, UNKNOWN)


def authored(request: Json) -> Interval | None:
    """The moment of an order."""
    when = request.get("authoredOn")
    return (when, when) if when else None


def supply(order: Json) -> Interval | None:
    """The days that a prescription covers: days of supply and refills from its start, else its bounds."""
    repeat = ((order.get("dosageInstruction") or [{}])[0].get("timing") or {}).get("repeat") or {}
    bounds = period_span(repeat.get("boundsPeriod"))
    start = (bounds[0] if bounds else None) or order.get("authoredOn")
    dispense = order.get("dispenseRequest") or {}
    days = (dispense.get("expectedSupplyDuration") or {}).get("value")
    if start and days is not None:
        return day(start), plus(start, int(days * (1 + dispense.get("numberOfRepeatsAllowed", 0))) - 1)
    if start and bounds and bounds[1] != LAST:
        return day(start), day(bounds[1])
    return None


def number(observation: Json, unit: str = "") -> float | None:
    """The quantity of a result, in that unit if one is named."""
    quantity = observation.get("valueQuantity") or {}
    if unit and quantity.get("code", quantity.get("unit")) != unit:
        return None
    return quantity.get("value")


def has_value(observation: Json) -> bool:
    """It holds a result of any kind."""
    return any(key.startswith("value") for key in observation)
