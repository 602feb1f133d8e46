import pytest

from tests.facts.reading import DIABETES, only, read, reasons
from tests.patients import allergy, condition


def day(fact):
    return fact.when.first_day.isoformat()


@pytest.mark.parametrize("word", ["active", "recurrence", "relapse", "inactive", "remission", "resolved"])
def test_the_status_is_the_clinical_status(word):
    assert only(read(condition(snomed=DIABETES, status=word)), "condition").status == word


def test_sloppy_spellings_of_the_status_are_read():
    for written in ("Active", {"text": "Active"}, {"code": "active"}, [{"coding": [{"code": "ACTIVE"}]}]):
        record = read(condition(snomed=DIABETES, more={"clinicalStatus": written}))
        assert only(record, "condition").status == "active"


def test_a_diagnosis_without_clinical_status_counts_unless_it_has_ended():
    assert only(read(condition(snomed=DIABETES, status=None)), "condition").status == "active"
    for end in ({"abatementDateTime": "2025-01-01"}, {"abatementString": "last year"}, {"abatementAge": {"value": 60}}):
        assert only(read(condition(snomed=DIABETES, status=None, more=end)), "condition").status == "resolved"
    ahead = condition(snomed=DIABETES, status=None, more={"abatementDateTime": "2026-12-01"})
    assert only(read(ahead), "condition").status == "active"


@pytest.mark.parametrize(
    "written", ["unknown", 7, {"coding": [{"code": "active"}, {"code": "resolved"}]}, {"text": "?"}]
)
def test_a_clinical_status_that_cannot_be_read_is_an_omission(written):
    assert reasons(read(condition(snomed=DIABETES, more={"clinicalStatus": written}))) == {"Condition/c1": "bad-status"}


def test_a_verification_that_cannot_be_read_might_say_refuted():
    assert reasons(read(condition(snomed=DIABETES, verification="maybe"))) == {"Condition/c1": "bad-status"}


@pytest.mark.parametrize("word", ["refuted", "entered-in-error"])
def test_what_is_taken_back_is_nothing_and_a_word_that_only_looks_so_leaves_it_open(word):
    record = read(condition(snomed=DIABETES, verification=word))
    assert (record.facts, record.omissions) == ({}, ())
    for written in (word.title(), word.upper(), f" {word}", {"text": word}):
        told = {"coding": [{"code": written}]} if isinstance(written, str) else written
        for resource in (condition(snomed=DIABETES), allergy(rxnorm="5640")):
            record = read({**resource, "verificationStatus": told})
            assert (record.facts, list(reasons(record).values())) == ({}, ["bad-status"]), written


@pytest.mark.parametrize("written", ["Confirmed", "PROVISIONAL"])
def test_a_word_that_keeps_it_is_read_in_any_case_of_letters(written):
    assert only(read(condition(snomed=DIABETES, verification=written)), "condition").status == "active"


@pytest.mark.parametrize("word", ["unconfirmed", "provisional", "differential"])
def test_an_unconfirmed_condition_stays_a_fact(word):
    assert only(read(condition(snomed=DIABETES, verification=word)), "condition").status == "active"


def test_the_onset_comes_before_the_day_it_was_recorded():
    resource = condition(snomed=DIABETES, on="2019-02-01", more={"recordedDate": "2021-01-01"})
    assert day(only(read(resource), "condition")) == "2019-02-01"


def test_an_unreadable_or_undated_onset_leaves_the_day_it_was_recorded():
    for onset in ({"onsetDateTime": "childhood"}, {"onsetString": "childhood"}, {"onsetAge": {"value": 7}}):
        resource = condition(snomed=DIABETES, more={**onset, "recordedDate": "2021-01-01"})
        assert day(only(read(resource), "condition")) == "2021-01-01"


def test_an_onset_period_without_an_end_is_its_start():
    period = {"onsetPeriod": {"start": "2001-08-15T08:00:00Z"}, "recordedDate": "2021-01-01"}
    fact = only(read(condition(snomed=DIABETES, more=period)), "condition")
    assert fact.when is not None
    assert (str(fact.when.first_day), str(fact.when.last_day)) == ("2001-08-15", "2001-08-15")


def test_an_onset_period_with_both_ends_lasts_from_one_to_the_other():
    period = {"onsetPeriod": {"start": "2001-08-15", "end": "2001-09"}}
    fact = only(read(condition(snomed=DIABETES, more=period)), "condition")
    assert fact.when is not None
    assert (str(fact.when.first_day), str(fact.when.last_day)) == ("2001-08-15", "2001-09-30")


def test_an_onset_period_without_a_start_tells_no_begin():
    fact = only(read(condition(snomed=DIABETES, more={"onsetPeriod": {"end": "2001-09-30"}})), "condition")
    assert fact.when is not None
    assert str(fact.when.first_day) == "0001-01-01"


def test_an_onset_ahead_is_an_omission_although_it_was_recorded():
    resource = condition(snomed=DIABETES, on="2027-01-01", more={"recordedDate": "2021-01-01"})
    assert reasons(read(resource)) == {"Condition/c1": "future-date"}
