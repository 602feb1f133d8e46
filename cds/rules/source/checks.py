"""What can be known wrong before any patient is seen: names, circles, policies, evidence.

How names are used, and texts, have modules of their own: ``uses`` and ``texts``.
"""

from collections.abc import Iterable, Mapping

from cds.documents.problem import Location
from cds.rules.definition import FINDERS, Answers, Definition, Entry, Find, Forecast, Pair, ParameterOn, Source
from cds.rules.references import TELLING, doubt_inside, entries_of, filters_of, names_of, operands_in, root_of
from cds.rules.ruleset import SUBJECT_TARGETS, Rule, Ruleset, Suggestion
from cds.rules.source.circles import check_circles
from cds.rules.source.filters import KIND_WORDS
from cds.rules.source.formula_inputs import check_formula_inputs
from cds.rules.source.lengths import check_lengths
from cds.rules.source.measures import check_test_units
from cds.rules.source.reader import Reader, did_you_mean
from cds.rules.source.said import check_said
from cds.rules.source.texts import PATIENT_ATTRIBUTES, check_templates, check_texts
from cds.rules.source.uses import check_entry, check_uses, subject_kinds, subject_roots
from cds.rules.text_template import Placeholder, parse_text


def check_ruleset(reader: Reader, ruleset: Ruleset, override_reasons: Mapping[str, str]) -> None:
    """Everything below, in turn."""
    for definition in ruleset.own:
        _check_definition(reader, ruleset, definition)
    _check_duplicate_names(reader, ruleset)
    if check_circles(reader, ruleset):
        check_uses(reader, ruleset)
        check_said(reader, ruleset)
        check_lengths(reader, ruleset)
        check_formula_inputs(reader, ruleset)
        check_test_units(reader, ruleset)
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


def _check_duplicate_names(reader: Reader, ruleset: Ruleset) -> None:
    """Definitions, parameters and rules share one name space."""
    taken: dict[str, str] = {}
    groups: Iterable[tuple[str, Mapping[str, Location]]] = (
        ("a library", {use.alias: use.location for use in ruleset.uses}),
        ("a definition", {name: d.location for name, d in ruleset.definitions.items()}),
        ("a parameter", {name: p.location for name, p in ruleset.parameters.items()}),
        ("a period", {name: p.location for name, p in ruleset.periods.items()}),
        ("a schedule", {name: s.location for name, s in ruleset.schedules.items()}),
        ("a rule", {rule.id: rule.location for rule in ruleset.rules}),
    )
    for what, names in groups:
        for name, place in names.items():
            if name in taken:
                reader.problem("CDS204", place, f'"{name}" is already the name of {taken[name]}')
            taken[name] = what


def _check_definition(reader: Reader, ruleset: Ruleset, definition: Definition) -> None:
    place = definition.location
    source = getattr(definition.clause, "source", None)
    for name in names_of(definition):
        is_source = isinstance(source, Source) and name in source.finders
        _known(reader, ruleset, name, place, also=KIND_WORDS if is_source else ())
    for name in _set_names(ruleset, definition):
        if _is_inner(name) or (name not in ruleset.value_sets and not reader.is_unread_set(name)):
            reader.problem("CDS220", place, f'no value set is called "{name}"', did_you_mean(name, ruleset.value_sets))
    _check_sentence(reader, ruleset, definition)
    for operand in operands_in(definition.clause):
        if operand.root in ("it", "first", "second") and not definition.for_each:
            reader.problem(
                "CDS231",
                operand.location,
                f'"{operand}" needs "for-each" here',
                "for-each: <the finder that `it` comes from>",
            )
        if operand.root == "patient" and operand.attribute == "birth-date" and not operand.since:
            what = '"patient.birth-date" is a date, and no number follows from a date'
            reader.problem("CDS417", operand.location, what, "patient.age, or patient.birth-date.time-since")
        if operand.root == "patient" and operand.attribute not in PATIENT_ATTRIBUTES:
            reader.problem(
                "CDS206",
                operand.location,
                f'a patient has no "{operand.attribute or str(operand).partition(".")[2]}"',
                did_you_mean(operand.attribute, PATIENT_ATTRIBUTES),
            )
    if definition.for_each and not _is_finder(ruleset, definition.for_each):
        reader.problem("CDS413", place, f'"for-each" needs a finder, and "{definition.for_each}" is none')
    if isinstance(definition.clause, ParameterOn) and _is_no_switch(ruleset, definition.clause.name):
        what = f'the parameter "{definition.clause.name}" is not yes or no'
        reader.problem("CDS404", place, what, "test a quantity with `is:`, name a duration in a window")
    if isinstance(definition.clause, ParameterOn) and _lacks_parameter(reader, ruleset, definition.clause.name):
        reader.problem(
            "CDS227",
            place,
            f'no parameter is called "{definition.clause.name}"',
            did_you_mean(definition.clause.name, ruleset.parameters),
        )


