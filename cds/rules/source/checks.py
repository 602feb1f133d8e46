"""What can be known wrong before any patient is seen: names, cycles, evidence, policies, texts."""

from collections.abc import Iterable, Mapping

from cds.documents.problem import Location
from cds.rules.definition import FINDERS, NUMBERS, Answers, Definition, Entry, Find, ParameterOn, Sum, Where
from cds.rules.references import BUILT_IN_ROOTS, entries_of, filters_of, names_of, operands_in
from cds.rules.ruleset import Rule, Ruleset
from cds.rules.source.reader import Reader, did_you_mean
from cds.rules.text_template import Placeholder, Unreadable, parse_text

MAX_SUMMARY = 139
_LONGEST_NUMBER = len("at least 1234.56 mL/min/1.73 m2 (2026-01-01)")
_LONGEST_NAMES = 40
#: What a text may ask of a finder or a number (docs/language.md, section 9 "Text").
TEXT_ATTRIBUTES = frozenset({"value", "date", "why", "count", "holding", "unknown"})
PATIENT_ATTRIBUTES = frozenset({"age", "sex", "race", "birth-date", "deceased"})


def check_ruleset(reader: Reader, ruleset: Ruleset, override_reasons: Mapping[str, str]) -> None:
    """Everything below, in turn."""
    for definition in ruleset.definitions.values():
        _check_definition(reader, ruleset, definition)
    _check_cycles(reader, ruleset)
    for rule in ruleset.rules:
        _check_rule(reader, ruleset, rule)
        _check_card(reader, ruleset, rule, override_reasons)
    for entry in (*ruleset.applies.when, *ruleset.applies.unless):
        _check_entry(reader, ruleset, entry, "")
    if ruleset.applies.unless and ruleset.applies.unless_unknown is None:
        reader.problem(
            "CDS460",
            ruleset.applies.unless[0].location,
            'applies has "unless" and does not say what happens when it is unknown',
            "unless-unknown: fire, or stay-silent",
        )
    _check_duplicate_names(reader, ruleset)


def _check_duplicate_names(reader: Reader, ruleset: Ruleset) -> None:
    """Definitions, parameters and rules share one name space."""
    taken: dict[str, str] = {}
    groups: Iterable[tuple[str, Mapping[str, Location]]] = (
        ("a definition", {name: d.location for name, d in ruleset.definitions.items()}),
        ("a parameter", {name: p.location for name, p in ruleset.parameters.items()}),
        ("a rule", {rule.id: rule.location for rule in ruleset.rules}),
    )
    for what, names in groups:
        for name, place in names.items():
            if name in taken:
                reader.problem("CDS204", place, f'"{name}" is already the name of {taken[name]}')
            taken[name] = what


def _check_definition(reader: Reader, ruleset: Ruleset, definition: Definition) -> None:
    place = definition.location
    for name in names_of(definition):
        _known(reader, ruleset, name, place)
    for name in _set_names(definition):
        if name not in ruleset.value_sets:
            reader.problem("CDS220", place, f'no value set is called "{name}"', did_you_mean(name, ruleset.value_sets))
    for operand in operands_in(definition.clause):
        if operand.root in ("it", "first", "second") and not definition.for_each:
            reader.problem(
                "CDS231",
                operand.location,
                f'"{operand}" needs "for-each" here',
                "for-each: <the finder that `it` comes from>",
            )
        if operand.root == "patient" and operand.attribute not in PATIENT_ATTRIBUTES:
            reader.problem(
                "CDS206",
                operand.location,
                f'a patient has no "{operand.attribute}"',
                did_you_mean(operand.attribute, PATIENT_ATTRIBUTES),
            )
        if operand.value_set and operand.value_set not in ruleset.value_sets:
            reader.problem(
                "CDS220",
                operand.location,
                f'no value set is called "{operand.value_set}"',
                did_you_mean(operand.value_set, ruleset.value_sets),
            )
    if definition.for_each and not _is_finder(ruleset, definition.for_each):
        reader.problem("CDS413", place, f'"for-each" needs a finder, and "{definition.for_each}" is none')
    if isinstance(definition.clause, ParameterOn) and definition.clause.name not in ruleset.parameters:
        reader.problem(
            "CDS227",
            place,
            f'no parameter is called "{definition.clause.name}"',
            did_you_mean(definition.clause.name, ruleset.parameters),
        )
    if isinstance(definition.test, Answers):
        _check_answers(reader, ruleset, definition)


def _check_answers(reader: Reader, ruleset: Ruleset, definition: Definition) -> None:
    test = definition.test
    if (
        isinstance(test, Answers)
        and not any(name in ruleset.value_sets for name in test.sets)
        and definition.if_absent is None
        and not test.words
    ):
        reader.problem("CDS220", definition.location, "the answers name no value set")


