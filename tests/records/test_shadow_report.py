"""What a shadow would have said, counted by rule: each decision once, versions apart, pinned moments aside."""

import orjson

from cds.records.frames import Frame, Kind
from cds.records.shadow_report import compared
from cds.records.writing import write


def shadow(seq, decision, *changes, **said):
    told = {
        "decision": decision,
        "service": "sign",
        "ruleset": "elders",
        "version": "2.0.0",
        "pinned_address": "elders@2.0.0+sha256.b",
        "against": "elders@1.0.0+sha256.a",
        "recorded_at": f"2026-05-01T12:00:{seq:02d}+00:00",
        "moment_pinned": False,
        "fault": "",
        "milliseconds": 3,
        "changes": changes,
        **said,
    }
    return Frame("a" * 32, seq, Kind.SHADOW, orjson.dumps(told), b"sealed")


def of(report):
    return {(c.rule, c.change): (c.decisions, c.witnesses) for c in report.changes}


def test_each_decision_counts_once_with_the_newest_as_witnesses(database):
    frames = [shadow(n, f"d{n}", ("r", "gained"), ("r", "gained"), ("q", "same")) for n in range(5)]
    frames += [shadow(5, "d0", ("r", "gained"), ("q", "same"))]  # a retry
    assert write(database, [*frames, *frames]) == []
    (report,) = compared(database, "elders", "2.0.0")
    assert report.decisions == 5
    assert of(report) == {("q", "same"): (5, ("d0", "d4", "d3")), ("r", "gained"): (5, ("d0", "d4", "d3"))}


def test_faults_versions_and_site_values_are_told_apart(database):
    write(
        database,
        [
            shadow(0, "d0", ("r", "lost")),
            shadow(1, "d1", fault="ZeroDivisionError"),
            shadow(2, "d2", ("r", "lost"), against="elders@1.1.0+sha256.c"),
            shadow(3, "d3", ("r", "lost"), pinned_address="elders@2.0.0+sha256.b;site.d"),
            shadow(4, "d4", ("r", "lost"), version="3.0.0", pinned_address="elders@3.0.0+sha256.e"),
            shadow(5, "d5", ("r", "lost"), moment_pinned=True),
            shadow(6, "d6", ("r", "lost"), service="view"),
        ],
    )
    told = {
        (one.shadow[-1], one.against[-1]): (one.decisions, one.faults) for one in compared(database, "elders", "2.0.0")
    }
    assert told == {("b", "a"): (2, {"ZeroDivisionError": 1}), ("b", "c"): (1, {}), ("d", "a"): (1, {})}
    assert [one.decisions for one in compared(database, "elders", "3.0.0")] == [1]
    first = compared(database, "elders", "2.0.0", pinned=True)[0]
    assert (first.decisions, compared(database, "elders", "2.0.0", service="sign")[0].decisions) == (3, 1)
    assert compared(database, "elders", "9.0.0") == ()
