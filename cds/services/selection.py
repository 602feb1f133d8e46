"""Which version of each ruleset answers at a moment: the highest active one in range that is effective that day.

Beside it, the canary (the highest one at that stage, for a share of patients) and those in the shadow.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from cds.errors import ServiceFault
from cds.rules.catalog.load import Catalog
from cds.rules.ruleset import Ruleset
from cds.services.catalogue import Service

#: A canary's share is told in so many parts.
WHOLE = 10_000


class NothingEffective(ServiceFault):
    """A service of which no ruleset has a version in effect on the day of decision."""

    def __init__(self, service_id: str, names: tuple[str, ...]) -> None:
        super().__init__(service_id)
        self.service_id = service_id
        self.names = names


@dataclass(frozen=True, slots=True)
class Staged:
    """The versions of one ruleset in one service by stage, each list highest first; canaries with their shares."""

    active: tuple[Ruleset, ...] = ()
    canary: tuple[tuple[Ruleset, int], ...] = ()
    shadow: tuple[Ruleset, ...] = ()

    @property
    def every(self) -> tuple[Ruleset, ...]:
        """All of them: what prefetch asks for."""
        return (*self.active, *(ruleset for ruleset, _ in self.canary), *self.shadow)


@dataclass(frozen=True, slots=True)
class Canary:
    """A version that a share of the patients is shown instead."""

    ruleset: Ruleset
    share: int


@dataclass(frozen=True, slots=True)
class Selection:
    """What answers on a day, by ruleset in the order of services.yaml: active versions, canaries, and shadows.

    names: of every ruleset of the service. What has neither an active version nor a canary for a patient is told.
    """

    names: tuple[str, ...]
    active: Mapping[str, Ruleset]
    canaries: tuple[Canary, ...] = ()
    shadows: tuple[Ruleset, ...] = ()


def all_active(service: Service, catalog: Catalog) -> dict[str, Staged]:
    """Every version in range that answers the service's hook, as active: what stands where nothing was recorded."""
    return {
        name: Staged(tuple(r for r in catalog.versions[name] if versions.admits(r.version) and service.hook in r.hooks))
        for name, versions in service.rulesets.items()
    }


def select(staged: Mapping[str, Staged], day: date) -> Selection:
    """The selection of a service on a day."""
    active: dict[str, Ruleset] = {}
    canaries: list[Canary] = []
    shadows: list[Ruleset] = []
    for name, versions in staged.items():
        best = next((r for r in versions.active if r.effective.covers(day)), None)
        if best is not None:
            active[name] = best
        found = next((Canary(r, share) for r, share in versions.canary if r.effective.covers(day)), None)
        canaries += [found] if found else []
        shadows += [r for r in versions.shadow if r.effective.covers(day)]
    return Selection(tuple(staged), active, tuple(canaries), tuple(shadows))


def is_in_canary(key: bytes, canary: Canary, client: str, patient: str) -> bool:
    """Whether this patient (a reference) of this client is among those that a canary is for.

    Always the same ones, and those of a smaller share among those of a larger; nobody without the key can tell who.
    """
    parts = ("canary", canary.ruleset.address, client, patient)
    message = b"".join(len(part.encode()).to_bytes(8, "big") + part.encode() for part in parts)
    place = int.from_bytes(hmac.digest(key, message, "sha256")[:8], "big")
    return place * WHOLE < canary.share << 64
