"""What an operator's act appends, and what is refused because it would not do what its author wants."""

from dataclasses import replace
from datetime import date

import pytest

from cds.rules.ruleset import Parameter
from cds.services.acts import ActRefused, Wish, bring, retire, stop
from tests.services.entries import BASE, log_of, row, service
from tests.services.versions import catalog, version

TODAY = date(2026, 5, 1)
ONE, TWO = version("1.0.0"), version("2.0.0")
VERSIONS = catalog(ONE, TWO)
SEED = [row(1, "1.0.0", act="seed", digest=ONE.digest)]


def wish(ruleset, stage="active", **said):
    return Wish(ruleset, TODAY, stage, **said)


def brought(log, wanted, services=None, versions=VERSIONS):
    return [
        (entry.version, entry.stage, entry.service)
        for entry in bring(log, services or [service()], versions, wanted, BASE)
    ]


def test_a_version_that_stands_so_already_is_no_act():
    assert brought(log_of(SEED), wish(ONE)) == []
    assert brought(log_of(SEED), wish(TWO)) == [("2.0.0", "active", "")]


def test_a_lower_version_would_not_answer_and_is_refused_unless_it_alone_is_wanted():
    log = log_of(SEED, [row(0, "2.0.0")], [row(0, "1.0.0", "retired")])
    with pytest.raises(ActRefused, match=r"higher.*--only"):
        brought(log, wish(ONE))
    assert brought(log, wish(ONE, only=True)) == [("1.0.0", "active", ""), ("2.0.0", "retired", "")]


def test_a_lower_version_of_days_that_the_higher_one_is_not_for_may_be_active_beside_it():
    later = version("2.0.0", "2027-01-01")
    assert brought(log_of([row(0, "2.0.0")]), wish(ONE), versions=catalog(ONE, later)) == [("1.0.0", "active", "")]


def test_a_version_outside_every_range_or_without_the_hook_is_refused():
    with pytest.raises(ActRefused, match="outside"):
        brought(log_of(SEED), wish(TWO), [service(example="<2.0.0")])
    with pytest.raises(ActRefused, match="outside"):
        brought(log_of(SEED), wish(TWO), [service(hook="patient-view")])


def test_a_service_or_ruleset_that_is_not_there_is_refused_with_what_is():
    with pytest.raises(ActRefused, match=r'no service is called "x"; services\.yaml has s'):
        brought(log_of(SEED), wish(TWO, service="x"))
    with pytest.raises(ActRefused, match="not bound"):
        brought(log_of(SEED), wish(TWO), [service(other="*")])


def test_what_is_shown_is_not_lost_by_the_way_to_a_lesser_stage():
    for stage in ("canary", "shadow"):
        with pytest.raises(ActRefused, match="active in s already"):
            brought(log_of(SEED), wish(ONE, stage))


def test_values_of_the_site_do_not_get_lost_from_one_version_to_the_next():
    values = {"parameters": {"age-limit": "70 years"}}
    log = log_of([row(0, "1.0.0", site=values)])
    with pytest.raises(ActRefused, match="--set age-limit='70 years'"):
        brought(log, wish(TWO))
    assert brought(log, wish(TWO, defaults=True)) == [("2.0.0", "active", "")]
    own = Parameter("age-limit", "Age", True, "75 years", ONE.location, usual="65 years")
    (entry,) = bring(log, [service()], VERSIONS, wish(replace(TWO, parameters={"age-limit": own})), BASE)
    assert entry.site == {"parameters": {"age-limit": "75 years"}}


def test_only_what_is_live_can_be_retired():
    out = replace(BASE, act="retire", version="1.0.0")
    (entry,) = retire(log_of(SEED), [service()], out)
    assert (entry.version, entry.stage) == ("1.0.0", "retired")
    with pytest.raises(ActRefused, match="not live"):
        retire(log_of(SEED, [entry]), [service()], out)


def test_a_rule_that_is_not_there_cannot_be_stopped_and_one_that_runs_cannot_be_resumed():
    rule = ONE.rules[0].id
    halt = replace(BASE, act="stop", rule=rule)
    (entry,) = stop(log_of(SEED), [service()], VERSIONS, halt)
    assert entry.stage == "stopped"
    assert stop(log_of(SEED, [entry]), [service()], VERSIONS, halt) == []
    (again,) = stop(log_of(SEED, [entry]), [service()], VERSIONS, replace(halt, act="resume"))
    assert again.stage == "resumed"
    with pytest.raises(ActRefused, match="not stopped"):
        stop(log_of(SEED), [service()], VERSIONS, replace(halt, act="resume"))
    with pytest.raises(ActRefused, match="has a rule"):
        stop(log_of(SEED), [service()], VERSIONS, replace(halt, rule="none"))
