import pytest

from tests.api.desks import client
from tests.hooks.calls import as_bytes, call

BODY = as_bytes(call())


def status(media):
    return client().post("/cds-services/patient-view", data=BODY, headers={"Content-Type": media}).status_code


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", '"utf-8"', "utf8", "us-ascii"])
def test_gen_01_json_in_utf_8_is_read(charset):
    assert status(f"application/json; charset={charset}") == 200
    assert status(f"application/fhir+json;fhirVersion=4.0; charset={charset}") == 200


@pytest.mark.parametrize("charset", ["utf-16", "UTF-16LE", "utf-32", "iso-8859-1", '"utf-16"', "", "utf-8,utf-16"])
def test_gen_05_a_body_declared_in_another_encoding_is_415(charset):
    assert status(f"application/json; charset={charset}") == 415
    assert status(f"application/json;version=1;CHARSET = {charset}") == 415
    assert status(f"application/json; charset=utf-8; charset={charset}") == 415
