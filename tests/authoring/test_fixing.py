"""What may be mended by a program, and what never: nothing that was valid, nothing that could be meant otherwise."""

import pytest

from cds.authoring.fixing import mend
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
