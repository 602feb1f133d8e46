"""Cases as CDS Hooks requests of another day, to try a service or ``cds explain`` with. Pure.

A request tells of a patient, not of a site or of what was shown before: what a case says of those is told beside it.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from cds.authoring.case_telling import text, with_key
from cds.authoring.cases import CaseRun, run_of


@dataclass(frozen=True, slots=True)
class Sent:
    """A case as a request: its file's name, and its bytes, None where it cannot be told on that day.

    site, shown_before: what the case says and no request can.
    """

    case: str
    name: str
    content: bytes | None
    site: Mapping[str, str]
    shown_before: Sequence[str]


def requests_of(runs: Sequence[CaseRun], day: date) -> Iterator[Sent]:
    """A request for each case, told as of ``day``: what was 3 days ago is 3 days before it. Written dates stay."""
    for number, run in enumerate(runs, 1):
        told = run_of(with_key(run.told, "at", text(day.isoformat())), run, run.name)
        words = re.sub(r"[^a-z0-9]+", "-", run.name.lower()).strip("-")[:60].strip("-")
        name = f"{run.ruleset}-{number:03}-{words}.json"
        written = json.dumps(told.request, indent=2, ensure_ascii=False) + "\n" if told is not None else None
        yield Sent(run.name, name, written.encode() if written else None, run.site, tuple(run.shown_before))
