from cds.facts.attributes import Coded, NotRecorded, read_attribute
from cds.terminology.coding import SNOMED, Coding
from tests.facts.reading import DIABETES, NOW, VOCABULARY, only, read, reasons
from tests.patients import PATIENT, concept

HOSPICE, WALKER, REFUSED = "385763009", "266731002", "105480006"
CODES = type(VOCABULARY)(VOCABULARY.codings | {Coding(SNOMED, code) for code in (HOSPICE, WALKER)})
DO_NOT = "http://hl7.org/fhir/5.0/StructureDefinition/extension-DeviceRequest.doNotPerform"


def service(**more):
    base = {
        "resourceType": "ServiceRequest", "id": "s1", "status": "active", "intent": "order",
        "code": concept(snomed=HOSPICE), "subject": {"reference": f"Patient/{PATIENT}"}, "authoredOn": "2026-02-01",
    }  # fmt: skip
    return {key: value for key, value in (base | more).items() if value is not None}


def device(**more):
    walker = {"resourceType": "DeviceRequest", "id": "d1", "codeCodeableConcept": concept(snomed=WALKER)}
    return service(**({"code": None} | walker | more))


def harm(**more):
    happened = {"resourceType": "AdverseEvent", "id": "a1", "actuality": "actual", "event": concept(snomed=DIABETES)}
    return service(**({"code": None, "status": None, "intent": None, "authoredOn": None} | happened | more))


def looked(resource):
    return read(resource, vocabulary=CODES)


def test_an_order_on_record_is_dated_by_the_day_it_was_written():
    fact = only(looked(service()), "service-request")
    assert (fact.status, fact.when.first_day.isoformat()) == ("active", "2026-02-01")
    assert only(looked(device()), "device-request").codings == {Coding(SNOMED, WALKER)}


def test_what_is_not_to_be_done_and_what_orders_nothing_are_statuses_of_their_own():
    assert only(looked(service(doNotPerform=True, status="completed")), "service-request").status == "do-not-perform"
    assert only(looked(service(intent="plan")), "service-request").status == "plan"
    assert only(looked(service(status="revoked")), "service-request").status == "revoked"


def test_an_order_whose_meaning_cannot_be_read_is_an_omission():
    for broken in ({"status": "maybe"}, {"status": None}, {"intent": "wish"}, {"doNotPerform": "no"}):
        assert reasons(looked(service(**broken))) == {"ServiceRequest/s1": "bad-status"}
    assert reasons(looked(service(authoredOn="2026-09-01"))) == {"ServiceRequest/s1": "future-date"}


def test_a_device_that_is_not_wanted_says_so_by_the_one_modifier_extension_that_is_read():
    for said, status in ((False, "active"), (True, "do-not-perform")):
        told = device(modifierExtension=[{"url": DO_NOT, "valueBoolean": said}])
        assert only(looked(told), "device-request").status == status
    strange = device(modifierExtension=[{"url": DO_NOT, "valueBoolean": False}, {"url": "http://example.org/not"}])
    assert reasons(looked(strange)) == {"DeviceRequest/d1": "modifier-extension"}
    for broken in ([{"url": DO_NOT}], [{"url": DO_NOT, "valueBoolean": False}] * 2):
        assert reasons(looked(device(modifierExtension=broken))) == {"DeviceRequest/d1": "bad-status"}
    assert reasons(looked(device(modifierExtension=["no"]))) == {"DeviceRequest/d1": "modifier-extension"}


def test_a_device_named_by_a_reference_alone_could_be_any():
    told = device(codeCodeableConcept=None, codeReference={"reference": "Device/x"})
    assert reasons(looked(told)) == {"DeviceRequest/d1": "no-code"}


def test_why_something_is_not_to_be_done_is_its_reason():
    url = "http://hl7.org/fhir/us/qicore/StructureDefinition/qicore-doNotPerformReason"
    why_not = [{"url": url, "valueCodeableConcept": concept(snomed=REFUSED)}]
    refused = only(looked(service(doNotPerform=True, extension=why_not)), "service-request")
    assert read_attribute(refused, "reason", NOW) == Coded(frozenset({Coding(SNOMED, REFUSED)}), frozenset({REFUSED}))
    wanted = only(looked(service(extension=why_not)), "service-request")
    assert isinstance(read_attribute(wanted, "reason", NOW), NotRecorded)


def test_an_adverse_event_is_what_happened_by_its_code():
    fact = only(looked(harm(recordedDate="2026-01-05", date="2026-01-02")), "adverse-event")
    assert (fact.status, fact.when.first_day.isoformat()) == ("actual", "2026-01-02")
    assert only(looked(harm(actuality="potential")), "adverse-event").status == "potential"
    assert reasons(looked(harm(actuality=None))) == {"AdverseEvent/a1": "bad-status"}
    assert reasons(looked(harm(date="2026-09-01"))) == {"AdverseEvent/a1": "future-date"}
