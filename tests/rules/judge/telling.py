"""Small rulesets told as the tables an author writes, and patients judged by them: the whole way from FHIR JSON.

judging = judged({"k": {"latest": "lab", "in": "potassium", "is": "above 5 mmol/L"}}, observation(6, "mmol/L", ...))
judging.truth("k")
"""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from cds.facts.dates import Moment
from cds.facts.fact import Record
from cds.facts.record import read_record
from cds.hooks.prefetch import Supply
from cds.rules.engine.crosscheck import make_engine
from cds.rules.judge.judge import RulesetVerdicts, judge
from cds.rules.judge.judging import Judging
from cds.rules.judge.plan import Plan, compile_ruleset, join
from cds.rules.prefetch.derive import derive_templates
from cds.rules.ruleset import Ruleset
from cds.rules.source.read import read_ruleset
from tests.patients import patient, supply

Table = Mapping[str, Any]

#: One code per set, so that a builder names it in one word.
SETS: dict[str, Any] = {
    "potassium": {"loinc": {"2823-3": "potassium"}},
    "creatinine": {
        "loinc": {"2160-0": "creatinine", "14682-9": "creatinine"},
        "molar-mass": "113.12 g/mol",
        "molar-mass-source": "textbook",
    },
    "egfr": {"loinc": {"98979-8": "eGFR"}},
    "fever": {"loinc": {"8310-5": "body temperature"}},
    "alertness": {"loinc": {"80288-4": "level of consciousness"}},
    "not-alert": {"snomed": {"130987000": "acute confusion", "422768004": "unresponsive"}},
    "stroke": {"snomed": {"230690007": "stroke"}},
    "diabetes": {"snomed": {"73211009": "diabetes"}, "icd10cm": {"E11.9": "type 2 diabetes"}},
    "warfarin": {"rxnorm": {"11289": "warfarin"}},
    "ibuprofen": {"rxnorm": {"5640": "ibuprofen"}},
    "opioids": {
        "rxnorm": {
            "7052": {"display": "morphine", "factor": "1", "unit": "mg/d", "form": "oral"},
            "7804": {"display": "oxycodone", "factor": "1.5", "unit": "mg/d", "form": "oral"},
        }
    },
}
MME = {
    "says": "Equivalents of one opioid",
    "for-each": "opioid",
    "formula": "morphine-equivalent",
    "inputs": {
        "daily-dose": "it.daily-dose",
        "factor": "it.opioids.factor",
        "dose-unit": "it.opioids.unit",
        "for-form": "it.opioids.form",
    },
}
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def moment(at: datetime = NOW, zone: str = "UTC") -> Moment:
    return Moment(at, ZoneInfo(zone))


def rule(when: Iterable[str], unless: Iterable[str] = (), **more: Any) -> dict[str, Any]:
    """A rule with the least a card needs; keys with hyphens are told with underscores."""
    told = {key.replace("_", "-"): value for key, value in more.items()}
    card = {"indicator": "info", "summary": "Synthetic", "evidence": ["e"], **told.pop("card", {})}
    then = {"card": card, **told.pop("then", {})}
    policies = {"when-unknown": "stay-silent", **({"unless-unknown": "fire"} if unless else {})}
    exceptions = {"unless": list(unless)} if unless else {}
    return {"when": list(when), **exceptions, **policies, **told, "then": then}


def ruleset(definitions: Table, rules: Table | None = None, **more: Any) -> Ruleset:
    """A ruleset; without rules, one per definition that asks nothing but whether it is known, so that it is read."""
    read = _read(json.dumps([definitions, rules, more]))
    assert isinstance(read, Ruleset), "\n".join(map(str, read))
    return read


def problems(definitions: Table, rules: Table | None = None, **more: Any) -> list[str]:
    """The codes of what the loader says against it."""
    read = _read(json.dumps([definitions, rules, more]))
    return [] if isinstance(read, Ruleset) else [problem.code for problem in read]


