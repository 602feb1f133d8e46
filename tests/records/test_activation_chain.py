"""The log of activations is a chain: whatever is changed in the past shows."""

from dataclasses import replace

import pytest
from sqlalchemy import delete, insert, select, update

from cds.records.activation_chain import checked, seals_of
from cds.records.activations import append, check_log, read_log
from cds.records.database import migrate, open_database
from cds.records.tables import ACTIVATION, ACTIVATION_SEAL
from tests.services.entries import row


@pytest.fixture
def database(tmp_path):
    database = open_database(None, tmp_path)
    migrate(database)
    append(database, lambda _: [row(0, "1.0.0"), row(0, "2.0.0", "shadow")])
    append(database, lambda _: [row(0, "2.0.0", "canary", share=1000, site={"parameters": {"b": "2", "a": "1"}})])
    append(database, lambda _: [row(0, "2.0.0")])
    yield database
    database.dispose()


def broken(database, *statements, copy=()):
    with database.begin() as connection:
        for statement in statements:
            connection.execute(statement)
    return check_log(database, copy).broken


def test_a_log_as_appended_is_whole_and_its_head_is_the_newest_seal(database):
    chain = check_log(database, read_log(database))
    assert (chain.acts, chain.broken) == (3, ())
    assert chain.head == seals_of(read_log(database))[3]
    assert len(chain.head) == 64


@pytest.mark.parametrize(
    "values",
    [{"who": "somebody"}, {"why": "other"}, {"stage": "retired"}, {"digest": "0" * 64}, {"share": 1}, {"site": {}}],
    ids=str,
)
def test_an_edited_row_is_found(database, values):
    edit = update(ACTIVATION).where(ACTIVATION.c.number == 2).values(**values)
    assert broken(database, edit) == ("act 2 is not what was sealed, or an act before it is not",)


def test_a_row_that_was_added_to_an_act_or_taken_out_of_it_is_found(database):
    with database.connect() as connection:
        one = dict(connection.execute(select(ACTIVATION).where(ACTIVATION.c.number == 3)).mappings().one())
    assert "act 3 is not what was sealed" in broken(database, insert(ACTIVATION).values(**one | {"position": 1}))[0]
    taken = delete(ACTIVATION).where((ACTIVATION.c.number == 1) & (ACTIVATION.c.position == 1))
    assert "act 1 is not what was sealed" in broken(database, taken)[0]


def test_an_act_that_is_gone_is_found_in_the_middle_and_at_the_end(database):
    seen = read_log(database)
    assert broken(database, delete(ACTIVATION).where(ACTIVATION.c.number == 3)) == ("act 3 was sealed and is gone",)
    gone = delete(ACTIVATION_SEAL).where(ACTIVATION_SEAL.c.number == 3)
    assert broken(database, gone) == ()
    # With its seal it leaves no trace in the database; what a machine has seen of the log tells it.
    assert broken(database, copy=seen) == ("act 3 is not what this machine has seen of it, or is gone",)
    assert "act 1 is missing" in broken(database, delete(ACTIVATION).where(ACTIVATION.c.number == 1))


def test_a_log_that_was_forged_and_sealed_anew_differs_from_what_a_machine_has_seen(database):
    seen = read_log(database)
    forged = [replace(entry, who="somebody") for entry in seen]
    assert checked(forged, seals_of(forged)).broken == ()
    assert checked(forged, seals_of(forged), seen).broken == (
        "act 1 is not what this machine has seen of it, or is gone",
    )


def test_a_log_from_before_there_were_seals_is_sealed_as_it_stands_and_goes_on(tmp_path):
    database = open_database(None, tmp_path)
    migrate(database)
    with database.begin() as connection:
        connection.exec_driver_sql("DROP TABLE activation_seal")
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0004'")
        old = row(1, "1.0.0")
        connection.execute(
            insert(ACTIVATION).values(**{name: getattr(old, name) for name in old.__dataclass_fields__}, position=0)
        )
    migrate(database)
    append(database, lambda _: [row(0, "2.0.0")])
    chain = check_log(database)
    assert (chain.acts, chain.broken) == (2, ())
    database.dispose()
