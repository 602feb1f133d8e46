"""A client, and what was agreed with it. Settings that change an answer's meaning reach the cache key."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """So many calls in so many seconds; all of them may come at once, and the allowance then grows back evenly."""

    calls: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Client:
    """Who calls, and how it is answered. The defaults are those of a caller that nothing was agreed with.

    null_is_unknown: a null prefetch value says nothing, because the client sends it for failures too.
    extensions: answers carry ``org.cds-rules.decision`` and ``org.cds-rules.finding``.
    auto_launchable: links carry ``autoLaunchable`` as well, which the guide does not know (docs/decisions/0037).
    system_actions, pin: it may be sent system actions; it may pin ruleset versions.
    fhir_servers: bases of FHIR servers that may be read for it. origins: where its browsers call from; None where the
    service's own list (CDS_CORS_ORIGINS) counts. rate: None where it may call as often as it likes.
    """

    id: str
    null_is_unknown: bool = False
    extensions: bool = True
    system_actions: bool = False
    pin: bool = False
    fhir_servers: tuple[str, ...] = ()
    origins: tuple[str, ...] | None = None
    rate: Rate | None = None
    auto_launchable: bool = False

    @property
    def meaning(self) -> bytes:
        """What of it changes how the same request is judged: part of every cache key."""
        return b"null-prefetch=unknown" if self.null_is_unknown else b""


#: Whoever calls without a token, where none is asked for.
ANONYMOUS = Client("anonymous")
