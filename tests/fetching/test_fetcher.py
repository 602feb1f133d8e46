"""What is fetched, from whom, in what time; and what is told where it is not."""

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import httpx
import pytest
from structlog.testing import capture_logs

from cds.fetching import pages
from cds.fetching.reading import LARGEST, Reader
from cds.hooks.prefetch import Supply, Template, read_supplied
from cds.rules.prefetch.derive import PATIENT
from tests.fetching.telling import (
    ACCESS,
    BASE,
    CONDITION,
    CONDITIONS,
    GRANT,
    LABS,
    OUTCOME,
    Answer,
    Server,
    completed,
    everything,
    fetcher,
    page,
    request,
)
from tests.patients import bundle, condition, patient

ONE, TWO, THREE = (condition(id=name, snomed="38341003") for name in ("c1", "c2", "c3"))


def ids(supply):
    return [resource["id"] for resource in supply.resources]


def conditions(answer, **told):
    """The supply of conditions from a server that gives this answer, and why it is not all."""
    fetched = completed(Server({CONDITIONS: answer}), **told)
    return fetched.supplied[0], fetched.missing.get("Condition")


@pytest.mark.requirement("FHA-07")
def test_fha_07_what_was_left_out_is_read_with_the_token_of_the_call():
    server = Server({"Patient/p1": patient(), CONDITIONS: bundle(ONE)})
    fetched = completed(server, None, PATIENT, CONDITION)
    assert [supply.state for supply in fetched.supplied] == [Supply.DATA] * 2
    assert fetched.missing == {}
    assert sorted(server.asked) == [CONDITIONS, "Patient/p1"]
    assert {each.headers["Authorization"] for each in server.requests} == {f"Bearer {ACCESS}"}
    assert {each.headers["Accept"] for each in server.requests} == {"application/fhir+json"}
    assert {each.method for each in server.requests} == {"GET"}


@pytest.mark.parametrize("sent", [bundle(ONE), ONE, None, bundle(OUTCOME), {**bundle(ONE), "total": 9}])
def test_what_was_supplied_is_not_asked_for(sent):
    """Null says that there is none; and what is incomplete without a next page is for the client to mend."""
    server = Server()
    completed(server, {"Condition": sent})
    assert server.asked == []


@pytest.mark.parametrize(
    "sent", [{}, {"Condition": OUTCOME}, {"Condition": patient()}], ids=["absent", "failed", "other"]
)
def test_what_did_not_come_or_failed_is(sent):
    fetched = completed(Server({CONDITIONS: bundle(ONE)}), sent)
    assert (fetched.supplied[0].state, ids(fetched.supplied[0])) == (Supply.DATA, ["c1"])


@pytest.mark.requirement("FHA-07")
@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"grant": None}, "no-authorization"),
        ({"fhir_server": "https://evil.example/r4"}, "server-not-listed"),
        ({"servers": ()}, "server-not-listed"),
        ({"grant": {**GRANT, "scope": "patient/Observation.rs launch"}}, "scope"),
        ({"grant": {**GRANT, "scope": "patient/Condition.r"}}, "scope"),
        ({"grant": {**GRANT, "access_token": "a\r\nX-Evil: b"}}, "unusable-token"),
        ({"grant": {**GRANT, "access_token": "ümlaut"}}, "unusable-token"),
    ],
)
def test_fha_07_nobody_is_asked_without_server_token_and_scope_and_the_reason_is_told(told, reason):
    server = Server()
    fetched = completed(server, **told)
    assert server.asked == []
    assert fetched.missing == {"Condition": reason}
    assert fetched.supplied[0].state is Supply.ABSENT


def test_without_a_fhir_server_there_is_nothing_to_tell():
    fetched = completed(Server(), grant=None, fhir_server=None)
    assert (fetched.missing, fetched.is_of_now) == ({}, False)


def test_an_expired_token_is_not_sent():
    call = request()
    expired = replace(call, fhir_authorization=replace(call.fhir_authorization, expires_in=0))
    server = Server()
    ours = fetcher(server)
    told = ours.complete(expired, read_supplied({}, (CONDITION,)), (BASE,))
    ours.close()
    assert (server.asked, told.missing) == ([], {"Condition": "unusable-token"})


