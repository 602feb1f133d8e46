"""A record laid out for a plan: every fact looked up once, for all rulesets of a service together.

What a fact touches decides which rules are worth running, so that the others cost nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cds.facts.attributes import Attribute
from cds.facts.fact import Fact, Record
from cds.rules.judge.finding_facts import RESOURCE_TYPES
from cds.rules.judge.plan import Plan, RuleNumber
from cds.terminology.coding import Coding

FactsByCode = Mapping[str, Mapping[Coding, Sequence[Fact]]]


@dataclass(frozen=True, slots=True, eq=False)
class Indexed:
    """A record laid out for a plan.

    by_code: per kind and code, the facts, in the record's order.
    doubtful: kinds of which facts may be missing.
    running: per ruleset, the numbers of the rules worth running, in file order.
    observed: values of results read so far, shared by the rulesets of this one request.
    """

    record: Record
    by_code: FactsByCode
    doubtful: frozenset[str]
    running: Mapping[int, Sequence[int]]
    observed: dict[Fact, Attribute]


def index_facts(plan: Plan, record: Record) -> Indexed:
    """The first stage: every fact looked up once, for all rulesets together."""
    by_code: dict[str, dict[Coding, list[Fact]]] = {}
    rules: set[RuleNumber] = set(plan.always)
    for kind, facts in record.facts.items():
        codes = by_code[kind] = {}
        for fact in facts:
            for coding in fact.codings:
                codes.setdefault(coding, []).append(fact)
        for coding in codes:
            rules.update(plan.anchors.get((coding, kind), ()))
    doubtful = _doubtful_kinds(record)
    for kind in doubtful:
        rules.update(plan.doubtful.get(kind, ()))
    running: dict[int, list[int]] = {}
    for number, place in sorted(rules):
        running.setdefault(number, []).append(place)
    return Indexed(record, by_code, doubtful, running, {})


def _doubtful_kinds(record: Record) -> frozenset[str]:
    """Kinds of which facts may be missing: not finding one proves nothing."""
    kinds = {kind for kind, types in RESOURCE_TYPES.items() if any(name in record.unsupplied for name in types)}
    if "allergy" not in record.facts:
        kinds.add("allergy")  # an empty list of allergies is no answer (see _gaps in finding_facts)
    return frozenset(kinds.union(*(omission.kinds for omission in record.omissions)))
