"""What was recorded, read back: one decision with its answers, cards and feedback, or the newest of them.

Sealed parts are opened here and nowhere else; what does not open is told as such, never left out.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, and_, func, literal, or_, select, tuple_

from cds.records.database import reached
from cds.records.keys import Keyring
from cds.records.sealing import unseal
from cds.records.spool import place_of
from cds.records.tables import ANSWER, CARD, DECISION, FEEDBACK, FEEDBACK_CALL, REFUSAL


@dataclass(frozen=True, slots=True)
class CardRow:
    """A card of an answer. ruleset: pinned address (``name@version+sha256.digest``)."""

    uuid: str
    ruleset: str
    rule: str
    indicator: str


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer to a decision's hook instance. ``secret`` is None when no key opens it."""

    stream: str
    seq: int
    is_retry: bool
    at: datetime
    zone: str
    recorded_at: datetime
    build: str
    pinned: bool
    cached: bool
    rulesets: Sequence[Any]
    left_open: Any
    cards: tuple[CardRow, ...]
    secret: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a card. ``secret``: of the call it came in; ``position``: its place there."""

    card: str
    outcome: str
    outcome_at: datetime
    recorded_at: datetime
    accepted: Sequence[str]
    reason_code: str | None
    reason_system: str | None
    position: int
    secret: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision with all its answers, the first of them first, and what became of its cards."""

    id: str
    client: str
    service: str
    hook: str
    hook_instance: str
    answers: tuple[Answer, ...]
    feedback: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One answer in a list."""

    decision: str
    service: str
    recorded_at: datetime
    pinned: bool
    is_retry: bool
    cards: int
    outcomes: int


@dataclass(frozen=True, slots=True)
class RefusedCalls:
    """A call that was let in and got no answer, or several of one kind, counted together (then without an instance)."""

    at: datetime
    call: str
    service: str
    client: str
    status: int
    fault: str
    hook_instance: str | None
    calls: int


def find_decisions(engine: Engine, keys: Keyring, wanted: str) -> list[Decision]:
    """The decision with this id, that showed the card of this uuid, or the decisions of this hook instance.

    Raises :class:`cds.records.database.DatabaseAway`.
    """
    wanted = wanted.lower()
    shown = select(ANSWER.c.decision).join(CARD, _same_record(CARD)).where(CARD.c.uuid == wanted)
    named = or_(DECISION.c.id == wanted, DECISION.c.hook_instance == wanted, DECISION.c.id.in_(shown))
    with reached(engine) as connection:
        found = connection.execute(select(DECISION).where(named).order_by(DECISION.c.id)).all()
        return [_decision(connection, keys, row) for row in found]


def newest(engine: Engine, limit: int) -> list[Line]:
    """The answers recorded last, newest first. Raises :class:`cds.records.database.DatabaseAway`."""
    cards = select(func.count()).where(_of_answer(CARD)).correlate(ANSWER).scalar_subquery()
    outcomes = (
        select(func.count())
        .select_from(CARD.join(FEEDBACK, _matches()))
        .where(_of_answer(CARD))
        .correlate(ANSWER, DECISION)
        .scalar_subquery()
    )
    columns = (
        ANSWER.c.decision,
        DECISION.c.service,
        ANSWER.c.recorded_at,
        ANSWER.c.pinned,
        _is_retry(),
        cards,
        outcomes,
    )
    query = select(*columns).join(DECISION).order_by(ANSWER.c.recorded_at.desc(), ANSWER.c.seq.desc()).limit(limit)
    with reached(engine) as connection:
        return [Line(*row) for row in connection.execute(query)]


def newest_refused(engine: Engine, limit: int) -> list[RefusedCalls]:
    """The calls refused last, newest first. Raises :class:`cds.records.database.DatabaseAway`."""
    columns = [REFUSAL.c[name] for name in RefusedCalls.__dataclass_fields__]
    newest_first = (REFUSAL.c.at.desc(), REFUSAL.c.seq.desc(), REFUSAL.c.position.desc())
    with reached(engine) as connection:
        query = select(*columns).order_by(*newest_first).limit(limit)
        return [RefusedCalls(*row) for row in connection.execute(query)]


def known_cards(engine: Engine, client: str, service: str, uuids: Collection[str]) -> set[str]:
    """Those of these cards that this service showed this client. Raises :class:`cds.records.database.DatabaseAway`."""
    query = (
        select(CARD.c.uuid)
        .join(ANSWER, _same_record(CARD))
        .join(DECISION)
        .where(DECISION.c.client == client, DECISION.c.service == service)
    )
    found: set[str] = set()
    asked = sorted(uuids)
    with reached(engine) as connection:
        for start in range(0, len(asked), _IN_ONE_QUERY):
            found |= set(connection.scalars(query.where(CARD.c.uuid.in_(asked[start : start + _IN_ONE_QUERY]))))
    return found


def unmatched_count(engine: Engine) -> int:
    """How many outcomes are stored of cards that no recorded answer showed."""
    shown = select(literal(1)).select_from(CARD.join(ANSWER, _same_record(CARD)).join(DECISION)).where(_matches())
    with reached(engine) as connection:
        return connection.scalar(select(func.count()).select_from(FEEDBACK).where(~shown.exists())) or 0


#: Databases limit the parameters of a query; SQLite's was once 999.
_IN_ONE_QUERY = 500


def _same_record(table: Any) -> Any:
    return and_(table.c.stream == ANSWER.c.stream, table.c.seq == ANSWER.c.seq)


def _of_answer(table: Any) -> Any:
    return tuple_(table.c.stream, table.c.seq) == tuple_(ANSWER.c.stream, ANSWER.c.seq)


def _matches() -> Any:
    """Feedback belongs to a card only if the same client reports it to the same service."""
    return and_(
        FEEDBACK.c.card == CARD.c.uuid, FEEDBACK.c.client == DECISION.c.client, FEEDBACK.c.service == DECISION.c.service
    )


def _is_retry() -> Any:
    return or_(ANSWER.c.stream != DECISION.c.first_stream, ANSWER.c.seq != DECISION.c.first_seq).label("is_retry")


def _decision(connection: Connection, keys: Keyring, row: Row[Any]) -> Decision:
    query = (
        select(ANSWER, _is_retry())
        .join(DECISION)
        .where(DECISION.c.id == row.id)
        .order_by("is_retry", ANSWER.c.recorded_at, ANSWER.c.stream, ANSWER.c.seq)
    )
    answers = tuple(_answer(connection, keys, found) for found in connection.execute(query))
    return Decision(
        row.id, row.client, row.service, row.hook, row.hook_instance, answers, _feedback(connection, keys, row, answers)
    )


def _answer(connection: Connection, keys: Keyring, row: Row[Any]) -> Answer:
    query = (
        select(CARD.c.uuid, CARD.c.ruleset, CARD.c.rule, CARD.c.indicator)
        .where(CARD.c.stream == row.stream, CARD.c.seq == row.seq)
        .order_by(CARD.c.position)
    )
    return Answer(
        stream=row.stream,
        seq=row.seq,
        is_retry=bool(row.is_retry),
        at=row.at,
        zone=row.zone,
        recorded_at=row.recorded_at,
        build=row.build,
        pinned=row.pinned,
        cached=row.cached,
        rulesets=row.rulesets,
        left_open=row.left_open,
        cards=tuple(CardRow(*card) for card in connection.execute(query)),
        secret=unseal(keys, row.sealed, place_of(row.stream, row.seq)),
    )


def _feedback(
    connection: Connection, keys: Keyring, decision: Row[Any], answers: Collection[Answer]
) -> tuple[Outcome, ...]:
    shown = {card.uuid for answer in answers for card in answer.cards}
    query = (
        select(FEEDBACK, FEEDBACK_CALL.c.recorded_at, FEEDBACK_CALL.c.sealed)
        .join(FEEDBACK_CALL)
        .where(FEEDBACK.c.client == decision.client, FEEDBACK.c.service == decision.service)
        .where(FEEDBACK.c.card.in_(sorted(shown)))
        .order_by(FEEDBACK.c.outcome_at, FEEDBACK.c.stream, FEEDBACK.c.seq, FEEDBACK.c.position)
    )
    return tuple(
        Outcome(
            card=row.card,
            outcome=row.outcome,
            outcome_at=row.outcome_at,
            recorded_at=row.recorded_at,
            accepted=row.accepted,
            reason_code=row.reason_code,
            reason_system=row.reason_system,
            position=row.position,
            secret=unseal(keys, row.sealed, place_of(row.stream, row.seq)),
        )
        for row in connection.execute(query)
    )
