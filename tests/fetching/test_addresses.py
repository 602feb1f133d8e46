"""Only listed servers, and nothing of the request in an address but an id."""

import string
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.fetching.addresses import listed_base, next_url, template_url
from cds.fetching.reasons import NotFetched, Reason
from tests.fetching.telling import BASE, CONDITION


@pytest.mark.requirement("FHA-08")
@pytest.mark.parametrize(
    "named",
    [
        BASE,
        f"{BASE}/",
        "https://FHIR.example.ORG/r4",
        "https://fhir.example.org:443/r4",
        "HTTPS://fhir.example.org/r4/",
    ],
)
def test_a_listed_server_is_known_in_any_spelling_and_asked_in_the_listed_one(named):
    assert listed_base(named, ("https://other.example.org", f"{BASE}/")) == BASE


@pytest.mark.requirement("FHA-08")
@pytest.mark.parametrize(
    "named",
    [
        "http://fhir.example.org/r4",
        "https://fhir.example.org",
        "https://fhir.example.org/r4/other",
        "https://fhir.example.org/r4x",
        "https://fhir.example.org/R4",
        "https://fhir.example.org:8443/r4",
        "https://fhir.example.org.evil.example/r4",
        "https://fhir.example.org@evil.example/r4",
        "https://evil@fhir.example.org/r4",
        "https://fhir.example.org/r4?x=1",
        "https://fhir.example.org/r4#x",
        "https://169.254.169.254/r4",
        "https://fhir.example.org:99999/r4",
    ],
)
def test_fha_08_no_other_server_is(named):
    assert listed_base(named, (BASE,)) is None


def test_http_is_for_loopback_only_even_where_it_is_listed():
    assert listed_base("http://fhir.example.org", ("http://fhir.example.org",)) is None
    assert listed_base("http://127.0.0.1:8080/fhir", ("http://127.0.0.1:8080/fhir",)) == "http://127.0.0.1:8080/fhir"


def test_a_template_is_filled_from_the_context():
    assert template_url(BASE, CONDITION.query, {"patientId": "p-1.x"}) == f"{BASE}/Condition?patient=p-1.x"


@given(
    st.one_of(st.none(), st.integers(), st.sampled_from(["..", ".", "", "p/../q", "a&b", "a?b", "a#b", "a%2fb", "ä"]))
    | st.text().filter(lambda text: not set(text) <= set(f"{string.ascii_letters}{string.digits}._-"))
)
def test_nothing_but_an_id_is_ever_filled_in(value):
    with pytest.raises(NotFetched) as raised:
        template_url(BASE, CONDITION.query, {"patientId": value})
    assert raised.value.reason is Reason.UNFILLED


@pytest.mark.parametrize("query", ["Condition?x={{today()}}", "{{context.userId}}", "Condition/{{context.none}}"])
def test_a_token_that_the_context_does_not_hold_as_an_id_is_not_guessed(query):
    with pytest.raises(NotFetched):
        template_url(BASE, query, {"patientId": "p1", "userId": "Practitioner/1"})


@pytest.mark.parametrize(
    ("link", "url"),
    [
        (f"{BASE}?_getpages=abc&_offset=20", f"{BASE}?_getpages=abc&_offset=20"),
        (f"{BASE}/Condition?page=2", f"{BASE}/Condition?page=2"),
        ("https://FHIR.example.org:443/r4/Condition?page=2", f"{BASE}/Condition?page=2"),
        ("?page=2", f"{BASE}/Condition?page=2"),
        ("Condition?page=2", f"{BASE}/Condition?page=2"),
        ("/r4/Condition?page=2", f"{BASE}/Condition?page=2"),
    ],
)
def test_a_next_page_below_the_base_is_followed(link, url):
    assert next_url(BASE, f"{BASE}/Condition?patient=p1", link) == url


@pytest.mark.requirement("FHA-07")
@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/r4/Condition?page=2",
        "//evil.example/r4/Condition",
        "http://fhir.example.org/r4/Condition?page=2",
        "https://fhir.example.org:8443/r4/Condition",
        "https://fhir.example.org/other/Condition",
        "https://fhir.example.org/r4x/Condition",
        "https://fhir.example.org/r4/../other",
        "https://fhir.example.org/r4/%2e%2e/other",
        "https://fhir.example.org/r4/%252e%252e/other",
        "https://fhir.example.org/r4/..%5cother",
        "https://u:p@fhir.example.org/r4/Condition",
        "https://fhir.example.org@evil.example/r4",
        "https://fhir.example.org/r4/Condition#x",
        "https://fhir.example.org\\@evil.example/r4",
        "https://fhir.example.org/r4/ x",
        "https://fhir.example.org/r4/\r\nX: y",
        "https://[bad/r4",
        "https://fhir.example.org:port/r4",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "../../x",
    ],
)
def test_fha_07_a_next_link_elsewhere_gets_no_token(link):
    with pytest.raises(NotFetched) as raised:
        next_url(BASE, f"{BASE}/Condition?patient=p1", link)
    assert raised.value.reason is Reason.ELSEWHERE


@given(st.text(max_size=60) | st.text("/.:@?#%\\25eEfhir4[]", max_size=40).map(lambda text: f"{BASE}{text}"))
def test_fha_07_whatever_a_next_link_says_the_server_is_the_listed_one(link):
    try:
        url = next_url(BASE, f"{BASE}/Condition?patient=p1", link)
    except NotFetched:
        return
    parts = urlsplit(url)
    assert (parts.scheme, parts.netloc, parts.path[:3]) == ("https", "fhir.example.org", "/r4")
    assert ".." not in parts.path.split("/")
