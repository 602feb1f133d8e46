"""Which version of each ruleset answers at a moment: the highest active one in range that is effective that day."""

from dataclasses import dataclass
from datetime import date

from cds.errors import ServiceFault
from cds.rules.catalog.load import Catalog
from cds.rules.ruleset import Ruleset
from cds.services.catalogue import Service


class NothingEffective(ServiceFault):
    """A service of which no ruleset has a version in effect on the day of decision."""

    def __init__(self, service_id: str, names: tuple[str, ...]) -> None:
        super().__init__(service_id)
        self.service_id = service_id
        self.names = names


@dataclass(frozen=True, slots=True)
class Selection:
    """The versions that answer, in the order of services.yaml, and the rulesets that have none in effect."""

    rulesets: tuple[Ruleset, ...]
    not_effective: tuple[str, ...]


def select(service: Service, catalog: Catalog, day: date) -> Selection:
    """The selection of a service on a day. Never silent: what has no effective version is named."""
    chosen: list[Ruleset] = []
    missing: list[str] = []
    for name, versions in service.rulesets.items():
        candidates = (r for r in catalog.versions[name] if versions.admits(r.version) and service.hook in r.hooks)
        best = next((ruleset for ruleset in candidates if ruleset.effective.covers(day)), None)
        if best is None:
            missing.append(name)
        else:
            chosen.append(best)
    return Selection(tuple(chosen), tuple(missing))
