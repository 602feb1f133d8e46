"""Neighbours of a case: one thing about it changed, by a seeded choice."""

import copy
import random
from collections.abc import Callable, Iterator
from datetime import date, timedelta

from tests.oracles.record import Json, Record, codes_of

TIMES = ("onset", "abatement", "effective", "performed")
EDGES = (
    "2016-12-31",
    "2017-01-01",
    "2021-12-31",
    "2022-01-01",
    "2023-12-31",
    "2024-01-01",
    "2024-09-30",
    "2024-10-01",
    "2024-12-31",
    "2025-01-01",
    "2025-12-31",
    "2026-01-01",
    "2026-06-30",
    "2026-07-01",
    "2026-12-30",
    "2026-12-31",
)
STATUSES = {
    "Observation": (
        "final",
        "amended",
        "corrected",
        "preliminary",
        "registered",
        "cancelled",
        "entered-in-error",
        "unknown",
    ),
    "Procedure": (
        "completed",
        "in-progress",
        "not-done",
        "stopped",
        "on-hold",
        "preparation",
        "entered-in-error",
        "unknown",
    ),
    "Encounter": ("finished", "in-progress", "planned", "cancelled", "entered-in-error", "arrived"),
    "MedicationRequest": ("active", "completed", "stopped", "on-hold", "cancelled", "draft", "entered-in-error"),
    "ServiceRequest": ("active", "completed", "draft", "on-hold", "revoked", "entered-in-error"),
    "DeviceRequest": ("active", "completed", "draft", "on-hold", "revoked", "entered-in-error"),
    "Immunization": ("completed", "not-done", "entered-in-error"),
}
INTENTS = ("order", "plan", "proposal", "original-order", "reflex-order", "instance-order", "filler-order")
VERIFICATION = ("confirmed", "unconfirmed", "provisional", "differential", "refuted", "entered-in-error")
CLINICAL = ("active", "recurrence", "relapse", "inactive", "remission", "resolved")
VER, CLI = ("http://terminology.hl7.org/CodeSystem/condition-" + n for n in ("ver-status", "clinical"))
DROPPED = (
    "value",
    "onset",
    "abatement",
    "effective",
    "performed",
    "bodySite",
    "dispenseRequest",
    "dosageInstruction",
    "reasonCode",
    "hospitalization",
    "component",
    "class",
    "encounter",
    "authoredOn",
    "verificationStatus",
    "clinicalStatus",
    "category",
)
CODE_FIELDS = ("code", "vaccineCode", "medicationCodeableConcept", "codeCodeableConcept")
AGES = (
    2,
    3,
    15,
    16,
    17,
    18,
    20,
    21,
    24,
    25,
    30,
    35,
    36,
    40,
    41,
    42,
    43,
    45,
    46,
    50,
    64,
    65,
    66,
    67,
    70,
    71,
    74,
    75,
    76,
    80,
    81,
    85,
    86,
)

Change = tuple[str, Callable[[list[Json]], None]]


