"""A change is told by what it means, and weighs what it does to patients and clients."""

from pathlib import Path

import pytest

from cds.authoring.comparing import changes, least_next, level_of
from cds.authoring.versions import read_version
from tests.authoring.drafts import write_draft

RULESETS = Path(__file__).parents[2] / "rulesets"


def compared(tmp_path, *changed):
    versions = []
    for folder, told in ((tmp_path / "old", ()), (tmp_path / "new", changed)):
        version, problems = read_version(write_draft(folder, "1.0.0", *told))
        assert version is not None, [str(problem) for problem in problems]
        versions.append(version)
    found = changes(*versions)
    return level_of(found), {(each.kind, each.name, each.what): each.details for each in found}


LIMIT = ("says: Potassium above 5.0, value: newest, is: above 5.0 mmol/L",
         "says: Potassium above 5.5, value: newest, is: above 5.5 mmol/L")  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "level", "told"),
    [
        (LIMIT, "minor", {("definition", "high", "changed"): ("says: Potassium above 5.0 -> Potassium above 5.5",
                                                              "is: above 5.0 mmol/L -> above 5.5 mmol/L")}),
        (("10829: trimethoprim", "10829: trimethoprim, 10831: co-trimoxazole"), "minor",
         {("value set", "trimethoprim", "changed"): (
             "gained http://www.nlm.nih.gov/research/umls/rxnorm|10831 co-trimoxazole",)}),
        (("within 30 days, latest: lab, in: potassium, within: 30 days",
          "within 60 days, latest: lab, in: potassium, within: 60 days"), "minor", None),
        (("  not-checked:", "  unchecked:"), "major",
         {("rule", "not-checked", "removed"): (), ("rule", "unchecked", "added"): ()}),
        (("hooks: [order-sign]", "hooks: [order-sign, order-select]"), "major",
         {("hook", "order-select", "added"): ()}),
        (("Trimethoprim with potassium", "Trimethoprim at a potassium of"), "patch",
         {("rule", "raises-potassium", "changed"): (
             "then.card.summary: Trimethoprim with potassium {newest} -> Trimethoprim at a potassium of {newest}",)}),
        (("indicator: warning", "indicator: critical"), "minor", None),
        (("last-review-date: 2026-01-15", "last-review-date: 2026-02-15"), "patch",
         {("metadata", "last-review-date", "changed"): ("2026-01-15 -> 2026-02-15",)}),
        (("strength: label warning", "strength: contraindication"), "patch",
         {("evidence", "label", "changed"): ("grade.strength: label warning -> contraindication",)}),
        (("any: procedure", "any: condition"), "major", None),
    ],
)  # fmt: skip
def test_a_change_has_its_class_and_its_words(tmp_path, changed, level, told):
    found = compared(tmp_path, changed)
    assert found[0] == level
    if told is not None:
        assert found[1] == told


def test_layout_quotes_and_comments_are_no_change(tmp_path):
    level, told = compared(
        tmp_path,
        ("    family: potassium\n", "    family: 'potassium'  # one family\n"),
        ("title: Trim", "title:   Trim"),
    )
    assert (level, told) == (None, {})


def test_another_spelling_of_a_limit_is_said_to_mean_the_same(tmp_path):
    level, told = compared(tmp_path, ("is: above 5.0 mmol/L", "is: above 5 mmol/L"))
    assert level == "patch"
    assert told == {("text", "files", "changed"): ("written otherwise, with the same meaning",)}


def test_a_lost_override_reason_is_major_and_a_new_one_minor(tmp_path):
    card = "card: {indicator: info, "
    with_reason = (card, f"override-reasons: [done]\n      {card}")
    one, _ = read_version(write_draft(tmp_path / "one", "1.0.0"))
    two, _ = read_version(write_draft(tmp_path / "two", "1.0.0", with_reason))
    assert one is not None
    assert two is not None
    assert level_of(changes(one, two)) == "minor"
    assert level_of(changes(two, one)) == "major"


