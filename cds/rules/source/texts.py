"""Texts of a card: every placeholder can be filled, and a summary stays under 140 characters at its longest."""

from cds.documents.problem import Location
from cds.facts.attributes import ATTRIBUTES
from cds.rules.definition import (
    FINDERS,
    FORECAST_DAYS,
    NUMBERS,
    Age,
    Count,
    Definition,
    Forecast,
    Pair,
    Points,
    Ratio,
    Score,
    Sum,
)
from cds.rules.parts import labels_of, parts_of
from cds.rules.references import filled_in
from cds.rules.ruleset import Rule, Ruleset
from cds.rules.source.reader import Reader, did_you_mean
from cds.rules.source.uses import subject_kinds, subject_roots
from cds.rules.text_template import Placeholder, Unreadable, parse_text

MAX_SUMMARY = 139
#: What operands may ask of the patient, and what texts can show.
PATIENT_ATTRIBUTES = frozenset({"age", "age-in-months", "sex", "deceased", "race", "birth-date"})
_SHOWN_OF_PATIENT = frozenset({"age", "sex", "birth-date"})
_SUBJECTS = frozenset({"it", "first", "second"})
#: What a template may take from the call.
_OF_CALLS = frozenset({"patient", "encounter", "user"})
#: What a text may ask of facts, of a number, and of parts (docs/language.md, section 9 "Text").
_OF_FACTS = frozenset({"", "count", "date", "time", "time-since", "why"})
_OF_NUMBERS = frozenset({"", "value", "at-least", "date", "time", "time-since", "why"})
_OF_PARTS = frozenset({"holding", "unknown"})
#: What allergies that were found did, in the words of the record.
REACTION = "reaction"
#: The doses that do not count by a schedule, with the reason of each.
NOT_COUNTED = "not-counted"

# The longest that a placeholder gets. Names are cut at 40 (SETTLED "Cards, ids, feedback"); numbers are never cut, so
# these are the longest that a ward would read; beyond them the finding cuts the end of the summary.
_LONGEST_NAMES = 40
_LONGEST_VALUE = len("12345.678 to 12345.678 mL/min/1.73 m2")
_LONGEST_DAY = len("2026-01-01")
_LONGEST_TIME = len("2026-01-01 08:15")
_LONGEST_AGE = len("100 to 120 years")
_LONGEST_SINCE = len("36500 to 36865 days")
_LONGEST_POINTS = len("-100 to -100")
_LONGEST_REASON = len("medication administrations mixed with another patient's")
_LONGEST_COUNT = len("9999 ")


def check_texts(reader: Reader, ruleset: Ruleset, rule: Rule) -> None:
    """The summary, the detail and the notes of a rule."""
    card = rule.card
    texts = [(card.summary, "summary"), (card.detail, "detail"), *((note.text, "") for note in card.notes)]
    places = [card.places.get(key, card.location) for _, key in texts[:2]] + [note.location for note in card.notes]
    for (text, _), place in zip(texts, places, strict=True):
        for piece in parse_text(text, ruleset.aliases):
            if isinstance(piece, Unreadable):
                hint = "a literal brace is written {{ or }}"
                reader.problem("CDS502", place, f"{piece.written} is not a placeholder", hint)
            elif isinstance(piece, Placeholder):
                _check_placeholder(reader, ruleset, rule, piece, place)
    longest = longest_text(ruleset, card.summary)
    if longest > MAX_SUMMARY:
        what = f"the summary may reach {longest} characters; at most {MAX_SUMMARY} are allowed"
        reader.problem("CDS501", places[0], what, "move part of it into the detail")


def check_templates(reader: Reader, ruleset: Ruleset, rule: Rule) -> None:
    """FHIR templates: the patient, the encounter and the user of the call, and the subject. Labels take none."""
    for suggestion in rule.card.changes:
        if not all(isinstance(piece, str) for piece in parse_text(suggestion.label, ruleset.aliases)):
            what = f'the label "{suggestion.label}" would reach the clinician as it is written'
            reader.problem(
                "CDS504", suggestion.location, what, "a label takes no placeholder; several orders are named"
            )
        for piece in filled_in(suggestion, ruleset.aliases):
            if piece.name in _SUBJECTS:
                _check_subject(reader, ruleset, rule, piece, suggestion.location)
            elif piece.name not in _OF_CALLS or piece.attribute:
                what = f"{piece.written} would reach the clinician as it is written"
                hint = "a resource takes {patient}, {encounter}, {user}, {it} and {it.<attribute>}"
                reader.problem("CDS504", suggestion.location, what, hint)


def _check_placeholder(reader: Reader, ruleset: Ruleset, rule: Rule, piece: Placeholder, place: Location) -> None:
    if piece.name in _SUBJECTS:
        _check_subject(reader, ruleset, rule, piece, place)
    elif piece.name == "patient":
        if piece.attribute not in _SHOWN_OF_PATIENT:
            hint = did_you_mean(piece.attribute, _SHOWN_OF_PATIENT)
            reader.problem("CDS206", place, f'a text cannot show "{piece.attribute}" of a patient', hint)
    elif piece.name in ruleset.parameters or reader.is_unread(piece.name):
        return
    elif piece.name not in ruleset.definitions:
        hint = did_you_mean(piece.name, (*ruleset.definitions, *ruleset.parameters))
        if piece.name in _OF_CALLS:
            hint = "the encounter and the user of the call may stand in the resource of a suggestion only"
        reader.problem("CDS205", place, f'{piece.written}: no definition is called "{piece.name}"', hint)
    else:
        _check_shown(reader, ruleset, rule, piece, place)


