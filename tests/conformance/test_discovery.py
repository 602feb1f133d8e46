"""Discovery of the real service (DISC), and templates that every client can honour (PRE-01 to PRE-07)."""

import re

import pytest

from cds.hooks.context import HOOKS
from cds.hooks.discovery_check import check_discovery
from tests.api.desks import FakeDesk
from tests.api.desks import client as fake_client
from tests.journeys.service import client

_TEMPLATE = re.compile(r"[A-Z][A-Za-z]+(/\{\{context\.patientId\}\}|\?patient=\{\{context\.patientId\}\}(&[^\s{}]+)?)")


def services():
    return client().get("/cds-services").json["services"]


@pytest.mark.requirement(
    "DISC-04", "DISC-05", "DISC-06", "DISC-07", "DISC-08", "DISC-10", "DISC-12", "DISC-13", "DISC-14"
)
def test_disc_02_each_service_is_described_as_the_guide_says():
    assert services()
    assert check_discovery({"services": services()}) == []
    assert all(service["title"] and re.fullmatch(r"\d+\.\d+\.\d+", service["version"]) for service in services())
    assert client().get("/cds-services").json.keys() == {"services"}


def test_disc_03_no_services_are_an_empty_list():
    response = fake_client(FakeDesk(hooks=())).get("/cds-services")
    assert (response.status_code, response.json) == (200, {"services": []})


def test_disc_15_the_answer_is_the_same_each_time():
    assert len({client().get("/cds-services").data for _ in range(3)}) == 1


@pytest.mark.requirement("PRE-02", "PRE-04", "PRE-05", "PRE-06", "PRE-07")
def test_pre_01_templates_keep_to_what_every_client_understands():
    """One token only, that each hook has; a read or a type search; no FHIRPath and no other key."""
    for service in services():
        assert "patientId" in HOOKS[service["hook"]].tokens
        for template in service["prefetch"].values():
            assert _TEMPLATE.fullmatch(template), template
            parameters = [part.partition("=")[0] for part in template.partition("?")[2].split("&") if part]
            assert set(parameters) <= {"patient", "code", "_sort"}
            assert len(parameters) == len(set(parameters))  # the sandbox merges a parameter that stands twice
