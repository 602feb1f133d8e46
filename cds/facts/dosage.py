"""The daily amount of each ingredient that an order or a medication gives, exactly, or why it cannot be told.

Read by the attributes ``daily-dose`` and ``single-dose`` and by formulas such as morphine equivalents. Dose times
most times per day; patches by their rate: strength times patches worn at the same time, never multiplied or divided
by the change interval (clinical/03-opioid-safety, "MME"). Refuses to guess a missing dose or frequency. What is
malformed or contradicts itself is never dropped so that a low dose remains: it leaves no amount, or one that is open
upward.
"""

from collections.abc import Collection, Sequence
from fractions import Fraction

from cds.facts.dates import Moment
from cds.facts.doses import MASS, RATE, Drug, dose_of, drug_of, one_dose
from cds.facts.fact import Fact
from cds.facts.modifiers import MODIFIER
from cds.facts.shapes import JSONObject, objects
from cds.facts.timings import HOURS_PER_DAY, is_over, largest_per_day, times_per_day
from cds.frozen import value
from cds.terminology.coding import Coding
from cds.terminology.products import Component
from cds.units.fhir_quantity import read_number
from cds.units.quantity import Interval, Quantity, Unconvertible
from cds.units.ucum import canonical_unit, convert

_DAILY_MASS = "mg/d"
Amount = Quantity | Unconvertible
_UNREADABLE = Unconvertible("dose-unreadable")


@value()
class DailyAmount:
    """How much of one ingredient a day: in ``mg/d`` where it is a mass, in ``ug/h`` for a patch.

    ingredient: ``None`` if the product is not in the table; then it is what the fact's own codes say.
    """

    ingredient: Coding | None
    amount: Amount


def daily_amounts(fact: Fact, moment: Moment) -> tuple[DailyAmount, ...]:
    """The daily amount of each component of the drug, in the product's order (one for a drug outside the table).

    Instructions with the same sequence number (or none) are taken together; of steps that follow each other the
    highest counts, and steps that are over are left out. An interval where the order leaves a range: a dose range, or
    a patch that is changed later than its label allows, which gives between its average and its continuous rate.
    """
    drug = drug_of(fact)
    if drug.problem:
        return (DailyAmount(None, Unconvertible(drug.problem)),)
    instructions = _instructions(fact, moment)
    if not drug.parts:
        return (DailyAmount(None, _total(instructions, None, drug)),)
    return tuple(DailyAmount(part.ingredient, _total(instructions, part, drug)) for part in drug.parts)


def daily_dose_of(fact: Fact, codings: Collection[Coding], moment: Moment) -> Amount:
    """The daily amount of the component whose ingredient is one of ``codings`` (a value set, such as the opioids)."""
    return component_dose(daily_amounts(fact, moment), fact, codings)


def component_dose(amounts: Sequence[DailyAmount], fact: Fact, codings: Collection[Coding]) -> Amount:
    """Of a drug's amounts, that of the component whose ingredient is one of ``codings``.

    Where the set names the product itself, that is the amount of its only component.
    """
    named = [amount for amount in amounts if amount.ingredient is not None and amount.ingredient in codings]
    if not named and any(coding in codings for coding in fact.codings):
        named = list(amounts)
    if not named:
        return Unconvertible("not-an-ingredient")
    return named[0].amount if len(named) == 1 else Unconvertible("several-components")


def daily_dose(fact: Fact, moment: Moment) -> Amount:
    """The daily amount of a drug with one component; a fixed combination has several."""
    amounts = daily_amounts(fact, moment)
    return amounts[0].amount if len(amounts) == 1 else Unconvertible("several-components")


