"""The SQL database: SQLite in ``CDS_STATE`` unless ``CDS_DATABASE_URL`` names another, and its schema.

SQLite runs in WAL mode with every commit synced: one process writes (the shipper), any may read. Never repeats a URL:
it may hold a password.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError

from cds.errors import ServiceFault

#: The schema that this code was written for: the newest of ``migrations/versions``.
SCHEMA = "0006"
#: What is passed around as the database: SQLAlchemy's engine, named here because it is imported nowhere else.
Database = Engine

#: Two machines that start at once migrate one after the other (any number, ours alone).
_MIGRATION_LOCK = 5_164_083_620
#: Seconds to wait for a connection, or for others' writes: by who has the time, and by who answers a call.
PATIENT, HURRIED = 5.0, 0.2
#: Seconds that somebody at a terminal waits for others' writes to a file of SQLite: on a machine that is busy with
#: other things a write takes long, and an act that is refused has to be typed again. PostgreSQL lets acts wait anyway.
AT_A_TERMINAL = 30.0
#: PostgreSQL connections: one whose server or network is gone without a word is found dead within half a minute, not
#: after the two hours of most systems. Seconds, seconds, attempts, milliseconds.
_NOTICES_THE_DEAD = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
}


class DatabaseUnusable(ServiceFault):
    """The URL cannot be used, or the schema is of a newer version; ``reason`` says which, without the URL."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class DatabaseAway(ServiceFault):
    """The database does not answer. What is recorded waits in the spool."""


def open_database(url: str | None, state: Path, patience: float = PATIENT) -> Engine:
    """The database that a URL names, else ``state/records.db``; no connection is opened yet.

    patience: seconds; of PostgreSQL no connection takes more than the usual. Raises :class:`DatabaseUnusable`.
    """
    try:
        parsed = make_url(url) if url else URL.create("sqlite", database=str(state / "records.db"))
    except ArgumentError:
        raise DatabaseUnusable("it is no database URL") from None
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed, patience)
    try:
        parsed = parsed.set(drivername="postgresql+psycopg")
        waits: dict[str, Any] = {"connect_timeout": ceil(min(patience, PATIENT)), **_NOTICES_THE_DEAD}
        if patience < PATIENT:
            waits["options"] = f"-c statement_timeout={round(patience * 1000)}"
        return create_engine(parsed, pool_pre_ping=True, connect_args=waits, json_serializer=_json)
    except ImportError:
        raise DatabaseUnusable("psycopg is not installed: pip install -r requirements-postgres.txt") from None


def _json(value: object) -> str:
    """As columns hold it; the standard library's way took a quarter of the shipper's time."""
    return orjson.dumps(value).decode()


def _sqlite(url: URL, patience: float) -> Engine:
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise DatabaseUnusable("SQLite needs the path of a file, as in sqlite:////var/lib/cds/records.db")
    engine = create_engine(url, json_serializer=_json)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: object) -> None:
        connection.isolation_level = None  # Python's own would leave changes of tables outside the transaction
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout={round(patience * 1000)}",  # first: the others may have to wait too
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine


@contextmanager
def reached(engine: Engine) -> Iterator[Connection]:
    """A connection in a transaction; raises :class:`DatabaseAway` when the database does not answer or refuses us."""
    try:
        with engine.begin() as connection:
            yield connection
    except DBAPIError as fault:
        # SQLite's own word for it, such as SQLITE_BUSY: no text, which could repeat what was being written
        raise DatabaseAway(getattr(fault.orig, "sqlite_errorname", type(fault.orig).__name__)) from None


def migrate(engine: Engine) -> None:
    """Bring the schema up to date. Raises :class:`DatabaseAway`, and :class:`DatabaseUnusable` for a newer schema."""
    with _alone(engine), reached(engine) as connection:
        if _schema(connection) == SCHEMA:
            return  # Alembic takes longer to import than most commands take
        from alembic import command
        from alembic.config import Config
        from alembic.util import CommandError

        if engine.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})"))
        config = Config()
        config.set_main_option("script_location", "cds.records:migrations")
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError:
            raise DatabaseUnusable("its schema is of a newer version of this service") from None


def is_current(engine: Engine) -> bool:
    """Whether there is a database with the schema that this code was written for. Raises :class:`DatabaseAway`."""
    if engine.dialect.name == "sqlite" and not Path(str(engine.url.database)).exists():
        return False  # connecting would make one
    with reached(engine) as connection:
        return _schema(connection) == SCHEMA


def _schema(connection: Connection) -> str | None:
    """Where Alembic left off; None before its first time."""
    if not connection.dialect.has_table(connection, "alembic_version"):
        return None
    told: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return told


@contextmanager
def _alone(engine: Engine) -> Iterator[None]:
    """SQLite: one process of this machine at a time, and a file that only its owner may read."""
    if engine.dialect.name != "sqlite":
        yield
        return
    path = Path(str(engine.url.database))
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        os.close(file)
        lock = os.open(path.with_name(f".{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as fault:
        raise DatabaseAway(type(fault).__name__) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
