"""Following the log: every act is taken up, a database that is away changes nothing, a start knows what was live."""

import orjson
import pytest

from cds.cache.judgements import JudgementCache
from cds.cache.null import NullStore
from cds.decisions import following
from cds.decisions.desk import Desk
from cds.decisions.faults import LiveUnknown
from cds.decisions.following import Follower, start
from cds.records.activation_copy import COPY, read_copy, write_copy
from cds.records.activations import append, read_log
from cds.records.database import open_database
from cds.records.taken import taken_up
from cds.rules.engine.crosscheck import make_engine
from tests.cache.stores import keys
from tests.decisions.desk import unrecorded
from tests.decisions.folders import write_services, write_version
from tests.decisions.test_live import MOMENT, asked, told
from tests.services.entries import row


class Never:
    """Announces nothing, and ends at once."""

    is_heard = False

    def wait(self, seconds):
        return False


@pytest.fixture
def folder(tmp_path):
    write_services(tmp_path / "rulesets")
    write_version(tmp_path / "rulesets", "1.0.0", "One")
    return tmp_path / "rulesets"


@pytest.fixture
def away(tmp_path):
    database = open_database(None, tmp_path / "nowhere" / "at" / "all")
    yield database
    database.dispose()


def opened(folder):
    return Desk.open(folder, make_engine("reference"), JudgementCache(NullStore(), keys()), unrecorded())


def activated(database, version, digest, stage="active"):
    append(database, lambda _: [row(0, version, stage, ruleset="elders", digest=digest)])


def test_the_first_start_writes_down_what_it_answers_with_and_the_next_one_only_reads(folder, database, tmp_path):
    start(opened(folder), database, tmp_path, MOMENT)
    log = read_log(database)
    assert [(e.act, e.ruleset, e.version, e.stage, e.who) for e in log] == [
        ("seed", "elders", "1.0.0", "active", "services.yaml")
    ]
    write_version(folder, "2.0.0", "Two")
    desk = opened(folder)
    start(desk, database, tmp_path, MOMENT)
    assert read_log(database) == log
    assert told(asked(desk)) == (["One"], ["1.0.0"]), "a new version waits to be activated"


def test_an_act_is_taken_up_at_the_next_look_and_told(folder, database, tmp_path):
    desk = opened(folder)
    start(desk, database, tmp_path, MOMENT)
    follower = Follower(desk, database, tmp_path, Never(), lambda: MOMENT)
    follower.begin()
    assert [(one.act, one.refused) for one in taken_up(tmp_path)] == [(1, ())]
    assert not follower.look()
    activated(database, "2.0.0", write_version(folder, "2.0.0", "Two"))
    assert follower.look()
    assert told(asked(desk)) == (["Two"], ["2.0.0"])


def test_a_worker_begins_with_what_became_live_since_its_parent_started(folder, database, tmp_path):
    desk = opened(folder)
    start(desk, database, tmp_path, MOMENT)
    activated(database, "2.0.0", write_version(folder, "2.0.0", "Two"))
    Follower(desk, database, tmp_path, Never(), lambda: MOMENT).begin()
    assert told(asked(desk)) == (["Two"], ["2.0.0"])


def test_while_the_database_is_away_the_last_that_was_seen_goes_on(folder, database, tmp_path, away):
    desk = opened(folder)
    start(desk, database, tmp_path, MOMENT)
    activated(database, "1.0.0", read_log(database)[0].digest, "retired")
    activated(database, "2.0.0", write_version(folder, "2.0.0", "Two"))
    write_copy(tmp_path, read_log(database))
    follower = Follower(desk, away, tmp_path, Never(), lambda: MOMENT)
    follower.begin()
    assert told(asked(desk)) == (["Two"], ["2.0.0"]), "another worker of this machine has seen it"
    assert not follower.look()
    assert follower.health() == {"followed": "the database is away"}
    again = opened(folder)
    start(again, away, tmp_path, MOMENT)
    assert told(asked(again)) == (["Two"], ["2.0.0"])


def test_without_database_and_copy_nothing_answers_until_one_is_there(folder, database, tmp_path, away):
    desk = opened(folder)
    start(desk, away, tmp_path, MOMENT)
    with pytest.raises(LiveUnknown):
        asked(desk)
    follower = Follower(desk, database, tmp_path, Never(), lambda: MOMENT)
    follower.begin()
    assert told(asked(desk)) == (["One"], ["1.0.0"])
    assert desk.health()["ready"]


def test_a_copy_that_is_damaged_is_none(tmp_path):
    (tmp_path / COPY).write_bytes(orjson.dumps([{"act": "seed"}]))
    assert read_copy(tmp_path) == ()


def test_what_an_ended_worker_left_counts_no_more(tmp_path):
    (tmp_path / "live").mkdir()
    (tmp_path / "live" / "1.json").write_bytes(b'{"process": 1, "act": 1, "refused": []}')
    assert taken_up(tmp_path) == ()
    assert list((tmp_path / "live").iterdir()) == []


def test_what_could_not_be_used_is_tried_again_because_it_may_come_later(folder, database, tmp_path, monkeypatch):
    desk = opened(folder)
    start(desk, database, tmp_path, MOMENT)
    digest = write_version(folder, "2.0.0", "Two")
    (folder / "elders" / "2.0.0").rename(tmp_path / "late")
    follower = Follower(desk, database, tmp_path, Never(), lambda: MOMENT)
    follower.begin()
    activated(database, "2.0.0", digest)
    assert follower.look()
    assert told(asked(desk)) == (["One"], ["1.0.0"])
    (tmp_path / "late").rename(folder / "elders" / "2.0.0")
    assert not follower.look(), "not at once"
    monkeypatch.setattr(following, "RETRY_SECONDS", 0.0)
    assert follower.look()
    assert told(asked(desk)) == (["Two"], ["2.0.0"])
    assert not follower.look()
