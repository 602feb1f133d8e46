"""How every version stands, and what of it somebody should look into: for ``/readyz`` and ``cds status``."""

from typing import Any

from cds.decisions.library import Library
from cds.decisions.live import Live
from cds.facts.dates import Moment
from cds.rules.ruleset import Ruleset
from cds.services.activation import standings
from cds.services.notices import notices_of
from cds.services.selection import WHOLE


def loaded(live: Live, library: Library, moment: Moment) -> list[dict[str, Any]]:
    """Every version loaded, with its digest, whether it is in effect at the moment, and where it is live."""
    return [
        {
            "ruleset": ruleset.name,
            "version": ruleset.version,
            "digest": ruleset.digest,
            "title": ruleset.title,
            "effective": ruleset.effective.covers(moment.today),
            "approved-by": ruleset.approved_by,
            "rules": len(ruleset.rules),
            "live": live_in(live, ruleset.name, ruleset.version),
        }
        for versions in library.catalog.versions.values()
        for ruleset in versions
    ]


def account_of(live: Live) -> dict[str, Any]:
    """The newest act, what was activated and cannot be used, and the rules that are stopped."""
    return {
        "act": live.number,
        "refused": list(live.refused),
        "stopped": [
            {"ruleset": stop.ruleset, "rule": stop.rule, "service": stop.since.service, "since": stop.since.at}
            for stop in live.stopped
        ],
    }


def live_in(live: Live, name: str, version: str) -> list[dict[str, Any]]:
    """The services in which a version has a stage: with its share, the site's own values and the act since when."""
    found = {}
    for lineup in (lineup for hooks in live.lineups.values() for lineup in hooks.values()):
        staged = lineup.staged.get(name)
        if staged is None:
            continue
        shares = {ruleset.pinned: share for ruleset, share in staged.canary}
        by_stage = (
            ("active", staged.active),
            ("canary", tuple(ruleset for ruleset, _ in staged.canary)),
            ("shadow", staged.shadow),
        )
        since = standings(live.log, lineup.service.id, name).get(version)
        for stage, rulesets in by_stage:
            for ruleset in rulesets:
                if ruleset.version != version:
                    continue
                told: dict[str, Any] = {"service": lineup.service.id, "stage": stage}
                if stage == "canary":
                    told["share"] = show_share(shares[ruleset.pinned])
                if ruleset.site:
                    told["site"] = ruleset.site
                if since is not None:
                    told["act"] = since.number
                found[lineup.service.id] = told
    return list(found.values())


def show_share(share: int) -> str:
    """Ten-thousandths as a percentage: ``12.5%``."""
    return f"{share * 100 / WHOLE:g}%"


def notices(live: Live, moment: Moment) -> list[str]:
    """What somebody should look into: rulesets of which nothing is in effect, and reviews that are long past."""
    versions: dict[str, dict[str, Ruleset]] = {}
    for lineup in (lineup for hooks in live.lineups.values() for lineup in hooks.values()):
        for name, staged in lineup.staged.items():
            versions.setdefault(name, {}).update({ruleset.version: ruleset for ruleset in staged.every})
    return [notice for name in sorted(versions) for notice in notices_of(name, versions[name].values(), moment.today)]
