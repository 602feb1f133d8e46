"""What holds for all tests: a property is judged by what comes out, never by how fast a busy machine was."""

import os

import pytest
from hypothesis import settings

from cds.records.database import migrate, open_database

settings.register_profile("unhurried", deadline=None)
if not os.environ.get("CI"):  # there hypothesis has a profile of its own, without a deadline too
    settings.load_profile("unhurried")


@pytest.fixture
def database(tmp_path):
    """An SQLite store of the test's own, empty."""
    database = open_database(None, tmp_path)
    migrate(database)
    yield database
    database.dispose()
