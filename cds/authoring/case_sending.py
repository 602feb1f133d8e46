"""Cases as CDS Hooks requests of another day, to try a service or ``cds explain`` with. Pure."""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import date

from cds.authoring.case_telling import text, with_key
from cds.authoring.cases import CaseRun, run_of


def requests_of(runs: Sequence[CaseRun], day: date) -> Iterator[tuple[str, bytes]]:
    """A file name and a request for each case, told as of ``day``: what was 3 days ago is 3 days before it.

    Dates that a case writes out stay. A case that cannot be told on that day is left out.
    """
    for number, run in enumerate(runs, 1):
        told = run_of(with_key(run.told, "at", text(day.isoformat())), run, run.name)
        if told is not None:
            words = re.sub(r"[^a-z0-9]+", "-", run.name.lower()).strip("-")[:60].strip("-")
            name = f"{run.ruleset}-{number:03}-{words}.json"
            yield name, (json.dumps(told.request, indent=2, ensure_ascii=False) + "\n").encode()
