"""Finders: which facts of a source pass its filters, surely or possibly, and whether there may be more."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import cast

from cds.facts.allergies import UNSTATED
from cds.facts.attribute import DATA_ABSENT, Attribute
from cds.facts.attributes import Coded, Dated, Flagged, Measured, NotRecorded, Unreadable
from cds.facts.dates import Duration, Moment, Span, day_before, instant_before, is_future
from cds.facts.fact import Fact
from cds.rules.definition import Filters, Limit, Source, Where
from cds.rules.engine.truth import Truth, truth_of
from cds.rules.judge.absence import NOTHING, gaps_of, none_found
from cds.rules.judge.measuring import with_substance
from cds.rules.judge.shared_keys import different_key, same_key
from cds.rules.judge.values import FactPair, Found, Known, Subject, test_limit
from cds.rules.judge.verdicts import Verdicts
from cds.rules.judge.windows import DRAFTS, in_bounds, span_in_bounds
from cds.rules.ruleset import ValueSet
from cds.terminology.coding import Coding

#: Statuses that pass when a definition names none (docs/language.md, section 4). A kind not listed has no such filter.
USUAL_STATUS = {
    "condition": frozenset({"active", "recurrence", "relapse"}),
    "observation": frozenset({"final", "amended", "corrected"}),
    "medication": frozenset({"active"}),
    "allergy": frozenset({"active", UNSTATED}),
    "report": frozenset({"final", "amended", "corrected", "appended"}),
    "order": frozenset({"draft"}),
    "draft": frozenset({"draft"}),
    "procedure": frozenset({"completed"}),
    "immunization": frozenset({"completed"}),
    "service-request": frozenset({"active", "on-hold", "completed"}),
    "device-request": frozenset({"active", "on-hold", "completed"}),
    "adverse-event": frozenset({"actual"}),
}
#: What a resource of the other kinds may say that means it did not happen, or is only meant.
_NEVER = {
    "encounter": frozenset({"cancelled"}),
    "current-encounter": frozenset({"cancelled"}),
    "prescription": frozenset({"draft", "do-not-perform"}),
    "dispense": frozenset({"preparation", "cancelled", "declined"}),
    "administration": frozenset({"not-done"}),
}


def find(judging: Verdicts, source: Source, it: Subject | None, *, newest: bool = False) -> Found:
    """The facts of a source that pass its filters.

    newest: only those that may be the newest are wanted; what is certainly older than a sure one is passed over.
    """
    if len(source.kinds) == 1 and not source.finders:  # the usual case
        return _of_kind(judging, source, source.kinds[0], it, newest=newest)
    if len(source.finders) == 1 and not source.kinds:
        return _of_finder(judging, source, it)
    more: list[str] = []
    candidates = _candidates(judging, source, it, more)
    for kind in source.kinds:
        if kind in judging.doubtful:
            more += gaps_of(judging, kind, source.filters.in_sets)
    sure: list[Fact] = []
    possible: list[Fact] = []
    for fact, base, by_kind in candidates:
        if by_kind and not _status_passes(fact, source.filters):
            continue
        verdict = _passes(judging, fact, source, base, it)
        if verdict is Truth.FAILS or (isinstance(it, Fact) and is_same(fact, it)):
            continue
        (sure if verdict is Truth.HOLDS else possible).append(fact)
    if not (sure or possible or more):
        return NOTHING
    if len(sure) + len(possible) > 1:
        sure, possible = _once(sure, possible)
    return Found(tuple(sure), tuple(possible), tuple(dict.fromkeys(more)))


def _of_finder(judging: Verdicts, source: Source, it: Subject | None) -> Found:
    """The facts of one finder that pass more filters; what it does not know stays unknown."""
    base = judging.found(source.finders[0], it)
    if not base.sure and not base.possible:
        return base
    itself = it if isinstance(it, Fact) else None
    sure: list[Fact] = []
    possible: list[Fact] = []
    for subjects, certainty in ((base.sure, Truth.HOLDS), (base.possible, Truth.UNKNOWN)):
        for subject in subjects:
            for fact in (subject,) if type(subject) is Fact else _single(subject):
                verdict = _passes(judging, fact, source, certainty, it)
                if verdict is Truth.FAILS or (itself is not None and is_same(fact, itself)):
                    continue
                (sure if verdict is Truth.HOLDS else possible).append(fact)
    if len(sure) + len(possible) > 1:
        sure, possible = _once(sure, possible)
    return Found(tuple(sure), tuple(possible), base.more) if sure or possible or base.more else NOTHING


def _of_kind(judging: Verdicts, source: Source, kind: str, it: Subject | None, *, newest: bool) -> Found:
    """The facts of one kind. Status and code filters were all that most of them have to pass."""
    filters = source.filters
    in_sets = filters.in_sets
    facts = judging.in_set(in_sets[0], kind) if len(in_sets) == 1 else judging.facts(kind, in_sets)
    missing = none_found(judging, kind, in_sets) if kind in judging.doubtful else NOTHING
    if not facts:
        return missing
    more = missing.more
    wanted, barred = _statuses(kind, filters.status)
    is_plain, is_recent, within, holds = filters.is_plain, filters.is_recent, filters.within, Truth.HOLDS
    sure: list[Fact] = []
    possible: list[Fact] = []
    newest_start: datetime | None = None
    for fact in facts:
        when = fact.when
        if newest_start is not None and when is not None and when.end <= newest_start:
            continue
        if (fact.status not in wanted) if wanted is not None else (fact.status in barred):
            continue
        if is_plain:
            verdict = holds
        elif is_recent and within is not None:
            verdict = _is_recent(fact, within, judging.moment)
        else:
            verdict = _passes(judging, fact, source, holds, it)
        if verdict is Truth.FAILS or (it is not None and isinstance(it, Fact) and is_same(fact, it)):
            continue
        if verdict is holds:
            sure.append(fact)
            if newest and when is not None:
                newest_start = when.start if newest_start is None else max(newest_start, when.start)
        else:
            possible.append(fact)
    return Found(tuple(sure), tuple(possible), more) if sure or possible or more else NOTHING


@lru_cache(maxsize=1024)
def _statuses(kind: str, named: frozenset[str] | None) -> tuple[frozenset[str] | None, frozenset[str]]:
    """The statuses that pass, or where any other does, those that do not."""
    if named is not None:
        return named or None, frozenset()
    return USUAL_STATUS.get(kind), _NEVER.get(kind, frozenset())


def _once(sure: list[Fact], possible: list[Fact]) -> tuple[list[Fact], list[Fact]]:
    """A resource that came by several ways (a draft that is also an order) is one fact, and sure if one way is."""
    certain: dict[Identity, Fact] = {}
    doubtful: dict[Identity, Fact] = {}
    for fact in sure:
        certain.setdefault(identity(fact), fact)
    for fact in possible:
        doubtful.setdefault(identity(fact), fact)
    return list(certain.values()), [fact for key, fact in doubtful.items() if key not in certain]


Identity = tuple[str, frozenset[Coding], int]


def identity(fact: Fact) -> Identity:
    """One resource is one fact whatever its kind; but drafts that a client gave the same id are several."""
    return fact.reference, fact.codings, id(fact.resource) if fact.kind in DRAFTS else 0


def subject_identity(subject: Subject | None) -> frozenset[Identity]:
    """What makes two subjects the same: their facts, whatever their kind."""
    return frozenset() if subject is None else frozenset(identity(fact) for fact in _single(subject))


def is_same(one: Fact, other: Fact) -> bool:
    """Whether two facts are one thing: an order and its draft, or its earlier copy in the record.

    Neither two drafts under one id nor a draft and a request of another drug under the same id are one thing.
    """
    if one is other:
        return True
    if one.reference != other.reference or one.codings.isdisjoint(other.codings):
        return False
    return one.resource is other.resource or not (one.kind in DRAFTS and other.kind in DRAFTS)


def _candidates(
    judging: Verdicts, source: Source, it: Subject | None, more: list[str]
) -> list[tuple[Fact, Truth, bool]]:
    """Facts with how sure they are, and whether they come by their kind: a finder has judged their status already."""
    holds, in_sets = Truth.HOLDS, source.filters.in_sets
    candidates = [(fact, holds, True) for kind in source.kinds for fact in judging.facts(kind, in_sets)]
    for name in source.finders:
        found = judging.found(name, it)
        more += found.more
        for subjects, base in ((found.sure, holds), (found.possible, Truth.UNKNOWN)):
            for subject in subjects:
                if type(subject) is FactPair:
                    candidates += [(subject.first, base, False), (subject.second, base, False)]
                else:
                    candidates.append((cast("Fact", subject), base, False))
    return candidates


def _single(subject: Subject) -> tuple[Fact, ...]:
    return (subject.first, subject.second) if isinstance(subject, FactPair) else (subject,)


def _passes(judging: Verdicts, fact: Fact, source: Source, base: Truth, it: Subject | None) -> Truth:
    """Every filter, those by codes first; ``in`` was done by the index for kinds, not for finders.

    The first that surely fails settles it: the others are not asked.
    """
    filters = source.filters
    if source.finders and filters.in_sets and not _is_in_any(judging, fact, filters.in_sets):
        return Truth.FAILS
    if filters.not_in and _is_in_any(judging, fact, filters.not_in):
        return Truth.FAILS
    if filters.status and fact.status not in filters.status:
        return Truth.FAILS
    if filters.is_by_code:
        return base
    fails, verdict = Truth.FAILS, base
    for one in _others(judging, fact, filters, it):
        if one is fails:
            return fails
        if one is Truth.UNKNOWN:
            verdict = one
    return verdict


def _others(judging: Verdicts, fact: Fact, filters: Filters, it: Subject | None) -> Iterator[Truth]:
    """The filters that are not by code, each judged when it is asked for."""
    if filters.within is not None:
        yield _is_recent(fact, filters.within, judging.moment)
    if filters.bounds:
        yield in_bounds(judging, fact, filters.bounds, it)
    for where in filters.where:
        yield attribute_passes(judging, fact, where, it)
    for name in filters.that:
        yield judging.truth(name, fact)
    if isinstance(it, Fact):
        for key in filters.same:
            yield same_key(judging, key, fact, it)
        for key in filters.different:
            yield different_key(judging, key, fact, it)


def _is_in_any(judging: Verdicts, fact: Fact, in_sets: tuple[str, ...]) -> bool:
    codings, sets = fact.codings, judging.ruleset.value_sets
    for name in in_sets:  # noqa: SIM110 - without a generator it takes half the time
        if not sets[name].rows.keys().isdisjoint(codings):
            return True
    return False


def is_member(fact: Fact, value_set: ValueSet) -> bool:
    return not value_set.rows.keys().isdisjoint(fact.codings)


def _status_passes(fact: Fact, filters: Filters) -> bool:
    wanted, barred = _statuses(fact.kind, filters.status)
    return fact.status in wanted if wanted is not None else fact.status not in barred


_A_MINUTE = timedelta(minutes=1)
#: The end of a period that goes on.
_GOES_ON = datetime.max.replace(tzinfo=UTC)


#: Facts that may be dated after now: all others are none until then. Drafts are being written now, whatever their date.
_PLANNED = frozenset({"encounter", "current-encounter"})


def _is_recent(fact: Fact, duration: Duration, moment: Moment) -> Truth:
    """Whether a fact lies between ``duration`` ago and now: a visit that is only planned does not."""
    if fact.kind in _PLANNED and fact.when is not None and is_future(fact.when, moment):
        return Truth.FAILS
    return in_window(fact.when, duration, moment)


def in_window(when: Span | None, duration: Duration, moment: Moment) -> Truth:
    """Whether a fact lies between ``duration`` ago and now, both ends included; it need only overlap."""
    if when is None:
        return Truth.UNKNOWN
    if duration.is_clock:
        edge = instant_before(moment.instant, duration)
        if when.untold_end:
            return Truth.HOLDS if when.start >= edge else Truth.UNKNOWN
        if when.end == _GOES_ON:
            return Truth.HOLDS  # begun before now, or it were no fact yet
        if when.precision == "instant" and (when.end - when.start != _A_MINUTE):
            return truth_of(when.end > edge)
        # A day without an hour, or a minute without its second, may lie on either side of the edge.
        return Truth.HOLDS if when.start >= edge else Truth.FAILS if when.end <= edge else Truth.UNKNOWN
    edge_day = _edge_day(moment.today, duration)
    if when.precision in ("day", "instant") and not when.untold_end:
        return truth_of(when.last_day >= edge_day)
    return Truth.HOLDS if when.first_day >= edge_day else Truth.FAILS if when.last_day < edge_day else Truth.UNKNOWN


@lru_cache(maxsize=4096)
def _edge_day(today: date, duration: Duration) -> date:
    return day_before(today, duration)


def attribute_passes(judging: Verdicts, fact: Fact, where: Where, it: Subject | None) -> Truth:
    """One condition on an attribute; a missing attribute is unknown unless the condition speaks of it."""
    attribute = judging.attribute(fact, where.attribute)
    if isinstance(attribute, NotRecorded) or (isinstance(attribute, Unreadable) and attribute.reason == DATA_ABSENT):
        return _without_value(where)
    if isinstance(attribute, Unreadable):
        return Truth.UNKNOWN
    if where.numeric and isinstance(attribute, Measured):
        return Truth.HOLDS
    if where.recorded is True:
        return Truth.HOLDS
    if where.limit is not None:
        return _within_limit(judging, fact, attribute, where.limit)
    if where.flag is not None:
        return truth_of(attribute.value == where.flag) if isinstance(attribute, Flagged) else Truth.UNKNOWN
    if isinstance(attribute, Coded):
        matched = coded_matches(judging, attribute, where.sets, where.words)
        return matched.reversed() if where.negated else matched
    return _time_passes(judging, attribute, where, it) if isinstance(attribute, Dated) else Truth.FAILS


def _within_limit(judging: Verdicts, fact: Fact, attribute: Attribute, limit: Limit) -> Truth:
    if not isinstance(attribute, Measured):
        return Truth.UNKNOWN
    number = Known(attribute.quantity, facts=(fact,))
    return test_limit(number if number.in_unit(limit.unit) else with_substance(judging, number), limit)


def _without_value(where: Where) -> Truth:
    """Nothing is recorded, or the record says that there is no value: unknown, unless the condition speaks of that."""
    if where.recorded is not None:
        return truth_of(not where.recorded)
    return Truth.FAILS if where.numeric else Truth.UNKNOWN


def _time_passes(judging: Verdicts, attribute: Dated, where: Where, it: Subject | None) -> Truth:
    if where.within is not None:
        return in_window(attribute.span, where.within, judging.moment)
    return span_in_bounds(judging, attribute.span, where.bounds, it) if where.bounds else Truth.UNKNOWN


def coded_matches(judging: Verdicts, coded: Coded, sets: Iterable[str], words: frozenset[str]) -> Truth:
    """Whether a coded attribute is in one of the value sets, or is one of the code words.

    A code that came without its system may be the one that a value set lists: unknown, never "no".
    """
    if words and not words.isdisjoint(coded.words):
        return Truth.HOLDS
    known, codings = judging.ruleset.value_sets, coded.codings
    named = [known[name].rows for name in sets if name in known]
    for rows in named:
        if not rows.keys().isdisjoint(codings):
            return Truth.HOLDS
    bare = coded.words.difference(coding.code.lower() for coding in coded.codings) if named else frozenset()
    may_be = bare and any(coding.code.lower() in bare for rows in named for coding in rows)
    return Truth.UNKNOWN if may_be else Truth.FAILS
