"""Decisions and feedback as rows: the same in SQLite and in PostgreSQL."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from cds.records.cards import ShownCards
from cds.records.database import DatabaseAway, DatabaseUnusable, is_current, migrate, open_database, reached
from cds.records.frames import Kind
from cds.records.reading import find_decisions, newest, unmatched_count
from cds.records.shipper import Shipper
from cds.records.tables import METADATA
from tests.cache.stores import ring
from tests.records.telling import INSTANCE, KEYS, NOON, PINNED, answered, card_id, record, reported, spool_in
from tests.stores.databases import KINDS, database_of_own

pytestmark = pytest.mark.stores

LATER = NOON + timedelta(minutes=5)


@pytest.fixture(params=KINDS)
def engine(request, tmp_path):
    with database_of_own(request.param, tmp_path) as engine:
        yield engine


@pytest.fixture
def spool(tmp_path):
    return spool_in(tmp_path)


@pytest.fixture
def ship(tmp_path, engine):
    return Shipper(tmp_path / "spool", engine).ship


def test_the_migrations_make_the_tables_that_the_code_sees(engine):
    assert not is_current(engine)
    migrate(engine)
    migrate(engine)
    assert is_current(engine)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_a_schema_of_a_newer_version_is_refused(engine):
    migrate(engine)
    with reached(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseUnusable):
        migrate(engine)


def test_a_decision_is_found_by_its_id_its_card_and_its_hook_instance_in_any_case(engine, spool, ship):
    record(spool, answered("d-1", cards=(card_id(0xAB), card_id(2)), left_open={"faults": [{"ruleset": "x"}]}))
    record(spool, answered("d-2", cards=(), hook_instance="another"))
    ship()
    for wanted in ("d-1", card_id(0xAB).upper(), INSTANCE):
        (found,) = find_decisions(engine, KEYS, wanted)
        assert (found.id, found.client, found.service, found.hook) == ("d-1", "anonymous", "sign", "order-sign")
    (answer,) = found.answers
    assert (answer.at, answer.zone, answer.recorded_at, answer.build) == (NOON, "UTC", NOON, "0.1.0+abc")
    assert (answer.pinned, answer.cached, answer.is_retry, answer.secret) == (False, False, False, b"secret")
    assert answer.left_open == {"faults": [{"ruleset": "x"}]}
    assert [(card.uuid, card.ruleset, card.rule, card.indicator) for card in answer.cards] == [
        (card_id(0xAB), PINNED, "high-risk", "critical"),
        (card_id(2), PINNED, "high-risk", "critical"),
    ]
    assert find_decisions(engine, KEYS, "d-3") == []


def test_what_no_key_opens_is_told_as_such(engine, spool, ship):
    record(spool, answered())
    ship()
    assert find_decisions(engine, ring(), "d-1")[0].answers[0].secret is None


def test_a_retry_is_marked_and_comes_after_the_first_answer(engine, spool, ship):
    record(spool, answered(recorded_at=LATER, at=LATER))
    record(spool, answered(cached=True))
    ship()
    answers = find_decisions(engine, KEYS, "d-1")[0].answers
    assert [(answer.is_retry, answer.cached, answer.at) for answer in answers] == [
        (False, False, LATER),
        (True, True, NOON),
    ]


def test_feedback_joins_the_decision_and_the_version_that_showed_the_card(engine, spool, ship):
    record(spool, answered("d-1", cards=(card_id(1),)))
    record(spool, answered("d-2", cards=(card_id(2),)))
    record(spool, reported((card_id(1), "overridden"), (card_id(2), "accepted")), b"comments", Kind.FEEDBACK)
    ship()
    (decision,) = find_decisions(engine, KEYS, "d-1")
    (outcome,) = decision.feedback
    assert (outcome.card, outcome.outcome, outcome.outcome_at) == (card_id(1), "overridden", NOON)
    assert (outcome.reason_code, outcome.reason_system, outcome.position) == ("not-now", "urn:x", 0)
    assert outcome.secret == b"comments"
    assert {card.uuid: card.ruleset for answer in decision.answers for card in answer.cards} == {card_id(1): PINNED}


def test_feedback_may_come_before_the_answer_that_showed_its_card(engine, spool, ship):
    record(spool, reported((card_id(), "accepted")), kind=Kind.FEEDBACK)
    ship()
    assert unmatched_count(engine) == 1
    record(spool, answered())
    ship()
    assert unmatched_count(engine) == 0
    assert len(find_decisions(engine, KEYS, "d-1")[0].feedback) == 1


def test_the_same_outcome_at_the_same_moment_is_stored_once_however_it_is_written(engine, spool, ship):
    elsewhere = NOON.astimezone(timezone(timedelta(hours=2)))
    record(spool, answered())
    for _ in range(2):
        record(spool, reported((card_id(), "overridden"), (card_id(), "overridden", elsewhere)), kind=Kind.FEEDBACK)
    record(spool, reported((card_id(), "accepted"), (card_id(), "overridden", LATER)), kind=Kind.FEEDBACK)
    ship()
    feedback = find_decisions(engine, KEYS, "d-1")[0].feedback
    assert sorted((outcome.outcome, outcome.outcome_at) for outcome in feedback) == [
        ("accepted", NOON),
        ("overridden", NOON),
        ("overridden", LATER),
    ]


@pytest.mark.parametrize("changes", [{"client": "other"}, {"service": "view"}])
def test_what_another_client_or_service_says_of_a_card_is_not_matched(engine, spool, ship, changes):
    record(spool, answered())
    record(spool, reported((card_id(), "overridden"), **changes), kind=Kind.FEEDBACK)
    ship()
    assert unmatched_count(engine) == 1
    assert find_decisions(engine, KEYS, "d-1")[0].feedback == ()


def test_the_list_is_newest_first_and_counts(engine, spool, ship):
    record(spool, answered("d-1", cards=(card_id(1), card_id(2))))
    record(spool, answered("d-2", cards=(), recorded_at=LATER, pinned=True))
    record(spool, reported((card_id(1), "overridden"), (card_id(9), "accepted")), kind=Kind.FEEDBACK)
    ship()
    assert [(line.decision, line.cards, line.outcomes, line.pinned) for line in newest(engine, 10)] == [
        ("d-2", 0, 0, True),
        ("d-1", 2, 1, False),
    ]
    assert [line.decision for line in newest(engine, 1)] == ["d-2"]
    assert unmatched_count(engine) == 1


def test_cards_are_known_whether_shipped_or_still_waiting(engine, spool, ship, tmp_path):
    migrate(engine)
    shown = ShownCards(engine, tmp_path)
    record(spool, answered("d-1", cards=(card_id(1),)))
    ship()
    record(spool, answered("d-2", cards=(card_id(2),)))
    record(spool, answered("d-3", cards=(card_id(3),), service="view"))
    record(spool, reported((card_id(4), "accepted")), kind=Kind.FEEDBACK)
    asked = {card_id(number) for number in range(1, 6)}
    assert shown.known("anonymous", "sign", asked) == {card_id(1), card_id(2)}
    assert shown.known("other", "sign", asked) == set()
    many = {card_id(number) for number in range(2, 3000)}
    assert shown.known("anonymous", "sign", many) == {card_id(2)}


def test_far_moments_are_kept(engine, spool, ship):
    for number, moment in enumerate((datetime(1900, 1, 1, tzinfo=UTC), datetime(2199, 12, 31, 23, 59, tzinfo=UTC))):
        record(spool, answered(f"d-{number}", at=moment))
        ship()
        assert find_decisions(engine, KEYS, f"d-{number}")[0].answers[0].at == moment


def test_two_shippers_of_one_spool_do_no_harm(engine, spool, tmp_path):
    for number in range(20):
        record(spool, answered(f"d-{number % 7}"))
    first, second = (Shipper(tmp_path / "spool", engine) for _ in range(2))
    assert first.ship() == second.ship() == 20
    assert len(newest(engine, 100)) == 20


def test_a_database_that_cannot_be_used_is_told_without_its_url(tmp_path):
    for url in ("sqlite://", "sqlite:///:memory:", "sqlite:///file:my-secret?mode=memory", "my-secret"):
        with pytest.raises(DatabaseUnusable) as refused:
            open_database(url, tmp_path)
        assert "my-secret" not in str(refused.value)


def test_a_database_that_closed_our_connections_is_used_again(tmp_path):
    with database_of_own("postgresql", tmp_path) as engine:
        shipper, spool = Shipper(tmp_path / "spool", engine), spool_in(tmp_path)
        record(spool, answered("d-1"))
        shipper.ship()
        with database_of_own("postgresql", tmp_path) as other, reached(other) as connection:
            query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
            connection.execute(text(query), {"name": engine.url.database})
        record(spool, answered("d-2"))
        assert shipper.ship() == 1


def test_a_server_that_is_not_there_is_away_and_its_url_stays_secret(tmp_path):
    engine = open_database("postgresql://someone:my-secret@127.0.0.1:9/none", tmp_path)
    with pytest.raises(DatabaseAway) as away:
        migrate(engine)
    assert str(away.value) == "OperationalError"
