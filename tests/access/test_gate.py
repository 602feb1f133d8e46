import ipaddress

import pytest
from structlog.testing import capture_logs

from cds.access.client import ANONYMOUS, Client, Rate
from cds.access.faults import TokenRefused, TooManyCalls
from cds.access.gate import Call, OpenGate, TokenGate
from cds.access.keys import IssuerKeys
from cds.access.proxy import Proxy
from cds.access.registry import Registry
from cds.access.spent import SpentTokens
from tests.access.telling import EAST, NOW, Memory, call, gate, lab, registry

PROXY = Proxy((ipaddress.ip_network("10.0.0.0/24"), ipaddress.ip_network("::1")), "X-Client-Name")
SHOWN = {"peer": "10.0.0.5", "headers": {"HTTP_X_CLIENT_NAME": "ehr"}}


def reason(of, asked):
    with pytest.raises(TokenRefused) as refused:
        of.admit(asked, NOW)
    return refused.value.reason


def test_the_open_gate_lets_everybody_in_as_anonymous_whatever_token_they_show():
    for asked in (Call(frozenset()), call("rubbish"), call(lab().good())):
        assert OpenGate().admit(asked, NOW) is ANONYMOUS


def test_the_open_gate_counts_calls_where_a_rate_was_agreed():
    open_gate = OpenGate(Client("anonymous", rate=Rate(1, 3600)))
    open_gate.admit(Call(frozenset()), NOW)
    with pytest.raises(TooManyCalls):
        open_gate.admit(Call(frozenset()), NOW)


def test_a_token_names_the_client():
    assert gate().admit(call(lab().good()), NOW) is EAST
    assert reason(gate(), call(None)) == "no-token"


def test_a_client_that_calls_too_often_is_refused_after_it_showed_who_it_is():
    limited = gate(registry(Client("east", rate=Rate(1, 3600))))
    limited.admit(call(lab().good()), NOW)
    with pytest.raises(TooManyCalls):
        limited.admit(call(lab().good()), NOW)
    assert reason(limited, call("x.y.z")) == "malformed"


def test_sec_04_the_log_tells_the_reason_and_nothing_of_the_token():
    token = lab().good().rpartition(".")[0] + ".AAAA"
    with capture_logs() as logged:
        reason(gate(), call(token))
    assert logged == [{"event": "token_refused", "reason": "signature", "client": "east", "log_level": "info"}]


def test_a_client_known_by_certificate_alone_needs_no_token():
    known = gate(Registry({}, {}, {"ehr": EAST}, PROXY))
    assert known.admit(call(None, **SHOWN), NOW) is EAST
    assert reason(known, call(lab().good(), **SHOWN)) == "issuer"


@pytest.mark.parametrize("peer", ["10.0.1.5", "", "203.0.113.9", "nonsense", "::2"])
def test_a_certificates_name_is_believed_from_the_proxy_only(peer):
    known = gate(Registry({}, {}, {"ehr": EAST}, PROXY))
    assert reason(known, call(None, peer=peer, headers=SHOWN["headers"])) == "no-token"


def test_a_client_known_by_both_must_show_both():
    both = gate(registry(certificate="ehr", proxy=PROXY))
    assert both.admit(call(lab().good(), **SHOWN), NOW) is EAST
    assert reason(both, call(None, **SHOWN)) == "no-token"
    assert reason(both, call(lab().good())) == "certificate"
    other = {"peer": "10.0.0.5", "headers": {"HTTP_X_CLIENT_NAME": "another"}}
    assert reason(both, call(lab().good(), **other)) == "certificate"


def test_without_any_issuers_keys_there_is_a_problem_to_tell():
    known = registry()
    keys = IssuerKeys(known.issuers, lambda _: b"{}")
    keys.load()
    assert TokenGate(known, keys, SpentTokens([Memory()])).problems() == [
        "no issuer's keys could be read: calls get 401"
    ]
    assert gate().problems() == OpenGate().problems() == []


def test_health_counts_and_says_nothing_of_clients_or_reasons():
    known = gate()
    reason(known, call(None))
    health = known.health()
    assert health["refused"] == 1
    assert health["issuers-without-keys"] == 0
    assert "example.org" not in str(health)
    assert "no-token" not in str(health)