def _set_names(definition: Definition) -> tuple[str, ...]:
    filters = filters_of(definition.clause)
    return (*filters.in_sets, *filters.not_in) if filters else ()


def where_sets(ruleset: Ruleset, where: Where) -> tuple[str, ...]:
    """Those names of a ``where`` list that are value sets; the rest are FHIR code words."""
    return tuple(name for name in where.sets if name in ruleset.value_sets)


def _known(reader: Reader, ruleset: Ruleset, name: str, place: Location) -> bool:
    if name in ruleset.definitions or name in BUILT_IN_ROOTS:
        return True
    hint = did_you_mean(name, ruleset.definitions)
    reader.problem("CDS205", place, f'no definition is called "{name}"', hint)
    return False


def _is_finder(ruleset: Ruleset, name: str) -> bool:
    definition = ruleset.definitions.get(name)
    return definition is None or isinstance(definition.clause, FINDERS)


def _check_entry(reader: Reader, ruleset: Ruleset, entry: Entry, subject: str) -> None:
    if not _known(reader, ruleset, entry.name, entry.location):
        return
    definition = ruleset.definitions[entry.name]
    if entry.prefix == "missing" and not isinstance(definition.clause, NUMBERS):
        reader.problem(
            "CDS414",
            entry.location,
            f'"missing" asks for a number, and "{entry.name}" is none',
            f"unknown {entry.name}",
        )
    if entry.prefix in ("", "not") and not definition.is_truth:
        reader.problem(
            "CDS410",
            entry.location,
            f'"{entry.name}" is a number, not a truth',
            "give it `is:`, or write known, unknown or missing in front",
        )
    if definition.for_each and not subject:
        reader.problem(
            "CDS231",
            entry.location,
            f'"{entry.name}" is judged for each {definition.for_each}; this rule is not',
            f"for-each: {definition.for_each}, or narrow: any: {definition.for_each}, that: [{entry.name}]",
        )


