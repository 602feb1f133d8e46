"""What is live, worked out from the log: the later row counts, and a rollback brings back what was shown before."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.services.activation import SHOWN, NothingToUndo, rollback, seeds, standings, stopped
from tests.services.entries import BASE, NOON, log_of, row, service
from tests.services.versions import catalog, version

SEED = [row(1, "1.0.0", act="seed")]
UNDONE = replace(BASE, act="rollback")


def shown(log, where="s"):
    return {
        v: (e.stage, e.share, dict(e.site)) for v, e in standings(log, where, "example").items() if e.stage in SHOWN
    }


def rolled_back(log, services=("s",), **said):
    rows = rollback(log, "example", services, UNDONE, **said)
    return [*log, *(replace(entry, number=log[-1].number + 1) for entry in rows)]


def test_the_later_row_counts_whether_it_is_for_one_service_or_for_all():
    log = log_of([row(0, "1.0.0")], [row(0, "1.0.0", "retired", service="a")], [row(0, "1.0.0", "shadow")])
    assert {s: standings(log[:2], s, "example")["1.0.0"].stage for s in "ab"} == {"a": "retired", "b": "active"}
    assert {s: standings(log, s, "example")["1.0.0"].stage for s in "ab"} == {"a": "shadow", "b": "shadow"}


def test_a_rollback_brings_back_what_was_active_before_in_one_step():
    log = log_of(SEED, [row(0, "2.0.0"), row(0, "1.0.0", "retired")])
    back = rolled_back(log)
    assert shown(back) == {"1.0.0": ("active", 0, {})}
    assert {entry.undoes for entry in back if entry.act == "rollback"} == {2}


def test_the_next_rollback_goes_a_further_step_back_and_at_the_beginning_there_is_none():
    log = log_of(
        SEED,
        [row(0, "2.0.0", site={"parameters": {"a": "1"}})],
        [row(0, "2.0.0")],
        [row(0, "3.0.0", "canary", share=5)],
    )
    once = rolled_back(log)
    assert shown(once) == shown(log[:-1])
    twice = rolled_back(once)
    assert shown(twice)["2.0.0"] == ("active", 0, {"parameters": {"a": "1"}})
    thrice = rolled_back(twice)
    assert shown(thrice) == shown(SEED)
    with pytest.raises(NothingToUndo):
        rollback(thrice, "example", ("s",), UNDONE)


def test_an_activation_after_a_rollback_is_what_the_next_one_takes_back():
    log = rolled_back(log_of(SEED, [row(0, "2.0.0")]))
    log = [*log, row(4, "3.0.0")]
    assert shown(rolled_back(log)) == shown(SEED)


def test_a_version_that_was_a_shadow_is_one_again_and_other_shadows_stay():
    log = log_of(SEED, [row(0, "2.0.0", "shadow")], [row(0, "2.0.0")], [row(0, "3.0.0", "shadow")])
    now = standings(rolled_back(log), "s", "example")
    assert {v: e.stage for v, e in now.items()} == {"1.0.0": "active", "2.0.0": "shadow", "3.0.0": "shadow"}


def test_a_rollback_in_one_service_leaves_the_others():
    back = rolled_back(log_of(SEED, [row(0, "2.0.0")]), ("a",))
    assert set(shown(back, "a")) == {"1.0.0"}
    assert set(shown(back, "b")) == {"1.0.0", "2.0.0"}


def test_what_comes_out_alike_everywhere_is_one_row_for_all():
    rows = rollback(log_of(SEED, [row(0, "2.0.0")]), "example", ("a", "b"), UNDONE, everywhere=True)
    assert [(entry.service, entry.version, entry.stage) for entry in rows] == [("", "2.0.0", "retired")]


def test_a_stopped_rule_is_stopped_until_it_is_resumed_and_is_no_version():
    stop = row(0, rule="r", stage="stopped", act="stop")
    log = log_of(SEED, [stop])
    assert [(s.ruleset, s.rule) for s in stopped(log, "s")] == [("example", "r")]
    assert set(standings(log, "s", "example")) == {"1.0.0"}
    assert stopped([*log, row(3, rule="r", stage="resumed", act="resume")], "s") == ()
    with pytest.raises(NothingToUndo):
        rollback(log, "example", ("s",), UNDONE)


def test_only_rulesets_that_nobody_has_activated_yet_begin_with_every_version_in_range():
    versions = catalog(version("1.0.0"), version("2.0.0"), version("3.0.0"), version("1.0.0", name="other"))
    services = [service(example="<3.0.0", other="*")]
    begun = seeds([], services, versions, NOON)
    assert {(e.ruleset, e.version, e.stage) for e in begun} == {
        ("example", "1.0.0", "active"), ("example", "2.0.0", "active"), ("other", "1.0.0", "active"),
    }  # fmt: skip
    assert [e.ruleset for e in seeds(log_of(SEED), services, versions, NOON)] == ["other"]


def test_a_version_whose_first_act_is_a_lesser_stage_does_not_begin_as_active_and_the_others_do():
    versions = catalog(version("1.0.0"), version("2.0.0"), version("2.0.0", name="other"))
    services = [service(example="*", other="*")]
    begun = seeds([], services, versions, NOON, ("example", "2.0.0"))
    assert {(e.ruleset, e.version) for e in begun} == {("example", "1.0.0"), ("other", "2.0.0")}


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["1.0.0", "2.0.0", "3.0.0"]),
        st.sampled_from(["active", "canary", "shadow", "retired"]),
        st.sampled_from(["", "a", "b"]),
    ),
    max_size=8,
)


@given(ACTS)
def test_rolling_back_as_often_as_something_changed_ends_where_it_began(acts):
    log = log_of(SEED, *([row(0, version, stage, service=where)] for version, stage, where in acts))
    for _ in acts:
        try:
            log = rolled_back(log, ("a",))
        except NothingToUndo:
            break
    assert shown(log, "a") == shown(SEED, "a")
