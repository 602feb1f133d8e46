"""What a case expects, and how what happened differs from it.

Last step of a case: pure comparison, in sentences that an author can act on. Refuses to call a case passed when
something it names was never judged.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from cds.documents.problem import Location
from cds.documents.yaml_tree import Items, Node, Table, Text
from cds.frozen import value
from cds.rules.source.reader import Reader, did_you_mean

EXPECTATION_KEYS = ("fires", "holds", "fails", "unknown", "shows", "repeated")
_NOTHING = [None] * len(EXPECTATION_KEYS)
_ANYONE: frozenset[str] = frozenset()


@value()
class ExpectedRule:
    """A rule that must fire. ``subject``: ids of the fact (or of both facts of a pair) it speaks about; empty: any."""

    rule: str
    subject: frozenset[str]
    location: Location


@value()
class Expectation:
    """What must come of a case. ``fires`` is exact (all other rules stay silent); None: the case does not say."""

    fires: tuple[ExpectedRule, ...] | None
    holds: tuple[str, ...] = ()
    fails: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    shows: tuple[tuple[str, str], ...] = ()
    repeated: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fired:
    """A rule that fired and is shown (not folded). ``subject``: references of the fact or pair it speaks about."""

    rule: str
    subject: tuple[str, ...] = ()


def read_expectation(table: Table, reader: Reader) -> Expectation:
    """The expectation keys of a case. One that expects nothing is a problem: it would pass whatever happens."""
    told = [table.get(key) for key in EXPECTATION_KEYS]
    if told == _NOTHING:
        hint = "fires: [] says that every rule stays silent"
        reader.problem("CDS609", table.location, "this case expects nothing, so nothing could fail it", hint)
    fires, holds, fails, unknown, shows, repeated = told
    return Expectation(
        None if fires is None else tuple(_expected_rules(fires, reader)),
        _names(holds, "holds", reader),
        _names(fails, "fails", reader),
        _names(unknown, "unknown", reader),
        () if shows is None else tuple(_shown_texts(shows, reader)),
        _names(repeated, "repeated", reader),
    )


@dataclass(frozen=True, slots=True)
class Difference:
    """One point in which what happened is not what a case expects.

    kind: ``silent`` (a rule that had to fire), ``fired`` (one that had to stay silent), ``subject`` (it fired for
    another), ``verdict`` (of a definition), ``text``, ``repeated`` (not held back). name: the rule or the definition.
    """

    kind: Literal["silent", "fired", "subject", "verdict", "text", "repeated"]
    name: str
    sentence: str


def differing(
    expectation: Expectation,
    findings: Sequence[Fired],
    verdicts: Mapping[str, str],
    shown: Mapping[str, Sequence[str]],
    repeated: Collection[str] = (),
) -> list[Difference]:
    """Where outcome and expectation part; empty when the case passed.

    verdicts: by definition: ``holds``, ``fails``, ``unknown`` (truths and numbers), or ``known``, ``absent`` (numbers).
    shown: by rule, the texts of its cards. repeated: rules whose cards were held back because they had been shown.
    """
    found = [] if expectation.fires is None else _rule_differences(expectation.fires, findings)
    for word, names in (("hold", expectation.holds), ("fail", expectation.fails), ("be unknown", expectation.unknown)):
        told = ((name, _verdict_difference(name, word, verdicts)) for name in names)
        found += (Difference("verdict", name, line) for name, line in told if line)
    texts = ((rule, _text_difference(rule, text, shown)) for rule, text in expectation.shows)
    found += (
        Difference("repeated", rule, f"expected the card of {rule} to be held back as shown before, but it was not")
        for rule in expectation.repeated
        if rule not in repeated
    )
    return [*found, *(Difference("text", rule, line) for rule, line in texts if line)]


def _rule_differences(expected: Sequence[ExpectedRule], findings: Sequence[Fired]) -> list[Difference]:
    lines = []
    for each in expected:
        fired = [_ids(finding) for finding in findings if finding.rule == each.rule]
        if not fired:
            lines.append(Difference("silent", each.rule, f"expected {each.rule} to fire, but it stayed silent"))
        elif each.subject and each.subject not in fired:
            about = "; ".join(_listing(ids) for ids in fired)
            what = f"expected {each.rule} to fire for {_listing(each.subject)}, but it fired for {about}"
            lines.append(Difference("subject", each.rule, what))
    wanted = f"expected {_wanted(expected)}"
    lines += [
        Difference("fired", finding.rule, f"{wanted}, but {finding.rule} fired{_about(finding)}")
        for finding in findings
        if not any(each.rule == finding.rule and each.subject in (frozenset(), _ids(finding)) for each in expected)
    ]
    return lines


def _wanted(expected: Sequence[ExpectedRule]) -> str:
    rules = list(dict.fromkeys(each.rule for each in expected))
    return f"only {_listing(rules)} to fire" if rules else "no card"


def _verdict_difference(name: str, word: str, verdicts: Mapping[str, str]) -> str:
    verdict = verdicts.get(name)
    if verdict is None:
        hint = did_you_mean(name, verdicts)
        what = f"expected {name} to {word}, but nothing of that name was judged for the patient"
        return f"{what} ({hint})" if hint else what
    wanted = {"hold": "holds", "fail": "fails", "be unknown": "unknown"}[word]
    return "" if verdict == wanted else f"expected {name} to {word}, but it {_is(verdict)}"


def _text_difference(rule: str, text: str, shown: Mapping[str, Sequence[str]]) -> str:
    cards = shown.get(rule, ())
    if any(text in card for card in cards):
        return ""
    what = " | ".join(cards) if cards else "nothing"
    return f'expected {rule} to show "{text}", but it showed {what}'


def _is(verdict: str) -> str:
    return verdict if verdict in {"holds", "fails"} else f"is {verdict}"


def _ids(finding: Fired) -> frozenset[str]:
    return frozenset(reference.rpartition("/")[2] for reference in finding.subject)


def _about(finding: Fired) -> str:
    return f" for {_listing(_ids(finding))}" if finding.subject else ""


def _listing(ids: Iterable[str]) -> str:
    return " and ".join(sorted(ids)) or "the patient"


def _names(node: Node | None, key: str, reader: Reader) -> tuple[str, ...]:
    """A text or a list of texts; an empty list says nothing and is no mistake (a row may clear what its case says)."""
    if node is None or (isinstance(node, Items) and not node.items):
        return ()
    return tuple(text.text for text in reader.texts(node, f'"{key}"'))


def _expected_rules(node: Node, reader: Reader) -> Iterable[ExpectedRule]:
    for item in node.items if isinstance(node, Items) else (node,):
        if isinstance(item, Text):
            if rule := reader.text(item, "a rule"):
                yield ExpectedRule(rule, _ANYONE, item.location)
        elif isinstance(item, Table) and len(item.entries) == 1:
            name, subject = item.entries[0]
            yield ExpectedRule(name.text, frozenset(_names(subject, name.text, reader)), item.location)
        else:
            hint = "write: rule, {rule: id} or {rule: [id, id]}"
            reader.problem("CDS601", item.location, "this does not name a rule that fires", hint)


def _shown_texts(node: Node | None, reader: Reader) -> Iterable[tuple[str, str]]:
    table = reader.table(node, '"shows"')
    for rule, told in table.entries if table is not None else ():
        for text in _names(told, rule.text, reader):
            yield rule.text, text
