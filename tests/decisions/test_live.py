"""What is live: read once for a request, replaced as a whole, and never by something that cannot be used."""

import gc
from dataclasses import replace
from datetime import date
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds.access.client import ANONYMOUS, Client
from cds.cache.judgements import JudgementCache
from cds.cache.null import NullStore
from cds.decisions import lineup
from cds.decisions.desk import Desk
from cds.decisions.faults import LiveUnknown, RulesetsRejected
from cds.decisions.pinning import PinNotAllowed
from cds.facts.dates import Moment
from cds.hooks.faults import EnvelopeRejected, PrefetchMissing
from cds.rules.catalog.digest import digest_of
from cds.rules.engine.crosscheck import make_engine
from cds.services.selection import Canary, NothingEffective, is_in_canary
from cds.settings import Settings
from tests.cache.stores import DictStore, keys
from tests.decisions.desk import DECISION, unrecorded
from tests.decisions.folders import SECOND, request, write_services, write_version
from tests.services.entries import NOON, row
from tests.services.versions import version

TODAY = NOON.date()
MOMENT = Moment(NOON, Settings().timezone)
PINNING = Client("tester", pin=True)


@pytest.fixture
def folder(tmp_path):
    write_services(tmp_path)
    write_version(tmp_path, "1.0.0", "One")
    write_version(tmp_path, "2.0.0", "Two", more=SECOND)
    return tmp_path


@pytest.fixture
def desk(folder):
    desk = opened(folder)
    yield desk
    desk.close()


def opened(folder, *, engine="durable", store=None):
    cache = JudgementCache(store or NullStore(), keys())
    return Desk.open(folder, make_engine(engine), cache, unrecorded(), canary_key=b"key")


def stood(desk: Desk, number: int, version: str, stage: str = "active", **said: Any):
    digest = next((r.digest for r in desk.library.versions("elders") if r.version == version), "unknown")
    return row(number, version, stage, ruleset="elders", **{"digest": digest, **said})


def asked(desk, body=None, *, service="sign", client=ANONYMOUS, moment=MOMENT):
    return orjson.loads(desk.answer(service, body or request(), moment, pinned=False, client=client))


def told(answer):
    decision = answer["extension"][DECISION]
    return [card["summary"] for card in answer["cards"]], [one["version"] for one in decision["rulesets"]]


def test_only_what_the_log_says_is_live_answers(desk):
    assert told(asked(desk)) == (["Two", "Ibuprofen is ordered"], ["2.0.0"])
    desk.follow([stood(desk, 1, "1.0.0")], TODAY)
    assert told(asked(desk)) == (["One"], ["1.0.0"])
    desk.follow([stood(desk, 1, "1.0.0"), stood(desk, 2, "2.0.0", service="sign")], TODAY)
    assert told(asked(desk))[1] == ["2.0.0"]
    assert told(asked(desk, request(hook="order-select"), service="view"))[1] == ["1.0.0"]


def test_what_is_retired_everywhere_is_told_and_never_silence(desk):
    desk.follow([stood(desk, 1, "1.0.0", "retired")], TODAY)
    with pytest.raises(NothingEffective):
        asked(desk)


def reads_problems_too(folder, version):
    """A version that asks for conditions beside."""
    write_version(folder, version, more=SECOND.replace("[ordered]", "[ordered, ulcer]"))
    place = folder / "elders" / version
    told = (place / "ruleset.yaml").read_text()
    told = told.replace(
        "definitions:\n", "definitions:\n  ulcer:\n    says: An ulcer\n    any: condition\n    in: ulcer\n"
    )
    told = told.replace("value-sets:\n", 'value-sets:\n  ulcer:\n    snomed:\n      "13200003": peptic ulcer\n')
    (place / "ruleset.yaml").write_text(told)
    (place / "DIGEST").write_text(f"sha256:{digest_of(place)}\n")


def test_what_was_remembered_before_a_shadow_asked_for_more_does_not_say_what_is_not_supplied_now(folder):
    reads_problems_too(folder, "3.0.0")
    desk = opened(folder, store=DictStore())
    desk.follow([stood(desk, 1, "1.0.0")], TODAY)
    for cached in (False, True):
        decision = asked(desk)["extension"][DECISION]
        assert (decision["cached"], decision.get("notSupplied")) == (cached, None)
    desk.follow([*desk.live.log, stood(desk, 2, "3.0.0", "shadow")], TODAY)
    for cached in (False, True):
        decision = asked(desk)["extension"][DECISION]
        assert (decision["cached"], decision.get("notSupplied")) == (cached, {"Condition": "absent"})
    desk.close()


