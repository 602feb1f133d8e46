"""Attributes of facts: what ``where``, ``it.`` and ``value`` read (LANGUAGE section 4).

After ``record``, asked by the rules for one fact and one name at a time, so that nothing is worked out that no rule
reads. An attribute is a value, not recorded, or unreadable; the last two are never a value, and only the second says
that nothing stands there.
"""

from collections.abc import Callable, Mapping
from functools import partial

from cds.facts.attribute import (
    NOT_RECORDED,
    Attribute,
    Coded,
    Dated,
    Flagged,
    Measured,
    NotRecorded,
    Unreadable,
    coded,
    dated,
    measured,
)
from cds.facts.dates import Moment, Span, read_period
from cds.facts.dosage import daily_dose, instructions_of, single_dose
from cds.facts.doses import drug_of, products_of, strength_of, supplied_mass
from cds.facts.fact import Fact
from cds.facts.observed import observed_value
from cds.facts.references import references_of
from cds.facts.shapes import JSONObject, first_object, objects
from cds.units.fhir_quantity import read_number, read_quantity
from cds.units.quantity import Interval, Quantity, Unconvertible
from cds.units.ucum import convert

__all__ = [
    "ATTRIBUTES",
    "TIMES",
    "Attribute",
    "Coded",
    "Dated",
    "Flagged",
    "Measured",
    "NotRecorded",
    "Unreadable",
    "read_attribute",
]

_PUBLISHERS = (
    "http://hl7.org/fhir/us/qicore/StructureDefinition/qicore",
    "http://fhir.org/guides/astp/us-quality-core/StructureDefinition/us-quality-core",
    "http://fhir.org/guides/onc/us-quality-core/StructureDefinition/us-quality-core",
)
#: Where FHIR R4 has no element for it: why something was not done (QI-Core, US Quality Core, FHIR R4 extensions).
_WHY_NOT = frozenset(
    {f"{publisher}-{name}" for publisher in _PUBLISHERS for name in ("doNotPerformReason", "notDoneReason")}
    | {"http://hl7.org/fhir/StructureDefinition/request-statusReason"}
)
_LENGTHS = frozenset({"day", "days", "week", "weeks", "month", "months", "year", "years"})
_Read = Callable[[Fact, Moment], Attribute]
_Resource = Mapping[str, object]


def read_attribute(fact: Fact, name: str, moment: Moment) -> Attribute:
    """The attribute of one fact; raises KeyError for a name that its kind does not have (:data:`ATTRIBUTES`)."""
    return _READERS[fact.kind][name](fact, moment)


def _coded(fact: Fact, _: Moment, *, elements: tuple[str, ...]) -> Attribute:
    values = [fact.resource.get(element) for element in elements]
    return coded([part for value in values for part in (value if isinstance(value, list) else [value])])


def _element(*names: str) -> _Read:
    return partial(_coded, elements=names)


def _date(fact: Fact, moment: Moment, *, elements: tuple[str, ...]) -> Attribute:
    return dated(fact.resource, elements, moment)


def _dates(*names: str) -> _Read:
    return partial(_date, elements=names)


def _bound(fact: Fact, moment: Moment, *, period: str, end: str) -> Attribute:
    """One end of a period; one that goes on has no end, and what was at one time has neither."""
    return dated(first_object(fact.resource.get(period)), (end,), moment)


def _reference(fact: Fact, _: Moment, *, elements: tuple[str, ...]) -> Attribute:
    found = [name for element in elements for name in references_of(fact.resource.get(element))]
    return Coded(frozenset(), frozenset(found)) if found else NOT_RECORDED


def _reason(fact: Fact, _: Moment) -> Attribute:
    """Why, or why not: codes only. A reason that is another resource is recorded, but not here."""
    resource = fact.resource
    said = coded(resource.get("statusReason" if fact.status == "not-done" else "reasonCode"))
    if isinstance(said, NotRecorded) and objects(resource.get("reasonReference")):
        return Unreadable("by-reference")
    return said


def _reason_of_request(fact: Fact, moment: Moment) -> Attribute:
    """Why it was asked for; of what is not to be done, why not."""
    return _reason_not(fact, moment) if fact.status == "do-not-perform" else _reason(fact, moment)