@pytest.mark.parametrize(("level", "least"), [("patch", "1.4.3"), ("minor", "1.5.0"), ("major", "2.0.0")])
def test_the_least_next_number(level, least):
    assert least_next("1.4.2", level) == least


UNLESS = "    unless: [on-dialysis]\n    unless-unknown: fire\n"
CARD = '{indicator: warning, summary: "Trimethoprim with potassium {newest}", evidence: [label]}'
#: An edit, and the class that docs/commands.md gives it. With the table above: each key of a version at least once.
BATTERY = {
    "title": (("title: Trimethoprim and potassium", "title: Potassium and trimethoprim"), "patch"),
    "publisher": (("publisher: Example Health", "publisher: Example Clinic"), "patch"),
    "approval date": (("approval-date: 2026-01-15", "approval-date: 2026-01-16"), "patch"),
    "days of the evidence": (("effective: {from: 2020-01-01}", "effective: {from: 2021-01-01}"), "minor"),
    "end of the evidence": (("{from: 2020-01-01}", "{from: 2020-01-01, until: 2030-01-01}"), "minor"),
    "link of the evidence": (("example.org/trimethoprim", "example.org/label"), "patch"),
    "display of a code": (("10829: trimethoprim", "10829: Trimethoprim"), "patch"),
    "another code": (("10829: trimethoprim", "10831: trimethoprim"), "minor"),
    "a code lost": (("2823-3: Potassium in Serum or Plasma", "6298-4: Potassium in Blood"), "minor"),
    "a sentence": (("says: Dialysis is on record", "says: A dialysis is on record"), "patch"),
    "at least for above": (
        ("Potassium above 5.0, value: newest, is: above 5.0",
         "Potassium at least 5.0, value: newest, is: at least 5.0"),
        "minor",
    ),
    "earliest for latest": (
        ("Most recent potassium within 30 days, latest:", "Earliest potassium within 30 days, earliest:"), "minor",
    ),
    "an exception out, and with it a kind of record": ((UNLESS, ""), "major"),
    "an exception doubted otherwise": (("unless-unknown: fire", "unless-unknown: stay-silent"), "minor"),
    "a condition out": (("when: [ordered, high]", "when: [high]"), "minor"),
    "a rule away": (("  not-checked:\n", "  not-checked-now:\n"), "major"),
    "words of a summary": (("without a potassium of", "with no potassium of"), "patch"),
    "a detail": ((CARD, CARD.replace("evidence:", "detail: Look at it., evidence:")), "patch"),
    "an indicator": (("indicator: info", "indicator: warning"), "minor"),
    "a suggestion": (
        ("override-reasons: [done]\n      card",
         "suggestions: [{label: Remove it, remove: ordered}]\n      override-reasons: [done]\n      card"),
        "minor",
    ),
    "the override reasons away": (("override-reasons: [done]\n      card", "card"), "major"),
    "a hook instead of another": (("hooks: [order-sign]", "hooks: [order-select]"), "major"),
    "another kind of record": (("any: procedure, in: dialysis", "any: condition, in: dialysis"), "major"),
}  # fmt: skip


@pytest.mark.parametrize("edit", BATTERY)
def test_each_edit_has_its_class_and_the_way_back_is_no_lighter_than_a_patch(tmp_path, edit):
    change, level = BATTERY[edit]
    assert compared(tmp_path, change)[0] == level
    there, _ = read_version(tmp_path / "new" / "potassium" / "draft")
    here, _ = read_version(tmp_path / "old" / "potassium" / "draft")
    assert there is not None
    assert here is not None
    assert level_of(changes(there, here)) is not None
    assert changes(there, there) == changes(here, here) == []


def test_every_published_version_compared_with_itself_has_not_changed():
    folders = [file.parent for kind in ("ruleset", "library") for file in RULESETS.glob(f"*/[0-9]*/{kind}.yaml")]
    assert len(folders) > 20
    for folder in folders:
        version, _ = read_version(folder)
        assert version is not None, folder
        assert changes(version, version) == [], folder
