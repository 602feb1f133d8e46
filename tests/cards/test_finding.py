"""A rule that fired, worded: its numbers are the judged ones, record text stays text, and nothing is dropped."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds.cards.card import build_cards
from cds.cards.finding import FINDING_EXTENSION, word_finding
from cds.hooks.response_check import check_response
from tests.patients import condition, draft, medication_request, observation
from tests.rules.judge.telling import MME, NOW, rule, ruleset, verdicts

DEFINITIONS = {
    "in-use": {"any": "medication", "in": ["opioids"]},
    "ordered": {"any": "order", "in": ["opioids", "ibuprofen"]},
    "opioid": {"any": ["medication", "draft"], "in": ["opioids"]},
    "mme": MME,
    "total": {"sum": "mme"},
    "total-50": {"value": "total", "is": "at least 50 mg/d", "label": "dose"},
    "stroke": {"any": "condition", "in": ["stroke"], "label": "stroke"},
    "k": {"latest": "lab", "in": ["potassium"]},
    "k-high": {"value": "k", "is": "above 5 mmol/L", "label": "potassium"},
    "risk": {"any-of": ["stroke", "total-50", "k-high"]},
}


def findings(card, *resources, when=("ordered",), then=None, each="", **how):
    more = {"for_each": each} if each else {}
    told = ruleset(DEFINITIONS, {"r": rule(when, card=card, then=then or {}, **more)})
    found = verdicts(told, *resources, **how)
    return [word_finding(found.judging, v, {}) for v in found.rules if v.outcome == "fires"]


def card(told, *resources, **how):
    (finding,) = findings(told, *resources, **how)
    return finding.card


def named(display, **more):
    code = {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "7052"}], "text": display}
    return draft(more={"medicationCodeableConcept": code}, **more)


names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=300)


@settings(max_examples=60, deadline=None)
@given(names, st.floats(0.001, 1e6, allow_nan=False))
def test_a_summary_is_under_140_characters_whatever_the_record_says(display, dose):
    told = {"summary": "Ordered {ordered}, total {total}, risks {risk.holding}: look again"}
    drafts = [named(display, dose=(dose, "mg"), per_day=1)]
    made = card(told, condition(snomed="230690007"), drafts=drafts)
    assert len(made["summary"]) < 140
    assert "\n" not in made["summary"]
    assert check_response({"cards": build_cards(findings(told, drafts=drafts), "key", NOW)}, feedback=True) == []


def test_record_text_is_text_in_summary_and_detail():
    told = {"summary": "Ordered {ordered}", "detail": "Ordered: {ordered}"}
    made = card(told, drafts=[named("<img src=x> [a](https://b)")])
    assert made["summary"] == "Ordered ‹img src=x› [a](https://b)"
    assert "<img" not in made["detail"]
    assert "](https://b)" not in made["detail"]


def test_a_name_is_whole_in_a_detail_and_three_are_named():
    drafts = [named(f"{n} " + "x " * 30 + "end", id=f"o{n}") for n in range(5)]
    made = card({"summary": "S", "detail": "{ordered}"}, drafts=drafts)
    assert made["detail"].startswith(", ".join(f"{n} {'x ' * 30}end" for n in range(3)) + " and 2 more")


@pytest.mark.parametrize(
    ("ordered", "shown"),
    [
        (["morphine"], "morphine"),
        (["morphine", "codeine"], "morphine, codeine"),
        (["morphine sulfate 15 MG Extended Release Oral Tablet"], "morphine sulfate 15 MG Extended Release…"),
        (
            ["sacubitril 24 MG / valsartan 26 MG", "aliskiren 150 MG Oral Tablet"],
            "sacubitril 24 MG /…, aliskiren 150 MG…",
        ),
        (["morphine sulfate 15 MG Oral Tablet", "codeine"], "morphine sulfate 15 MG Oral…, codeine"),
        (["a" * 50, "b" * 50], "a" * 18 + "…, " + "b" * 18 + "…"),
        (["a" * 50, "b" * 50, "c" * 50], "a" * 28 + "… and 2 more"),
        (["morphine", "codeine", "oxycodone", "tramadol"], "morphine, codeine, oxycodone and 1 more"),
        (["morphine", "codeine", "hydromorphone", "tramadol"], "morphine, codeine and 2 more"),
    ],
)
def test_a_summary_shares_the_room_of_one_name_and_counts_what_finds_none(ordered, shown):
    drafts = [named(name, id=f"o{n}") for n, name in enumerate(ordered)]
    assert card({"summary": "{ordered}", "detail": "D"}, drafts=drafts)["summary"] == shown


def test_a_name_that_is_a_story_is_cut_in_a_detail_between_words():
    made = card({"summary": "S", "detail": "{ordered}"}, drafts=[named("word " * 60)])
    assert made["detail"].startswith(("word " * 24).strip() + "…\n")


def test_a_number_has_its_unit_and_its_own_day():
    result = observation(5.37, "mmol/L", on="2026-04-01", loinc="2823-3")
    told = {"summary": "{k}", "detail": "{k.value} on {k.date}"}
    made = card(told, result, when=["k-high"])
    assert made["summary"] == "5.37 mmol/L (2026-04-01)"
    assert made["detail"].startswith("5.37 mmol/L on 2026-04-01")


def test_a_range_says_which_side_is_open():
    oxycodone = medication_request(id="m", rxnorm="7804", dose=(40, "mg"), per_day=1)
    made = card({"summary": "Total {total}"}, oxycodone, drafts=[draft(rxnorm="7052")])
    assert made["summary"] == "Total at least 60 mg/day"


def test_an_empty_list_never_turns_a_summary_into_a_name_for_programs():
    made = card({"summary": "Unknown: {risk.unknown}"}, drafts=[draft(rxnorm="5640")], unsupplied=[])
    assert made["summary"] in ("Unknown: see details", "Unknown: potassium")
    sure = card(
        {"summary": "Unknown: {risk.unknown}"},
        observation(4, "mmol/L", loinc="2823-3"),
        drafts=[draft(rxnorm="5640")],
    )
    assert sure["summary"] == "Unknown: see details"


def test_a_line_whose_list_is_empty_is_dropped_and_the_others_stay():
    told = {"detail": "First.\nHolding: {risk.holding}\nLast.", "notes": [{"text": "Also: {risk.holding}"}]}
    made = card(told, observation(4, "mmol/L", loinc="2823-3"), drafts=[draft(rxnorm="5640")])
    assert made["detail"].startswith("First.\nLast.\n")
    assert "Also" not in made["detail"]
    held = card(told, condition(snomed="230690007"), drafts=[draft(rxnorm="5640")])
    assert held["detail"].startswith("First.\nHolding: stroke\nLast.\n\nAlso: stroke\n")


@pytest.mark.parametrize(
    ("note", "there", "shown"),
    [
        ({"when": ["stroke"]}, [condition(snomed="230690007")], True),
        ({"when": ["stroke"]}, [], False),
        ({"when": ["k-high"]}, [], False),  # unknown: not added
        ({"unless": ["stroke"]}, [], True),
        ({"unless": ["k-high"]}, [], False),  # unknown: not added
    ],
)
def test_a_note_is_added_only_when_it_surely_belongs(note, there, shown):
    made = card({"notes": [{**note, "text": "Noted."}]}, *there, drafts=[draft(rxnorm="5640")])
    assert ("Noted." in made["detail"]) is shown


REMOVE = {"suggestions": [{"label": "Remove the order", "recommended": "yes", "remove": "ordered"}]}


def test_two_orders_of_one_name_are_removed_by_two_suggestions_with_their_own_ids():
    drafts = [named("ibuprofen", id="a"), named("ibuprofen", id="b"), named("ibuprofen", id="c")]
    (made,) = build_cards(findings({}, drafts=drafts, then=REMOVE), "key", NOW)
    suggestions = made["suggestions"]
    assert {s["actions"][0]["resourceId"] for s in suggestions} == {f"MedicationRequest/{n}" for n in "abc"}
    assert len({s["uuid"] for s in suggestions}) == len({s["label"] for s in suggestions}) == 3
    assert [s["isRecommended"] for s in suggestions].count(True) == 1
    assert check_response({"cards": [made]}, feedback=True) == []


def test_an_order_without_an_id_cannot_be_removed_and_no_empty_suggestion_is_made():
    made = card({}, drafts=[draft(id=None, rxnorm="7052")], then=REMOVE)
    assert "suggestions" not in made


INSTEAD = {
    "suggestions": [
        {
            "label": "Propose another",
            "instead-of": "ordered",
            "create": {
                "resourceType": "MedicationRequest",
                "medicationCodeableConcept": {
                    "coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "7804"}],
                    "text": "oxycodone",
                },
            },
        }
    ]
}


def test_what_is_proposed_instead_of_drafts_ends_them_in_the_same_suggestion():
    drafts = [named("ibuprofen", id="a"), named("naproxen", id="b")]
    (made,) = build_cards(findings({}, drafts=drafts, then=INSTEAD), "key", NOW)
    (suggestion,) = made["suggestions"]
    assert [(a["type"], a.get("resourceId"), a["description"]) for a in suggestion["actions"]] == [
        ("create", None, "Propose another"),
        ("delete", "MedicationRequest/a", "Remove ibuprofen"),
        ("delete", "MedicationRequest/b", "Remove naproxen"),
    ]
    assert check_response({"cards": [made]}, feedback=True) == []


def test_nothing_is_proposed_instead_of_a_draft_that_cannot_be_ended():
    drafts = [named("ibuprofen", id="a"), draft(id=None, rxnorm="7052")]
    assert "suggestions" not in card({}, drafts=drafts, then=INSTEAD)


def test_stopping_keeps_the_resource_and_changes_its_status():
    then = {"suggestions": [{"label": "Stop it", "stop": "in-use"}]}
    in_use = medication_request(id="m", rxnorm="7804", dose=(20, "mg"), per_day=1)
    made = card({}, in_use, when=["in-use"], then=then)
    (action,) = made["suggestions"][0]["actions"]
    assert action["type"] == "update"
    assert action["resource"] == {**in_use, "status": "stopped"}


def test_the_finding_tells_references_codes_and_values_but_no_names():
    made = card({"summary": "{total}"}, drafts=[named("Zebedee forte", dose=(60, "mg"), per_day=1)])
    told = made["extension"][FINDING_EXTENSION]
    assert "Zebedee" not in json.dumps(told)
    assert told["facts"][0]["reference"] == "MedicationRequest/o1"
    assert told["values"]["total"] == {"value": 60.0, "unit": "mg/d"}


def test_cards_come_by_indicator_then_as_written_then_by_subject():
    rules = {
        "i": rule(["ordered"], card={"indicator": "info"}, for_each="ordered"),
        "w": rule(["ordered"], card={"indicator": "warning"}, for_each="ordered"),
        "c": rule(["ordered"], card={"indicator": "critical"}),
        "v": rule(["ordered"], card={"indicator": "warning"}),
    }
    found = verdicts(ruleset(DEFINITIONS, rules), drafts=[draft("b", rxnorm="7052"), draft("a", rxnorm="7052")])
    worded = sorted(
        (word_finding(found.judging, v, {}) for v in found.rules),
        key=lambda finding: (list(rules).index(finding.rule), finding.subject),
    )
    told = [c["extension"][FINDING_EXTENSION] for c in build_cards(worded, "key", NOW)]
    assert [(t["rule"], t.get("subject", "").removeprefix("MedicationRequest/")) for t in told] == [
        ("c", ""),
        ("w", "a"),
        ("w", "b"),
        ("v", ""),
        ("i", "a"),
        ("i", "b"),
    ]


def test_two_drafts_under_one_id_get_two_cards_with_their_own_ids():
    drafts = [named("one", id="x"), draft("x", rxnorm="5640")]
    made = build_cards(findings({}, drafts=drafts, each="ordered"), "key", NOW)
    assert len({card["uuid"] for card in made}) == 2
    assert made == build_cards(findings({}, drafts=drafts, each="ordered"), "key", NOW)


def test_a_text_shows_how_many_days_ago_something_was():
    told = {
        "summary": "Potassium of {k.date}",
        "detail": "Measured {k.time-since} ago, ordered {ordered.time-since} ago",
    }
    potassium = observation(5, "mmol/L", on="2026-04-28T08:00:00Z", loinc="2823-3")
    made = card(told, potassium, drafts=[draft(on="2026-05-01", rxnorm="7052")])
    assert made["summary"] == "Potassium of 2026-04-28"
    assert made["detail"].startswith("Measured 3 days ago, ordered 0 days ago")
    unread = observation(5, "no-such-unit", on="2026-04-28", loinc="2823-3")
    assert card(told, unread, drafts=[draft(on=None, rxnorm="7052")])["detail"].startswith(
        "Measured 3 days ago, ordered not"
    )


@pytest.mark.parametrize(
    ("period", "line", "day"),
    [
        ({"start": "1960-02-11", "end": "2013-02"}, "1960-02-11 to 2013-02", "1960-02"),
        ({"start": "2026-04-28T08:00:00Z", "end": "2026-04-29"}, "2026-04-28 08:00 to 2026-04-29", "2026-04-28"),
        ({"start": "1990-03-06"}, "since 1990-03-06", "1990-03-06"),
        ({"end": "2013-02-02"}, "until 2013-02-02", "until 2013-02-02"),
    ],
)
def test_a_result_of_a_span_of_time_is_shown_with_both_ends_and_never_with_a_day_that_nobody_wrote(period, line, day):
    told = observation(6, "mmol/L", on=None, loinc="2823-3", more={"effectivePeriod": period})
    made = card({"summary": "Potassium of {k.date}"}, told, when=["k-high"])
    assert f"6 mmol/L, {line}\n" in made["detail"]
    assert made["summary"] == f"Potassium of {day}"
