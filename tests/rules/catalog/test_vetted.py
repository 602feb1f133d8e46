"""A verdict is kept for what was tried and what tried it; only an acceptance is kept."""

import pytest

from cds.rules.catalog import vetted
from cds.rules.engine.vetting import Accepted, Refused
from tests.rules.catalog.folders import version_folder
from tests.rules.catalog.test_load import loaded

ACCEPTED = Accepted(engine="2.0.28", nets=1)


@pytest.fixture
def versions(tmp_path):
    return [loaded(version_folder(tmp_path, version))[0] for version in ("1.2.0", "1.3.0")]


@pytest.fixture
def tried(monkeypatch):
    """How many sets each child was given; what it says of them is set by the test."""
    counts = []

    def vet_each(sets):
        counts.append(len(sets))
        return [tried.verdict] * len(sets)

    def tried():
        return counts

    tried.verdict = ACCEPTED
    monkeypatch.setattr(vetted, "vet_each", vet_each)
    return tried


def test_the_real_child_accepts_them_and_is_not_asked_again(versions, tmp_path, monkeypatch):
    assert vetted.refused(versions, tmp_path / "state" / "vetted") == []
    monkeypatch.setattr(vetted, "vet_each", lambda sets: pytest.fail("asked again"))
    assert vetted.refused(versions, tmp_path / "state" / "vetted") == []


def test_what_is_new_goes_to_one_child(versions, tmp_path, tried):
    assert vetted.refused(versions, tmp_path / "vetted") == []
    assert tried() == [2]


def test_a_refusal_is_told_and_tried_again_at_the_next_start(versions, tmp_path, tried):
    tried.verdict = Refused("crashed: SIGSEGV")
    for _ in range(2):
        problems = vetted.refused(versions[:1], tmp_path / "vetted")
        assert [(problem.code, problem.message) for problem in problems] == [
            ("CDS330", "example@1.2.0 must not be given to the engine: crashed: SIGSEGV")
        ]
    assert tried() == [1, 1]


def test_another_engine_or_other_code_of_ours_is_tried_again(versions, tmp_path, tried, monkeypatch):
    vetted.refused(versions[:1], tmp_path / "vetted")
    monkeypatch.setattr(vetted, "_build", lambda: "2.0.29 other")
    vetted.refused(versions[:1], tmp_path / "vetted")
    assert tried() == [1, 1]
