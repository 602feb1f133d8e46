import pytest

from cds.access.claims import LEEWAY, LONGEST_LIFE, LONGEST_NAME, check_claims
from cds.access.faults import TokenRefused
from tests.access.telling import AUDIENCE, ISSUER, NOW, lab


def checked(**changes):
    return check_claims({**lab().claims(), **changes}, frozenset((AUDIENCE,)), NOW)


def reason(**changes):
    with pytest.raises(TokenRefused) as refused:
        checked(**changes)
    return refused.value.reason


def test_claims_are_read():
    claims = checked(jti="j", tenant="t")
    assert (claims.issuer, claims.token_id, claims.tenant, claims.expires) == (ISSUER, "j", "t", NOW + 300)


@pytest.mark.parametrize(
    ("name", "inside", "outside", "said"),
    [
        ("exp", NOW - LEEWAY + 0.5, NOW - LEEWAY, "expired"),
        ("exp", NOW + LONGEST_LIFE + LEEWAY, NOW + LONGEST_LIFE + LEEWAY + 0.5, "long-lived"),
        ("iat", NOW + LEEWAY, NOW + LEEWAY + 0.5, "issued-later"),
        ("nbf", NOW + LEEWAY, NOW + LEEWAY + 0.5, "not-before"),
    ],
)
def test_jwt_08_clocks_may_differ_by_the_leeway_and_no_more(name, inside, outside, said):
    assert checked(**{name: inside})
    assert reason(**{name: outside}) == said


@pytest.mark.parametrize("ahead", [0.4, 0.5, 0.9])
def test_a_client_that_rounds_its_clock_up_is_taken(ahead):
    assert checked(iat=round(NOW + ahead + 0.5))


@pytest.mark.parametrize("value", [True, "1800000000", None, [], {}, float("inf"), float("nan"), 10**400])
def test_jwt_08_times_are_finite_numbers(value):
    assert reason(exp=value) == "exp"
    assert reason(iat=value) == "iat"
    assert reason(nbf=value) == "not-before"


@pytest.mark.parametrize("value", ["", "x" * (LONGEST_NAME + 1), 7, None, ["j"], {}])
def test_jwt_10_a_jti_is_a_text_of_sensible_length(value):
    assert reason(jti=value) == "jti"


def test_a_tenant_is_a_text_or_not_there():
    assert checked(tenant=None).tenant is None
    for value in ("", 7, "x" * (LONGEST_NAME + 1)):
        assert reason(tenant=value) == "tenant"