def _check_cycles(reader: Reader, ruleset: Ruleset) -> None:
    done: set[str] = set()

    def walk(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            circle = (*path[path.index(name) :], name)
            reader.problem(
                "CDS210",
                ruleset.definitions[name].location,
                f"the definitions go round in a circle: {' -> '.join(circle)}",
            )
            return
        if name in done or name not in ruleset.definitions:
            return
        for inner in names_of(ruleset.definitions[name]):
            walk(inner, (*path, name))
        done.add(name)

    for name in ruleset.definitions:
        walk(name, ())


def _check_rule(reader: Reader, ruleset: Ruleset, rule: Rule) -> None:
    for entry in entries_of(rule):
        _check_entry(reader, ruleset, entry, rule.for_each)
    if rule.for_each:
        _known(reader, ruleset, rule.for_each, rule.location)
        if not _is_finder(ruleset, rule.for_each):
            reader.problem("CDS413", rule.location, f'"for-each" needs a finder, and "{rule.for_each}" is none')
    for hook in rule.hooks - ruleset.hooks:
        reader.problem(
            "CDS207", rule.location, f'the rule answers at "{hook}", which is not among the hooks of the ruleset'
        )
    if rule.unless and rule.unless_unknown is None:
        reader.problem(
            "CDS460",
            rule.location,
            f'the rule "{rule.id}" does not say what happens when its "unless" is unknown',
            "unless-unknown: fire, or stay-silent",
        )
    if not (rule.when_unknown or ruleset.applies.when_unknown or _family_tells_unknown(ruleset, rule)):
        reader.problem(
            "CDS461",
            rule.location,
            f'nobody hears of it when the conditions of "{rule.id}" are unknown',
            "when-unknown: stay-silent or a rule that tests it; or a tier of its family with `unknown x`",
        )
    named = rule.when_unknown
    if named not in ("", "stay-silent") and named not in {other.id for other in ruleset.rules}:
        reader.problem(
            "CDS208",
            rule.location,
            f'when-unknown names no rule: "{named}"',
            did_you_mean(named, [r.id for r in ruleset.rules]),
        )


def _family_tells_unknown(ruleset: Ruleset, rule: Rule) -> bool:
    tiers = [other for other in ruleset.rules if other.family and other.family == rule.family]
    return any(entry.prefix in ("unknown", "missing") for tier in (*tiers, rule) for entry in tier.when)


def _check_card(reader: Reader, ruleset: Ruleset, rule: Rule, override_reasons: Mapping[str, str]) -> None:
    card = rule.card
    for name in card.evidence:
        if name not in ruleset.evidence:
            reader.problem(
                "CDS303",
                card.places.get("evidence", card.location),
                f'no evidence is called "{name}"',
                did_you_mean(name, ruleset.evidence),
            )
    for code in card.override_reasons:
        if code not in override_reasons:
            reader.problem(
                "CDS228",
                card.places.get("override-reasons", card.location),
                f'no override reason has the code "{code}"',
                did_you_mean(code, override_reasons),
            )
    texts = [(card.summary, "summary"), (card.detail, "detail"), *((note.text, "detail") for note in card.notes)]
    for text, key in texts:
        _check_text(reader, ruleset, rule, text, card.places.get(key, card.location))
    longest = longest_text(ruleset, card.summary)
    if longest > MAX_SUMMARY:
        reader.problem(
            "CDS501",
            card.places.get("summary", card.location),
            f"the summary may reach {longest} characters; at most {MAX_SUMMARY} are allowed",
            "move part of it into the detail",
        )
    for suggestion in card.suggestions:
        _check_target(reader, ruleset, rule, suggestion.target, suggestion.location)


def _check_target(reader: Reader, ruleset: Ruleset, rule: Rule, target: str, place: Location) -> None:
    if not target:
        return
    if target.split(".", maxsplit=1)[0] == "it":
        if not rule.for_each:
            reader.problem("CDS231", place, '"it" needs a rule with for-each')
    elif target not in ruleset.definitions or not isinstance(ruleset.definitions[target].clause, Find):
        reader.problem(
            "CDS205",
            place,
            f'"{target}" is not a finder',
            did_you_mean(target, [n for n, d in ruleset.definitions.items() if isinstance(d.clause, Find)]),
        )


def _check_text(reader: Reader, ruleset: Ruleset, rule: Rule, text: str, place: Location) -> None:
    for piece in parse_text(text):
        if isinstance(piece, Unreadable):
            reader.problem(
                "CDS502", place, f"{piece.written} is not a placeholder", "a literal brace is written {{ or }}"
            )
        elif isinstance(piece, Placeholder):
            _check_placeholder(reader, ruleset, rule, piece, place)


def _check_placeholder(reader: Reader, ruleset: Ruleset, rule: Rule, piece: Placeholder, place: Location) -> None:
    if piece.name in ("it", "first", "second"):
        if not rule.for_each:
            reader.problem("CDS231", place, f"{piece.written} needs a rule with for-each")
    elif piece.name == "patient":
        if piece.attribute not in PATIENT_ATTRIBUTES:
            reader.problem(
                "CDS206",
                place,
                f'a patient has no "{piece.attribute}"',
                did_you_mean(piece.attribute, PATIENT_ATTRIBUTES),
            )
    elif piece.name in ruleset.parameters:
        return
    elif piece.name not in ruleset.definitions:
        reader.problem(
            "CDS205",
            place,
            f'{piece.written}: no definition is called "{piece.name}"',
            did_you_mean(piece.name, (*ruleset.definitions, *ruleset.parameters)),
        )
    elif piece.attribute and piece.attribute not in TEXT_ATTRIBUTES:
        reader.problem(
            "CDS503",
            place,
            f'{piece.written}: a text cannot show "{piece.attribute}"',
            did_you_mean(piece.attribute, TEXT_ATTRIBUTES),
        )


def longest_text(ruleset: Ruleset, text: str) -> int:
    """How many characters a text may reach when every placeholder is at its longest."""
    total = 0
    for piece in parse_text(text):
        if isinstance(piece, str):
            total += len(piece)
        elif isinstance(piece, Placeholder):
            total += _longest_placeholder(ruleset, piece)
    return total


def _longest_placeholder(ruleset: Ruleset, piece: Placeholder) -> int:
    if piece.name in ruleset.parameters:
        return len(ruleset.parameters[piece.name].text)
    definition = ruleset.definitions.get(piece.name)
    if piece.attribute == "count":
        return 3 + max(len(piece.one), len(piece.many))
    if piece.attribute == "date":
        return len("2026-01-01")
    if piece.attribute in ("holding", "unknown") and definition is not None:
        return _longest_labels(ruleset, definition)
    if definition is None or isinstance(definition.clause, FINDERS):
        return _LONGEST_NAMES
    return len("1234.56 mg/d") if piece.attribute == "value" or isinstance(definition.clause, Sum) else _LONGEST_NUMBER


def _longest_labels(ruleset: Ruleset, definition: Definition) -> int:
    labels = [len(ruleset.definitions[name].label) for name in names_of(definition) if name in ruleset.definitions]
    return sum(labels) + 2 * max(len(labels) - 1, 0)