class Neighbours:
    """Makes changed copies of cases; ``others`` are resources of other cases, to be put beside."""

    def __init__(self, chance: random.Random, sets, others: list[Json], own: list[str]) -> None:
        self.chance, self.sets, self.others = chance, sets, others
        self.own = own

    def of(self, case: Json, count: int) -> Iterator[tuple[str, Json]]:
        changes = list(self._changes(Record(case, self.sets).resources))
        for _ in range(count):
            changed = copy.deepcopy(case)
            resources = Record(changed, self.sets).resources
            kind = self.chance.choice(sorted({c[0].split(" ")[0] for c in changes}))
            name, change = self.chance.choice([c for c in changes if c[0].split(" ")[0] == kind])
            change(resources)
            changed["request"]["prefetch"] = {
                "record": {
                    "resourceType": "Bundle",
                    "type": "collection",
                    "entry": [{"resource": r} for r in resources],
                }
            }
            yield name, changed

    def _changes(self, resources: list[Json]) -> Iterator[Change]:
        for i, one in enumerate(resources):
            kind = one["resourceType"]
            if kind == "Patient":
                yield from self._patient(i)
                continue
            if kind in ("Coverage", "Organization", "Practitioner", "Location"):
                continue
            yield f"delete {kind}", lambda rs, i=i: rs.pop(i)
            yield (
                f"twice {kind}",
                lambda rs, i=i: rs.append({**copy.deepcopy(rs[i]), "id": rs[i].get("id", "x") + "-2"}),
            )
            for status in STATUSES.get(kind, ()):
                if one.get("status") != status:
                    yield f"status {kind}={status}", _put(i, "status", status)
            if "intent" in one:
                for intent in INTENTS:
                    yield f"intent {kind}={intent}", _put(i, "intent", intent)
            if kind in ("MedicationRequest", "ServiceRequest"):
                yield f"doNotPerform {kind}", _put(i, "doNotPerform", True)
            if kind == "Condition":
                yield from self._diagnosis(i, one)
            for field in [f for f in one if f.startswith(DROPPED)]:
                yield f"drop {kind}.{field}", lambda rs, i=i, f=field: rs[i].pop(f)
            yield from self._times(i, one)
            yield from self._codes(i, one)
            yield from self._values(i, one)
        for other in self.chance.sample(self.others, min(60, len(self.others))):
            yield f"splice {other['resourceType']}", lambda rs, o=other: rs.append(_owned(o, rs))

    def _diagnosis(self, i: int, one: Json) -> Iterator[Change]:
        for code in VERIFICATION:
            yield f"verification {code}", _put(i, "verificationStatus", {"coding": [{"system": VER, "code": code}]})
        for code in CLINICAL:
            yield f"clinical {code}", _put(i, "clinicalStatus", {"coding": [{"system": CLI, "code": code}]})
        begun = str(one.get("onsetDateTime") or (one.get("onsetPeriod") or {}).get("start") or "")
        for edge in EDGES:
            if edge + "T08" > begun:
                yield f"abated {edge}", lambda rs, i=i, e=edge: _abate(rs[i], e + "T08:00:00Z")

    def _patient(self, i: int) -> Iterator[Change]:
        for age in AGES:
            for month, number in ((1, 1), (12, 31)):
                for step in (0, 1):
                    birth = date(2026 - age, month, number) + timedelta(step)
                    yield f"birth {age}", _put(i, "birthDate", birth.isoformat())
        for gender in ("male", "female", "unknown", "other"):
            yield f"gender {gender}", _put(i, "gender", gender)
        yield "deceased in the year", _put(i, "deceasedDateTime", "2026-05-05T00:00:00Z")

    def _times(self, i: int, one: Json) -> Iterator[Change]:
        for field in TIMES:
            for name in (field + "DateTime", field + "Period"):
                if name in one:
                    yield from self._moved(i, one, name)
                    yield f"reshape {one['resourceType']}.{name}", lambda rs, i=i, n=name: _reshape(rs[i], n)
        for name in ("authoredOn", "period", "occurrenceDateTime"):
            if name in one:
                yield from self._moved(i, one, name)

    def _moved(self, i: int, one: Json, name: str) -> Iterator[Change]:
        for edge in EDGES:
            yield f"date {one['resourceType']}.{name}", lambda rs, i=i, n=name, e=edge: _move(rs[i], n, e)
        for days in (-1, 1, -2, 2, 4, -4, 5, -5, 7, -7, 30, -30, 92, -92, -366, 366, -731):
            yield f"shift {one['resourceType']}.{name}", lambda rs, i=i, n=name, d=days: _shift(rs[i], n, d)
        if isinstance(one[name], dict):
            yield f"open {one['resourceType']}.{name}", lambda rs, i=i, n=name: rs[i][n].pop("end", None)

    def _codes(self, i: int, one: Json) -> Iterator[Change]:
        fields = [f for f in (*CODE_FIELDS, "type") if f in one and (f != "type" or one["resourceType"] == "Encounter")]
        for field in fields:
            concepts = one[field] if field == "type" else [one[field]]
            codes = {c for concept in concepts for c in codes_of(concept)}
            home = [n for n in self.own if codes & self.sets[n]]
            for name in home:
                for _ in range(4):
                    yield f"same-set {name}", self._recode(i, field, name)
            for name in self.chance.sample(self.own, min(6, len(self.own))):
                yield f"other-set {one['resourceType']}:{name}", self._recode(i, field, name)

    def _recode(self, i: int, field: str, name: str) -> Callable[[list[Json]], None]:
        system, code = self.chance.choice(sorted(self.sets[name]))
        concept = {"coding": [{"system": system, "code": code}]}
        return _put(i, field, [concept] if field == "type" else concept)

    def _values(self, i: int, one: Json) -> Iterator[Change]:
        for n in (6.9, 9, 9.01, 9.1, 19.9, 20, 22.9, 23, 24.9, 25, 189.9, 190, 200):
            if "valueQuantity" in one:
                yield f"value {n}", lambda rs, i=i, n=n: rs[i]["valueQuantity"].update(value=n)
        if "valueQuantity" in one:
            yield "unit none", lambda rs, i=i: [rs[i]["valueQuantity"].pop(k, None) for k in ("unit", "code", "system")]
        for p in [p for p, part in enumerate(one.get("component", [])) if "valueQuantity" in part]:
            for n in (89, 90, 139, 140, 60, 120):
                yield f"part {p}={n}", lambda rs, i=i, p=p, n=n: rs[i]["component"][p]["valueQuantity"].update(value=n)
        if one["resourceType"] == "Encounter":
            for code in ("AMB", "IMP", "EMER", "OBSENC", "VR", "HH"):
                yield (
                    f"class {code}",
                    lambda rs, i=i, c=code: rs[i].update(
                        {"class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": c}}
                    ),
                )
        if one["resourceType"] == "Condition":
            for code in ("7771000", "24028007"):
                yield (
                    f"side {code}",
                    _put(i, "bodySite", [{"coding": [{"system": "http://snomed.info/sct", "code": code}]}]),
                )
        days = (one.get("dispenseRequest") or {}).get("expectedSupplyDuration")
        if days:
            for n in (1, 2, 29, 30, 60, 61, 90, 91, 400):
                yield (
                    f"supply {n}",
                    lambda rs, i=i, n=n: rs[i]["dispenseRequest"]["expectedSupplyDuration"].update(value=n),
                )