def _reason_not(fact: Fact, _: Moment) -> Attribute:
    """Why it was not done, from the extensions that say it."""
    extensions = objects(fact.resource.get("extension"))
    return coded([e.get("valueCodeableConcept") for e in extensions if e.get("url") in _WHY_NOT])


def _conclusion(fact: Fact, _: Moment) -> Attribute:
    """The value of a report is what it concludes, in codes. Words alone are a conclusion that no code tells."""
    said = coded(fact.resource.get("conclusionCode"))
    if isinstance(said, NotRecorded) and fact.resource.get("conclusion"):
        return Unreadable("text-only")
    return said


def _note_code(fact: Fact, _: Moment) -> Attribute:
    """FHIR R4 notes are text: what one says, no code tells."""
    return Unreadable("text-only") if objects(fact.resource.get("note")) else NOT_RECORDED


def _ingredient(fact: Fact, _: Moment) -> Attribute:
    """The ingredients of the products among its codes; else its own codes."""
    parts = [part.ingredient for found in products_of(fact) for part in found.components]
    ingredients = frozenset(ingredient for ingredient in parts if ingredient is not None) or fact.codings
    if not ingredients:
        return Unreadable("text-only")
    return Coded(ingredients, frozenset(coding.code.lower() for coding in ingredients))


def _form(fact: Fact, _: Moment) -> Attribute:
    words = {word.lower() for found in products_of(fact) for word in (found.form, found.form_class) if word}
    return Coded(frozenset(), frozenset(words)) if words else NOT_RECORDED


def _strength(fact: Fact, _: Moment) -> Attribute:
    parts = {part for found in products_of(fact) for part in found.components}
    if len(parts) > 1:
        return Unreadable("several-components")
    strength = next(iter(parts)).strength if parts else None
    return Unreadable("strength-unknown") if strength is None else Measured(strength_of(strength), None)


def _daily_dose(fact: Fact, moment: Moment) -> Attribute:
    return measured(daily_dose(fact, moment), fact.when)


def _single_dose(fact: Fact, moment: Moment) -> Attribute:
    return measured(single_dose(fact, moment), fact.when)


def _route(fact: Fact, _: Moment) -> Attribute:
    return coded([dosage.get("route") for dosage in instructions_of(dict(fact.resource))] or fact.resource.get("route"))


def _as_needed(fact: Fact, _: Moment) -> Attribute:
    """Yes if any instruction says so; no if one says no and none yes."""
    said = [
        isinstance(dosage.get("asNeededCodeableConcept"), dict) or dosage.get("asNeededBoolean")
        for dosage in instructions_of(dict(fact.resource))
    ]
    flags = [flag for flag in said if isinstance(flag, bool)]
    return Flagged(any(flags)) if flags else NOT_RECORDED


def _days_supply(fact: Fact, _: Moment) -> Attribute:
    supply = fact.resource.get("daysSupply")
    if supply is None:
        supply = first_object(fact.resource.get("dispenseRequest")).get("expectedSupplyDuration")
    return NOT_RECORDED if supply is None else measured(_days(supply), fact.when)


def _average_daily_dose(fact: Fact, _: Moment) -> Attribute:
    """What is supplied, by the days that it is supplied for; nothing is said of how it is to be taken."""
    request = first_object(fact.resource.get("dispenseRequest"))
    quantity = fact.resource.get("quantity") or request.get("quantity")
    days = _days(fact.resource.get("daysSupply") or request.get("expectedSupplyDuration"))
    if not isinstance(quantity, dict):
        return NOT_RECORDED if quantity is None else Unreadable("malformed")
    if isinstance(days, Unconvertible):
        return Unreadable(days.reason)
    if not days.interval.is_exact or not days.interval.low:
        return Unreadable("days-supply")
    mass = supplied_mass(quantity, drug_of(fact))
    if isinstance(mass, Unconvertible):
        return Unreadable(mass.reason)
    return Measured(Quantity(mass.interval.scaled(1 / days.interval.low), "mg/d"), fact.when)


