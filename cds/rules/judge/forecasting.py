"""``forecast``: the doses of a finder by a schedule, as long as nothing that it rests on is in doubt.

A date that is told by month or year only, a possible dose, or a record that cannot be read leaves it unclear: whether a
dose counts changes all that follows. A sex that is not known is tried both ways.
"""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Literal

from cds.facts.dates import Span, read_span
from cds.facts.fact import Fact
from cds.rules.definition import Forecast
from cds.rules.judge.finding_facts import is_member
from cds.rules.judge.periods import days_of_period
from cds.rules.judge.values import NOTHING, FactPair, Found, Known, Number, Subject, Unclear, When, unclear
from cds.rules.judge.values import Nothing as NoValue
from cds.rules.judge.verdicts import Verdicts
from cds.schedules.forecast import Dose, Next, Patient, forecast
from cds.schedules.forecast import Forecast as Course
from cds.units.quantity import Interval, Quantity


def next_dose(judging: Verdicts, name: str) -> Number:
    """The number of the next dose, dated by the day on which it is recommended; nothing where none is planned."""
    planned = _planned(judging, name)
    if not isinstance(planned, Next):
        return planned
    number = Quantity(Interval.exactly(planned.number), "1")
    return Known(number, _span(judging, planned.recommended), doses_of(judging, name))


def day_of(judging: Verdicts, name: str, which: str) -> When | NoValue | Unclear:
    """``earliest``, ``recommended`` or ``past-due`` of a forecast."""
    planned = _planned(judging, name)
    if not isinstance(planned, Next):
        return planned
    days = {"earliest": planned.earliest, "recommended": planned.recommended, "past-due": planned.past_due}
    day = days[which]
    return NOTHING if day is None else When(_span(judging, day), doses_of(judging, name))


def _planned(judging: Verdicts, name: str) -> Next | NoValue | Unclear:
    course = judging.course(name)
    if isinstance(course, Unclear):
        return course
    return NOTHING if course.next is None else course.next


def doses_of(judging: Verdicts, name: str) -> tuple[Fact, ...]:
    """The immunizations that a forecast rests on."""
    clause = judging.ruleset.definitions[name].clause
    return tuple(_facts(judging.found(clause.finder, None).sure)) if isinstance(clause, Forecast) else ()


def follow(judging: Verdicts, clause: Forecast) -> Course | Unclear:
    """Every dose with its standing, and the next one; unclear with the reasons."""
    doses = judging.found(clause.finder, None)
    others = judging.found(clause.apart_from, None) if clause.apart_from else Found()
    birth = judging.record.patient.birth
    doubts = [*doses.more, *others.more]
    doubts += ["uncertain"] if doses.possible or others.possible else []
    facts = _facts((*doses.sure, *others.sure))
    doubts += [doubt for fact in facts if (doubt := _doubt(fact.when))]
    doubts += ["birth-date-not-known"] if birth is None or birth.first_day != birth.last_day else []
    if birth is None or doubts:
        return unclear(*doubts, facts=facts, maybe_more=bool(doses.more or others.more))
    if any(fact.when is not None and fact.when.first_day < birth.first_day for fact in facts):
        return unclear("before-birth", facts=facts)
    own, other = _facts(doses.sure), _facts(others.sure)
    given = _by_day(judging, clause, own, other)
    apart = [_day(fact) for fact in other if fact not in own]
    courses = {
        forecast(
            clause.schedule,
            Patient(birth.first_day, sex),
            given,
            today=judging.moment.today,
            others=apart,
            season=_season(judging, clause),
        )
        for sex in _possible_sexes(judging)
    }
    return courses.pop() if len(courses) == 1 else unclear("sex-not-known", facts=facts)


def _possible_sexes(judging: Verdicts) -> tuple[Literal["female", "male"], ...]:
    match judging.record.patient.sex:
        case "female":
            return ("female",)
        case "male":
            return ("male",)
    return ("female", "male")


def _season(judging: Verdicts, clause: Forecast) -> Callable[[date], date] | None:
    if not clause.schedule.season:
        return None
    period = judging.ruleset.periods[clause.schedule.season]
    return lambda day: days_of_period(period, day)[0]


def _by_day(judging: Verdicts, clause: Forecast, own: list[Fact], others: list[Fact]) -> tuple[Dose, ...]:
    """What was given on one day is one dose: a vaccine recorded twice does not count twice."""
    sets = judging.ruleset.value_sets
    days: dict[date, list[Fact]] = {}
    for fact in own:
        days.setdefault(_day(fact), []).append(fact)
    return tuple(
        Dose(
            day,
            frozenset(name for name in clause.schedule.sets if any(is_member(fact, sets[name]) for fact in facts)),
            any(fact in others for fact in facts),
        )
        for day, facts in sorted(days.items())
    )


def _facts(subjects: Iterable[Subject]) -> list[Fact]:
    return [subject for subject in subjects if not isinstance(subject, FactPair)]


def _day(fact: Fact) -> date:
    return fact.when.first_day if fact.when is not None else date.min  # an undated one was refused before


def _doubt(span: Span | None) -> str:
    if span is None:
        return "undated"
    return "partial-date" if span.first_day != span.last_day else ""


def _span(judging: Verdicts, day: date) -> Span:
    span = read_span(day.isoformat(), judging.moment.zone)
    if span is None:
        raise ValueError(f"no day: {day}")
    return span
