"""What the services offer and no longer apply: rulesets of which every version has ended. For ``cds lint``; pure."""

from collections.abc import Collection, Iterator
from datetime import date

from cds.documents.problem import Problem
from cds.rules.catalog.load import Catalog
from cds.services.catalogue import Service


def lapsed(services: Collection[Service], catalog: Catalog, day: date) -> Iterator[Problem]:
    """CDS314, for each service and ruleset: nothing answers, and a caller is told so at every call."""
    for service in services:
        for name, versions in service.rulesets.items():
            fitting = [each for each in catalog.versions[name] if versions.admits(each.version)]
            ends = [each.effective.until for each in fitting if each.effective.until is not None]
            if fitting and len(ends) == len(fitting) and max(ends) <= day:
                told = f'no version of "{name}" that "{service.id}" may answer with is in effect'
                what = f"{told}: the last ended {max(ends)}"
                hint = "publish one whose evidence applies, widen the range, or take it out of the service"
                yield Problem("CDS314", service.location, what, hint, "warning")