def _check_sentence(reader: Reader, ruleset: Ruleset, definition: Definition) -> None:
    """A sentence and a label show values of parameters, and nothing else in braces."""
    sentences = (definition.says, definition.label)
    for piece in (piece for text in sentences for piece in parse_text(text, reader.aliases)):
        if isinstance(piece, Placeholder) and (piece.attribute or _lacks_parameter(reader, ruleset, piece.name)):
            what = f'{piece.written}: no parameter is called "{piece.name}"'
            reader.problem("CDS227", definition.location, what, did_you_mean(piece.name, ruleset.parameters))


def _is_no_switch(ruleset: Ruleset, name: str) -> bool:
    return name in ruleset.parameters and not isinstance(ruleset.parameters[name].default, bool)


def _lacks_parameter(reader: Reader, ruleset: Ruleset, name: str) -> bool:
    return name not in ruleset.parameters and not reader.is_unread(name)


def _set_names(ruleset: Ruleset, definition: Definition) -> tuple[str, ...]:
    """Value sets that must be there: of words that may be code words, those that name a library."""
    filters = filters_of(definition.clause)
    sure = (*filters.in_sets, *filters.not_in) if filters else ()
    words = [name for where in filters.where for name in where.sets] if filters else []
    words += definition.test.sets if isinstance(definition.test, Answers) else ()
    sure += definition.clause.schedule.sets if isinstance(definition.clause, Forecast) else ()
    return (*sure, *(name for name in words if "." in name and name.partition(".")[0] in ruleset.aliases))


#: What may stand before a name in lists of conditions, and nowhere else.
_WORDS_OF_LISTS = ("not", "absent", "known", "unknown", "missing")


def _is_inner(name: str) -> bool:
    """What a library uses itself stands under its name there, and is nobody else's to name."""
    return name.count(".") > 1


def _known(reader: Reader, ruleset: Ruleset, name: str, place: Location, also: Iterable[str] = ()) -> bool:
    """Whether a definition is there; told if not. also: other words that it may have been meant for."""
    if name in ruleset.definitions and not _is_inner(name):
        return True
    if reader.is_unread(name):
        return False
    word, _, rest = name.partition(" ")
    if word in _WORDS_OF_LISTS and rest in ruleset.definitions:
        hint = f'"{word}" does not stand here: name a definition of its own that says it, such as `none-of: [{rest}]`'
    else:
        hint = did_you_mean(name, (*ruleset.definitions, *also))
    reader.problem("CDS205", place, f'no definition is called "{name}"', hint)
    return False


def _is_finder(ruleset: Ruleset, name: str) -> bool:
    definition = ruleset.definitions.get(name)
    return definition is None or isinstance(definition.clause, FINDERS)


def _check_entry(reader: Reader, ruleset: Ruleset, entry: Entry, subject: str) -> None:
    if not _known(reader, ruleset, entry.name, entry.location):
        return
    check_entry(reader, ruleset, entry)
    roots = sorted(subject_roots(ruleset, (entry.name,)))
    if roots and not subject:
        reader.problem(
            "CDS231",
            entry.location,
            f'"{entry.name}" is judged for each {roots[0]}; this rule is not',
            f"for-each: {roots[0]}, or narrow: any: {roots[0]}, that: [{entry.name}]",
        )
    elif roots and roots != [root_of(ruleset, subject)]:
        what = f'"{entry.name}" speaks about {", ".join(roots)}, and this rule about {subject}'
        reader.problem("CDS232", entry.location, what, "narrow one finder by the other")


