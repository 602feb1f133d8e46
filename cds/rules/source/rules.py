"""Rules, ``applies`` and cards: when / unless / then (docs/language.md, section 9)."""

from collections.abc import Mapping
from datetime import timedelta
from typing import cast

from cds.documents.problem import Location
from cds.documents.yaml_tree import Node, Table, Text, plain
from cds.facts.dates import read_duration
from cds.rules.definition import Entry
from cds.rules.ruleset import Applies, CardTemplate, Note, Policy, Rule, Suggestion
from cds.rules.source.changes import read_changes
from cds.rules.source.definitions import read_entries
from cds.rules.source.links import items_of, read_links, read_topic
from cds.rules.source.names import check_name
from cds.rules.source.reader import Reader

POLICIES = ("fire", "stay-silent")
APPLIES_KEYS = ("when", "unless", "unless-unknown", "when-unknown")
RULE_KEYS = (
    "when", "unless", "for-each", "hooks", "family", "despite", "unless-unknown", "when-unknown", "again-after", "then",
)  # fmt: skip
THEN_KEYS = ("card", "suggestions", "override-reasons", "choose", "links", "system-actions")
CARD_KEYS = ("indicator", "summary", "detail", "evidence", "notes", "topic")
_KINDS_OF_CHANGE = ("remove", "stop", "replace", "create")
_CHANGE_KEYS = ("when", "unless", *_KINDS_OF_CHANGE, "instead-of", "set")
SUGGESTION_KEYS = ("label", "recommended", *_CHANGE_KEYS)
_INDICATORS = ("info", "warning", "critical")
#: A card rests for a time on the clock; months and years are no number of days.
_LENGTHS = {
    "minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1),
}  # fmt: skip
_LONGEST_REST = timedelta(days=366)


def read_applies(reader: Reader, node: Node | None) -> Applies:
    """Conditions joined to every rule."""
    table = reader.table(node, "applies", APPLIES_KEYS)
    if table is None:
        return Applies()
    return Applies(
        read_entries(reader, table.get("when"), "when"),
        read_entries(reader, table.get("unless"), "unless"),
        _policy(reader, table.get("unless-unknown")),
        "stay-silent" if _stays_silent(reader, table.get("when-unknown")) else "",
    )


def read_rules(reader: Reader, node: Node | None) -> tuple[Rule, ...]:
    """All rules in file order."""
    table = reader.table(node, "rules")
    if table is not None and not table.entries:
        reader.problem("CDS112", table.location, "rules is empty: a ruleset without rules answers nothing")
    rules = (_rule(reader, name, value) for name, value in (table.entries if table else ()))
    return tuple(rule for rule in rules if rule is not None)


def _stays_silent(reader: Reader, node: Node | None) -> bool:
    return node is not None and bool(reader.one_of(node, "when-unknown", ("stay-silent",), "stay-silent"))


def _policy(reader: Reader, node: Node | None) -> Policy | None:
    # A word that cannot be read is one mistake: the rule did say something.
    word = reader.one_of(node, "unless-unknown", POLICIES, "" if node is None else "stay-silent")
    return cast("Policy", word) if word else None


def _rule(reader: Reader, name: Text, node: Node) -> Rule | None:
    check_name(reader, name, "a rule")
    table = reader.table(node, f'the rule "{name.text}"', RULE_KEYS)
    if table is None:
        return None
    when = read_entries(reader, reader.required(table, "when", f'the rule "{name.text}"'), "when")
    card = _card(reader, name, table)
    if not when or card is None:
        return None
    return Rule(
        id=name.text,
        when=when,
        unless=read_entries(reader, table.get("unless"), "unless"),
        card=card,
        location=name.location,
        family=_word(reader, table, "family"),
        for_each=_word(reader, table, "for-each"),
        hooks=frozenset(text.text for text in reader.texts(table.get("hooks"), "hooks")),
        despite=frozenset(text.text for text in reader.texts(table.get("despite"), "despite")),
        unless_unknown=_policy(reader, table.get("unless-unknown")),
        when_unknown=_word(reader, table, "when-unknown"),
        again_after=_again_after(reader, name, table, card),
    )


def _again_after(reader: Reader, rule: Text, table: Table, card: CardTemplate) -> timedelta | None:
    node = table.get("again-after")
    text = reader.text(node, "again-after") if node is not None else ""
    if node is None or not text:
        return None
    if card.indicator == "critical":
        what = f'the card of "{rule.text}" is critical, and a critical card is shown every time'
        reader.problem("CDS463", node.location, what, "leave again-after out, or let the card be a warning")
    duration = read_duration(text)
    if duration is None or duration.unit not in _LENGTHS or not duration.count:
        reader.problem("CDS405", node.location, f'"{text}" is no time to rest', "such as 24 hours, 7 days, 4 weeks")
        return None
    return min(duration.count * _LENGTHS[duration.unit], _LONGEST_REST)