def single_dose(fact: Fact, moment: Moment) -> Amount:
    """The most of a drug with one component that is taken at one time: a mass, or in its own unit.

    Of steps that follow each other the largest. Of instructions that may be meant for the same moment: from the
    largest to all of them together.
    """
    drug = drug_of(fact)
    if drug.problem or len(drug.parts) > 1:
        return Unconvertible(drug.problem or "several-components")
    instructions = _instructions(fact, moment)
    if not instructions:
        return Unconvertible("dose-missing")
    part = drug.parts[0] if drug.parts else None
    doses: list[Amount] = [
        dose_of(dosage, part, drug) if isinstance(dosage, dict) and not dosage.get(MODIFIER) else _UNREADABLE
        for dosage in instructions
    ]
    steps = [dosage.get("sequence") if isinstance(dosage, dict) else None for dosage in instructions]
    one_after_the_other = None not in steps and len(set(map(str, steps))) == len(steps)
    return _highest(doses) if one_after_the_other else _unplaced(doses)


def instructions_of(resource: JSONObject) -> list[JSONObject]:
    """The dosage instructions of a request, statement, dispense or administration."""
    written = resource.get("dosageInstruction")
    return objects(resource.get("dosage") if written is None else written)


def _instructions(fact: Fact, moment: Moment) -> list[object]:
    """The instructions that are not over, with whatever stands in the place of one."""
    places = [fact.resource.get(name) for name in ("dosageInstruction", "dosage")]
    written = [place for place in places if place is not None]
    if len(written) > 1 and written[0] != written[1]:
        return [None]  # two places, two answers: which of them holds?
    found: list[object] = []
    for place in written[:1]:
        found = place if isinstance(place, list) else [place]
    current = [dosage for dosage in found if not isinstance(dosage, dict) or not is_over(dosage, moment)]
    return current or found


def _total(instructions: list[object], part: Component | None, drug: Drug) -> Amount:
    if not instructions:
        return Unconvertible("dose-missing")
    only = instructions[0]
    if len(instructions) == 1 and isinstance(only, dict) and only.get("sequence") is None and not only.get(MODIFIER):
        return _highest([_amount(only, part, drug)])  # the usual case
    steps: dict[Fraction | None, list[Amount]] = {}
    unplaced = False
    for dosage in instructions:
        sequence = dosage.get("sequence") if isinstance(dosage, dict) else None
        place = read_number(sequence)
        unplaced = unplaced or (sequence is not None and isinstance(place, Unconvertible))
        amount: Amount = _UNREADABLE
        if isinstance(dosage, dict) and not dosage.get(MODIFIER):
            amount = _amount(dosage, part, drug)
        steps.setdefault(place if isinstance(place, Fraction) else None, []).append(amount)
    if unplaced or (None in steps and len(steps) > 1):
        return _unplaced([amount for step in steps.values() for amount in step])
    return _highest([_added(step) for step in steps.values()])


def _unplaced(amounts: list[Amount]) -> Amount:
    """Taken together, or one after the other? Between the highest and the sum."""
    most, total = _highest(amounts), _added(amounts)
    if isinstance(most, Unconvertible) or isinstance(total, Unconvertible):
        return most
    return Quantity(Interval(most.interval.low, total.interval.high), most.unit)


def _added(amounts: list[Amount]) -> Amount:
    """The sum; where some cannot be told, at least the others."""
    known = [amount for amount in amounts if isinstance(amount, Quantity)]
    if not known:
        return amounts[0]
    if len({amount.unit for amount in known}) > 1:
        return Unconvertible("units-differ")
    total = known[0].interval
    for amount in known[1:]:
        total = total.plus(amount.interval)
    if len(known) < len(amounts):
        total = Interval(total.low, None, total.low_open)
    return Quantity(total, known[0].unit)


def _highest(steps: list[Amount]) -> Amount:
    """The most of steps that follow each other; where one cannot be told, at least the highest of the others."""
    known = [step for step in steps if isinstance(step, Quantity)]
    if not known:
        return steps[0]
    if len(steps) == 1 and known[0].interval.low is known[0].interval.high:
        return known[0]
    if len({step.unit for step in known}) > 1:
        return Unconvertible("units-differ")
    lows = [step.interval.low for step in known if step.interval.low is not None]
    highs = [step.interval.high for step in known if step.interval.high is not None]
    is_bounded = len(highs) == len(steps)
    return Quantity(Interval(max(lows, default=None), max(highs) if is_bounded else None), known[0].unit)