def test_only_so_many_combinations_of_versions_are_remembered(desk, monkeypatch):
    monkeypatch.setattr(lineup, "_MOST_TOGETHER", 2)
    active = desk.live.lineup(desk.services[0])
    days = active.on(TODAY).selected
    for pins in ({"elders": "1.0.0"}, {"elders": "2.0.0"}) * 3:
        answer = asked(desk, request(pin=pins), client=PINNING)
        assert told(answer)[1] == [pins["elders"]]
    assert len(active._assembled) == 2
    assert active.on(TODAY).selected is days


def test_until_it_is_known_what_is_live_nothing_answers(desk):
    desk.know_nothing()
    with pytest.raises(LiveUnknown):
        asked(desk)
    assert not desk.health()["ready"]
    assert desk.knows("sign")


def test_a_version_that_comes_while_it_runs_answers_once_it_is_activated(desk, folder):
    digest = write_version(folder, "3.0.0", "Three")
    live = desk.follow([stood(desk, 1, "3.0.0", digest=digest)], TODAY)
    assert live.refused == ()
    assert told(asked(desk)) == (["Three"], ["3.0.0"])
    assert "3.0.0" in [entry["version"] for entry in desk.loaded(MOMENT)]


@pytest.mark.parametrize("harm", ["missing", "changed", "broken", "another", "values"])
def test_a_version_that_cannot_be_used_leaves_what_answered_before(desk, folder, harm):
    log = [stood(desk, 1, "1.0.0")]
    desk.follow(log, TODAY)
    file = folder / "elders" / "3.0.0" / "ruleset.yaml"
    digest, site = "0" * 64, {}
    if harm != "missing":
        digest = write_version(folder, "3.0.0", "Three")
    if harm == "changed":
        file.write_text(file.read_text().replace("Three", "Four"))
    if harm == "broken":
        file.write_text("format: [")
    if harm == "another":
        digest = "1" * 64
    if harm == "values":
        site = {"parameters": {"age-limit": "80 years"}}
    log = [*log, stood(desk, 2, "3.0.0", digest=digest, site=site)]
    live = desk.follow(log, TODAY)
    assert told(asked(desk)) == (["One"], ["1.0.0"])
    assert (live.number, len(live.refused)) == (2, 1)
    assert "elders@3.0.0" in live.refused[0]
    assert desk.health()["activation"]["refused"] == list(live.refused)
    # Once more, and after a further act: still the last good one.
    desk.follow([*log, stood(desk, 3, "2.0.0", "shadow")], TODAY)
    assert told(asked(desk)) == (["One"], ["1.0.0"])
    with pytest.raises(RulesetsRejected, match="1 problems"):
        opened(folder).start_with(log, TODAY)


def test_requests_under_way_end_on_what_they_began_with(desk):
    site = {"parameters": {"age-limit": "70 years"}}
    desk.follow([stood(desk, 1, "1.0.0", site=site)], TODAY)
    selected = desk.live.lineup(desk.services[0]).on(TODAY).selected
    desk.follow([stood(desk, 1, "1.0.0")], TODAY)
    gc.collect()
    assert desk.library.free_unused() == 0
    assert selected.plan.parts[0].engine.solve({}, ()) == {}
    del selected
    assert desk.library.free_unused() == 1


def test_activations_leave_no_memory_behind(folder):
    desk = opened(folder)

    def change(times):
        for number in range(times):
            site = {"parameters": {"age-limit": f"{60 + number % 15} years"}}
            desk.follow([stood(desk, number + 1, "1.0.0", site=site)], TODAY)
            assert told(asked(desk))[0] == ["One"]
            desk.library.free_unused()

    change(30)
    gc.collect()
    before = len(gc.get_objects())
    change(60)
    gc.collect()
    assert len(gc.get_objects()) - before < 2_000
    desk.close()


