"""The log of activations in the SQL database: what was made live, by whom, when and why. Rows are appended only.

One act is one transaction with the next number, and acts wait for one another: whoever has read up to a number has
read everything before it. What is live now is worked out from the rows in ``services.activation``.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from typing import Any, Literal, cast

import orjson
from sqlalchemy import Connection, func, insert, select, text

from cds.records.database import Database, reached
from cds.records.tables import ACTIVATION

#: ``stopped`` and ``resumed`` are of a rule, the others of a version.
Stage = Literal["shadow", "canary", "active", "retired", "stopped", "resumed"]
Act = Literal["seed", "activate", "shadow", "canary", "retire", "rollback", "stop", "resume"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One row: in one service, or in all (""), a version of a ruleset came to a stage, or a rule was stopped.

    share: of patients that a canary is for, in ten-thousandths. site: the site's own values, ``{"parameters": {name:
    text}}``. undoes: the number of the act that a rollback took back. number: of the act; 0 until it is appended.
    """

    act: Act
    service: str
    ruleset: str
    stage: Stage
    who: str
    why: str
    at: datetime
    version: str = ""
    digest: str = ""
    rule: str = ""
    share: int = 0
    site: Mapping[str, Any] = field(default_factory=dict)
    undoes: int | None = None
    number: int = 0


_COLUMNS = tuple(each.name for each in fields(Entry))
_READ = select(*(ACTIVATION.c[name] for name in _COLUMNS)).order_by(ACTIVATION.c.number, ACTIVATION.c.position)
_NEWEST = select(func.max(ACTIVATION.c.number))


def newest_number(database: Database) -> int:
    """The number of the newest act; 0 before the first. Raises :class:`cds.records.database.DatabaseAway`."""
    with reached(database) as connection:
        return connection.scalar(_NEWEST) or 0


def read_log(database: Database) -> tuple[Entry, ...]:
    """Every row in order. Raises :class:`cds.records.database.DatabaseAway`."""
    with reached(database) as connection:
        return _rows(connection)


def append(
    database: Database, decide: Callable[[Sequence[Entry]], Sequence[Entry]]
) -> tuple[Sequence[Entry], Sequence[Entry]]:
    """One act, decided from the log as it stands while nobody else appends; the log now, and what was appended.

    decide: the rows of the act; none where there is nothing to do. What it raises leaves the log as it was.
    Raises :class:`cds.records.database.DatabaseAway`.
    """
    with reached(database) as connection:
        _wait_for_others(connection)
        log = _rows(connection)
        number = (log[-1].number if log else 0) + 1
        new = [replace(entry, number=number) for entry in decide(log)]
        if new:
            connection.execute(insert(ACTIVATION), [{**asdict(entry), "position": n} for n, entry in enumerate(new)])
        return (*log, *new), new


def _wait_for_others(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE activation IN SHARE ROW EXCLUSIVE MODE"))
    else:
        # SQLite gives its one write lock to who writes; read first, and two could both have read the same log.
        connection.execute(text("DELETE FROM activation WHERE number < 0"))


def _rows(connection: Connection) -> tuple[Entry, ...]:
    return tuple(Entry(*row) for row in connection.execute(_READ))


def to_json(log: Sequence[Entry]) -> bytes:
    """The log as JSON, for the copy that a machine keeps for when its database is away."""
    return orjson.dumps([asdict(entry) for entry in log])


def from_json(content: bytes) -> tuple[Entry, ...]:
    """The inverse of :func:`to_json`; raises ``ValueError`` for anything else."""
    try:
        told = cast("list[dict[str, Any]]", orjson.loads(content))
        return tuple(Entry(**{**one, "at": datetime.fromisoformat(one["at"])}) for one in told)
    except (TypeError, KeyError) as fault:
        raise ValueError("not a log of activations") from fault
