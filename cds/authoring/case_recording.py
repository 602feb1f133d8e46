"""What a case says is being recorded: facts that stand in the context of their hook, not in the chart.

``recording: [a1]`` names facts of the case by their ids, at the hooks that are about what somebody records.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cds.authoring.case_facts import CaseFact
from cds.authoring.told import Resource
from cds.documents.problem import Location
from cds.documents.yaml_tree import Text
from cds.rules.source.reader import Reader, did_you_mean


@dataclass(frozen=True, slots=True)
class _Recorded:
    """Where a hook keeps what is recorded, of which kinds of fact it is, and whether it may be several."""

    member: str
    kinds: frozenset[str]
    several: bool = False


RECORDED: Mapping[str, _Recorded] = {
    "allergyintolerance-create": _Recorded("allergyIntolerance", frozenset({"allergy"})),
    "problem-list-item-create": _Recorded("conditions", frozenset({"condition"}), several=True),
    "medication-verify": _Recorded("medication", frozenset({"medication", "prescription"})),
}


def recorded_of(
    hook: str, named: Sequence[Text], facts: Sequence[CaseFact], place: Location, reader: Reader
) -> tuple[list[CaseFact], Resource]:
    """The facts that are being recorded, and the members that they are in the context. CDS607 for what cannot be."""
    about = RECORDED.get(hook)
    if about is None:
        if named:
            hint = f"at {', '.join(RECORDED)}"
            reader.problem("CDS607", named[0].location, f"nothing is recorded at {hook}", hint)
        return [], {}
    by_id = {fact.id: fact for fact in facts}
    found = [by_id[name.text] for name in named if name.text in by_id]
    for name in named:
        if name.text not in by_id:
            hint = did_you_mean(name.text, by_id)
            reader.problem("CDS607", name.location, f'no fact of this case has the id "{name.text}"', hint)
        elif by_id[name.text].kind not in about.kinds:
            what = f"{hook} records no {by_id[name.text].kind}"
            reader.problem("CDS607", name.location, what, f"it records: {', '.join(sorted(about.kinds))}")
    if not named or (len(named) > 1 and not about.several):
        how_many = "at least one fact" if about.several else "exactly one fact"
        hint = "recording: [the id of a fact]"
        reader.problem("CDS607", place, f"{hook} needs {how_many} that is being recorded", hint)
    resources = [fact.resource for fact in found]
    if about.several:
        entries = [{"resource": resource} for resource in resources]
        return found, {about.member: {"resourceType": "Bundle", "type": "collection", "entry": entries}}
    return found, {about.member: resources[0]} if resources else {}