def test_values_of_the_site_decide_are_named_on_the_card_and_are_part_of_the_address(desk):
    log = [stood(desk, 1, "1.0.0", site={"parameters": {"age-limit": "75 years"}})]
    desk.follow(log, TODAY)
    answer = asked(desk)
    assert (
        "**Set by this site**\n\n- The age from which it is told: 75 years (default 65 years)"
        in answer["cards"][0]["detail"]
    )
    named = answer["extension"][DECISION]["rulesets"][0]
    assert named["site"] == {"age-limit": "75 years"}
    assert answer["cards"][0]["extension"]["org.cds-rules.finding"]["site"] == {"age-limit": "75 years"}
    assert asked(desk, request(born="1955-01-01"))["cards"] == []
    ruleset = desk.live.lineup(desk.services[0]).staged["elders"].active[0]
    assert ruleset.pinned.startswith(f"elders@1.0.0+sha256.{ruleset.digest[:12]};site.")
    desk.follow([stood(desk, 1, "1.0.0")], TODAY)
    assert asked(desk, request(born="1955-01-01"))["cards"] != []
    assert asked(desk)["cards"][0]["uuid"] != answer["cards"][0]["uuid"]


def test_a_value_that_is_the_authors_own_is_none_of_the_sites(desk):
    desk.follow([stood(desk, 1, "1.0.0", site={"parameters": {"age-limit": "65 years"}})], TODAY)
    answer = asked(desk)
    assert "site" not in answer["extension"][DECISION]["rulesets"][0]
    assert "Set by this site" not in answer["cards"][0]["detail"]


def test_a_cached_judgement_is_never_that_of_another_version_value_or_stop(folder):
    desk = opened(folder, store=DictStore())
    young = {"parameters": {"age-limit": "75 years"}}
    body = request(born="1955-01-01")
    for _ in range(2):
        for number, (log, cards) in enumerate([
            ([stood(desk, 1, "1.0.0")], ["One"]),
            ([stood(desk, 1, "1.0.0", site=young)], []),
            ([stood(desk, 1, "2.0.0")], ["Two", "Ibuprofen is ordered"]),
            ([stood(desk, 1, "2.0.0"), row(1, ruleset="elders", rule="mention", stage="stopped")], ["Two"]),
        ]):  # fmt: skip
            desk.follow(log, TODAY)
            assert told(asked(desk, body))[0] == cards, number
    desk.close()


def test_a_stopped_rule_is_not_judged_in_any_version_and_every_answer_says_so(desk):
    log = [stood(desk, 1, "2.0.0"), row(2, ruleset="elders", rule="careful", stage="stopped", act="stop")]
    desk.follow(log, TODAY)
    answer = asked(desk)
    assert told(answer)[0] == ["Ibuprofen is ordered"]
    assert answer["extension"][DECISION]["stopped"] == [{"ruleset": "elders@2.0.0", "rule": "careful"}]
    assert desk.health()["activation"]["stopped"][0]["rule"] == "careful"
    young = asked(desk, request(born="2000-01-01"))
    assert young["extension"][DECISION]["stopped"], "told also where it would have stayed silent"
    desk.follow([*log, row(3, ruleset="elders", rule="careful", stage="resumed", act="resume")], TODAY)
    assert told(asked(desk))[0] == ["Two", "Ibuprofen is ordered"]
    assert "stopped" not in asked(desk)["extension"][DECISION]


def in_a_family(folder, version):
    """Both rules as tiers of one family: who is old hears of it, whoever else that it was ordered."""
    write_version(folder, version, "Two", more=SECOND)
    place = folder / "elders" / version
    text = (place / "ruleset.yaml").read_text()
    (place / "ruleset.yaml").write_text(text.replace("    when: [ordered", "    family: tiers\n    when: [ordered"))
    (place / "DIGEST").write_text(f"sha256:{digest_of(place)}\n")


@pytest.mark.parametrize(
    ("rule", "old", "young"), [("careful", [], ["Ibuprofen is ordered"]), ("mention", ["Two"], [])]
)
def test_a_stopped_tier_is_not_replaced_by_one_that_is_written_for_others(folder, rule, old, young):
    in_a_family(folder, "3.0.0")
    desk = opened(folder)
    log = [stood(desk, 1, "3.0.0")]
    desk.follow(log, TODAY)
    assert told(asked(desk))[0] == ["Two"]
    desk.follow([*log, row(2, ruleset="elders", rule=rule, stage="stopped", act="stop")], TODAY)
    assert told(asked(desk))[0] == old
    assert told(asked(desk, request(born="2000-01-01")))[0] == young
    assert asked(desk)["extension"][DECISION]["stopped"] == [{"ruleset": "elders@3.0.0", "rule": rule}]
    desk.close()


