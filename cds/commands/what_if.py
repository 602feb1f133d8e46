"""What would change the answer to a request: the search behind ``cds explain``, and how it is told."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from cds.commands.output import plain

if TYPE_CHECKING:
    from cds.authoring.asking import Asked
    from cds.authoring.flipping import Flip, Judge, Said, Searched, Worth
    from cds.facts.dates import Moment
    from cds.rules.ruleset import Ruleset
    from cds.terminology.coding import Coding

#: Of each sort, how many are shown; JSON has all.
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class WhatIf:
    """queries: by resource type, what a service would ask the client's server for."""

    searched: "Searched"
    queries: dict[str, str]
    seconds: int


def what_if(asked: "Asked", body: bytes, moment: "Moment", only: str | None, seconds: int) -> WhatIf:
    """Search for at most so many seconds. only: what one rule does, instead of the whole answer."""
    from cds.authoring.case_judging import case_files
    from cds.authoring.cases import expand
    from cds.authoring.flipping import facts_of_cases, search
    from cds.cards.naming import meaning_of

    request = orjson.loads(body)
    templates = asked.templates(str(request.get("hook", "")))
    folder = Path(asked.ruleset.location.file).parent
    runs = [run for file in case_files(folder) for run in expand(file, moment.zone)[0]]
    until = time.monotonic() + seconds
    keys = {template.resource_type: template.key for template in templates if not template.is_read}
    ruleset = asked.ruleset
    pool = facts_of_cases(
        runs, moment, lambda coding: meaning_of(ruleset, (coding,)), lambda coding: _alike(ruleset, coding)
    )
    searched = search(request, _judge(asked, moment, only), pool, keys, moment.today, lambda: time.monotonic() > until)
    patient = str(request.get("context", {}).get("patientId", ""))
    queries = {t.resource_type: t.query.replace("{{context.patientId}}", patient) for t in templates}
    return WhatIf(searched, queries, seconds)


def _alike(ruleset: "Ruleset", coding: "Coding") -> frozenset[str]:
    """The codes of the smallest value set that has it: what the ruleset takes for the same thing."""
    sets = [value_set.rows.keys() for value_set in ruleset.value_sets.values() if coding in value_set.rows]
    return frozenset(each.code for each in min(sets, key=len, default=()))


def _judge(asked: "Asked", moment: "Moment", only: str | None) -> "Judge":
    from cds.errors import ServiceFault
    from cds.rules.judge.indexing import index_facts
    from cds.rules.judge.judge import judge_ruleset

    def judge(request: dict[str, Any]) -> "Said | None":
        try:
            record = asked.record(asked.read(orjson.dumps(request))[0], moment)
        except ServiceFault:
            return None
        verdicts = judge_ruleset(asked.plan, 0, index_facts(asked.plan, record), moment)
        fired = (each for each in verdicts.rules if each.outcome == "fires" and only in (None, each.rule.id))
        return frozenset((each.rule.id, each.subject.reference if each.subject else "") for each in fired)

    return judge


def what_if_lines(told: WhatIf) -> Iterator[str]:
    """For people."""
    searched = told.searched
    yield ""
    yield "what would change the answer (each was judged)"
    for flip in searched.flips[:_SHOWN]:
        yield plain(f"  {flip.what}: {_said(flip.said)}")
    if not searched.flips:
        yield "  nothing of the search: no fact left out or turned, and none added that the cases know"
    if len(searched.flips) > _SHOWN:
        yield f"  and {len(searched.flips) - _SHOWN} more, in --json"
    if searched.worth:
        yield "not on record, and the answer depends on it"
    for worth in searched.worth[:_SHOWN]:
        yield plain(f"  {worth.item}: {worth.first[0]}: {_said(worth.first[1])}")
        yield plain(f"  {' ' * len(worth.item)}  {worth.second[0]}: {_said(worth.second[1])}")
    if searched.worth:
        yield plain(f"  most worth obtaining: {searched.worth[0].item}: GET {_query(told, searched.worth[0])}")
    if searched.was_cut:
        yield f"  the search was cut after {told.seconds} s: --search takes more"


def _said(said: "Said") -> str:
    return ", ".join(f"{rule} ({about})" if about else rule for rule, about in sorted(said)) or "no card"


def _query(told: WhatIf, worth: "Worth") -> str:
    """As the service would ask."""
    return told.queries.get(worth.resource_type, worth.resource_type)


def what_if_data(told: WhatIf) -> dict[str, object]:
    """As JSON data."""
    searched = told.searched
    return {
        "said": _rules(searched.said),
        "changes": [_flip_data(flip) for flip in searched.flips],
        "worthObtaining": [
            {
                "item": worth.item,
                "query": _query(told, worth),
                "completions": [{"told": told, "said": _rules(said)} for told, said in (worth.first, worth.second)],
            }
            for worth in searched.worth
        ],
        "cut": searched.was_cut,
    }


def _flip_data(flip: "Flip") -> dict[str, object]:
    return {"what": flip.what, "facts": flip.size, "said": _rules(flip.said)}


def _rules(said: "Said") -> list[dict[str, str]]:
    return [{"rule": rule, "about": about} for rule, about in sorted(said)]
