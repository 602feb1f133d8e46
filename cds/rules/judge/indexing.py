"""A record laid out for a plan: every fact looked up once, for all rulesets of a service together.

What a fact touches decides which rules are worth running, so that the others cost nothing.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import field

from cds.facts.attributes import Attribute
from cds.facts.fact import Fact, Record
from cds.frozen import value
from cds.rules.judge.absence import RESOURCE_TYPES, has_told_allergies
from cds.rules.judge.membership import Memberships
from cds.rules.judge.plan import Plan, RuleNumber
from cds.rules.judge.sharing import Mark
from cds.rules.judge.values import Found, Value


@value(eq=False)
class Indexed:
    """A record laid out for a plan.

    by_set: per kind and value set, the facts that have a code of it, in the record's order.
    indexed: the value sets that were looked up; of another one ``by_set`` says nothing.
    doubtful: kinds of which facts may be missing.
    running: per ruleset, the numbers of the rules worth running, in file order.
    observed, attributes: values of results, and other attributes, read so far; shared by the rulesets of one request.
    missing: by kind, what is found where there is no fact of it, where that is the same whatever is looked for.
    found, values: what was found so far for questions that rulesets have in common.
    """

    record: Record
    by_set: Mapping[str, Mapping[Mark, Sequence[Fact]]]
    indexed: Set[Mark]
    doubtful: frozenset[str]
    running: Mapping[int, Sequence[int]]
    observed: dict[Fact, Attribute] = field(default_factory=dict)
    attributes: dict[tuple[Fact, str], Attribute] = field(default_factory=dict)
    missing: dict[str, Found] = field(default_factory=dict)
    found: dict[Mark, Found] = field(default_factory=dict)
    values: dict[Mark, Value] = field(default_factory=dict)


def index_facts(plan: Plan, record: Record) -> Indexed:
    """The first stage: every fact looked up once, for all rulesets together."""
    by_set: dict[str, Mapping[Mark, Sequence[Fact]]] = {}
    rules: set[RuleNumber] = set(plan.always)
    for kind, facts in record.facts.items():
        sets = by_set[kind] = _by_set(facts, plan.memberships)
        anchors = plan.anchors.get(kind)
        if anchors is not None:
            for mark in anchors.keys() & sets.keys():
                rules.update(anchors[mark])
    doubtful = _doubtful_kinds(record)
    for kind in doubtful:
        rules.update(plan.doubtful.get(kind, ()))
    running: dict[int, list[int]] = {}
    for number, place in sorted(rules):
        running.setdefault(number, []).append(place)
    return Indexed(record, by_set, plan.memberships.marks, doubtful, running)


def _by_set(facts: Sequence[Fact], memberships: Memberships) -> dict[Mark, list[Fact]]:
    found: dict[Mark, list[Fact]] = {}
    marks_of = memberships.of
    for fact in facts:
        for mark in marks_of(fact.codings):
            held = found.get(mark)
            if held is None:
                found[mark] = [fact]
            else:
                held.append(fact)
    return found


def _doubtful_kinds(record: Record) -> frozenset[str]:
    """Kinds of which facts may be missing: not finding one proves nothing."""
    missing = record.unsupplied.keys()
    kinds = {kind for kind, types in RESOURCE_TYPES.items() if not missing.isdisjoint(types)} if missing else set()
    if not has_told_allergies(record):
        kinds.add("allergy")  # an empty list of allergies is no answer (see absence.gaps_of)
    return frozenset(kinds.union(*(omission.kinds for omission in record.omissions)))