def _duration(fact: Fact, moment: Moment) -> Attribute:
    """How long it is to be taken: the bounds of the instructions, else the days supplied.

    Several bounded instructions may run together or one after the other: between the longest and the sum.
    """
    repeats = [first_object(first_object(d.get("timing")).get("repeat")) for d in instructions_of(dict(fact.resource))]
    found = [length for length in (_bounds(repeat, moment) for repeat in repeats) if length is not None]
    if not found:
        return _days_supply(fact, moment)
    known = [length.interval for length in found if isinstance(length, Quantity)]
    if len(known) < len(found):
        return Unreadable(next(length.reason for length in found if isinstance(length, Unconvertible)))
    total = known[0]
    for length in known[1:]:
        longest = max((low for low in (total.low, length.low) if low is not None), default=None)
        total = Interval(longest, total.plus(length).high)
    return Measured(Quantity(total, "d"), fact.when)


def _bounds(repeat: JSONObject, moment: Moment) -> Quantity | Unconvertible | None:
    if repeat.get("boundsDuration") is not None:
        return _days(repeat["boundsDuration"])
    if repeat.get("boundsRange") is not None:
        limits = first_object(repeat["boundsRange"])
        low, high = _days(limits.get("low")), _days(limits.get("high"))
        if isinstance(low, Unconvertible) or isinstance(high, Unconvertible):
            return Unconvertible("bad-range")
        return Quantity(Interval(low.interval.low, high.interval.high), "d")
    if repeat.get("boundsPeriod") is not None:
        bounds = first_object(repeat["boundsPeriod"])
        if bounds.get("start") is None or bounds.get("end") is None:
            return None  # from a day on, or until one: no length is recorded
        span = read_period(bounds, moment.zone)
        return Unconvertible("bad-date") if span is None else Quantity(Interval.exactly(_length(span)), "d")
    return None


def _length(span: Span) -> int:
    # Calendar days, first and last included, as FHIR reads a period of dates.
    return (span.last_day - span.first_day).days + 1


def _days(written: object) -> Quantity | Unconvertible:
    length = read_quantity(written)
    if isinstance(length, Unconvertible) and isinstance(written, dict) and isinstance(written.get("unit"), str):
        # "Day" and "Days" are how pharmacies write it; capitals change no unit that is a word.
        unit = written["unit"].lower()
        length = read_quantity({**written, "unit": unit}) if unit in _LENGTHS and "code" not in written else length
    return length if isinstance(length, Unconvertible) else convert(length, "d")


def _course(fact: Fact, moment: Moment, *, end: str) -> Attribute:
    """The first start or last end that the instructions, else the supply or the statement, are bounded by."""
    repeats = [first_object(first_object(d.get("timing")).get("repeat")) for d in instructions_of(dict(fact.resource))]
    holders = [first_object(repeat.get("boundsPeriod")) for repeat in repeats]
    found = [dated(holder, (end,), moment) for holder in holders if holder.get(end) is not None]
    if not found:
        supply = first_object(first_object(fact.resource.get("dispenseRequest")).get("validityPeriod"))
        period = supply or first_object(fact.resource.get("effectivePeriod"))
        return dated(period, (end,), moment)
    spans = [item.span for item in found if isinstance(item, Dated)]
    if len(spans) < len(found):
        return Unreadable("bad-date")
    chosen = max(spans, key=lambda s: s.end) if end == "end" else min(spans, key=lambda s: s.start)
    return Dated(chosen)


def _dose_number(fact: Fact, _: Moment) -> Attribute:
    """The number of the dose in its series; a series told twice and differently is unreadable."""
    applied = objects(fact.resource.get("protocolApplied"))
    written = [part.get("doseNumberPositiveInt") or part.get("doseNumberString") for part in applied]
    told = [
        int(n) if isinstance(n, str) and n.isascii() and n.isdigit() and len(n) < 4 else n
        for n in written
        if n is not None
    ]
    if not told:
        return NOT_RECORDED
    numbers = [read_number(number) for number in told]
    first = numbers[0]
    if isinstance(first, Unconvertible) or any(number != first for number in numbers):
        return Unreadable("dose-number")
    return Measured(Quantity(Interval.exactly(first), "1"), fact.when)


def _reactions(fact: Fact, _: Moment, *, element: str) -> Attribute:
    reactions = [reaction.get(element) for reaction in objects(fact.resource.get("reaction"))]
    return coded([part for value in reactions for part in (value if isinstance(value, list) else [value])])


