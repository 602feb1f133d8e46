"""Which ruleset and rules answer for a case topic: ``rulesets/topics.yaml``, so that any harness judges alike.

A topic fires when one of its rules showed a card. Refuses a map that it does not understand, as problems with places.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cds.documents.problem import Location, Problem
from cds.documents.yaml_tree import Node, Table, plain, read_yaml


@dataclass(frozen=True, slots=True)
class Topic:
    """The ruleset that answers for a topic, those of its rules that do (none named: all of them), and the service to
    ask (none named: the first of the hook).

    recommendations: what a label may recommend, in its own words, and the rules that recommend the same.
    """

    ruleset: str
    rules: frozenset[str] = frozenset()
    service: str = ""
    recommendations: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def answers(self, ruleset: object, rule: object) -> bool:
        """True if a finding of this rule is the topic's."""
        return ruleset == self.ruleset and (not self.rules or rule in self.rules)


Topics = Mapping[str, Topic]


def read_topics(file: Path) -> tuple[Topics, list[Problem]]:
    """The map by topic name, and what is wrong with the file."""
    tree, problems = read_yaml(file.read_bytes(), str(file))
    if tree is None:
        return {}, problems
    if not isinstance(tree, Table):
        return {}, [Problem("CDS101", tree.location, "topics must be a table of topic: {ruleset, rules}")]
    topics: dict[str, Topic] = {}
    for name, node in tree.entries:
        topic = _topic(node)
        if topic is None:
            problems.append(_misshapen(name.text, name.location))
        else:
            topics[name.text] = topic
    return topics, problems


def _topic(node: Node) -> Topic | None:
    match plain(node):
        case {"ruleset": str(ruleset), **rest} if not rest.keys() - {"rules", "service", "recommendations"}:
            rules, service = _names(rest.get("rules", [])), rest.get("service", "")
            said = _recommendations(rest.get("recommendations", {}))
            if rules is not None and isinstance(service, str) and said is not None:
                return Topic(ruleset, rules, service, said)
    return None


def _recommendations(written: object) -> Mapping[str, frozenset[str]] | None:
    if not isinstance(written, dict):
        return None
    said = {str(words): _names(rules) for words, rules in written.items()}
    named = {words: rules for words, rules in said.items() if rules}
    return named if len(named) == len(said) else None


def _names(written: object) -> frozenset[str] | None:
    if isinstance(written, list) and all(isinstance(name, str) for name in written):
        return frozenset(str(name) for name in written)
    return None


def _misshapen(topic: str, place: Location) -> Problem:
    return Problem(
        "CDS101",
        place,
        f'the topic "{topic}" needs a ruleset and a list of rules',
        "topic: {ruleset: name, rules: [id, id], service: id, recommendations: {words: [id]}}",
    )
