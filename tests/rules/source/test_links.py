# ruff: noqa: E501 -- one mistake a line reads best
"""Links, topics, icons and system actions of a card: as written, and every mistake with its place."""

import pytest

from cds.rules.ruleset import Topic
from cds.terminology.coding import SNOMED, Coding
from tests.rules.source.written import assert_told, changed, read

OVERRIDE = "      override-reasons: [patient-declined]\n"
LINKS = """\
      links:
        - {label: Dosing table, absolute: "https://example.org/table"}
        - {label: Dosing app, smart: "https://example.org/launch", app-context: '{"a": 1}', autolaunchable: yes}
"""
ACTIONS = """\
      system-actions:
        - {description: Repeat the potassium, when: [diuretic], create: {resourceType: ServiceRequest}}
        - {description: Take the order away, remove: opioid}
"""
FIRST = "        evidence: [label]\n"


def card_of(text):
    ruleset, problems = read(text)
    assert [str(problem) for problem in problems] == []
    return ruleset.rules[0].card


def test_links_come_in_the_order_written_and_an_apps_context_is_kept_as_it_is():
    page, app = card_of(changed(OVERRIDE, OVERRIDE + LINKS)).links
    assert (page.kind, page.url, page.app_context, page.autolaunchable) == (
        "absolute", "https://example.org/table", "", False,
    )  # fmt: skip
    assert (app.kind, app.label, app.app_context, app.autolaunchable) == ("smart", "Dosing app", '{"a": 1}', True)


def test_a_topic_is_a_code_of_a_named_system_or_of_any_uri():
    for system, uri in (("snomed", SNOMED), ("urn:example:topics", "urn:example:topics")):
        text = changed(FIRST, f"{FIRST}        topic: {{system: {system}, code: 1, display: Potassium}}\n")
        assert card_of(text).topic == Topic(Coding(uri, "1"), "Potassium")
    assert card_of(changed(OVERRIDE, OVERRIDE)).topic is None


def test_system_actions_are_described_conditioned_and_do_one_thing_each():
    create, remove = card_of(changed(OVERRIDE, OVERRIDE + ACTIONS)).system_actions
    assert (create.label, create.kind, [str(entry) for entry in create.when]) == (
        "Repeat the potassium", "create", ["diuretic"],
    )  # fmt: skip
    assert (remove.kind, remove.target) == ("remove", "opioid")


def test_evidence_may_have_an_icon():
    ruleset, _ = read(
        changed("link: https://example.org/label", "link: https://example.org/label, icon: https://e.org/i")
    )
    assert ruleset.evidence["label"].icon == "https://e.org/i"


@pytest.mark.parametrize(
    ("code", "added", "gist", "hint"),
    [
        ("CDS505", "      links: [§{label: Both, absolute: https://e.org, smart: https://e.org}]\n", "exactly one", "smart:"),
        ("CDS505", "      links: [§{label: None}]\n", "exactly one address", "absolute:"),
        ("CDS505", "      links: [§{label: P, absolute: https://e.org, autolaunchable: yes}]\n", "leads to a page", "smart"),
        ("CDS302", "      links: [{label: P, absolute: §e.org}]\n", "is not a web address", "https://"),
        ("CDS302", "      links: [{label: P, smart: §http://e.org}]\n", "is not a web address", "https://"),
        ("CDS109", "      links: [§{absolute: https://e.org}]\n", 'a link needs the key "label"', ""),
        ("CDS101", "      links: [{label: P, §url: x, absolute: https://e.org}]\n", 'a link has no key "url"', "one of"),
        ("CDS113", "      links: [{label: P, smart: https://e.org, autolaunchable: §maybe}]\n", "autolaunchable", "yes"),
        ("CDS110", "      links: §none\n", "links must be a list", "hyphen"),
        ("CDS110", "      system-actions: §none\n", "system-actions must be a list", "hyphen"),
        ("CDS109", "      system-actions: [§{remove: opioid}]\n", 'a system action needs the key "description"', ""),
        ("CDS125", "      system-actions: [§{description: D}]\n", "does exactly one thing", "remove, stop, replace or create"),
        ("CDS101", "      system-actions: [{description: D, §recommended: yes, remove: opioid}]\n", "no key", "one of"),
        ("CDS205", "      system-actions: [§{description: D, remove: opiod}]\n", "is not a finder", "opioid"),
        ("CDS205", "      system-actions: [{description: D, when: [§opiod], remove: opioid}]\n", "opiod", "opioid"),
        ("CDS504", "      system-actions: [§{description: D, create: {resourceType: X, a: '{latest-k}'}}]\n", "{latest-k}", "patient"),
    ],
)  # fmt: skip
def test_a_mistake_beside_a_card_is_told_with_its_place(code, added, gist, hint):
    assert_told(code, OVERRIDE, OVERRIDE + added, gist, hint)


@pytest.mark.parametrize(
    ("code", "topic", "gist", "hint"),
    [
        ("CDS224", "{§system: snomde, code: 1}", '"snomde" is not a code system', "snomed"),
        ("CDS109", "§{system: snomed}", 'topic needs the key "code"', ""),
        ("CDS101", "{system: snomed, code: 1, §text: x}", 'topic has no key "text"', "display"),
        ("CDS110", "§potassium", "topic must be a table of keys", ""),
    ],
)
def test_a_mistake_in_a_topic_is_told_with_its_place(code, topic, gist, hint):
    assert_told(code, FIRST + "      suggestions:", f"{FIRST}        topic: {topic}\n      suggestions:", gist, hint)


def test_an_icon_that_is_no_web_address_is_told():
    old, new = "link: https://example.org/label", "link: https://example.org/label, §icon: data:image/png;base64,x"
    assert_told("CDS302", old, new.replace("data:image/png;base64,x", '"data:image/png;base64,x"'), "icon", "")
