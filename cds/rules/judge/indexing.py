"""A record laid out for a plan: every fact looked up once, for all rulesets of a service together.

What a fact touches decides which rules are worth running, so that the others cost nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import field

from cds.facts.attributes import Attribute
from cds.facts.fact import Fact, Record
from cds.frozen import value
from cds.rules.judge.finding_facts import RESOURCE_TYPES
from cds.rules.judge.plan import Plan, RuleNumber
from cds.rules.judge.sharing import Mark
from cds.rules.judge.values import Found, Value
from cds.rules.judge.verdicts import FactsByCode
from cds.terminology.coding import Coding


@value(eq=False)
class Indexed:
    """A record laid out for a plan.

    by_code: per kind and code, the facts, in the record's order.
    doubtful: kinds of which facts may be missing.
    running: per ruleset, the numbers of the rules worth running, in file order.
    observed, attributes: values of results, and other attributes, read so far; shared by the rulesets of one request.
    found, values: what was found so far for questions that rulesets have in common.
    """

    record: Record
    by_code: FactsByCode
    doubtful: frozenset[str]
    running: Mapping[int, Sequence[int]]
    observed: dict[Fact, Attribute] = field(default_factory=dict)
    attributes: dict[tuple[Fact, str], Attribute] = field(default_factory=dict)
    found: dict[Mark, Found] = field(default_factory=dict)
    values: dict[Mark, Value] = field(default_factory=dict)


def index_facts(plan: Plan, record: Record) -> Indexed:
    """The first stage: every fact looked up once, for all rulesets together."""
    by_code: dict[str, Mapping[Coding, Sequence[Fact]]] = {}
    rules: set[RuleNumber] = set(plan.always)
    anchors = plan.anchors
    for kind, facts in record.facts.items():
        codes = by_code[kind] = _coded(facts)
        for coding in codes:
            touched = anchors.get((coding, kind))
            if touched is not None:
                rules.update(touched)
    doubtful = _doubtful_kinds(record)
    for kind in doubtful:
        rules.update(plan.doubtful.get(kind, ()))
    running: dict[int, list[int]] = {}
    for number, place in sorted(rules):
        running.setdefault(number, []).append(place)
    return Indexed(record, by_code, doubtful, running)


def _coded(facts: Sequence[Fact]) -> Mapping[Coding, Sequence[Fact]]:
    """The facts of one kind by code. Most have all their codes in common with others, as results of one test have."""
    groups: dict[frozenset[Coding], list[Fact]] = {}
    for fact in facts:
        group = groups.get(fact.codings)
        if group is None:
            groups[fact.codings] = [fact]
        else:
            group.append(fact)
    codes: dict[Coding, list[Fact]] = {}
    for codings, group in groups.items():
        for coding in codings:
            # Facts that share but some of their codes: back into the record's order.
            codes[coding] = [fact for fact in facts if coding in fact.codings] if coding in codes else group
    return codes


def _doubtful_kinds(record: Record) -> frozenset[str]:
    """Kinds of which facts may be missing: not finding one proves nothing."""
    missing = record.unsupplied.keys()
    kinds = {kind for kind, types in RESOURCE_TYPES.items() if not missing.isdisjoint(types)} if missing else set()
    if "allergy" not in record.facts:
        kinds.add("allergy")  # an empty list of allergies is no answer (see _gaps in finding_facts)
    return frozenset(kinds.union(*(omission.kinds for omission in record.omissions)))