def _word(reader: Reader, table: Table, key: str) -> str:
    node = table.get(key)
    return reader.text(node, key) if node is not None else ""


def _card(reader: Reader, rule: Text, table: Table) -> CardTemplate | None:
    then = reader.table(reader.required(table, "then", f'the rule "{rule.text}"'), "then", THEN_KEYS)
    card = reader.table(reader.required(then, "card", "then"), "card", CARD_KEYS) if then else None
    if then is None or card is None:
        return None
    indicator = reader.required(card, "indicator", "card")
    evidence = reader.required(card, "evidence", "card")
    return CardTemplate(
        indicator=reader.one_of(indicator, "indicator", _INDICATORS, "info"),  # type: ignore[arg-type]
        summary=reader.required_text(card, "summary", "card"),
        detail=_word(reader, card, "detail"),
        notes=_notes(reader, card.get("notes")),
        evidence=tuple(text.text for text in reader.texts(evidence, "evidence")),
        suggestions=_suggestions(reader, then.get("suggestions")),
        choose=reader.one_of(then.get("choose"), "choose", ("at-most-one", "any"), "at-most-one"),  # type: ignore[arg-type]
        override_reasons=tuple(text.text for text in reader.texts(then.get("override-reasons"), "override-reasons")),
        location=table.place("then"),
        places=_places(then, card),
        links=read_links(reader, then.get("links")),
        topic=read_topic(reader, card.get("topic")),
        system_actions=_system_actions(reader, then.get("system-actions")),
    )


def _places(then: Table, card: Table) -> Mapping[str, Location]:
    places = {key: value.location for key in ("summary", "detail", "evidence") if (value := card.get(key)) is not None}
    if (reasons := then.get("override-reasons")) is not None:
        places["override-reasons"] = reasons.location
    return places


def _conditions(reader: Reader, table: Table) -> tuple[tuple[Entry, ...], tuple[Entry, ...]]:
    return read_entries(reader, table.get("when"), "when"), read_entries(reader, table.get("unless"), "unless")


def _notes(reader: Reader, node: Node | None) -> tuple[Note, ...]:
    notes = []
    for item in items_of(reader, node, "notes"):
        table = reader.table(item, "a note", ("when", "unless", "text"))
        if table is not None:
            when, unless = _conditions(reader, table)
            notes.append(Note(reader.required_text(table, "text", "a note"), when, unless, table.location))
    return tuple(notes)


def _suggestions(reader: Reader, node: Node | None) -> tuple[Suggestion, ...]:
    found = (
        _change(reader, item, "a suggestion", "label", SUGGESTION_KEYS)
        for item in items_of(reader, node, "suggestions")
    )
    return tuple(suggestion for suggestion in found if suggestion is not None)


def _system_actions(reader: Reader, node: Node | None) -> tuple[Suggestion, ...]:
    keys = ("description", *_CHANGE_KEYS)
    items = items_of(reader, node, "system-actions")
    found = (_change(reader, item, "a system action", "description", keys) for item in items)
    return tuple(action for action in found if action is not None)


def _change(reader: Reader, node: Node, what: str, told_by: str, keys: tuple[str, ...]) -> Suggestion | None:
    table = reader.table(node, what, keys)
    if table is None:
        return None
    kinds = [key for key in _KINDS_OF_CHANGE if table.get(key) is not None]
    if len(kinds) != 1:
        reader.problem("CDS125", table.location, f"{what} does exactly one thing", "remove, stop, replace or create")
        return None
    when, unless = _conditions(reader, table)
    template = table.get("create")
    resource = plain(template) if isinstance(template, Table) else None
    if template is not None and resource is None:
        reader.problem("CDS110", template.location, "create must be a FHIR resource as a table of keys")
        return None
    instead_of = table.get("instead-of")
    if instead_of is not None and kinds[0] != "create":
        reader.problem("CDS125", instead_of.location, "instead-of goes with create", "create: the new order")
    return Suggestion(
        label=reader.required_text(table, told_by, what),
        kind=kinds[0],  # type: ignore[arg-type]
        target=reader.text(*((table.get(kinds[0]), kinds[0]) if kinds[0] != "create" else (instead_of, "instead-of"))),
        resource=cast("Mapping[str, object]", resource) if resource is not None else None,
        recommended=reader.yes_no(table.get("recommended"), "recommended", default=False),
        when=when,
        unless=unless,
        location=table.location,
        changes=read_changes(reader, table, what, replaces=kinds[0] == "replace"),
    )
