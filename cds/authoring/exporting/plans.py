"""A ruleset as PlanDefinition: an event-condition-action rule for each rule, with its evidence and what it offers.

No engine can run it: a condition names the rule, whose text stands in the Library in our own language, and says it in
sentences. Nothing is translated to CQL or FHIRPath.
"""

from collections.abc import Iterable, Iterator

from cds.authoring.exporting.evidence import citation
from cds.authoring.exporting.metadata import Resource, Setting, coded, metadata, upkeep
from cds.authoring.exporting.naming import INDICATOR, LANGUAGE
from cds.authoring.sentences import conditions
from cds.authoring.versions import Version
from cds.rules.definition import Entry
from cds.rules.ruleset import Rule, Ruleset, Suggestion

_ACTION_TYPES = "http://terminology.hl7.org/CodeSystem/action-type"
_PLAN_TYPES = "http://terminology.hl7.org/CodeSystem/plan-definition-type"
_BY_ITSELF = "Done by the client itself, where that is agreed."
#: What each kind of suggestion does to the record of the client.
_CHANGES = {"create": "create", "replace": "update", "stop": "update", "remove": "remove"}


def plan_definition(version: Version, setting: Setting) -> Resource:
    """The whole resource."""
    ruleset = version.ruleset
    library = setting.names.canonical("Library", ruleset.name, ruleset.version)
    return {
        **metadata(version, setting, "PlanDefinition", ruleset.name, ruleset.title),
        **upkeep(ruleset),
        "type": coded(_PLAN_TYPES, "eca-rule"),
        "description": _description(ruleset),
        "relatedArtifact": [citation(each) for each in ruleset.evidence.values()],
        "library": [library],
        "action": [*_actions(ruleset, library)],
    }


def _description(ruleset: Ruleset) -> str:
    approved = "" if ruleset.approved_by != "none" else "No clinician has approved it: not for use with patients. "
    return (
        f"{approved}Its conditions are written in a language of their own ({LANGUAGE}), which the Library carries and "
        "the service cds-rules judges; their sentences here are for readers. No action does not say that all is well."
    )


def _actions(ruleset: Ruleset, library: str) -> Iterator[Resource]:
    """Rules in their order; those of one family, of which one is shown, as a group."""
    families: dict[str, list[Rule]] = {}
    for rule in ruleset.rules:
        families.setdefault(rule.family or rule.id, []).append(rule)
    for family, rules in families.items():
        told = [_action(ruleset, rule, library) for rule in rules]
        if len(rules) == 1:
            yield told[0]
            continue
        yield {
            "title": family, "groupingBehavior": "logical-group", "action": told,
            "description": "Of these, in this order, the first whose condition holds is shown.",
        }  # fmt: skip


def _action(ruleset: Ruleset, rule: Rule, library: str) -> Resource:
    card = rule.card
    said = _said(ruleset, (*ruleset.applies.when, *rule.when), (*ruleset.applies.unless, *rule.unless))
    told: Resource = {
        "id": rule.id, "extension": [{"url": INDICATOR, "valueCode": card.indicator}], "title": card.summary,
    }  # fmt: skip
    told |= {"description": card.detail.strip()} if card.detail.strip() else {}
    told |= {"textEquivalent": said}
    if card.evidence:
        told["documentation"] = [citation(ruleset.evidence[name]) for name in card.evidence]
    hooks = sorted(rule.hooks or ruleset.hooks)
    told["trigger"] = [{"type": "named-event", "name": hook} for hook in hooks]
    told["condition"] = [_condition(said, rule.id, library)]
    if card.changes:
        told["selectionBehavior"] = card.choose
        told["action"] = [_offer(ruleset, each, rule.id, library) for each in card.suggestions]
        told["action"] += [
            _offer(ruleset, each, rule.id, library) | {"description": _BY_ITSELF} for each in card.system_actions
        ]
    return told


def _offer(ruleset: Ruleset, change: Suggestion, rule: str, library: str) -> Resource:
    """A suggestion by its label. What it would write depends on the patient: the templates stand in the Library."""
    told: Resource = {"title": change.label, "type": coded(_ACTION_TYPES, _CHANGES[change.kind])}
    if change.when or change.unless:
        told["condition"] = [_condition(_said(ruleset, change.when, change.unless), rule, library)]
    return told


def _condition(said: str, rule: str, library: str) -> Resource:
    expression = {"description": said, "language": LANGUAGE, "expression": rule, "reference": library}
    return {"kind": "applicability", "expression": expression}


def _said(ruleset: Ruleset, when: Iterable[Entry], unless: Iterable[Entry]) -> str:
    held, out = conditions(ruleset, when), conditions(ruleset, unless)
    return " ".join(part for part in (f"When: {held}." if held else "", f"Unless: {out}." if out else "") if part)
