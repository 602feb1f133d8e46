"""The attempts of the token lab put to a running service, and what is to be said of its answers."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass

from cds.access.key_fetch import NoRedirect
from cds.access.token_lab import Attempt, Lab, attempts
from cds.errors import ServiceFault

_SECONDS = 10.0
_OPENER = urllib.request.build_opener(NoRedirect)


class NotAnswered(ServiceFault):
    """Nobody answers there, or not in HTTP."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One attempt: the status that was due, the one that came, and what is wrong with the answer."""

    name: str
    what: str
    expected: int
    status: int
    answer: str
    remarks: tuple[str, ...]

    @property
    def as_hoped(self) -> bool:
        """Whether nothing is wrong."""
        return not self.remarks


def attempt_all(url: str, lab: Lab) -> list[Verdict]:
    """Two good tokens, one of them twice, and then each bad one. ``url`` is asked by GET. Raises NotAnswered."""
    good = lab.good()
    verdicts = [
        _judged(Attempt("good", "a good token", f"Bearer {good}"), 200, url),
        _judged(Attempt("jti-repeated", "the same token once more", f"Bearer {good}"), 401, url),
        _judged(Attempt("scheme-in-capitals", "a good token behind BEARER", f"BEARER {lab.good()}"), 200, url),
    ]
    return verdicts + [_judged(attempt, 401, url) for attempt in attempts(lab)]


def _judged(attempt: Attempt, expected: int, url: str) -> Verdict:
    status, challenge, answer = _ask(url, attempt.authorization)
    remarks = tuple(_remarks(attempt, expected, status, challenge, answer))
    return Verdict(attempt.name, attempt.what, expected, status, answer if status != 200 else "", remarks)


def _remarks(attempt: Attempt, expected: int, status: int, challenge: str, answer: str) -> Iterator[str]:
    if status != expected:
        yield f"{expected} was due"
    if status != 401:
        return
    if not challenge.lower().startswith("bearer"):
        yield "no WWW-Authenticate: Bearer"
    if not _is_outcome(answer):
        yield "the body is no OperationOutcome"
    secret = (attempt.authorization or "").rpartition(" ")[2]
    if secret and secret in answer:
        yield "the body repeats the token"


def _is_outcome(answer: str) -> bool:
    try:
        return bool(json.loads(answer)["resourceType"] == "OperationOutcome")
    except (ValueError, LookupError, TypeError):
        return False


def _ask(url: str, authorization: str | None) -> tuple[int, str, str]:
    """Status, challenge and body."""
    headers = {} if authorization is None else {"Authorization": authorization}
    try:
        request = urllib.request.Request(url, headers=headers)  # noqa: S310 - the address that the user named
        with _OPENER.open(request, timeout=_SECONDS) as response:
            return response.status, "", response.read().decode("utf-8", "replace")
    except urllib.error.HTTPError as refusal:
        with refusal:
            body = refusal.read().decode("utf-8", "replace")
            return refusal.code, refusal.headers.get("WWW-Authenticate", ""), body
    except (OSError, ValueError) as fault:
        raise NotAnswered(type(fault).__name__) from None