def test_a_stopped_tier_is_in_doubt_for_nobody(folder):
    in_a_family(folder, "3.0.0")
    desk = opened(folder)
    log = [stood(desk, 1, "3.0.0")]
    body = request(born="1961")  # 64 or 65 years old on the day
    desk.follow(log, TODAY)
    answer = asked(desk, body)
    assert [one["rule"] for one in answer["extension"][DECISION]["unknown"]] == ["careful"]
    desk.follow([*log, row(2, ruleset="elders", rule="careful", stage="stopped", act="stop")], TODAY)
    answer = asked(desk, body)
    assert (told(answer)[0], answer["extension"][DECISION]["unknown"]) == (["Ibuprofen is ordered"], [])
    desk.close()


def test_where_all_but_a_stopped_tier_is_open_the_call_is_told_what_it_lacks(folder):
    reads_problems_too(folder, "3.0.0")
    place = folder / "elders" / "3.0.0"
    text = (place / "ruleset.yaml").read_text()
    (place / "ruleset.yaml").write_text(text.replace("    when: [ordered", "    family: tiers\n    when: [ordered"))
    (place / "DIGEST").write_text(f"sha256:{digest_of(place)}\n")
    desk = opened(folder)
    log = [stood(desk, 1, "3.0.0"), row(2, ruleset="elders", rule="careful", stage="stopped", act="stop")]
    desk.follow(log, TODAY)
    with pytest.raises(PrefetchMissing):
        asked(desk)
    desk.close()


def test_a_pin_goes_before_stages_and_effective_dates_and_the_record_says_so(desk):
    desk.follow([stood(desk, 1, "2.0.0")], TODAY)
    answer = asked(desk, request(pin={"elders": "1.0.0"}), client=PINNING)
    assert told(answer) == (["One"], ["1.0.0"])
    decision = answer["extension"][DECISION]
    assert (decision["pinned"], decision["rulesets"][0]["stage"]) == (True, "pin")
    long_ago = Moment(NOON.replace(year=2019), MOMENT.zone)
    assert told(asked(desk, request(pin={"elders": "1.0.0"}), client=PINNING, moment=long_ago))[1] == ["1.0.0"]
    assert told(asked(desk, client=PINNING)) == (["Two", "Ibuprofen is ordered"], ["2.0.0"])


@pytest.mark.parametrize(
    ("pin", "field"),
    [
        ({"elders": "7.0.0"}, "extension.org.cds-rules.pin.elders"),
        ({"others": "1.0.0"}, "extension.org.cds-rules.pin.others"),
        ({"<b>": "1.0.0"}, "extension.org.cds-rules.pin"),
        ({"elders": 1}, "extension.org.cds-rules.pin"),
        ("1.0.0", "extension.org.cds-rules.pin"),
    ],
)
def test_a_pin_that_cannot_be_honoured_is_refused_by_name(desk, pin, field):
    with pytest.raises(EnvelopeRejected) as refused:
        asked(desk, request(pin=pin), client=PINNING)
    assert [fault.field for fault in refused.value.faults] == [field]


def test_a_client_that_may_not_pin_is_refused_also_where_the_name_is_spelt_with_escapes(desk):
    body = request(pin={"elders": "1.0.0"})
    for spelt in (body, body.replace(b"org.cds-rules.pin", b"\\u006frg.cds-rules.pin")):
        with pytest.raises(PinNotAllowed):
            asked(desk, spelt)


def test_a_canary_is_for_the_same_patients_always_and_the_answer_says_so(desk):
    desk.follow([stood(desk, 1, "1.0.0"), stood(desk, 2, "2.0.0", "canary", share=5_000)], TODAY)
    first = {f"p{n}": asked(desk, request(f"p{n}"))["extension"][DECISION]["rulesets"][0] for n in range(40)}
    again = {p: asked(desk, request(p))["extension"][DECISION]["rulesets"][0] for p in first}
    assert first == again
    by_version = {(one["version"], one.get("stage")) for one in first.values()}
    assert by_version == {("1.0.0", None), ("2.0.0", "canary")}


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 10_000), st.binary(min_size=8, max_size=8))
def test_the_share_of_a_canary_is_exact_in_the_limit_and_grows_by_patients_that_stay(share, key):
    count = 3_000
    canary = Canary(version("2.0.0"), share)
    chosen = {n for n in range(count) if is_in_canary(key, canary, "ehr", f"Patient/{n}")}
    expected = count * share / 10_000
    spread = (expected * (1 - share / 10_000)) ** 0.5
    assert abs(len(chosen) - expected) <= 6 * spread + 1
    more = replace(canary, share=min(10_000, share + 500))
    assert all(is_in_canary(key, more, "ehr", f"Patient/{n}") for n in chosen)