def _put(i: int, field: str, value) -> Callable[[list[Json]], None]:
    return lambda rs: rs[i].update({field: copy.deepcopy(value)})


def _abate(one: Json, when: str) -> None:
    for field in [f for f in one if f.startswith("abatement")]:
        one.pop(field)
    one["abatementDateTime"] = when


def _move(one: Json, name: str, edge: str) -> None:
    if isinstance(one[name], dict):
        one[name] = {**one[name], **{k: edge + "T08:00:00.000Z" for k in one[name] if k in ("start", "end")}}
    else:
        one[name] = edge + one[name][10:]


def _shift(one: Json, name: str, days: int) -> None:
    def moved(time: str) -> str:
        if len(time) < 10:  # a year or a month stays where it is
            return time
        return (date.fromisoformat(time[:10]) + timedelta(days)).isoformat() + time[10:]

    if isinstance(one[name], dict):
        one[name] = {k: moved(v) if isinstance(v, str) else v for k, v in one[name].items()}
    else:
        one[name] = moved(one[name])


def _reshape(one: Json, name: str) -> None:
    value = one.pop(name)
    if isinstance(value, dict):
        one[name.replace("Period", "DateTime")] = value.get("start") or value.get("end")
    else:
        one[name.replace("DateTime", "Period")] = {"start": value, "end": value}


def _owned(other: Json, resources: list[Json]) -> Json:
    patient = next(r for r in resources if r["resourceType"] == "Patient")
    copied = copy.deepcopy(other)
    for field in ("subject", "patient"):
        if field in copied:
            copied[field] = {"reference": f"Patient/{patient['id']}"}
    copied["id"] = "spliced-" + copied.get("id", "x")[:40]
    return copied
