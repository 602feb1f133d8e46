import pytest

from cds.access.bearer import LONGEST, read_bearer
from cds.access.faults import TokenRefused
from tests.access.telling import lab


def reason(authorization):
    with pytest.raises(TokenRefused) as refused:
        read_bearer(authorization)
    return refused.value.reason


def test_the_scheme_is_read_in_any_case_and_the_token_shows_in_no_repr():
    token = lab().good()
    for scheme in ("Bearer", "bearer", "BEARER"):
        read = read_bearer(f"{scheme} {token}")
        assert read.text == token
        assert token not in repr(read)
        assert read.claims["iss"] not in repr(read)


@pytest.mark.parametrize(
    ("authorization", "said"),
    [
        (None, "no-token"),
        ("", "no-token"),
        ("   ", "no-token"),
        ("Bearer", "not-bearer"),
        ("Bearer a b", "not-bearer"),
        ("Bearera.b.c", "not-bearer"),
        ("Basic dXNlcjpwYXNz", "not-bearer"),
        ("Bearer a.b", "malformed"),
        ("Bearer a.b.c.d", "malformed"),
        ("Bearer a.b.", "malformed"),
        ("Bearer ..", "malformed"),
        ("Bearer é.é.é", "malformed"),
        ("Bearer e30=.e30=.x", "malformed"),
        ("Bearer W10.e30.x", "malformed"),  # [] is no header
        ("Bearer e30.TmFO.x", "malformed"),  # NaN
        ("Bearer e30.e30.x, Bearer e30.e30.x", "not-bearer"),
        ("Bearer " + "a" * LONGEST, "too-long"),
        ("Bearer e30." + "W1tb" * 1000 + ".x", "malformed"),
    ],
)
def test_what_is_no_bearer_token_is_refused_for_what_it_is(authorization, said):
    assert reason(authorization) == said
