"""What became of cards, as clients report it: CDS Hooks 2.0, "Feedback"."""

import copy
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.hooks.faults import EnvelopeRejected
from cds.hooks.feedback import read_feedback

CARD = "5ca1ab1e-0000-4000-8000-0000000000c1"
OVERRIDDEN = {"card": CARD, "outcome": "overridden", "outcomeTimestamp": "2026-05-01T10:05:31Z"}
ACCEPTED = {**OVERRIDDEN, "outcome": "accepted", "acceptedSuggestions": [{"id": "s-1"}, {"id": "s-2"}]}


def read(*items):
    return read_feedback(json.dumps({"feedback": items}).encode())


def fields(body):
    with pytest.raises(EnvelopeRejected) as refused:
        read_feedback(body if isinstance(body, bytes) else json.dumps(body).encode())
    return [fault.field for fault in refused.value.faults]


def fields_of(**changes):
    return fields({"feedback": [{**OVERRIDDEN, **changes}]})


def test_fb_08_several_cards_several_suggestions_and_repeats_are_fine():
    found = read(ACCEPTED, OVERRIDDEN, OVERRIDDEN)
    assert [(outcome.card, outcome.outcome, outcome.accepted) for outcome in found] == [
        (CARD, "accepted", ("s-1", "s-2")),
        (CARD, "overridden", ()),
        (CARD, "overridden", ()),
    ]


def test_fb_12_overridden_without_a_reason_is_fine():
    assert [outcome.reason for outcome in read(OVERRIDDEN, {**OVERRIDDEN, "overrideReason": None})] == [None, None]


@pytest.mark.parametrize("body", [{}, {"feedback": None}, {"feedback": {}}, {"feedback": []}, {"feedback": "x"}])
def test_fb_02_the_body_has_a_filled_array(body):
    assert fields(body) == ["feedback"]


@pytest.mark.parametrize("item", [None, 1, "x", []])
def test_fb_02_its_items_are_objects(item):
    assert fields({"feedback": [OVERRIDDEN, item]}) == ["feedback[1]"]


@pytest.mark.parametrize("card", [None, "", "  ", 1, [], "x" * 501, "a\0b", "a\nb"])
def test_fb_03_a_card_is_a_text_that_is_not_blank(card):
    assert fields_of(card=card) == ["feedback[0].card"]


@pytest.mark.parametrize("outcome", [None, "ignored", "Accepted", "", 1])
def test_fb_04_an_outcome_is_accepted_or_overridden(outcome):
    assert fields_of(outcome=outcome) == ["feedback[0].outcome"]


@pytest.mark.parametrize("suggestions", [None, [], {}, "s"])
def test_fb_05_accepted_names_its_suggestions(suggestions):
    assert fields({"feedback": [{**ACCEPTED, "acceptedSuggestions": suggestions}]}) == [
        "feedback[0].acceptedSuggestions"
    ]


def test_fb_05_each_suggestion_has_its_id():
    broken = {**ACCEPTED, "acceptedSuggestions": [{"id": "s"}, {}, {"id": 1}]}
    assert fields({"feedback": [broken]}) == [f"feedback[0].acceptedSuggestions[{n}].id" for n in (1, 2)]


def test_fb_06_a_reason_is_a_code_a_comment_or_both():
    coded, said, both = read(
        {**OVERRIDDEN, "overrideReason": {"reason": {"code": "c", "system": "urn:s", "display": "D"}}},
        {**OVERRIDDEN, "overrideReason": {"userComment": "because\nof this"}},
        {**OVERRIDDEN, "overrideReason": {"reason": {"code": "c"}, "userComment": "x"}},
    )
    assert (coded.reason.code, coded.reason.system, coded.reason.display, coded.reason.comment) == (
        "c",
        "urn:s",
        "D",
        None,
    )
    assert (said.reason.code, said.reason.comment) == (None, "because\nof this")
    assert (both.reason.code, both.reason.system, both.reason.comment) == ("c", None, "x")


@pytest.mark.parametrize(
    ("reason", "field"),
    [
        ({}, ""),
        ({"reason": None, "userComment": None}, ""),
        ("x", ""),
        ({"reason": "c"}, ".reason"),
        ({"reason": {}}, ".reason.code"),
        ({"reason": {"code": ""}}, ".reason.code"),
        ({"reason": {"code": "c", "system": 1}}, ".reason.system"),
        ({"userComment": ""}, ".userComment"),
        ({"userComment": 1}, ".userComment"),
    ],
)
def test_fb_06_an_empty_or_odd_reason_is_refused(reason, field):
    assert fields_of(overrideReason=reason) == [f"feedback[0].overrideReason{field}"]


