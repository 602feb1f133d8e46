"""Discovery: each service as CDS Hooks wants it, with the prefetch that its rules need."""

from cds.documents.problem import Location
from cds.hooks.discovery_check import check_discovery
from cds.rules.prefetch.derive import derive_templates
from cds.services.catalogue import Service
from cds.services.discovery import describe
from tests.services.versions import version


def test_a_service_is_described_as_cds_hooks_allows():
    service = Service("safety", "order-sign", "Safety", "Checks orders.", {}, Location("f"))
    entry = describe(service, derive_templates((version("1.0.0"),)))
    assert check_discovery({"services": [entry]}) == []
    assert (entry["version"], entry["hookVersion"]) == ("2.0.1", "1.0")
    assert (entry["id"], entry["hook"], entry["title"]) == ("safety", "order-sign", "Safety")
    assert entry["prefetch"]["Patient"] == "Patient/{{context.patientId}}"
    assert next(iter(entry["prefetch"])) == "Patient"
