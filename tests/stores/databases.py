"""Databases of the tests' own: a SQLite file, and a PostgreSQL database made and dropped for one test."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, make_url, text

from cds.records.database import Database, open_database
from tests.stores.servers import missing

KINDS = ["sqlite", "postgresql"]


def server_url() -> str:
    url = os.environ.get("TEST_DATABASE_URL", "")
    if not url:
        missing("no real PostgreSQL: set TEST_DATABASE_URL, as .ci/run does")
    return url


@contextmanager
def url_of_own(kind: str, folder: Path) -> Iterator[str]:
    """The URL of an empty database."""
    if kind == "sqlite":
        yield f"sqlite:///{folder}/records.db"
        return
    server = make_url(server_url()).set(drivername="postgresql+psycopg")
    name = f"cds_test_{uuid.uuid4().hex}"
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield server.set(drivername="postgresql", database=name).render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        admin.dispose()


@contextmanager
def database_of_own(kind: str, folder: Path) -> Iterator[Database]:
    with url_of_own(kind, folder) as url:
        engine = open_database(url, folder)
        try:
            yield engine
        finally:
            engine.dispose()
