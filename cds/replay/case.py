"""A case from outside: a request, the day it is about, and what its author expects. Data only."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

#: A decoded JSON object. The shapes inside are other people's and anything may be missing.
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One question with, perhaps, its outcome.

    topic: whose rules the outcome is about. as_of: the day or instant of decision as written, ``""`` if the case
    names none. expect: the label as it came, never touched (``{}`` for none). origin: where it was read.
    """

    id: str
    topic: str
    as_of: str
    request: Json
    expect: Json
    origin: str = ""

    @property
    def hook(self) -> str:
        """The hook that the request names (``""`` if it names none)."""
        hook = self.request.get("hook")
        return hook if isinstance(hook, str) else ""


@dataclass(frozen=True, slots=True)
class NotApplicable:
    """A case that cannot be put to this service, and why."""

    reason: str


def moments_of(case: Case) -> Iterator[Case]:
    """The case itself, and one more for each further moment that its label names (``expect.replay``).

    An immunization forecast is labelled at several days: ``id@2011-08-26`` is the same request on that day.
    """
    yield case
    further = case.expect.get("replay")
    for entry in further if isinstance(further, list) else ():
        day, fire = str(entry.get("asOf", "")), entry.get("fire")
        label = {"type": "fire", "fire": fire}
        yield replace(case, id=f"{case.id}@{day}", as_of=day, expect=label)
