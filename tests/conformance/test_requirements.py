"""The conformance table is complete, honest and current."""

import re

import pytest

from tests.conformance.examples import FOLDER, needs_examples
from tests.conformance.requirements import carriers, ids_in_name, not_met, requirements
from tests.conformance.table import DOCUMENT, document

IDS = {requirement.id for requirement in requirements()}


def test_every_requirement_has_a_test_or_says_that_it_is_not_met():
    untested = IDS - carriers().keys() - not_met().keys()
    assert sorted(untested) == []


def test_a_requirement_that_is_called_not_met_exists_and_says_why():
    assert not_met().keys() <= IDS
    assert all(len(why) > 20 for why in not_met().values())


def test_tests_carry_only_ids_that_exist():
    assert sorted(carriers().keys() - IDS) == []


def test_the_page_says_what_the_tests_carry():
    everything_passed = dict.fromkeys((test for tests in carriers().values() for test in tests), True)
    how = "run `python -m tests.conformance.table` and commit docs/conformance.md"
    assert DOCUMENT.read_text(encoding="utf-8") == document(everything_passed), how


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("test_http_07_random_bytes", ["HTTP-07"]),
        ("test_cors_01_to_03_a_preflight", ["CORS-01", "CORS-02", "CORS-03"]),
        ("test_ctx_05_and_13_are_told", ["CTX-05", "CTX-13"]),
        ("test_pre_10", ["PRE-10"]),
        ("test_a_card", []),
        ("test_version_10_is_higher", []),
    ],
)
def test_a_name_carries_the_ids_that_it_begins_with(name, ids):
    assert ids_in_name(name) == ids


@needs_examples
def test_the_list_is_that_of_the_checklist():
    written = (FOLDER.parent / "cds-hooks.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([A-Z]+-\d\d) \| (MUST|SHOULD|MAY) \|", written, re.MULTILINE)
    assert rows == [(requirement.id, requirement.level) for requirement in requirements()]
