"""Operands: what a ``value`` or a formula input reads, as a value with its time and facts."""

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from functools import lru_cache

from cds.facts.attributes import Attribute, Coded, Dated, Flagged, Measured, Unreadable
from cds.facts.dates import Span, completed_months, completed_years
from cds.facts.dosage import component_dose
from cds.facts.fact import Fact
from cds.facts.patient import RACE_NOT_TOLD, RACE_SYSTEM
from cds.rules.definition import NOW, Operand, Point
from cds.rules.judge.elapsed import time_since
from cds.rules.judge.lasting import length
from cds.rules.judge.measuring import with_substance
from cds.rules.judge.values import NOTHING, Answer, FactPair, Known, Nothing, Subject, Unclear, Value, Word, unclear
from cds.rules.judge.verdicts import Verdicts
from cds.rules.judge.windows import days_of
from cds.rules.source.phrases import read_quantity
from cds.terminology.coding import Coding
from cds.units.quantity import Interval, Quantity


def read_operand(judging: Verdicts, operand: Operand, it: Subject | None) -> Value:
    """The value of an operand for the patient, or for the subject it speaks of."""
    if operand.is_number:
        return judging.value(operand.root, it)
    if operand.since:
        return (length if operand.lasting else time_since)(judging, operand, it)
    if operand.root == "patient":
        return _of_patient(judging, operand.attribute)
    if operand.root == "it" and isinstance(it, FactPair) and it.rows and operand.attribute in it.rows[0]:
        return _one_of({row[operand.attribute] for row in it.rows if row[operand.attribute]}, ())
    if operand.root in ("it", "first", "second"):
        fact = _fact(operand.root, it)
        return _of_fact(judging, fact, operand) if fact else unclear("no-subject")
    value = judging.value(operand.root, it)
    if isinstance(value, Nothing):
        return NOTHING
    if isinstance(value, Known | Answer) and len(value.facts) == 1:
        return _of_fact(judging, value.facts[0], operand)
    return value if isinstance(value, Unclear) else unclear("several-facts")


def _fact(root: str, it: Subject | None) -> Fact | None:
    if isinstance(it, FactPair):
        return it.second if root == "second" else it.first
    return it


def _of_patient(judging: Verdicts, attribute: str) -> Value:
    patient = judging.record.patient
    if attribute == "age":
        return age(judging)
    if attribute == "age-in-months":
        today = judging.moment.today
        return _age(judging, completed_months, "mo", (today, today))
    if attribute == "sex":
        return Word(patient.sex) if patient.sex else unclear("sex-not-known")
    if attribute == "deceased":
        return unclear("deceased-not-known") if patient.deceased is None else Word("yes" if patient.deceased else "no")
    if attribute == "race":
        return _race(judging)
    return unclear(f"{attribute}-not-known")


def _race(judging: Verdicts) -> Value:
    """The recorded races as one answer; a race in words only, or one that nobody would tell, is not known."""
    patient = judging.record.patient
    told = patient.races - RACE_NOT_TOLD
    if told:
        codings = frozenset(Coding(RACE_SYSTEM, code) for code in told)
        return Answer(Coded(codings, frozenset(code.lower() for code in told)))
    return unclear("race-not-known") if patient.tells_race else NOTHING


def age(judging: Verdicts, point: Point = NOW, it: Subject | None = None) -> Known | Unclear:
    """Completed years at a moment; a partial birth date, or a moment not told exactly, gives a range."""
    days = days_of(judging, point, it)
    return unclear("moment-not-known") if days is None else _age(judging, completed_years, "a", days)


def _age(
    judging: Verdicts, completed: Callable[[Span, date], tuple[int, int]], unit: str, days: tuple[date, date]
) -> Known | Unclear:
    birth = judging.record.patient.birth
    if birth is None:
        return unclear("birth-date-not-known")
    low, high = completed(birth, days[0])[0], completed(birth, days[1])[1]
    if low == high:
        return Known(Quantity(Interval.exactly(Fraction(low)), unit))
    return Known(Quantity(Interval(Fraction(low), Fraction(high)), unit))


def _of_fact(judging: Verdicts, fact: Fact, operand: Operand) -> Value:
    if operand.value_set:
        return _of_row(judging, fact, operand)
    value = _as_value(fact, judging.attribute(fact, operand.attribute))
    return with_substance(judging, value) if isinstance(value, Known) and operand.attribute == "value" else value


def _of_row(judging: Verdicts, fact: Fact, operand: Operand) -> Value:
    """A column of the row that the fact's code has in a value set; ``daily-dose`` is the dose of that component."""
    rows = judging.ruleset.value_sets[operand.value_set].rows
    codings = [coding for coding in fact.codings if coding in rows]
    if not codings:
        return NOTHING
    if operand.attribute == "daily-dose":
        amount = component_dose(judging.daily_amounts(fact), fact, codings)
        if isinstance(amount, Quantity):
            return Known(amount, fact.when, (fact,))
        return unclear(f"unreadable:{amount.reason}", facts=(fact,))
    texts = {rows[coding][operand.attribute] for coding in codings if rows[coding].get(operand.attribute)}
    return _one_of(texts, (fact,))


@lru_cache(maxsize=4096)
def _cell(text: str) -> Quantity | None:
    """A cell of a value set, as a number if it is one."""
    return read_quantity(text)


def _one_of(texts: set[str], facts: tuple[Fact, ...]) -> Value:
    """The one cell that the rows agree on, as a number or a word."""
    if not texts:
        return NOTHING
    if len(texts) > 1:
        return unclear("several-rows", facts=facts)
    text = texts.pop()
    number = _cell(text)
    return Known(number) if number is not None else Word(text)


def _as_value(fact: Fact, attribute: Attribute) -> Value:
    if isinstance(attribute, Measured):
        return Known(attribute.quantity, attribute.when or fact.when, (fact,))
    if isinstance(attribute, Coded):
        return Answer(attribute, fact.when, (fact,))
    if isinstance(attribute, Flagged):
        return Word("yes" if attribute.value else "no")
    if isinstance(attribute, Unreadable):
        return unclear(f"unreadable:{attribute.reason}", facts=(fact,))
    return unclear("a-date", facts=(fact,)) if isinstance(attribute, Dated) else NOTHING