def test_a_scope_for_a_part_proves_nothing_absent_and_what_came_counts():
    scope = "patient/Condition.rs?category=problem-list-item patient/Patient.r?x=y"
    server = Server(everything() | {CONDITIONS: bundle(ONE)})
    fetched = completed(server, None, PATIENT, CONDITION, grant={**GRANT, "scope": scope})
    assert [supply.state for supply in fetched.supplied] == [Supply.DATA, Supply.INCOMPLETE]
    assert ids(fetched.supplied[1]) == ["c1"]
    assert fetched.missing == {"Condition": "partial-scope"}


@pytest.mark.requirement("PRE-14")
def test_pre_14_pages_are_followed_to_the_last():
    server = Server(
        {
            CONDITIONS: page(ONE, following=f"{BASE}/Condition?page=2", total=3),
            "Condition?page=2": page(TWO, following="?page=3", total=3),
            "Condition?page=3": page(THREE, total=3),
        }
    )
    (supply,) = completed(server).supplied
    assert (supply.state, ids(supply)) == (Supply.DATA, ["c1", "c2", "c3"])


@pytest.mark.requirement("PRE-14")
def test_pre_14_a_page_of_several_in_the_prefetch_is_followed_from_where_it_ends():
    server = Server({"Condition?page=2": page(TWO)})
    (supply,) = completed(server, {"Condition": page(ONE, following=f"{BASE}/Condition?page=2", total=2)}).supplied
    assert (supply.state, ids(supply)) == (Supply.DATA, ["c1", "c2"])
    assert server.asked == ["Condition?page=2"]


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        (Answer(OUTCOME, 500), "status"),
        (OUTCOME, "outcome"),
        (page(TWO, following=f"{BASE}/Condition?page=2"), "unreadable"),
        (page(TWO, following="https://evil.example/x"), "next-elsewhere"),
        (Answer(b"<html/>"), "unreadable"),
        (Answer(page(TWO), delay=30), "deadline"),
        ({**page(TWO), "entry": {"resource": TWO}}, "unreadable"),
    ],
)
def test_what_came_before_a_page_that_failed_counts_and_proves_nothing_absent(second, reason):
    answers = {CONDITIONS: page(ONE, following="?page=2"), "Condition?page=2": second}
    fetched = completed(Server(answers), seconds=0.5)
    assert fetched.supplied[0].state is Supply.INCOMPLETE
    assert ids(fetched.supplied[0])[:1] == ["c1"]
    assert fetched.missing == {"Condition": reason}


def test_pages_without_end_are_left():
    count = iter(range(10_000))

    class Counting(dict):
        def get(self, key, default=None):
            return page(condition(id=f"c{(n := next(count))}"), following=f"?page={n}")

    server = Server(Counting())
    fetched = completed(server)
    assert len(server.asked) == pages.MOST_PAGES
    assert (fetched.supplied[0].state, fetched.missing) == (Supply.INCOMPLETE, {"Condition": "too-large"})


def test_more_entries_than_a_record_has_are_left(monkeypatch):
    monkeypatch.setattr(pages, "MOST_ENTRIES", 2)
    supply, reason = conditions(bundle(ONE, TWO, THREE))
    assert (supply.state, reason) == (Supply.ABSENT, "too-large")
    supply, reason = conditions(bundle(ONE, TWO))
    assert (supply.state, reason) == (Supply.DATA, None)


def test_more_bytes_than_a_request_may_have_are_not_read():
    endless = Answer(chunks=[b" " * (1024 * 1024)] * 64)
    supply, reason = conditions(endless)
    assert (supply.state, reason) == (Supply.ABSENT, "too-large")
    assert LARGEST < 64 * 1024 * 1024