def _amount(dosage: JSONObject, part: Component | None, drug: Drug) -> Amount:
    """One instruction's daily amount of one component, not above its own stated maximum."""
    dose = dose_of(dosage, part, drug)
    amount = dose if isinstance(dose, Unconvertible) else _per_day(dose, dosage.get("timing"), drug)
    if isinstance(dose, Unconvertible) or isinstance(amount, Unconvertible):
        # As needed, without a frequency: the maximum is what was ordered.
        is_ordered = amount == Unconvertible("frequency-missing") and _is_as_needed(dosage)
        most = _stated_maximum(dosage, part, drug, dose, None) if is_ordered else None
        return amount if most is None else most
    if dosage.get("maxDosePerPeriod") is None:
        return amount
    most = _stated_maximum(dosage, part, drug, dose, times_per_day(dosage.get("timing")))
    return amount if most is None else _capped(amount, most)


def _stated_maximum(
    dosage: JSONObject, part: Component | None, drug: Drug, dose: Amount, times: Interval | None
) -> Quantity | None:
    """The highest maximum per day; ``None`` if one cannot be read or does not allow the dose that it limits.

    Without a frequency, what a longer period than a day allows may all be taken on one day.
    """
    found: list[Amount] = []
    least = dose.interval.low if isinstance(dose, Quantity) and dose.unit == MASS else None
    for written, per_day in largest_per_day(dosage.get("maxDosePerPeriod")):
        limit = one_dose(written, part, drug)
        if not isinstance(limit, Quantity) or limit.unit != MASS or limit.interval.high is None:
            return None
        daily = limit.interval.scaled(per_day)
        on_one_day = limit.interval.high * max(per_day, Fraction(1))
        if times is not None and times.high and daily.high is not None:
            on_one_day = daily.high * max(Fraction(1), 1 / times.high)  # in the time from one dose to the next
        if least is not None and on_one_day < least:
            return None
        found.append(Quantity(daily if times is not None else Interval(daily.low, on_one_day), _DAILY_MASS))
    most = _highest(found) if found else None
    return most if isinstance(most, Quantity) else None


def _capped(amount: Quantity, most: Quantity) -> Quantity:
    limit = most.interval.high
    if amount.unit != most.unit or limit is None:
        return amount
    low, high = amount.interval.low, amount.interval.high
    lowest = None if low is None else min(low, limit)
    return Quantity(Interval(lowest, limit if high is None else min(high, limit)), amount.unit)


def _is_as_needed(dosage: JSONObject) -> bool:
    return dosage.get("asNeededBoolean") is True or isinstance(dosage.get("asNeededCodeableConcept"), dict)


def _per_day(dose: Quantity, timing: object, drug: Drug) -> Amount:
    if dose.unit == RATE and drug.is_patch:
        return _worn(dose, timing, drug)
    times = times_per_day(timing)
    if dose.unit == RATE:  # an infusion runs all day; a schedule would need its duration
        return convert(dose, _DAILY_MASS) if times is None else Unconvertible("rate-with-schedule")
    if times is None or times.low is None or times.high is None:
        return Unconvertible("frequency-missing")
    low = None if dose.interval.low is None else dose.interval.low * times.low
    if dose.interval.high is dose.interval.low and times.high is times.low:
        high = low
    else:
        high = None if dose.interval.high is None else dose.interval.high * times.high
    unit = _DAILY_MASS if dose.unit == MASS else canonical_unit(f"{dose.unit}/d")
    return Unconvertible("dose-unit") if unit is None else Quantity(Interval(low, high), unit)


def _worn(rate: Quantity, timing: object, drug: Drug) -> Amount:
    """The rate of the patches that are worn at the same time."""
    times = times_per_day(timing)
    if times is None or not times.high:
        return Unconvertible("frequency-missing")
    hours = HOURS_PER_DAY / times.high
    if drug.hours is None or hours <= drug.hours or rate.interval.low is None:
        return rate
    # Changed later than the label allows: the order contradicts its label, so nobody knows what is worn in between.
    return Quantity(Interval(rate.interval.low * drug.hours / hours, rate.interval.high), rate.unit)
