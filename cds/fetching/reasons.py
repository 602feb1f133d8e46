"""Why something was not fetched, as code words. They name no address and hold nothing of a token or a patient."""

from enum import StrEnum

from cds.errors import ServiceFault


class Reason(StrEnum):
    """Told in the answer under ``notFetched``; docs/integrators.md says what to do about each."""

    NO_AUTHORIZATION = "no-authorization"  # a fhirServer came without fhirAuthorization
    NOT_LISTED = "server-not-listed"  # not among the fhir-servers of the client
    UNUSABLE_TOKEN = "unusable-token"  # noqa: S105 - a word, not a token: expired, or no Bearer token by its letters
    SCOPE = "scope"  # the granted scopes do not cover it
    PARTIAL_SCOPE = "partial-scope"  # they cover a part of it: what came counts, and proves nothing absent
    UNFILLED = "unfilled"  # the context has nothing to fill the template with
    DEADLINE = "deadline"
    UNREACHABLE = "unreachable"
    CERTIFICATE = "certificate"  # it does not prove the server: unknown authority, another host, past its day
    REDIRECTED = "redirected"
    REFUSED = "refused"  # 401 or 403
    NOT_FOUND = "not-found"  # 404 or 410
    STATUS = "status"  # any other than 200
    OUTCOME = "outcome"  # an OperationOutcome instead of data
    UNREADABLE = "unreadable"  # not FHIR R4 JSON of what was asked for
    TOO_LARGE = "too-large"  # pages, entries or bytes
    ELSEWHERE = "next-elsewhere"  # the next page is not below the server's base
    FAILED = "failed"  # anything else


class NotFetched(ServiceFault):
    """One template could not be read, or not to its end."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason
