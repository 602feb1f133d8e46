import textwrap

import pytest

from cds.access.client import ANONYMOUS, Client, Rate
from cds.access.clients_file import load_registry
from tests.access.telling import ISSUER, JWKS, key


def written(folder, text):
    (folder / "jwks.json").write_bytes(key().key_set)
    (folder / "clients.yaml").write_text(textwrap.dedent(text), encoding="utf-8")
    return load_registry(folder / "clients.yaml")


def test_everything_can_be_said(tmp_path):
    registry, problems = written(
        tmp_path,
        f"""\
        issuers:
          {ISSUER}:
            keys: [jwks.json, {JWKS}]
            jku: https://ehr.example.org/old.json
        proxy:
          addresses: [127.0.0.1, 10.0.0.0/8]
          name-header: X-Client-Name
        clients:
          anonymous:
            rate: 600 per minute
          east:
            iss: {ISSUER}
            tenant: east
            mtls: east.example.org
            null-prefetch: unknown
            extensions: no
            system-actions: yes
            pin: yes
            fhir-servers: [https://fhir.example.org/r4]
            origins: https://ehr.example.org
            rate: 20 per second
            auto-launchable: yes
          west:
            iss: {ISSUER}
        """,
    )
    assert problems == []
    issuer = registry.issuers[ISSUER]
    assert issuer.files == (tmp_path / "jwks.json",)
    assert issuer.addresses == (JWKS,)
    assert issuer.jku == {JWKS, "https://ehr.example.org/old.json"}
    fhir, origins = ("https://fhir.example.org/r4",), ("https://ehr.example.org",)
    east = Client("east", True, False, True, True, fhir, origins, Rate(20, 1), auto_launchable=True)
    assert registry.by_token == {(ISSUER, "east"): east, (ISSUER, None): Client("west")}
    assert registry.by_certificate == {"east.example.org": east}
    assert registry.anonymous == Client("anonymous", rate=Rate(600, 60))
    assert registry.clients == (east, Client("west"), registry.anonymous)
    assert registry.proxy.variable == "HTTP_X_CLIENT_NAME"


def test_what_is_not_said_has_the_safest_value(tmp_path):
    registry, problems = written(tmp_path, "clients: {anonymous: {}}")
    assert problems == []
    assert registry.anonymous == ANONYMOUS
    assert (ANONYMOUS.system_actions, ANONYMOUS.pin, ANONYMOUS.fhir_servers) == (False, False, ())


def test_every_problem_is_told_at_once_with_its_place(tmp_path):
    _, problems = written(
        tmp_path,
        """\
        issuers:
          https://a.example.org: {keys: none.json}
          https://b.example.org: {keys: http://b.example.org/jwks.json}
        clients:
          East: {iss: https://c.example.org}
          west: {iss: https://a.example.org, rate: often, colour: blue}
          north: {}
          south: {mtls: south.example.org}
        """,
    )
    assert [(p.code, p.location.line, p.location.column) for p in problems] == [
        ("CDS340", 2, 33),
        ("CDS341", 3, 33),
        ("CDS201", 5, 3),
        ("CDS342", 5, 10),
        ("CDS344", 6, 44),
        ("CDS101", 6, 51),
        ("CDS343", 7, 3),
        ("CDS345", 8, 11),
    ]


@pytest.mark.parametrize(
    "address",
    [
        "http://ehr.example.org/jwks.json",
        "https://",
        "ftp://ehr.example.org/",
        "https://user:secret@ehr.example.org/",
        "https://ehr.example.org/#f",
        "https://ehr.example.org:port/",
        "https://[::1/",
        "https://ehr.example.org/ x",
        "file:///etc/passwd://",
    ],
)
def test_keys_come_from_https_or_from_a_file(tmp_path, address):
    _, problems = written(tmp_path, f'issuers: {{i: {{keys: "{address}"}}}}\nclients: {{}}')
    assert {problem.code for problem in problems} == {"CDS341"}


def test_http_is_taken_on_loopback_for_the_lab(tmp_path):
    registry, problems = written(tmp_path, "issuers: {i: {keys: 'http://127.0.0.1:9/jwks'}}\nclients: {}")
    assert problems == []
    assert registry.issuers["i"].addresses == ("http://127.0.0.1:9/jwks",)


@pytest.mark.parametrize(
    "origin", ["*", "https://a.example.org/", "https://A.example.org", "a.example.org", "https://"]
)
def test_an_origin_is_written_as_browsers_send_it(tmp_path, origin):
    _, problems = written(tmp_path, f"clients: {{anonymous: {{origins: ['{origin}']}}}}")
    assert [problem.code for problem in problems] == ["CDS341"]


@pytest.mark.parametrize("rate", ["0 per second", "5", "5 per day", "1.5 per second", "-1 per hour", "5  per second"])
def test_a_rate_is_a_whole_number_per_second_minute_or_hour(tmp_path, rate):
    _, problems = written(tmp_path, f"clients: {{anonymous: {{rate: {rate}}}}}")
    assert [problem.code for problem in problems] == ["CDS344"]


def test_two_clients_cannot_be_known_by_the_same(tmp_path):
    text = f"issuers: {{'{ISSUER}': {{keys: jwks.json}}}}\nclients:\n"
    _, problems = written(tmp_path, text + f"  a: {{iss: '{ISSUER}'}}\n  b: {{iss: '{ISSUER}'}}\n")
    assert [(problem.code, problem.location.line) for problem in problems] == [("CDS343", 4)]