def _check_subject(reader: Reader, ruleset: Ruleset, rule: Rule, piece: Placeholder, place: Location) -> None:
    each = ruleset.definitions.get(rule.for_each)
    if not rule.for_each:
        reader.problem("CDS231", place, f"{piece.written} needs a rule with for-each")
    elif each is None or not piece.attribute:
        return
    elif isinstance(each.clause, Pair):
        if piece.name == "it" and each.clause.table is not None and piece.attribute in each.clause.table.columns:
            return
        hint = "{it}, {first} and {second} show names"
        reader.problem("CDS503", place, f"{piece.written}: a text shows no attributes of a pair", hint)
    elif isinstance(each.clause, FINDERS):
        kinds = subject_kinds(ruleset, rule.for_each)
        shown = frozenset.intersection(*(ATTRIBUTES[kind] for kind in kinds)) if kinds else frozenset[str]()
        if piece.attribute not in shown:
            hint = did_you_mean(piece.attribute, shown)
            reader.problem("CDS206", place, f'{piece.written}: the fact has no "{piece.attribute}"', hint)


def _check_shown(reader: Reader, ruleset: Ruleset, rule: Rule, piece: Placeholder, place: Location) -> None:
    definition = ruleset.definitions[piece.name]
    shown = _attributes_of(definition)
    if isinstance(definition.clause, FINDERS) and subject_kinds(ruleset, piece.name) == {"allergy"}:
        shown |= {REACTION}
    if piece.attribute not in shown:
        what = f'a text cannot show "{piece.attribute}" of it' if piece.attribute else "a truth has no text of its own"
        hint = did_you_mean(piece.attribute, shown - {""}) if piece.attribute else f"{{{piece.name}.holding}}"
        reader.problem("CDS503", place, f"{piece.written}: {what}", hint)
    roots = sorted(subject_roots(ruleset, (piece.name,)))
    names_subjects = piece.attribute == "unknown" and definition.for_each and isinstance(definition.clause, NUMBERS)
    if roots and not rule.for_each and not names_subjects:
        what = f"{piece.written} is judged for each {roots[0]}; this rule is not"
        reader.problem("CDS231", place, what, f"for-each: {roots[0]}")


def _attributes_of(definition: Definition) -> frozenset[str]:
    """What a text can show of a definition; a bare number has parts only if it is a score or about subjects."""
    if isinstance(definition.clause, FINDERS):
        return _OF_FACTS | _OF_PARTS
    if not isinstance(definition.clause, NUMBERS):
        return _OF_PARTS
    if isinstance(definition.clause, Forecast):
        return _OF_NUMBERS | FORECAST_DAYS | {NOT_COUNTED}
    if definition.is_truth or isinstance(definition.clause, Score):
        return _OF_NUMBERS | _OF_PARTS
    return _OF_NUMBERS | {"unknown"} if definition.for_each else _OF_NUMBERS


def longest_text(ruleset: Ruleset, text: str) -> int:
    """How many characters a text may reach when every placeholder is at its longest."""
    total = 0
    for piece in parse_text(text, ruleset.aliases):
        if isinstance(piece, str):
            total += len(piece)
        elif isinstance(piece, Placeholder):
            total += _longest_placeholder(ruleset, piece)
    return total


def _longest_placeholder(ruleset: Ruleset, piece: Placeholder) -> int:
    if piece.name in ruleset.parameters:
        return len(ruleset.parameters[piece.name].text)
    definition = ruleset.definitions.get(piece.name)
    if piece.attribute == "date" or piece.attribute in FORECAST_DAYS:
        return _LONGEST_DAY
    if piece.attribute == "time":
        return _LONGEST_TIME
    if piece.attribute == REACTION:
        return _LONGEST_NAMES
    if piece.name == "patient":
        return _LONGEST_AGE
    if piece.attribute == NOT_COUNTED:
        return MAX_SUMMARY + 1  # a list of doses is for the detail
    if piece.attribute == "time-since":
        return _LONGEST_SINCE
    if piece.attribute == "count":
        return _LONGEST_COUNT + max(len(piece.one), len(piece.many))
    if piece.attribute == "why":
        return _LONGEST_REASON  # several reasons may take more: then the finding cuts words, and no number
    if definition is None or (isinstance(definition.clause, FINDERS) and not piece.attribute):
        return _LONGEST_NAMES
    if piece.attribute in _OF_PARTS:
        return _longest_labels(ruleset, definition)
    return _longest_number(definition, with_day=piece.attribute not in ("value", "at-least"))


def _longest_number(definition: Definition, *, with_day: bool) -> int:
    match definition.clause:
        case Count() | Score() | Points() | Forecast():
            return _LONGEST_POINTS
        case Age():
            return _LONGEST_AGE
        case Sum() | Ratio():  # of several days: shown without one
            return _LONGEST_VALUE
    return _LONGEST_VALUE + (len(" ()") + _LONGEST_DAY if with_day else 0)


def _longest_labels(ruleset: Ruleset, definition: Definition) -> int:
    if definition.for_each and isinstance(definition.clause, NUMBERS):
        return _LONGEST_NAMES
    parts = parts_of(definition)
    labels = [len(label) for label in labels_of(ruleset, parts, parts)]
    return sum(labels) + len(", ") * max(len(labels) - 1, 0)
