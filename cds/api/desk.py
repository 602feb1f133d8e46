"""What the HTTP skin needs from the rest of the service, and nothing more.

``cds.decisions`` has the real desk; :class:`ClosedDesk` stands in where none was given, and says so when asked.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from cds.access.client import ANONYMOUS, Client
from cds.decisions.budget import UNLIMITED, Budget
from cds.decisions.why import Explanation
from cds.facts.dates import Moment
from cds.hooks.faults import UnknownService
from cds.records.refusals import Refused


class Desk(Protocol):
    """Answers hook calls. Safe to call from several threads."""

    def knows(self, service_id: str) -> bool:
        """Whether this id is a service, by exact spelling: asked before anything else about a call is judged."""

    def discovery(self, moment: Moment) -> list[dict[str, Any]]:
        """The services as discovery lists them."""

    def answer(
        self,
        service_id: str,
        body: bytes,
        moment: Moment,
        *,
        pinned: bool,
        client: Client = ANONYMOUS,
        budget: Budget = UNLIMITED,
    ) -> bytes:
        """The CDS Hooks answer as JSON bytes. ``pinned``: the moment came from the request, not from the clock.

        Raises EnvelopeRejected, UnknownService, PrefetchMissing, WrongPatient or another ServiceFault.
        """

    def why(
        self,
        service_id: str,
        body: bytes,
        moment: Moment,
        *,
        client: Client = ANONYMOUS,
        budget: Budget = UNLIMITED,
    ) -> Explanation:
        """Why each rule did what it did for this call; raises as ``answer`` does."""

    def refused(self, refused: Refused) -> None:
        """Keep that a call which was let in got no answer; never raises."""

    def loaded(self, moment: Moment) -> list[dict[str, Any]]:
        """The ruleset versions loaded, with their digests and stages."""

    def not_effective(self, moment: Moment) -> list[tuple[str, str, str]]:
        """Service, hook and ruleset where no version is in effect at the moment."""

    def notices(self, moment: Moment) -> list[str]:
        """What of the rulesets somebody should look into; no reason not to answer."""

    def health(self) -> dict[str, Any]:
        """``{"ready": bool, "problems": [str], ...}``; problems hold no patient data."""


class FeedbackDesk(Protocol):
    """Takes what became of cards. Safe to call from several threads."""

    def take(self, service_id: str, body: bytes, client: str) -> dict[str, Any]:
        """Store what a client's body reports, all or nothing, and say what was done.

        Raises EnvelopeRejected, NotRecorded or another ServiceFault.
        """

    def health(self) -> Mapping[str, int]:
        """Counts, without patient data."""


class ClosedDesk:
    """A desk without services: not ready, and every call is unknown."""

    def knows(self, service_id: str) -> bool:  # noqa: ARG002
        """None is."""
        return False

    def discovery(self, moment: Moment) -> list[dict[str, Any]]:  # noqa: ARG002
        """None."""
        return []

    def answer(self, service_id: str, *_: object, **__: object) -> bytes:
        """Never: there is no service."""
        raise UnknownService(service_id)

    def why(self, service_id: str, *_: object, **__: object) -> Explanation:
        """Never: there is no service."""
        raise UnknownService(service_id)

    def refused(self, refused: Refused) -> None:
        """There is nothing to keep it with."""

    def loaded(self, moment: Moment) -> list[dict[str, Any]]:  # noqa: ARG002
        """None."""
        return []

    def not_effective(self, moment: Moment) -> list[tuple[str, str, str]]:  # noqa: ARG002
        """None."""
        return []

    def notices(self, moment: Moment) -> list[str]:  # noqa: ARG002
        """None."""
        return []

    def health(self) -> dict[str, Any]:
        """Not ready."""
        return {"ready": False, "problems": ["no rulesets are loaded"]}