@pytest.mark.parametrize("total", ["2", 2.5, 7])
def test_a_total_that_is_odd_or_above_what_came_leaves_it_incomplete(total):
    supply, reason = conditions({**bundle(ONE), "total": total})
    assert (supply.state, reason) == (Supply.INCOMPLETE, None)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(OUTCOME, 401), "refused"),
        (Answer(OUTCOME, 403), "refused"),
        (Answer(OUTCOME, 404), "not-found"),
        (Answer(OUTCOME, 410), "not-found"),
        (Answer(OUTCOME, 429), "status"),
        (Answer(OUTCOME, 500), "status"),
        (Answer(bundle(ONE), 206), "status"),
        (Answer(bundle(ONE), 301, location="https://evil.example/"), "redirected"),
        (Answer(bundle(ONE), 302, location=f"{BASE}/Condition"), "redirected"),
        (Answer(bundle(ONE), 307, location="http://169.254.169.254/"), "redirected"),
        (OUTCOME, "outcome"),
        (ONE, "unreadable"),
        (Answer(b""), "unreadable"),
        (Answer(b"[]"), "unreadable"),
        (Answer(b'{"resourceType": "Bundle"'), "unreadable"),
        (Answer(b'{"resourceType": "Bundle", "resourceType": "Bundle"}'), "unreadable"),
        (Answer(b"[" * 100_000), "unreadable"),
        (Answer(b'{"a":' * 5000 + b"1" + b"}" * 5000), "unreadable"),
        (Answer(bundle(ONE), content_type="text/html"), "unreadable"),
        (Answer(bundle(ONE), content_type="application/fhir+xml"), "unreadable"),
        (Answer(b"\x1f\x8b", content_encoding="gzip"), "unreadable"),
        (Answer(bundle(ONE), delay=30), "deadline"),
        (Answer(chunks=[b" "] * 10_000, pause=0.01), "deadline"),
    ],
)
def test_whatever_a_server_does_the_template_stays_unsupplied_and_the_reason_is_told(answer, reason):
    started = time.monotonic()
    supply, why = conditions(answer, seconds=0.5)
    assert (supply.state, supply.resources, why) == (Supply.ABSENT, (), reason)
    assert time.monotonic() - started < 3


@pytest.mark.requirement("FHA-08")
def test_fha_08_no_redirect_is_followed():
    server = Server(
        {CONDITIONS: Answer(None, 302, location=f"{BASE}/Condition?page=9"), "Condition?page=9": bundle(ONE)}
    )
    assert completed(server).missing == {"Condition": "redirected"}
    assert server.asked == [CONDITIONS]


@pytest.mark.parametrize("fault", [httpx.ConnectError("x"), httpx.ReadTimeout("x"), OSError("x"), RuntimeError("x")])
def test_pre_13_a_server_that_is_away_is_a_reason_and_no_fault(fault):
    server = Server()
    server.fault = fault
    fetched = completed(server)
    assert fetched.missing == {"Condition": "failed" if isinstance(fault, RuntimeError) else "unreachable"}


def test_one_template_that_fails_leaves_the_others_alone():
    server = Server(everything() | {"Patient/p1": Answer(OUTCOME, 500)})
    fetched = completed(server, None, PATIENT, CONDITION, LABS)
    assert [supply.state for supply in fetched.supplied] == [Supply.ABSENT, Supply.DATA, Supply.DATA]
    assert fetched.missing == {"Patient": "status"}


def test_templates_are_fetched_side_by_side():
    slow = {address: Answer(body, delay=0.2) for address, body in everything().items()}
    server = Server(slow)
    assert completed(server, None, PATIENT, CONDITION, LABS).missing == {}
    assert server.most_at_once == 3


def many(delay):
    """A server whose answers take some time, and more templates than a small one's queue has room for."""
    kinds = ("Condition", "Procedure", "Encounter", "Immunization", "Observation", "DiagnosticReport")
    asked = [(kind, f"{kind}?n={n}&patient=") for kind in kinds for n in (1, 2)]
    templates = [Template(query, kind, f"{query}{{{{context.patientId}}}}") for kind, query in asked]
    answers = {f"{query}p1": Answer(bundle(), delay=delay) for _, query in asked}
    return Server(answers), templates


def test_a_server_that_answers_is_never_asked_for_more_than_four_at_a_time(monkeypatch):
    monkeypatch.setattr("cds.fetching.fetcher._PATIENCE", 30.0)  # on a busy machine it must not pass by itself
    server, templates = many(0.0)
    assert completed(server, None, *templates).missing == {}
    assert len(server.asked) == len(templates)
    assert server.most_at_once <= 4