def _value(fact: Fact, moment: Moment) -> Attribute:
    return observed_value(fact.resource, fact.when, moment)


_ENCOUNTER_OF: _Read = partial(_reference, elements=("encounter", "context"))
_MEDICINE: dict[str, _Read] = {
    "ingredient": _ingredient,
    "route": _route,
    "form": _form,
    "strength": _strength,
    "daily-dose": _daily_dose,
    "average-daily-dose": _average_daily_dose,
    "single-dose": _single_dose,
    "category": _element("category"),
    "reason": _reason,
    "as-needed": _as_needed,
    "duration": _duration,
    "days-supply": _days_supply,
    "start": partial(_course, end="start"),
    "end": partial(_course, end="end"),
    "encounter": _ENCOUNTER_OF,
    "intent": _element("intent"),
}
_DRAFT: dict[str, _Read] = {
    **_MEDICINE,
    "replaces": partial(_reference, elements=("priorPrescription", "replaces")),
    "body-site": _element("bodySite"),
}
_ASKED: dict[str, _Read] = {
    "category": _element("category"),
    "reason": _reason_of_request,
    "intent": _element("intent"),
    "encounter": _ENCOUNTER_OF,
}
_VISIT: dict[str, _Read] = {
    "class": _element("class"),
    "type": _element("type"),
    "discharge-disposition": lambda fact, _: coded(
        first_object(fact.resource.get("hospitalization")).get("dischargeDisposition")
    ),
    "start": partial(_bound, period="period", end="start"),
    "end": partial(_bound, period="period", end="end"),
    "reason": _reason,
}
_READERS: dict[str, dict[str, _Read]] = {
    "condition": {
        "clinical-status": _element("clinicalStatus"),
        "verification": _element("verificationStatus"),
        "category": _element("category"),
        "severity": _element("severity"),
        "body-site": _element("bodySite"),
        "encounter": _ENCOUNTER_OF,
        "recorded-date": _dates("recordedDate"),
        "start": _dates("onsetDateTime", "onsetPeriod"),
        "end": _dates("abatementDateTime", "abatementPeriod"),
    },
    "observation": {
        "value": _value,
        "interpretation": _element("interpretation"),
        "method": _element("method"),
        "body-site": _element("bodySite"),
        "category": _element("category"),
        "note-code": _note_code,
        "encounter": _ENCOUNTER_OF,
        "reason": _reason_not,
        "issued": _dates("issued"),
        "start": partial(_bound, period="effectivePeriod", end="start"),
        "end": partial(_bound, period="effectivePeriod", end="end"),
    },
    "medication": {**_MEDICINE},
    "order": _DRAFT,
    "draft": _DRAFT,
    "prescription": {**_MEDICINE},
    "dispense": {**_MEDICINE},
    "administration": {**_MEDICINE},
    "allergy": {
        "ingredient": _ingredient,
        "criticality": _element("criticality"),
        "severity": partial(_reactions, element="severity"),
        "manifestation": partial(_reactions, element="manifestation"),
        "type": _element("type"),
        "category": _element("category"),
        "verification": _element("verificationStatus"),
        "recorded-date": _dates("recordedDate"),
    },
    "report": {
        "value": _conclusion,
        "category": _element("category"),
        "encounter": _ENCOUNTER_OF,
        "request": partial(_reference, elements=("basedOn",)),
        "issued": _dates("issued"),
    },
    "procedure": {
        "body-site": _element("bodySite"),
        "reason": _reason,
        "encounter": _ENCOUNTER_OF,
        "category": _element("category"),
    },
    "immunization": {
        "body-site": _element("site"),
        "reason": _reason,
        "encounter": _ENCOUNTER_OF,
        "dose-number": _dose_number,
    },
    "service-request": {**_ASKED, "body-site": _element("bodySite")},
    "device-request": _ASKED,
    "adverse-event": {"category": _element("category"), "encounter": _ENCOUNTER_OF},
    "encounter": _VISIT,
    "current-encounter": _VISIT,
}

#: Attributes that are times, not values.
TIMES = frozenset({"start", "end", "recorded-date", "issued"})
#: The attributes of each kind of fact, for checks of rulesets.
ATTRIBUTES: Mapping[str, frozenset[str]] = {kind: frozenset(readers) for kind, readers in _READERS.items()}
