"""What may be mended by a program, and what never: nothing that was valid, nothing that could be meant otherwise."""

import difflib
import random

import pytest

from cds.authoring.fixing import mend
from cds.documents.layout import laid_out
from cds.documents.yaml_tree import plain, read_yaml
from cds.rules.source.read import read_ruleset
from tests.authoring.suites import RULESET


def problems_of(text):
    return read_ruleset(text.encode(), "ruleset.yaml", {}.get, {})[1]


def mended(text):
    return mend(text, problems_of)


def test_a_name_with_one_near_match_is_mended_and_told():
    text, fixes = mended(RULESET.replace("value: newest", "value: newst"))
    assert text == RULESET
    assert [(fix.line, fix.code) for fix in fixes] == [(23, "CDS205")]
    assert "value: newst" in fixes[0].before
    assert "value: newest" in fixes[0].after


def test_a_text_that_begins_with_a_brace_is_quoted():
    whole = RULESET.replace(
        'card: {indicator: warning, summary: "Trimethoprim with potassium {newest}", evidence: [label]}',
        "card:\n        indicator: warning\n        summary: {newest} with trimethoprim\n        evidence: [label]",
    )
    text, fixes = mended(whole)
    assert problems_of(text) == []
    assert [fix.after for fix in fixes] == ['summary: "{newest} with trimethoprim"']


def test_several_mistakes_are_mended_one_after_the_other():
    broken = RULESET.replace("value: newest", "value: newst").replace("in: trimethoprim}", "in: trimetoprim}")
    text, fixes = mended(broken)
    assert text == RULESET
    assert len(fixes) == 2


@pytest.mark.parametrize(
    "change",
    [
        ("value: newest", "value: potassium-of-today"),  # like nothing there
        ("is: above 5.0 mmol/L", "is: over 5.0 mmol/L"),  # another word could be meant
        ("when: [ordered, high]", "when: [ordred, hihg, ordred]"),  # stands there twice
        ("version: 1.0.0", "version: one"),
    ],
)
def test_what_could_be_meant_otherwise_is_left_alone(change):
    broken = RULESET.replace(*change)
    text, fixes = mended(broken)
    assert all("ordred" not in fix.before for fix in fixes)
    assert change[1].split()[-1] in text


def test_what_is_valid_is_left_alone():
    assert mended(RULESET) == (RULESET, [])


@pytest.mark.parametrize(
    ("whole", "broken"),
    [
        ("hooks: [order-sign]", "hooks: [order-sign"),
        ("when: [ordered, high]", "when: [ordered, high"),
        ("when: [ordered, high]", "when: ordered, high]"),
        ("effective: {from: 2020-01-01}", "effective: {from: 2020-01-01"),
        ("evidence: [label]}\n  not", "evidence: [label}\n  not"),
        ("evidence:\n", "evidence\n"),
        ("and potassium\npublisher:", "and potassiumpublisher:"),  # two lines became one
        ("rxnorm: {10829: trimethoprim}", "rxnorm: {10829: trimethoprim"),
    ],
)
def test_a_bracket_or_a_line_that_is_missing_is_left_to_the_author(whole, broken):
    assert whole in RULESET
    text = RULESET.replace(whole, broken, 1)
    assert mended(text) == (text, [])


@pytest.mark.parametrize(
    "title", ["Trimethoprim: potassium", "Warfarin [oral]: bleeding", "{newest}: high", 'A "b": c']
)
def test_a_text_with_a_colon_is_quoted_as_it_stands(title):
    text, fixes = mended(RULESET.replace("Trimethoprim and potassium", title, 1))
    assert [fix.code for fix in fixes] == ["CDS103"]
    assert tree(text)["title"] == title


def tree(text):
    node, _ = read_yaml(text.encode(), "ruleset.yaml")
    return plain(node) if node is not None else None


def is_alike(one, other):
    """Whether the same keys hold the same kinds of things, texts aside that differ by a letter or two."""
    if isinstance(one, dict) and isinstance(other, dict):
        are_keys = len(one) == len(other) and all(map(is_alike, one, other))
        return are_keys and all(map(is_alike, one.values(), other.values()))
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(is_alike, one, other))
    return type(one) is type(other) and difflib.SequenceMatcher(None, one, other).ratio() >= 0.7


def mistakes(text):
    """One slip of a finger each: a sign that is missing, or one too many."""
    slips = random.Random(5)
    for _ in range(600):
        place = slips.randrange(len(text))
        yield text[:place] + text[place + 1 :]
        yield text[:place] + slips.choice('[]{}:"#,\n') + text[place:]


def test_no_fix_changes_what_is_meant_or_makes_it_worse():
    laid, _ = laid_out(RULESET.encode(), "ruleset.yaml")
    mended_some = 0
    for whole in (RULESET, laid.decode()):
        for text in mistakes(whole):
            after, fixes = mended(text)
            if not fixes:
                assert after == text
                continue
            mended_some += 1
            meant = tree(text)
            assert is_alike(tree(after), meant if meant is not None else tree(whole)), (text, fixes)
            if meant is not None:
                left, found = ({(p.code, p.message) for p in problems_of(each)} for each in (after, text))
                assert left < found, (text, fixes)
    assert mended_some > 100
