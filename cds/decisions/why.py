"""Why each rule of a service did what it did for a call: its facts judged once more, for whoever asks.

Nothing of it is cached or recorded, and nobody is shown a card for it: an answer pays nothing for being explained.
"""

from dataclasses import dataclass

from cds.decisions.answer import require_patient
from cds.decisions.budget import Budget
from cds.decisions.faults import OutOfTime
from cds.decisions.reading import record_of
from cds.decisions.selected import Selected
from cds.facts.dates import Moment
from cds.facts.fact import Record
from cds.hooks.prefetch import Supplied
from cds.hooks.request import HookRequest
from cds.rules.judge.tracing import RulesetTrace, trace


@dataclass(frozen=True, slots=True)
class Explanation:
    """What was judged, by which versions, and a trace of each of them in their order."""

    selected: Selected
    record: Record
    traces: tuple[RulesetTrace, ...]


def why(
    selected: Selected, request: HookRequest, supplied: tuple[Supplied, ...], moment: Moment, budget: Budget
) -> Explanation:
    """Every rule of every ruleset that answers; raises as the answer would, and OutOfTime when the time is over."""
    require_patient(supplied)
    record = record_of(request, supplied, selected.plan, moment)
    traces = []
    for part in selected.plan.parts:
        if budget.is_spent():
            raise OutOfTime
        traces.append(trace(part, record, moment))
    return Explanation(selected, record, tuple(traces))