@pytest.mark.parametrize(
    ("said", "moment"),
    [
        ("2026-05-01T10:05:31Z", datetime(2026, 5, 1, 10, 5, 31, tzinfo=UTC)),
        ("2026-05-01t10:05:31.672z", datetime(2026, 5, 1, 10, 5, 31, 672000, tzinfo=UTC)),
        ("2026-05-01T10:05:31.123456789+02:00", datetime(2026, 5, 1, 8, 5, 31, 123456, tzinfo=UTC)),
        ("2026-05-01T00:00:00-05:30", datetime(2026, 5, 1, 5, 30, tzinfo=UTC)),
    ],
)
def test_fb_07_a_moment_is_read_with_its_offset(said, moment):
    assert read({**OVERRIDDEN, "outcomeTimestamp": said})[0].at == moment


@pytest.mark.parametrize(
    "said",
    [
        None,
        1,
        "",
        "2026-05-01",
        "2026-05-01T10:05:31",
        "2026-05-01T10:05Z",
        "2026-02-30T10:05:31Z",
        "2026-05-01T25:05:31Z",
        "2026-05-01T10:05:31+25:00",
        "2026-05-01T10:05:31+00:60",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "2026-05-01T10:05:31Z\n",
        "२०२६-05-01T10:05:31Z",
        "20260501T100531Z",
    ],
)
def test_fb_07_anything_else_is_refused(said):
    assert fields_of(outcomeTimestamp=said) == ["feedback[0].outcomeTimestamp"]


def test_fb_11_one_wrong_item_of_ten_refuses_all_and_every_fault_is_named():
    items = [copy.deepcopy(OVERRIDDEN) for _ in range(10)]
    items[9] = {"outcome": "accepted", "overrideReason": {}}
    assert sorted(fields({"feedback": items})) == [
        f"feedback[9].{name}" for name in ("acceptedSuggestions", "card", "outcomeTimestamp", "overrideReason")
    ]


def test_ext_03_what_is_not_known_is_ignored():
    assert len(read({**OVERRIDDEN, "extension": {"a.b": 1}, "more": [], "acceptedSuggestions": None})) == 1


def test_fb_15_neither_faults_nor_reprs_show_what_a_person_wrote():
    said = "Zebedee hates it"
    outcome = read({**OVERRIDDEN, "overrideReason": {"reason": {"code": "c", "display": said}, "userComment": said}})
    assert said not in repr(outcome)
    with pytest.raises(EnvelopeRejected) as refused:
        read({**OVERRIDDEN, "overrideReason": {"userComment": said}, "outcome": said, "outcomeTimestamp": said})
    assert said not in str(refused.value.faults)


ODD = [
    None,
    True,
    0,
    -1,
    1e300,
    "",
    "x",
    "\ud800",
    [],
    {},
    [[]],
    [{}],
    {"id": []},
    {"reason": {"code": []}},
    [{"id": 1}],
]
NAMES = ["card", "outcome", "outcomeTimestamp", "acceptedSuggestions", "overrideReason"]


@given(st.dictionaries(st.sampled_from(NAMES), st.sampled_from(ODD)))
def test_http_07_anything_is_read_or_refused(changes):
    body = json.dumps({"feedback": [{**ACCEPTED, **changes}]}).encode("utf-8", "surrogatepass")
    try:
        found = read_feedback(body)
    except EnvelopeRejected as refused:
        found = [fault.field for fault in refused.faults if fault.field.startswith(("feedback", "body"))]
    assert found


@pytest.mark.parametrize("text", ["2016-12-31T23:59:60Z", "2017-01-01T05:29:60.000+05:30"])
def test_fb_07_a_leap_second_is_the_moment_behind_it(text):
    assert read({**OVERRIDDEN, "outcomeTimestamp": text})[0].at == datetime(2017, 1, 1, tzinfo=UTC)


def test_fb_07_a_leap_second_within_a_day_does_not_exist():
    assert fields_of(outcomeTimestamp="2016-12-31T10:05:60Z") == ["feedback[0].outcomeTimestamp"]
