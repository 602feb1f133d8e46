"""Requests that schemathesis makes up from the OpenAPI document, right and wrong ones, put to the real service.

Each answer has a status and a shape that the document names, no client mistake is a server error, and a body that does
not fit the document is refused.
"""

from functools import cache
from pathlib import Path

import pytest
import schemathesis
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.journeys.service import client_with_feedback

ROOT = Path(__file__).parents[2]

SERVICES = list(yaml.safe_load((ROOT / "rulesets" / "services.yaml").read_text(encoding="utf-8")))
PATHS = [
    # Of /openapi.json itself schemathesis makes up nothing.
    *(("GET", path) for path in ("/cds-services", "/livez", "/readyz", "/openapi", "/metrics")),
    *(("POST", f"/cds-services/{service}{end}") for service in SERVICES for end in ("", "/feedback", "/explain")),
]


#: Beside invariants, what JSON Schema cannot say: a member that another one needs unless it is null, and
#: that 300.0 is no whole number of seconds.
BEYOND_SCHEMAS = {("required", "fhirServer"), ("structure", "fhirAuthorization.expires_in")}


#: Feedback has one shape and one way, whichever service it is for; an explanation reads the call as the answer does.
SAME_AS_ANOTHER = {f"/cds-services/{service}/feedback" for service in SERVICES[1:]}
SAME_AS_ANOTHER |= {f"/cds-services/{service}/explain" for service in SERVICES}


AS_IT_IS = {"Accept-Encoding": "identity"}  # schemathesis asks for gzip and does not open it in process


@cache
def api():
    return schemathesis.openapi.from_wsgi("/openapi.json", client_with_feedback().application)


def test_every_operation_of_the_document_is_put_to_the_test():
    named = {(operation.ok().method.upper(), operation.ok().path) for operation in api().get_all_operations()}
    assert named == set(PATHS)


def made_up(method, path, mode):
    """A decorator: requests of a mode, the same each time, so that what is found is a fault of the change at hand."""
    made = given(api()[path][method].as_strategy(generation_mode=mode))
    return lambda put: settings(
        max_examples=8 if path in SAME_AS_ANOTHER else 40,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )(made(put))


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_what_fits_the_document_is_answered_or_breaks_a_rule_that_no_schema_can_say(method, path):
    @made_up(method, path, GenerationMode.POSITIVE)
    def put(case):
        response = case.call_and_validate(headers=AS_IT_IS, excluded_checks=[positive_data_acceptance])
        if response.status_code == 400:
            wrong = {(issue["code"], issue["expression"][0]) for issue in response.json()["issue"]}
            assert {each for each in wrong if each[0] != "invariant"} <= BEYOND_SCHEMAS
        else:
            assert response.status_code in (200, 412)  # 412: no patient was sent

    put()


@pytest.mark.parametrize(("method", "path"), [each for each in PATHS if each[0] == "POST"])
def test_what_does_not_fit_the_document_is_refused_as_it_says(method, path):
    @made_up(method, path, GenerationMode.NEGATIVE)
    def put(case):
        assert 400 <= case.call_and_validate(headers=AS_IT_IS).status_code < 500

    put()