def _check_rule(reader: Reader, ruleset: Ruleset, rule: Rule) -> None:
    for entry in entries_of(rule):
        _check_entry(reader, ruleset, entry, rule.for_each)
    for name in sorted(rule.despite - {entry.name for entry in (*ruleset.applies.when, *ruleset.applies.unless)}):
        reader.problem("CDS205", rule.location, f'applies has no "{name}" that the rule could be despite of')
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
            "when-unknown: stay-silent or a rule that tests it; or a tier of its family with `unknown x`"
            f"{doubt_inside(ruleset, _family(ruleset, rule))}",
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
    return any(entry.prefix in TELLING for tier in _family(ruleset, rule) for entry in tier.when)


def _family(ruleset: Ruleset, rule: Rule) -> list[Rule]:
    """The rule itself, and the tiers of its family."""
    return [other for other in ruleset.rules if other is rule or (other.family and other.family == rule.family)]


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
        if code not in override_reasons and code not in ruleset.reasons and not reader.is_unread(code):
            reader.problem(
                "CDS228",
                card.places.get("override-reasons", card.location),
                f'no override reason has the code "{code}"',
                did_you_mean(code, (*override_reasons, *ruleset.reasons)),
            )
    check_texts(reader, ruleset, rule)
    check_templates(reader, ruleset, rule)
    for suggestion in card.changes:
        _check_target(reader, ruleset, rule, suggestion.target, suggestion.location)
        if suggestion.target:
            _check_acted_on(reader, ruleset, rule, suggestion)


def _check_target(reader: Reader, ruleset: Ruleset, rule: Rule, target: str, place: Location) -> None:
    if not target:
        return
    if target in SUBJECT_TARGETS:
        if not rule.for_each:
            reader.problem("CDS231", place, '"it" needs a rule with for-each')
    elif target not in ruleset.definitions or not isinstance(ruleset.definitions[target].clause, Find):
        reader.problem(
            "CDS205",
            place,
            f'"{target}" is not a finder',
            did_you_mean(target, [n for n, d in ruleset.definitions.items() if isinstance(d.clause, Find)]),
        )


_BEING_WRITTEN = frozenset({"order", "draft"})
#: What each kind of change acts on: a draft is not in use yet, and nobody takes another's prescription out of a record.
_ACTED_ON = {
    "remove": ("CDS130", _BEING_WRITTEN, "orders that are being written", "stop: it"),
    "create": ("CDS130", _BEING_WRITTEN, "orders that are being written", "stop: it, in a suggestion of its own"),
    "replace": ("CDS128", _BEING_WRITTEN, "orders that are being written", "stop: it, and create: the new one"),
    "stop": ("CDS130", frozenset({"medication", "prescription"}), "what is in use", "remove: the order"),
}


def _check_acted_on(reader: Reader, ruleset: Ruleset, rule: Rule, change: Suggestion) -> None:
    """Whether the facts that a change names are of a kind that it can be made to."""
    code, wanted, whom, hint = _ACTED_ON[change.kind]
    told = "instead-of" if change.kind == "create" else change.kind
    each, target = ruleset.definitions.get(rule.for_each), change.target
    name = rule.for_each if target in SUBJECT_TARGETS else target
    if each is not None and isinstance(each.clause, Pair) and target in ("it.first", "it.second"):
        name = each.clause.first if target == "it.first" else each.clause.second
    kinds = subject_kinds(ruleset, name) if name in ruleset.definitions else frozenset()
    if kinds - wanted:
        what = f'"{told}" is for {whom}, and "{target}" may be a {min(kinds - wanted)}'
        reader.problem(code, change.location, what, hint)
