"""A change is told by what it means, and weighs what it does to patients and clients."""

import pytest

from cds.authoring.comparing import changes, least_next, level_of
from cds.authoring.versions import read_version
from tests.authoring.drafts import write_draft


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