def test_everybody_is_in_a_canary_of_all_and_nobody_in_one_of_none():
    for n in range(200):
        assert is_in_canary(b"k", Canary(version("2.0.0"), 10_000), "ehr", f"Patient/{n}")
        assert not is_in_canary(b"k", Canary(version("2.0.0"), 0), "ehr", f"Patient/{n}")


def test_what_is_not_in_effect_any_more_or_long_unreviewed_is_told(desk):
    from cds.decisions.standing import notices

    assert notices(desk.live, MOMENT) == []
    later = Moment(NOON.replace(year=2028), MOMENT.zone)
    assert notices(desk.live, later) == [
        "elders@1.0.0: last reviewed on 2026-01-16, more than 24 months ago",
        "elders@2.0.0: last reviewed on 2026-01-16, more than 24 months ago",
    ]
    early = Moment(NOON.replace(year=2019), MOMENT.zone)
    assert notices(desk.live, early) == ["elders: no version of it is live and in effect today"]
    assert date(2028, 5, 1) == later.today


def test_services_that_an_act_does_not_touch_go_on_with_what_they_have_put_together(desk):
    log = [stood(desk, 1, "1.0.0")]
    desk.follow(log, TODAY)
    before = {service.id: desk.live.lineup(service) for service in desk.services}
    desk.follow([*log, stood(desk, 2, "2.0.0", service="sign")], TODAY)
    after = {service.id: desk.live.lineup(service) for service in desk.services}
    assert after["view"] is before["view"]
    assert after["sign"] is not before["sign"]


def test_a_pin_is_honoured_however_often_the_same_bytes_come_and_with_a_cache(folder):
    desk = opened(folder, store=DictStore())
    desk.follow([stood(desk, 1, "2.0.0")], TODAY)
    for _ in range(3):
        assert told(asked(desk, request(pin={"elders": "1.0.0"}), client=PINNING))[1] == ["1.0.0"]
        assert told(asked(desk, request(pin={}), client=PINNING))[1] == ["2.0.0"]
        assert told(asked(desk, request(), client=PINNING))[1] == ["2.0.0"]
    desk.close()


def approve(folder, version, digest):
    told = f"- version: {version}\n  digest: sha256:{digest}\n  by: ann\n  at: 2026-11-30T12:00:00Z\n"
    told += "  approved: {by: bob, at: 2026-11-30T12:00:00Z, why: read}\n"
    with (folder / "elders" / "publications.yaml").open("a") as file:
        file.write(told)


def test_where_approval_is_required_a_version_that_nobody_approved_is_not_used_whatever_the_log_says(folder):
    digests = {version: write_version(folder, version, version) for version in ("1.0.0", "2.0.0")}
    approve(folder, "1.0.0", digests["1.0.0"])
    cache = JudgementCache(NullStore(), keys())
    desk = Desk.open(folder, make_engine("reference"), cache, unrecorded(), canary_key=b"key", needs_approval=True)
    try:
        with pytest.raises(RulesetsRejected) as refused:
            desk.start_with([stood(desk, 1, "2.0.0")], TODAY)
        assert "elders@2.0.0 is not approved" in str(refused.value.problems[0])
        desk.start_with([stood(desk, 1, "1.0.0"), stood(desk, 1, "2.0.0", "shadow")], TODAY)
        log = [stood(desk, 1, "1.0.0"), stood(desk, 2, "2.0.0")]
        live = desk.follow(log, TODAY)
        assert "elders@2.0.0 is not approved by anybody (CDS_APPROVAL=required)" in live.refused[0]
        assert told(asked(desk))[1] == ["1.0.0"]
        approve(folder, "2.0.0", digests["2.0.0"])
        assert desk.follow(log, TODAY).refused == ()
        assert told(asked(desk))[1] == ["2.0.0"]
    finally:
        desk.close()
