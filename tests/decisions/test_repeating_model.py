"""``again-after`` over any calls, against a model of three lines: by client, patient, rule and order, since when."""

import json
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from cds.access.client import Client
from cds.hooks.response_check import check_response
from tests.cache.clients import FakeClient
from tests.cache.stores import DictStore
from tests.decisions.desk import DECISION, answered, body, selected
from tests.decisions.test_repeating import rules, shell
from tests.patients import draft
from tests.rules.judge.telling import moment, rule, ruleset

RESTS = {"minutes": timedelta(minutes=30), "hours": timedelta(hours=2), "days": timedelta(days=1)}
ORDERED = {"ordered": {"any": "order", "in": ["warfarin"]}}
SERVICE = selected(
    ruleset(
        ORDERED,
        {
            "minutes": rule(["ordered"], again_after="30 minutes"),
            "hours": rule(["ordered"], for_each="ordered", again_after="2 hours"),
            "days": rule(["ordered"], again_after="1 day"),
            "always": rule(["ordered"]),
        },
    )
)
#: What passes between calls: nothing, both sides of each rest, and longer.
PASSED = st.sampled_from([0, 1, 1799, 1800, 3600, 7199, 7200, 40_000, 86_399, 86_400, 200_000])
CALLS = st.lists(
    st.tuples(
        PASSED, st.sampled_from(["a", "b"]), st.sampled_from(["p1", "p2"]), st.integers(1, 4), st.sampled_from("xy")
    ),
    min_size=2,
    max_size=12,
)


def call(patient: str, instance: int, order: str) -> bytes:
    told = body(
        about=SERVICE,
        instance=f"0b1f0000-0000-4000-8000-00000000000{instance}",
        drafts=[draft(order, rxnorm="11289")],
    )
    return json.dumps(
        json.loads(told.replace(b'"p1"', f'"{patient}"'.encode()).replace(b"/p1", b"/" + patient.encode()))
    ).encode()


@settings(max_examples=120, deadline=None)
@given(CALLS, st.booleans())
def test_a_card_rests_for_its_time_from_when_it_was_shown_and_no_longer(calls, cached):
    desk = shell(DictStore() if cached else None, client=FakeClient())
    shown: dict[tuple[str, ...], tuple[datetime, int]] = {}
    now = moment().instant
    for passed, client, patient, instance, order in calls:
        now += timedelta(seconds=passed)
        at = replace(moment(), instant=now)
        response = answered(SERVICE, call(patient, instance, order), at, desk, Client(client))
        assert check_response(response) == []
        expected, held = ["always"], {}
        for name, rest in RESTS.items():
            key = (client, patient, name, order if name == "hours" else "")
            since, by = shown.get(key, (None, 0))
            if since is not None and now - since < rest:
                if by != instance:
                    held[name] = since.isoformat(timespec="seconds")
                    continue
            else:
                shown[key] = (now, instance)
            expected.append(name)
        assert sorted(rules(response)) == sorted(expected)
        repeated = response["extension"][DECISION].get("repeated", [])
        assert {each["rule"]: each["since"] for each in repeated} == held
