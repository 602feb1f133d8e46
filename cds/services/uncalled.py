"""What the services leave unused: hooks that a ruleset answers at and nobody calls it at. For ``cds lint``; pure."""

from collections.abc import Collection, Iterator
from pathlib import Path

from cds.documents.problem import Location, Problem
from cds.rules.catalog.load import Catalog
from cds.rules.ruleset import Ruleset
from cds.services.catalogue import Service


def uncalled(services: Collection[Service], catalog: Catalog, file: Path) -> Iterator[Problem]:
    """CDS325, for the newest version of each ruleset: it would speak where no service asks it."""
    for name, versions in sorted(catalog.versions.items()):
        binding = [service for service in services if name in service.rulesets]
        newest = versions[0]
        if not binding:
            what = f"no service answers with {newest.address}: it is asked by nobody"
            yield Problem("CDS325", Location(str(file)), what, "bind it in a service of its hooks", "advice")
            continue
        for hook in sorted(_said_at(newest) - {service.hook for service in binding}):
            what = f"{newest.address} answers at {hook} too, and no service calls it there"
            yield Problem("CDS325", binding[0].location, what, f"bind it in a service of {hook}", "advice")


def _said_at(ruleset: Ruleset) -> frozenset[str]:
    """The hooks at which some rule of it may speak."""
    return frozenset(hook for rule in ruleset.rules for hook in rule.hooks or ruleset.hooks)
