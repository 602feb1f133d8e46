from tests.facts.reading import only, read, reasons
from tests.patients import immunization, procedure


def test_a_procedure_is_dated_by_its_performance():
    period = {"performedDateTime": None, "performedPeriod": {"start": "2026-01-02", "end": "2026-01-03"}}
    fact = only(read(procedure(snomed="24623002", more=period)), "procedure")
    assert fact.when is not None
    assert fact.when.last_day.isoformat() == "2026-01-03"


def test_a_procedure_without_an_end_goes_on_only_while_it_is_said_to():
    for status, is_over in (("in-progress", False), ("completed", True), ("stopped", True), ("on-hold", True)):
        told = {"status": status, "performedDateTime": None, "performedPeriod": {"start": "2005-01-01"}}
        fact = only(read(procedure(snomed="24623002", more=told)), "procedure")
        assert fact.when is not None
        assert fact.when.untold_end is is_over


def test_a_procedure_not_done_stays_a_fact_of_that_status():
    assert only(read(procedure(snomed="24623002", more={"status": "not-done"})), "procedure").status == "not-done"


def test_a_procedure_of_unknown_status_is_an_omission():
    assert reasons(read(procedure(snomed="24623002", more={"status": "unknown"}))) == {"Procedure/pr1": "bad-status"}


def test_a_procedure_in_preparation_may_lie_ahead():
    ahead = {"status": "preparation", "performedDateTime": "2026-06-01"}
    assert only(read(procedure(snomed="24623002", more=ahead)), "procedure").status == "preparation"
    done = {"performedDateTime": "2026-06-01"}
    assert reasons(read(procedure(snomed="24623002", more=done))) == {"Procedure/pr1": "future-date"}


def test_an_immunization_is_dated_by_its_occurrence_and_text_leaves_it_undated():
    assert only(read(immunization(on="2025-10-01", cvx="140")), "immunization").when is not None
    told = immunization(on=None, cvx="140", more={"occurrenceString": "as a child"})
    assert only(read(told), "immunization").when is None


def test_an_immunization_of_unreadable_status_is_an_omission():
    for status in (None, "maybe", 1):
        assert reasons(read(immunization(cvx="140", more={"status": status}))) == {"Immunization/i1": "bad-status"}
