"""A hook request as the record that rules judge."""

from collections.abc import Sequence
from dataclasses import replace

from cds.facts.dates import Moment
from cds.facts.fact import Record
from cds.facts.record import read_record
from cds.hooks.prefetch import Supplied
from cds.hooks.request import HookRequest
from cds.rules.judge.plan import Plan


def record_of(request: HookRequest, supplied: Sequence[Supplied], plan: Plan, moment: Moment) -> Record:
    """Everything of the request that any rule of the plan can read. Raises WrongPatient."""
    record = read_record(
        hook=request.hook,
        patient_id=request.patient_id,
        encounter_id=request.encounter_id,
        drafts=request.drafts,
        selections=request.selections,
        stated=request.stated,
        dispatched=request.dispatched,
        supplied=supplied,
        vocabulary=plan.vocabulary,
        moment=moment,
    )
    if not plan.fills:
        return record
    # Of the call, not of the record: it takes part in a judgement only where some template asks for it.
    encounter = f"Encounter/{request.encounter_id}" if request.encounter_id and "encounter" in plan.fills else ""
    user = request.user_id if request.user_id and "user" in plan.fills else ""
    return replace(record, encounter=encounter, user=user)
