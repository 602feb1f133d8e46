"""Knobs of a case: its numbers and times, turned in whole steps until something changes.

Pure. Used to find the case that stands just on the other side of an edge: by turning and judging, never by guessing.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from cds.authoring.case_telling import HERE, facts_in, text, with_facts, with_key
from cds.authoring.case_times import read_time
from cds.authoring.cases import CaseRun, run_of
from cds.documents.yaml_tree import Table, Text
from cds.rules.ruleset import Ruleset

AMOUNT = re.compile(r"(?P<sign>[<>]=? ?)?(?P<number>[0-9]+(?:\.[0-9]+)?)(?P<unit>(?: \S+)?)\Z")
_TIMED, _MEASURED = ("on", "start", "end"), ("value", "daily-dose", "days-supply")
_DAYS = (0, 1, 7, 14, 30, 60, 90, 120, 180, 270, 365, 366, 450, 730, 1096, 1461, 1827, 3653)
_YEARS = (0, 1, 5, 12, 17, 18, 30, 39, 40, 45, 49, 50, 60, 64, 65, 66, 70, 75, 76, 79, 80, 90)
_MINUTES = (0, 30, 60, 120, 360, 720, 1440, 2880, 4320, 10080)
_FACTORS = (0, 0.1, 0.25, 0.5, 0.7, 0.85, 1, 1.2, 1.5, 2, 3, 5, 10)
#: A number is turned in steps of so many more decimals than it has.
_FINER = 2


@dataclass(frozen=True, slots=True)
class Knob:
    """Something in a case that can be turned. grid: steps to try, in order. what: it, as an author knows it.

    text: so many steps, as an author writes them. put: the case with that text in its place. rounder: so many steps
    make a rounder number, the roundest first.
    """

    what: str
    grid: tuple[int, ...]
    text: Callable[[int], str]
    put: Callable[[str], Table]
    rounder: tuple[int, ...] = ()


def knobs_of(run: CaseRun, *, by_the_clock: bool) -> Iterator[Knob]:
    """Every knob of a case. by_the_clock: times in minutes as well, for windows of hours."""
    told = run.told
    for number, item in enumerate(facts_in(told)):
        for kind, keys in item.entries if isinstance(item, Table) else ():
            for key, value in keys.entries if isinstance(keys, Table) else ():
                if isinstance(value, Text):
                    put = _putting(run, (number, kind, key.text))
                    what = f"{kind.text} {key.text}" if key.text not in ("on", "value") else kind.text
                    yield from _of_fact(run, what, put, (key.text, value.text), by_the_clock)
    patient = told.get("patient")
    born = patient.get("born") if isinstance(patient, Table) else None
    if isinstance(patient, Table) and isinstance(born, Text):
        days = tuple(_days_of(run.moment.today, years) for years in _YEARS)
        yield Knob(
            "born", days, partial(_ago, run), lambda at: with_key(told, "patient", with_key(patient, "born", text(at)))
        )


def _putting(run: CaseRun, where: tuple[int, Text, str]) -> Callable[[str], Table]:
    """Puts another text under a key of a fact."""
    number, kind, key = where
    facts = facts_in(run.told)

    def put(value: str) -> Table:
        before = facts[number]
        keys = before.entries[0][1] if isinstance(before, Table) else before
        changed = with_key(keys, key, text(value)) if isinstance(keys, Table) else keys
        return with_facts(run.told, [*facts[:number], Table(((kind, changed),), HERE), *facts[number + 1 :]])

    return put


def _of_fact(
    run: CaseRun, what: str, put: Callable[[str], Table], told: tuple[str, str], by_the_clock: bool
) -> Iterator[Knob]:
    key, written = told
    if key in _TIMED and (at := read_time(written, run.moment)) is not None:
        here = _days_ago(run.moment.today, at)
        grid = tuple(sorted({*_DAYS, *((here,) if here is not None and here >= 0 else ())}))
        yield Knob(what, grid, lambda step: f"{step} days ago", put)
        if by_the_clock:
            yield Knob(what, _MINUTES, lambda step: f"{step} minutes ago", put)
    match = AMOUNT.match(written) if key in _MEASURED else None
    if match is not None and match["number"].strip("0."):
        decimals = len(match["number"].partition(".")[2]) + _FINER
        whole, unit = round(float(match["number"]) * 10**decimals), match["unit"]
        grid = tuple(sorted({int(whole * factor) for factor in _FACTORS}))
        rounder = tuple(10**finer for finer in range(_FINER, 0, -1))
        yield Knob(what, grid, lambda step: f"{_decimal(step, decimals)}{unit}", put, rounder)


def _decimal(steps: int, decimals: int) -> str:
    digits = str(steps).rjust(decimals + 1, "0")
    return f"{digits[:-decimals]}.{digits[-decimals:]}".rstrip("0").rstrip(".") if decimals else digits


def _days_of(today: date, years: int) -> int:
    day = today.replace(year=today.year - years, day=min(today.day, 28))
    return (today - day).days


def _days_ago(today: date, at: str) -> int | None:
    try:
        return (today - datetime.fromisoformat(at).date()).days
    except ValueError:
        return None


def _ago(run: CaseRun, days: int) -> str:
    """``66 years ago``, ``65 years and 364 days ago``: as an author would say it."""
    today, years = run.moment.today, 0
    for years in range(days // 365 + 1, -1, -1):
        turned = read_time(f"{years} years ago", run.moment)
        rest = days - (today - date.fromisoformat(turned)).days if turned else -1
        if rest >= 0:
            break
    parts = ([f"{years} years"] if years else []) + ([f"{rest} days"] if rest or not years else [])
    return f"{' and '.join(parts)} ago"


def flips(run: CaseRun, knob: Knob, said: Callable[[CaseRun], object]) -> Iterator[tuple[str, CaseRun]]:
    """Where turning a knob by a single step changes what is said: the cases on both sides, and what they tell.

    Rounder numbers beyond that step come first: an author would write 5.1, not 5.001.
    """

    def at(step: int) -> tuple[CaseRun | None, object]:
        made = run_of(knob.put(knob.text(step)), run, run.name)
        return made, None if made is None else said(made)

    before = None
    for step in knob.grid:
        here = (step, *at(step))
        if before is not None and before[2] != here[2] and before[1] is not None and here[1] is not None:
            low, high = before, here
            while high[0] - low[0] > 1:
                middle = (low[0] + high[0]) // 2
                there = (middle, *at(middle))
                low, high = (there, high) if there[2] == low[2] else (low, there)
            round_ones = [(step, at(step)[0]) for step in _round(knob, low[0], high[0])]
            for step_of, made in (*round_ones, low[:2], high[:2]):
                if made is not None:
                    yield f"{knob.what} {knob.text(step_of)}", made
        before = here


def _round(knob: Knob, low: int, high: int) -> Iterator[int]:
    """Rounder numbers on either side of an edge, which may lie beyond the next one: only judging tells."""
    for many in knob.rounder:
        yield from (step for step in (low // many * many, -(-high // many) * many) if step not in (low, high))


def by_clock(ruleset: Ruleset) -> bool:
    """Whether some window counts hours or minutes."""
    text = " ".join(phrase for definition in ruleset.definitions.values() for phrase in definition.phrases.values())
    return bool(re.search(r"\b(hour|minute)s?\b", text))
