"""Each definition with one small mistake: a limit moved, a filter left out, a part of a list gone, all for any."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

from cds.authoring.mutation.changing import changed, with_one, without_one
from cds.authoring.mutation.limits import Days, Moved, other_bounds, other_lengths, other_limits
from cds.authoring.mutation.schedules import schedule_slips
from cds.rules.analysis.showing import number, show
from cds.rules.definition import (
    Answers,
    Change,
    Choose,
    Compose,
    Count,
    Definition,
    Filters,
    Find,
    FirstOf,
    Forecast,
    Limit,
    NewestOf,
    Pair,
    Pick,
    Points,
    Score,
    Sex,
    Source,
    Sum,
    Where,
)

Kind = Literal["threshold", "operator", "window", "clause", "policy", "codes", "choice"]
_OTHER_PICK = {
    "latest": "earliest",
    "earliest": "latest",
    "highest": "lowest",
    "lowest": "highest",
    "average": "lowest",
}


@dataclass(frozen=True, slots=True)
class Slip:
    """One mistake in a definition. key: names it within the definition. edge: of which edge it is a step, or ""."""

    key: str
    kind: Kind
    told: str
    definition: Definition
    edge: str = ""


def slips(definition: Definition, days: Days) -> Iterator[Slip]:
    """Every mistake in turn. ``days``: from which steps of months and years are counted."""
    yield from _of_test(definition)
    match definition.clause:
        case Find() | Count() | Pick() | Change():
            yield from _of_source(definition, definition.clause.source, days)
        case Pair(filters=filters):
            yield from _of_filters(filters, days, lambda changed_to: _with_clause(definition, filters=changed_to))
        case Sum(names) | FirstOf(names) | NewestOf(names) if len(names) > 1:
            for name, rest in without_one(names):
                yield Slip(f"without-{name}", "clause", f'"{name}" left out', _with_clause(definition, names=rest))
        case Choose(branches) if len(branches) > 1:
            for (truth, _), kept in without_one(branches):
                what = f'the branch "{truth or "otherwise"}" left out'
                yield Slip(f"branch-{truth}", "clause", what, _with_clause(definition, branches=kept))
        case Sex(sex):
            other = "male" if sex == "female" else "female"
            yield Slip("sex", "choice", f"sex: {other}", _with_clause(definition, sex=other))
    yield from _of_own(definition, days)


def _of_own(definition: Definition, days: Days) -> Iterator[Slip]:
    """What only one clause has."""
    match definition.clause:
        case Pick():
            yield from _of_pick(definition, definition.clause)
        case Change():
            yield from _of_change(definition, definition.clause, days)
        case Compose():
            yield from _of_list(definition, definition.clause)
        case Score():
            yield from _of_score(definition, definition.clause)
        case Points():
            yield from _of_bands(definition, definition.clause)
        case Forecast(schedule=schedule):
            for slip in schedule_slips(schedule):
                other = _with_clause(definition, schedule=slip.schedule)
                yield Slip(f"schedule/{slip.key}", slip.kind, slip.told, other, slip.edge and f"schedule/{slip.edge}")
        case Count(distinct=distinct, spaced=spaced):
            if spaced is not None:
                yield Slip("spaced", "clause", "spaced left out", _with_clause(definition, spaced=None))
                for moved, length in other_lengths(spaced, days.usual):
                    told = f'"spaced {spaced}" became "spaced {length}"'
                    yield Slip(
                        f"spaced/{moved.key}", "window", told, _with_clause(definition, spaced=length), "spaced/"
                    )
            if distinct:
                yield Slip("distinct", "clause", "distinct left out", _with_clause(definition, distinct=""))


def _with_clause(definition: Definition, **fields: object) -> Definition:
    return changed(definition, clause=changed(definition.clause, **fields))


def _of_pick(definition: Definition, clause: Pick) -> Iterator[Slip]:
    other = _OTHER_PICK[clause.which]
    yield Slip("which", "choice", f"{other} instead of {clause.which}", _with_clause(definition, which=other))
    if clause.on_tie != "range":
        tie = "lowest" if clause.on_tie == "highest" else "highest"
        yield Slip("on-tie", "choice", f"on-tie: {tie}", _with_clause(definition, on_tie=tie))
    if clause.among != "all":
        yield Slip("among", "clause", "among left out", _with_clause(definition, among="all"))


def _kind_of(moved: Moved) -> Kind:
    return "threshold" if moved.is_step else "operator"


def _of_test(definition: Definition) -> Iterator[Slip]:
    test = definition.test
    if isinstance(test, Limit) and not isinstance(definition.clause, Change):
        for moved, limit in other_limits(test):
            told = f'"{test.text}" became "{moved.told}"'
            yield Slip(f"is/{moved.key}", _kind_of(moved), told, changed(definition, test=limit), _edge("is", moved))
    elif isinstance(test, Answers):
        told = f"{'in' if test.negated else 'not-in'} instead of {'not-in' if test.negated else 'in'}"
        other = changed(definition, test=changed(test, negated=not test.negated))
        yield Slip("answers", "operator", told, other)
        yield from _of_answers(definition, test)
    if definition.if_absent is not None:
        way = "holds" if definition.if_absent == "fails" else "fails"
        yield Slip("if-absent", "policy", f"if-absent: {way}", changed(definition, if_absent=way))
    if definition.rounded_to is not None:
        yield Slip("rounded-to", "clause", "rounded-to left out", changed(definition, rounded_to=None))


def _of_answers(definition: Definition, test: Answers) -> Iterator[Slip]:
    # An answer is named as it was written and compared in lower case: both go.
    names = dict.fromkeys(test.sets) if test.sets else dict.fromkeys(sorted(test.words))
    for name in names if len(names) > 1 else ():
        fewer = changed(test, sets=tuple(each for each in test.sets if each != name), words=test.words - {name.lower()})
        yield Slip(f"answers-{name}", "clause", f'"{name}" left out', changed(definition, test=fewer))


def _edge(where: str, moved: Moved) -> str:
    """Both steps of an edge belong to it."""
    return f"{where}/{moved.key.rstrip('+-1')}" if moved.is_step else ""


def _of_source(definition: Definition, source: Source, days: Days) -> Iterator[Slip]:
    def of(**fields: object) -> Definition:
        return _with_clause(definition, source=changed(source, **fields))

    yield from _of_filters(source.filters, days, lambda filters: of(filters=filters))
    if len(source.kinds) + len(source.finders) > 1:
        for kind, kinds in without_one(source.kinds):
            yield Slip(f"kind-{kind}", "clause", f'"{kind}" left out of its sources', of(kinds=kinds))
        for finder, finders in without_one(source.finders):
            yield Slip(f"of-{finder}", "clause", f'"{finder}" left out of its sources', of(finders=finders))


def _of_filters(filters: Filters, days: Days, with_filters: Callable[[Filters], Definition]) -> Iterator[Slip]:
    def but(**fields: object) -> Definition:
        return with_filters(changed(filters, **fields))

    for field, word in (
        ("in_sets", "in"),
        ("not_in", "not-in"),
        ("that", "that"),
        ("same", "same"),
        ("different", "different"),
    ):
        names: tuple[str, ...] = getattr(filters, field)
        for name, rest in without_one(names) if field != "in_sets" or len(names) > 1 else ():
            yield Slip(f"{word}-{name}", "clause", f'"{name}" left out of `{word}`', but(**{field: rest}))
    if filters.status is not None:
        yield Slip("status", "clause", "status left out", but(status=None))
    for place, (where, others) in enumerate(without_one(filters.where)):
        what = f'the condition on "{where.attribute}" left out'
        yield Slip(f"where{place}", "clause", what, but(where=others))
    for key, kind, told, wheres, edge in _of_wheres(filters.where, days):
        yield Slip(key, kind, told, but(where=wheres), edge)
    if filters.within is not None:
        yield Slip("within", "clause", "the window left out", but(within=None))
        for moved, length in other_lengths(filters.within, days.usual):
            told = f'"within {filters.within}" became "{moved.told}"'
            yield Slip(f"within/{moved.key}", "window", told, but(within=length), "within/")
    for end, moved, bounds in other_bounds(filters.bounds, days):
        told = f"window: {moved.told}"
        yield Slip(f"{end}/{moved.key}", "window", told, but(bounds=bounds), f"{end}/" if moved.is_step else "")


def _of_wheres(wheres: tuple[Where, ...], days: Days) -> Iterator[tuple[str, Kind, str, tuple[Where, ...], str]]:
    for place, where in enumerate(wheres):
        for key, kind, told, other, edge in _of_where(where, days):
            yield f"where{place}/{key}", kind, told, with_one(wheres, place, other), edge and f"where{place}/{edge}"


def _of_where(where: Where, days: Days) -> Iterator[tuple[str, Kind, str, Where, str]]:
    if where.limit is not None:
        for moved, limit in other_limits(where.limit):
            told = f'"{where.attribute}: {where.limit.text}" became "{moved.told}"'
            yield moved.key, _kind_of(moved), told, replace(where, limit=limit), _edge("is", moved)
    if where.within is not None:
        for moved, length in other_lengths(where.within, days.usual):
            told = f'"{where.attribute}: within {where.within}" became "{moved.told}"'
            yield f"within{moved.key}", "window", told, replace(where, within=length), "within/"
    for end, moved, bounds in other_bounds(where.bounds, days):
        told, edge = f"{where.attribute}: {moved.told}", f"{end}/" if moved.is_step else ""
        yield f"{end}{moved.key}", "window", told, replace(where, bounds=bounds), edge


def _of_change(definition: Definition, clause: Change, days: Days) -> Iterator[Slip]:
    for moved, limit in other_limits(clause.limit):
        told = f'"{clause.limit.text}" became "{clause.way}: {moved.told}"'
        other = changed(_with_clause(definition, limit=limit), test=limit)
        yield Slip(f"is/{moved.key}", _kind_of(moved), told, other, _edge("is", moved))
    for moved, length in other_lengths(clause.over, days.usual):
        told = f'"over {clause.over}" became "over {length}"'
        yield Slip(f"over/{moved.key}", "window", told, _with_clause(definition, over=length), "over/")


def _of_list(definition: Definition, clause: Compose) -> Iterator[Slip]:
    entries = clause.entries
    for entry, rest in without_one(entries) if len(entries) > 1 else ():
        what = f'"{entry}" left out of {clause.kind}'
        fewer = _with_clause(definition, entries=rest, n=min(clause.n, len(rest)))
        yield Slip(f"without-{entry}", "clause", what, fewer)
    other = {"all-of": "any-of", "any-of": "all-of", "none-of": "any-of"}.get(clause.kind)
    if other and (len(entries) > 1 or clause.kind == "none-of"):
        yield Slip("kind", "operator", f"{other} instead of {clause.kind}", _with_clause(definition, kind=other))
    for count in (clause.n - 1, clause.n + 1) if clause.kind == "at-least" else ():
        if 1 <= count <= len(entries):
            told = f"at-least: {count} instead of {clause.n}"
            yield Slip(f"n/{count - clause.n:+d}", "threshold", told, _with_clause(definition, n=count), "n/")


def _of_score(definition: Definition, clause: Score) -> Iterator[Slip]:
    for place, (name, points) in enumerate(clause.parts):
        if len(clause.parts) > 1:
            rest = (*clause.parts[:place], *clause.parts[place + 1 :])
            what = f'"{name}" left out of the score'
            yield Slip(f"without-{name}", "clause", what, _with_clause(definition, parts=rest))
        if points is not None:
            parts = with_one(clause.parts, place, (name, points + 1))
            told = f'"{name}" gives {number(points + 1)} instead of {number(points)}'
            yield Slip(f"points-{name}", "threshold", told, _with_clause(definition, parts=parts))


def _of_bands(definition: Definition, clause: Points) -> Iterator[Slip]:
    for place, (limit, points) in enumerate(clause.bands):
        bands = with_one(clause.bands, place, (limit, points + 1))
        told = f'"{limit.text}" gives {number(points + 1)} instead of {number(points)}'
        yield Slip(f"band{place}", "threshold", told, _with_clause(definition, bands=bands))
    for edge in sorted(_shared_edges(clause)):
        for sign in (1, -1):
            moved = tuple((_moved_edge(limit, edge, sign), points) for limit, points in clause.bands)
            told = f"the bands part at {number(edge + sign)} instead of {number(edge)}"
            key = f"edge{number(edge)}/"
            yield Slip(f"{key}{sign:+d}", "threshold", told, _with_clause(definition, bands=moved), key)


def _shared_edges(clause: Points) -> set[Fraction]:
    """Where one band ends and the next begins."""
    ends = {limit.interval.high for limit, _ in clause.bands}
    return {low for limit, _ in clause.bands if (low := limit.interval.low) is not None and low in ends}


def _moved_edge(limit: Limit, edge: Fraction, sign: int) -> Limit:
    interval = limit.interval
    if interval.low == edge:
        interval = replace(interval, low=edge + sign)
    if interval.high == edge:
        interval = replace(interval, high=edge + sign)
    return Limit(interval, limit.unit, show(interval, limit.unit))
