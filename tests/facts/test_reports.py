import pytest

from cds.facts.attribute import Coded, Dated, NotRecorded, Unreadable
from cds.facts.attributes import read_attribute
from cds.terminology.coding import LOINC, SNOMED, Coding
from tests.facts.reading import CODE_OF_NO_RULE, NOW, VOCABULARY, only, read, reasons
from tests.patients import PATIENT, concept

CYTOLOGY, NILM, POSITIVE, TYPE_16 = "10524-7", "373887005", "720005005", "708298003"
CODES = type(VOCABULARY)(VOCABULARY.codings | {Coding(LOINC, CYTOLOGY)})


def report(**more):
    base = {
        "resourceType": "DiagnosticReport", "id": "r1", "status": "final", "code": concept(loinc=CYTOLOGY),
        "subject": {"reference": f"Patient/{PATIENT}"}, "effectiveDateTime": "2026-02-01",
        "conclusionCode": [concept(snomed=NILM)],
    }  # fmt: skip
    return {key: value for key, value in (base | more).items() if value is not None}


def looked(resource):
    return read(resource, vocabulary=CODES)


def concluded(**more):
    return read_attribute(only(looked(report(**more)), "report"), "value", NOW)


def test_a_report_is_dated_by_the_examination_and_not_by_its_signature():
    fact = only(looked(report(issued="2026-02-20T10:00:00Z")), "report")
    assert (fact.status, fact.when.first_day.isoformat()) == ("final", "2026-02-01")
    issued = read_attribute(fact, "issued", NOW)
    assert isinstance(issued, Dated)
    assert issued.span.first_day.isoformat() == "2026-02-20"
    period = {"start": "2026-01-05", "end": "2026-01-06"}
    fact = only(looked(report(effectiveDateTime=None, effectivePeriod=period)), "report")
    assert (fact.when.first_day.isoformat(), fact.when.last_day.isoformat()) == ("2026-01-05", "2026-01-06")
    assert only(looked(report(effectiveDateTime=None, issued="2026-02-20T10:00:00Z")), "report").when is None


def test_all_codes_that_it_concludes_are_one_answer():
    both = concluded(conclusionCode=[concept(snomed=POSITIVE), concept(snomed=TYPE_16)])
    assert isinstance(both, Coded)
    assert both.codings == {Coding(SNOMED, POSITIVE), Coding(SNOMED, TYPE_16)}


@pytest.mark.parametrize("nothing", [None, [], [None]])
def test_no_conclusion_is_not_recorded(nothing):
    assert isinstance(concluded(conclusionCode=nothing), NotRecorded)


def test_a_conclusion_in_words_is_there_and_no_code_tells_what_it_says():
    assert concluded(conclusionCode=None, conclusion="no malignancy") == Unreadable("text-only")
    assert concluded(conclusionCode=[{"text": "NILM"}]) == Unreadable("text-only")
    without_system = concluded(conclusionCode=[{"coding": [{"code": NILM}]}])
    assert without_system == Coded(frozenset(), frozenset({NILM}))


def test_what_it_belongs_to_is_told_by_reference():
    fact = only(
        looked(report(encounter={"reference": "Encounter/1"}, basedOn=[{"reference": "ServiceRequest/2"}])), "report"
    )
    assert read_attribute(fact, "encounter", NOW).words == {"Encounter/1"}
    assert read_attribute(fact, "request", NOW).words == {"ServiceRequest/2"}


def test_what_cannot_be_read_is_an_omission_and_an_error_is_nothing():
    for broken, reason in (
        ({"status": "unknown"}, "bad-status"),
        ({"status": None}, "bad-status"),
        ({"effectiveDateTime": "soon"}, "bad-date"),
        ({"effectiveDateTime": "2026-09-01"}, "future-date"),
        ({"code": None}, "no-code"),
        ({"modifierExtension": [{"url": "http://example.org/not"}]}, "modifier-extension"),
    ):
        record = looked(report(**broken))
        assert reasons(record) == {"DiagnosticReport/r1": reason}
        assert "report" not in record.facts
    assert reasons(looked(report(status="entered-in-error"))) == {}
    assert "report" not in looked(report(code=concept(loinc=CODE_OF_NO_RULE))).facts
