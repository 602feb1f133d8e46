"""What a version in the shadow would have said, against what was shown: counts by rule, with decisions as witnesses.

Never blends versions, nor values that a site has set: each pair of pinned addresses is told by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, and_, func, select

from cds.records.database import Database, reached
from cds.records.keys import Keyring
from cds.records.packing import unpacked
from cds.records.sealing import unseal
from cds.records.spool import place_of
from cds.records.tables import SHADOW, SHADOW_CHANGE

#: Decisions named for each kind of change of a rule.
_WITNESSES = 3


@dataclass(frozen=True, slots=True)
class Change:
    """Of one rule: how many decisions had a card so, and the newest of these decisions."""

    rule: str
    change: str
    decisions: int
    witnesses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """One version in the shadow against one that answered ("" where none did), both by pinned address.

    decisions: how many were judged; faults: how many could not be, by kind.
    """

    shadow: str
    against: str
    decisions: int
    since: datetime | None
    until: datetime | None
    faults: dict[str, int]
    changes: tuple[Change, ...]


def compared(
    database: Database, ruleset: str, version: str, *, service: str = "", pinned: bool = False
) -> tuple[Compared, ...]:
    """Every comparison of a version. pinned: also decisions whose moment a request pinned (tests, replays).

    Raises :class:`cds.records.database.DatabaseAway`.
    """
    wanted = [SHADOW.c.ruleset == ruleset, SHADOW.c.version == version]
    wanted += [SHADOW.c.service == service] if service else []
    wanted += [] if pinned else [SHADOW.c.moment_pinned.is_(False)]
    with reached(database) as connection:
        pairs = select(SHADOW.c.pinned_address, SHADOW.c.against).where(*wanted).distinct()
        found = sorted(tuple(pair) for pair in connection.execute(pairs))
        return tuple(_compared(connection, wanted, shadow, against) for shadow, against in found)


def _compared(connection: Connection, wanted: Sequence[Any], shadow: str, against: str) -> Compared:
    here = [*wanted, SHADOW.c.pinned_address == shadow, SHADOW.c.against == against]
    judged = select(
        func.count(SHADOW.c.decision.distinct()), func.min(SHADOW.c.recorded_at), func.max(SHADOW.c.recorded_at)
    ).where(*here, SHADOW.c.fault == "")
    decisions, since, until = connection.execute(judged).one()
    faults = select(SHADOW.c.fault, func.count(SHADOW.c.decision.distinct())).where(*here, SHADOW.c.fault != "")
    joined = SHADOW.join(
        SHADOW_CHANGE, and_(SHADOW.c.stream == SHADOW_CHANGE.c.stream, SHADOW.c.seq == SHADOW_CHANGE.c.seq)
    )
    kinds = (
        select(SHADOW_CHANGE.c.rule, SHADOW_CHANGE.c.change, func.count(SHADOW.c.decision.distinct()))
        .select_from(joined)
        .where(*here)
        .group_by(SHADOW_CHANGE.c.rule, SHADOW_CHANGE.c.change)
        .order_by(SHADOW_CHANGE.c.rule, SHADOW_CHANGE.c.change)
    )
    changes = []
    for rule, change, count in connection.execute(kinds).all():
        of_these = [*here, SHADOW_CHANGE.c.rule == rule, SHADOW_CHANGE.c.change == change]
        newest = (
            select(SHADOW.c.decision)
            .select_from(joined)
            .where(*of_these)
            .group_by(SHADOW.c.decision)
            .order_by(func.max(SHADOW.c.recorded_at).desc(), SHADOW.c.decision)
            .limit(_WITNESSES)
        )
        changes.append(Change(rule, change, count, tuple(connection.scalars(newest))))
    told = {row[0]: row[1] for row in connection.execute(faults.group_by(SHADOW.c.fault))}
    return Compared(shadow, against, decisions, since, until, told, tuple(changes))


def cards_of(
    database: Database, keys: Keyring, shadow: str, decision: str
) -> list[tuple[str, str, dict[str, Any]]] | None:
    """What a version in the shadow would have said in a decision: rule, subject, card. None where no key opens it.

    shadow: its pinned address. Raises :class:`cds.records.database.DatabaseAway`.
    """
    wanted = (
        select(SHADOW.c.stream, SHADOW.c.seq, SHADOW.c.sealed)
        .where(SHADOW.c.pinned_address == shadow, SHADOW.c.decision == decision, SHADOW.c.fault == "")
        .order_by(SHADOW.c.recorded_at.desc())
        .limit(1)
    )
    with reached(database) as connection:
        row = connection.execute(wanted).one_or_none()
    opened = None if row is None else unseal(keys, row.sealed, place_of(row.stream, row.seq))
    if opened is None:
        return None
    return [(rule, subject, card) for rule, subject, card in orjson.loads(unpacked(opened))]
