"""What came back for a request, and where our findings stand in it (ARCHITECTURE 19, "Card extension"). Data only."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cds.facts.dates import Moment
from cds.replay.case import Json

INDICATORS = ("info", "warning", "critical")
FINDING = "org.cds-rules.finding"
DECISION = "org.cds-rules.decision"


@dataclass(frozen=True, slots=True)
class Answer:
    """The status of an answer and its JSON body (``None`` if it had none)."""

    status: int
    body: Json | None = None


#: Puts a request to a service at a pinned moment.
Ask = Callable[[str, Json, Moment], Answer]


def findings(body: Json) -> Iterator[tuple[Json, Json]]:
    """Each card that carries our finding, with the finding."""
    for card in body.get("cards", ()):
        extension = card.get("extension")
        finding = extension.get(FINDING) if isinstance(extension, dict) else None
        if isinstance(finding, dict):
            yield card, finding