def test_a_slow_server_is_asked_for_everything_after_a_moment():
    server, templates = many(1.0)
    assert completed(server, None, *templates).missing == {}
    assert server.most_at_once == len(templates)


def test_calls_at_once_share_their_turns_and_each_gets_all_of_its_own():
    server, templates = many(0.002)
    ours, call = fetcher(server), request()
    try:
        with ThreadPoolExecutor(4) as pool:
            supplied = read_supplied(call.prefetch, templates)
            came = list(pool.map(lambda _: ours.complete(call, supplied, (BASE,)), range(8)))
    finally:
        ours.close()
    assert [fetched.missing for fetched in came] == [{}] * 8
    assert {supply.state for fetched in came for supply in fetched.supplied} == {Supply.DATA}
    assert len(server.asked) == 8 * len(templates)


def test_what_is_late_costs_the_deadline_once_and_takes_nothing_from_who_is_in_time():
    slow = everything() | {CONDITIONS: Answer(bundle(), delay=30), "Patient/p1": Answer(patient(), delay=30)}
    server, started = Server(slow), time.monotonic()
    fetched = completed(server, None, PATIENT, CONDITION, LABS, seconds=0.3)
    assert time.monotonic() - started < 2
    assert fetched.missing == {"Patient": "deadline", "Condition": "deadline"}
    assert fetched.supplied[2].state is Supply.DATA
    assert server.running == 0  # cancelled, not left behind


@pytest.mark.parametrize(
    ("body", "reason"), [(OUTCOME, "outcome"), (bundle(patient()), "unreadable"), (ONE, "unreadable")]
)
def test_a_read_gives_the_resource_or_nothing(body, reason):
    fetched = completed(Server({"Patient/p1": body}), None, PATIENT)
    assert (fetched.supplied[0].state, fetched.missing) == (Supply.ABSENT, {"Patient": reason})


def test_a_null_that_may_mean_a_failure_is_fetched():
    fetched = completed(Server(everything()), {"Patient": None}, PATIENT)
    assert fetched.supplied[0].state is Supply.DATA


def test_the_session_that_a_server_opens_for_one_call_is_not_shown_by_the_next():
    server = Server({CONDITIONS: Answer(bundle(), set_cookie="session=theirs; Path=/")})
    ours = fetcher(server)
    for _ in range(2):
        call = request()
        ours.complete(call, read_supplied(call.prefetch, (CONDITION,)), (BASE,))
    ours.close()
    assert len(server.requests) == 2
    assert all("Cookie" not in each.headers for each in server.requests)


@pytest.mark.requirement("FHA-06", "SEC-04")
@pytest.mark.parametrize(
    "answer",
    [
        bundle(ONE),
        Answer(OUTCOME, 500),
        Answer(b"x"),
        Answer(bundle(), 302),
        httpx.ConnectError(ACCESS),
        RuntimeError(ACCESS),
    ],
)
def test_fha_06_neither_token_nor_patient_is_in_a_log_or_a_repr(answer, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    server = Server({CONDITIONS: answer})
    server.fault = answer if isinstance(answer, Exception) else None
    with capture_logs() as logged:
        fetched = completed(server)
    seen = f"{logged} {caplog.text} {capfd.readouterr()} {fetched.missing}"
    assert server.requests
    assert [secret for secret in (ACCESS, "p1", CONDITIONS) if secret in seen] == []


def test_fha_06_a_token_that_cannot_stand_in_a_header_is_in_no_fault():
    with capture_logs() as logged:
        fetched = completed(Server(), grant={**GRANT, "access_token": f"{ACCESS}\n"})
    assert ACCESS not in f"{logged}{fetched}"


def test_the_repr_of_a_reader_hides_its_token():
    assert ACCESS not in repr(Reader(httpx.AsyncClient(), ACCESS))


def test_it_works_again_after_it_was_closed_and_in_several_threads():
    server = Server({CONDITIONS: Answer(bundle(ONE), delay=0.05)})
    ours, call = fetcher(server), request()

    def once(_):
        return ours.complete(call, read_supplied(call.prefetch, (CONDITION,)), (BASE,)).supplied[0].state

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(once, range(24))) == {Supply.DATA}
    ours.close()
    assert once(0) is Supply.DATA
    ours.close()
