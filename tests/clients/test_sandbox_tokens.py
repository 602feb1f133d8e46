"""The HL7 sandbox's tokens, as real-clients.md (2) has them, with the clients.yaml that docs/clients.md advises."""

import dataclasses
import json
import re
import time
import uuid
from pathlib import Path

import jwt
import pytest

from cds.access.clients_file import load_registry
from cds.access.gate import TokenGate
from cds.access.keys import IssuerKeys
from cds.access.spent import SpentTokens
from cds.access.token_lab import LabKey
from cds.api import create_app
from cds.feedback.taking import FeedbackDesk
from cds.settings import Settings
from tests.access.telling import Memory
from tests.api.desks import FakeDesk
from tests.feedback.test_taking import Memory as Kept
from tests.feedback.test_taking import Shown
from tests.hooks.calls import as_bytes, call

ADVICE = Path(__file__).parents[2] / "docs" / "clients.md"
ISSUER = "https://sandbox.cds-hooks.org"
JKU = f"{ISSUER}/.well-known/jwks.json"
KID = "44823f3d-0b01-4a6c-a80e-b9d3e8a7226f"
BASE = "http://127.0.0.1:8000"
#: Ours: theirs is public, and so of no use to tell anything by.
KEY = dataclasses.replace(LabKey.generate(), kid=KID)
POSTED = {"Content-Type": "application/json", "Origin": "http://localhost:8080"}
DISMISSED = {"card": str(uuid.uuid4()), "outcome": "overridden", "outcomeTimestamp": "2026-05-01T10:05:31.672Z"}
CALLED = [
    ("GET", "/cds-services", b""),
    ("POST", "/cds-services/patient-view", as_bytes(call())),
    ("POST", "/cds-services//patient-view", as_bytes(call())),
    ("POST", "/cds-services/patient-view/feedback", json.dumps({"feedback": [DISMISSED]}).encode()),
]


def token(address, **claims):
    """Its ``iat`` is rounded to the nearest second, so half of them lie ahead."""
    now = round(time.time() + 0.5)
    usual = {"iss": ISSUER, "aud": address, "exp": now + 300, "iat": now, "jti": str(uuid.uuid4())}
    return jwt.encode(usual | claims, KEY.signer, "ES384", {"typ": "JWT", "kid": KID, "jku": JKU})


@pytest.fixture
def http(tmp_path):
    """A service of that clients.yaml, with a copy of the sandbox's key set beside it."""
    (advised,) = re.findall(r"```yaml\n(.*?)```", ADVICE.read_text(), re.DOTALL)
    (tmp_path / "clients.yaml").write_text(advised)
    public = {name: value for name, value in KEY.private.items() if name != "d"} | {"kid": KID}
    (tmp_path / "sandbox-jwks.json").write_text(json.dumps({"keys": [public]}))
    registry, problems = load_registry(tmp_path / "clients.yaml")
    assert problems == []

    def never(address):
        raise AssertionError(f"{address} was asked")

    keys = IssuerKeys(registry.issuers, never)
    keys.load()
    gate = TokenGate(registry, keys, SpentTokens((Memory(),)))
    settings = Settings(auth="jwt", public_url=BASE)
    return create_app(settings, FakeDesk(), gate, FeedbackDesk(Kept(), Shown())).test_client()


@pytest.mark.parametrize(("method", "path", "body"), CALLED)
def test_each_of_its_requests_is_let_in_with_a_token_for_the_address_as_it_was_typed(http, method, path, body):
    sent = http.open(
        path, method=method, data=body, headers={**POSTED, "Authorization": f"Bearer {token(BASE + path)}"}
    )
    assert sent.status_code == 200, sent.text
    assert sent.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(("method", "path", "body"), CALLED)
def test_a_token_for_another_of_its_addresses_is_not_enough(http, method, path, body):
    other = f"{BASE}/cds-services/another"
    for bad in (token(other), token(BASE + path, iss="https://sandbox.example.org"), token(BASE + path, exp=1)):
        sent = http.open(path, method=method, data=body, headers={**POSTED, "Authorization": f"Bearer {bad}"})
        assert sent.status_code == 401
        assert sent.headers["Access-Control-Allow-Origin"] == "*"
