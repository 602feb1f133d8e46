"""The log of activations in the SQL database: what was made live, by whom, when and why. Rows are appended only.

One act is one transaction with the next number, and acts wait for one another: whoever has read up to a number has
read everything before it. What is live now is worked out from the rows in ``services.activation``. Each act is sealed
over the act before it (``activation_chain``).
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, fields, replace

from sqlalchemy import Connection, func, insert, select, text

from cds.records.activation_chain import Chain, checked, seal
from cds.records.database import Database, reached
from cds.records.entry import Entry
from cds.records.tables import ACTIVATION, ACTIVATION_SEAL

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
            before = connection.scalar(select(ACTIVATION_SEAL.c.seal).where(ACTIVATION_SEAL.c.number == number - 1))
            connection.execute(insert(ACTIVATION_SEAL), {"number": number, "seal": seal(before or "", new)})
        return (*log, *new), new


def check_log(database: Database, copy: Sequence[Entry] = ()) -> Chain:
    """Whether the log is what was appended. copy: what this machine has seen of it.

    Raises :class:`cds.records.database.DatabaseAway`.
    """
    with reached(database) as connection:
        sealed = {each.number: each.seal for each in connection.execute(select(ACTIVATION_SEAL))}
        return checked(_rows(connection), sealed, copy)


def _wait_for_others(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE activation IN SHARE ROW EXCLUSIVE MODE"))
    else:
        # SQLite gives its one write lock to who writes; read first, and two could both have read the same log.
        connection.execute(text("DELETE FROM activation WHERE number < 0"))


def _rows(connection: Connection) -> tuple[Entry, ...]:
    return tuple(Entry(*row) for row in connection.execute(_READ))
