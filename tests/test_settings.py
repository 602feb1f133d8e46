from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.settings import Settings, SettingsRejected, is_loopback, not_yet, read_settings


def problems(**environ):
    with pytest.raises(SettingsRejected) as refused:
        read_settings(environ)
    return refused.value.problems


def test_an_empty_environment_gives_the_defaults():
    assert read_settings({"PATH": "/bin", "CDS_PORT": ""}) == Settings()


def test_everything_can_be_said():
    said = {
        "CDS_HOST": "localhost",
        "CDS_PORT": "0",
        "CDS_WORKERS": "4",
        "CDS_RULESETS": "/r",
        "CDS_REDIS_URL": "redis://:secret@r:6379/0",
        "CDS_DATABASE_URL": "postgresql://u:secret@d/x",
        "CDS_PUBLIC_URL": "https://cds.example.org/base",
        "CDS_AUTH": "off",
        "CDS_CROSS_CHECK": "sample",
        "CDS_RECORD": "best-effort",
        "CDS_APPROVAL": "required",
        "CDS_TEST_CLOCK": "1",
        "CDS_STATE": "/s",
        "CDS_KEYS_FILE": "/k",
        "CDS_TIMEZONE": "Europe/Berlin",
        "CDS_CLIENTS": "clients.yaml",
        "CDS_CORS_ORIGINS": "https://a.org, http://localhost:9000",
        "CDS_MAX_BODY": "16 MiB",
        "CDS_DEADLINE_MS": "250",
        "CDS_METRICS": "off",
        "CDS_LOG_LEVEL": "debug",
        "CDS_TRACE": "1",
        "CDS_TLS_CERTIFICATE": "/c.pem",
        "CDS_TLS_KEY": "/k.pem",
        "CDS_ENGINE": "reference",
    }
    settings = read_settings(said)
    assert len(said) == len(Settings.__slots__)
    assert all(getattr(settings, name) != getattr(Settings(), name) for name in Settings.__slots__ if name != "auth")
    assert settings.rulesets == Path("/r")
    assert settings.max_body == 16 * 1024 * 1024
    assert settings.cors_origins == ("https://a.org", "http://localhost:9000")
    assert "secret" not in repr(settings)


def test_an_unknown_name_stops_the_start_and_the_near_one_is_named():
    assert problems(CDS_CROSSCHECK="off") == ("CDS_CROSSCHECK: no such setting; did you mean CDS_CROSS_CHECK?",)


def test_all_problems_are_told_at_once_with_what_to_write():
    told = problems(CDS_PORT="http", CDS_ENGINE="clips", CDS_TIMEZONE="Mars", CDS_ZZZ="1")
    assert [line.partition(":")[0] for line in told] == ["CDS_ZZZ", "CDS_ENGINE", "CDS_PORT", "CDS_TIMEZONE"]
    assert all("write" in line or "remove" in line for line in told)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CDS_PORT", "65536"),
        ("CDS_PORT", "8000.5"),
        ("CDS_WORKERS", "0"),
        ("CDS_MAX_BODY", "1 MiB"),
        ("CDS_MAX_BODY", "lots"),
        ("CDS_TEST_CLOCK", "yes please"),
        ("CDS_CORS_ORIGINS", "*,https://a.org"),
        ("CDS_CORS_ORIGINS", "a.org"),
        ("CDS_CORS_ORIGINS", "https://a.org/path"),
        ("CDS_PUBLIC_URL", "cds.example.org"),
        ("CDS_REDIS_URL", "localhost:6379"),
        ("CDS_AUTH", "none"),
        ("CDS_HOST", "a b"),
    ],
)
def test_a_malformed_value_is_refused(name, value):
    (line,) = problems(**{name: value})
    assert line.startswith(f"{name}: write")


TOKENS = {"CDS_AUTH": "jwt", "CDS_CLIENTS": "clients.yaml", "CDS_PUBLIC_URL": "https://cds.example.org"}


@pytest.mark.parametrize("name", ["CDS_CLIENTS", "CDS_PUBLIC_URL"])
def test_tokens_are_not_asked_for_where_they_could_not_be_checked(name):
    assert problems(**{**TOKENS, name: ""})[0].startswith(f"{name}: CDS_AUTH=jwt needs it")


@pytest.mark.parametrize("url", ["http://cds.example.org", "http://127.0.0.1.evil.org/", "http://10.0.0.1:8000"])
def test_gen_06_tokens_are_taken_over_tls_or_on_loopback(url):
    assert "https://" in problems(**{**TOKENS, "CDS_PUBLIC_URL": url})[0]
    assert read_settings({**TOKENS, "CDS_PUBLIC_URL": "http://127.0.0.1:8000"}).auth == "jwt"


@pytest.mark.parametrize("host", [".".join("0000"), "::", "192.168.1.4", "cds.example.org", "127.0.0.1.evil.org"])
@pytest.mark.requirement("SEC-02")
def test_without_authentication_only_loopback_is_served(host):
    assert problems(CDS_HOST=host)[0].startswith("CDS_AUTH: off is for loopback only")
    behind = {"CDS_AUTH": "open", "CDS_PUBLIC_URL": "https://cds.example.org"}
    assert read_settings({"CDS_HOST": host, **behind}).host == host
    assert read_settings({"CDS_HOST": host, **TOKENS}).host == host


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "[::1]", "localhost", "LOCALHOST"])
def test_loopback_in_all_its_spellings(host):
    assert is_loopback(host)


def test_what_is_asked_for_and_not_done_yet_is_said():
    assert not_yet(Settings()) == []
    told = not_yet(Settings(log_level="debug", trace=True))
    assert [line.partition(":")[0] for line in told] == ["CDS_LOG_LEVEL", "CDS_TRACE"]


@given(st.dictionaries(st.sampled_from(sorted(f"CDS_{name.upper()}" for name in Settings.__slots__)), st.text()))
def test_any_values_are_settings_or_a_list_of_problems(environ):
    try:
        told = read_settings(environ)
    except SettingsRejected as refused:
        told = refused.problems
    assert told
