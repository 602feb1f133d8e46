"""What somebody should look into: rulesets of which nothing is in effect, and reviews that are long past. Pure."""

from collections.abc import Collection, Iterator
from datetime import date

from cds.facts.dates import Duration, day_after
from cds.rules.catalog.outline import Outlined

#: How long a review counts; after it the evidence may have moved on without anybody having looked.
REVIEWED_FOR = Duration(24, "month")


def notices_of(name: str, versions: Collection[Outlined], today: date) -> Iterator[str]:
    """Of one ruleset, told of the versions of it that have a stage."""
    now = [ruleset for ruleset in versions if ruleset.effective.covers(today)]
    if not now:
        ended = [str(ruleset.effective.until) for ruleset in versions if ruleset.effective.until]
        last = f"; its evidence ended on {max(ended)}" if ended else ""
        yield f"{name}: no version of it is live and in effect today{last}"
    for ruleset in sorted(now, key=lambda ruleset: ruleset.address):
        if day_after(ruleset.last_review_date, REVIEWED_FOR) < today:
            yield f"{ruleset.address}: last reviewed on {ruleset.last_review_date}, more than 24 months ago"
