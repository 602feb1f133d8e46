"""A colonoscopy "since 2005" without an end silences no screening: it counted as made in every later year."""

import pytest

from tests.patients import encounter, procedure
from tests.published.judging import judge_of
from tests.published.newest import number
from tests.rules.judge.telling import verdicts

COLONOSCOPY = "1209098000"
VISIT = encounter(start="2026-03-02", end="2026-03-02", snomed="185349003")


def shown(period, status="completed"):
    told = procedure(on=None, snomed=COLONOSCOPY, more={"status": status, "performedPeriod": period})
    ruleset = judge_of("colorectal-cancer-screening", number("colorectal-cancer-screening")).ruleset
    judged = verdicts(ruleset, VISIT, told, engine="durable", hook="patient-view", born="1966-01-01")
    return [verdict.rule.id for verdict in judged.rules if verdict.outcome == "fires"]


@pytest.mark.parametrize(
    ("period", "rules"),
    [
        ({"start": "2005-03-01"}, ["screening-unclear"]),
        ({"start": "2016-12-31"}, ["screening-unclear"]),
        ({"start": "2017-01-01"}, []),
        ({"start": "2005-03-01", "end": "2005-03-01"}, ["screening-due"]),
        ({"start": "2016-12-31", "end": "2017-01-01"}, []),
    ],
)
def test_a_colonoscopy_of_which_no_end_is_told_is_to_be_verified(period, rules):
    assert shown(period) == rules