@lru_cache(maxsize=256)
def _read(told: str) -> Ruleset | list[Any]:
    definitions, rules, more = json.loads(told)
    named = {name: {"says": name, **definition} for name, definition in definitions.items()}
    files: dict[str, str] = more.pop("files", {})
    every = {"for-" + name: _asking(name, definition) for name, definition in named.items()}
    content = {
        "format": "1",
        "ruleset": more.pop("name", "told"),
        "version": "1.0.0",
        "status": "published",
        "hooks": ["patient-view", "order-select", "order-sign"],
        "title": "Told",
        "publisher": "Synthetic",
        "approval-date": "2026-01-01",
        "last-review-date": "2026-01-01",
        "effective": {"from": "2018-01-01"},
        "evidence": {
            "e": {"title": "Source", "link": "https://example.org", "grade": {"scheme": "S", "strength": "1"}}
        },
        "value-sets": SETS | more.pop("value_sets", {}),
        "definitions": named,
        "rules": rules or every,
        **more,
    }
    tables = {name: text.encode() for name, text in files.items()}
    found, problems = read_ruleset(json.dumps(content).encode(), "told.yaml", tables.get, {"declined": "Declined"})
    return found if found is not None else problems


def _asking(name: str, definition: Table) -> Table:
    each = {"for_each": definition["for-each"]} if "for-each" in definition else {}
    return rule([f"known {name}"], **each)


def plan_of(*rulesets: Ruleset, engine: str = "reference") -> Plan:
    return join(tuple(_compiled(each, engine) for each in rulesets))


@lru_cache(maxsize=256)
def _compiled_by_id(identity: int, engine: str) -> Any:
    return compile_ruleset(_KEPT[identity], make_engine(engine))


_KEPT: dict[int, Ruleset] = {}


def _compiled(each: Ruleset, engine: str) -> Any:
    _KEPT[id(each)] = each
    return _compiled_by_id(id(each), engine)


def record_of(
    plan: Plan,
    *resources: Any,
    drafts: Iterable[Any] = (),
    selections: Iterable[str] | None = None,
    unsupplied: Iterable[str] = (),
    at: Moment | None = None,
    hook: str = "order-sign",
    born: str | None = "1960-05-01",
    sex: str | None = "female",
    person: Mapping[str, Any] | None = None,
) -> Record:
    """What a request with these resources would be read as; types in ``unsupplied`` were asked for and did not come.

    person: more elements of the Patient.
    """
    missing = frozenset(unsupplied)
    answers = [supply("Patient", patient(born=born, sex=sex, **(person or {})))]
    for template in derive_templates(part.ruleset for part in plan.parts):
        if template.is_read:
            continue
        name = template.resource_type
        came = [resource for resource in resources if resource["resourceType"] == name]
        answers.append(supply(name, state=Supply.ABSENT) if name in missing else supply(name, *came))
    return read_record(
        hook=hook,
        patient_id="p1",
        encounter_id=None,
        drafts=list(drafts),
        selections=None if selections is None else frozenset(selections),
        supplied=answers,
        vocabulary=plan.vocabulary,
        moment=at or moment(),
    )


def verdicts(told: Ruleset, *resources: Any, engine: str = "reference", **how: Any) -> RulesetVerdicts:
    """The rules of one ruleset judged."""
    plan = plan_of(told, engine=engine)
    at = how.get("at") or moment()
    return judge(plan, record_of(plan, *resources, **how), at)[0]


def judged(definitions: Table, *resources: Any, **how: Any) -> Judging:
    """The definitions, ready to be asked."""
    return verdicts(ruleset(definitions), *resources, **how).judging


def truth(definitions: Table, name: str, *resources: Any, **how: Any) -> str:
    """``holds``, ``fails`` or ``unknown``."""
    return judged(definitions, *resources, **how).truth(name).value


def outcomes(told: Ruleset, *resources: Any, **how: Any) -> dict[str, str]:
    """What became of each rule that was not surely silent; a subject stands behind a space."""
    found = verdicts(told, *resources, **how).rules
    return {f"{v.rule.id} {v.subject.reference if v.subject else ''}".strip(): v.outcome for v in found}
