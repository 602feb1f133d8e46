"""Texts with their placeholders filled (docs/language.md, section 9 "Text")."""

from collections.abc import Callable, Iterable

from cds.cards.doses import not_counted
from cds.cards.escaping import MAX_NAME, MAX_WRITTEN, cut_words, markdown_name, plain_name
from cds.cards.listing import listed
from cds.cards.naming import answer_of, name_of, reactions_of
from cds.cards.numbers import Limits, limits_of, show_at_least, show_day, show_known, show_quantity, show_time
from cds.cards.unknowns import why
from cds.facts.attributes import Coded, Measured
from cds.facts.dates import Span
from cds.facts.fact import Fact
from cds.rules.definition import FINDERS, FORECAST_DAYS, Compute, Definition, Entry, Ratio, Sum
from cds.rules.engine.truth import Truth
from cds.rules.judge.elapsed import elapsed
from cds.rules.judge.forecasting import day_of
from cds.rules.judge.judging import Judging
from cds.rules.judge.operands import age
from cds.rules.judge.values import Answer, FactPair, Known, Nothing, Subject, Unclear, Value, When
from cds.rules.parts import labels_of, parts_of
from cds.rules.text_template import Placeholder, parse_text

#: Clauses whose numbers are worked out, not read.
_COMPUTED = (Compute, Ratio, Sum)
_NOTHING_TO_NAME = "see details"
_NOT_RECORDED = "not recorded"
#: How a name or word of the record is shown: shortened and escaped.
Show = Callable[[str], str]


def word(judging: Judging, text: str, it: Subject | None, *, plain: bool) -> str | None:
    """The text with every placeholder filled; None when a list in it is empty (the line is then dropped).

    plain: for a summary, of which nothing is ever dropped; otherwise the result is Markdown.
    """
    show = plain_name if plain else markdown_name
    pieces = []
    for piece in parse_text(text, judging.plan.aliases):
        if isinstance(piece, str):
            pieces.append(piece)
        elif isinstance(piece, Placeholder):
            filled = _fill(judging, piece, it, show)
            if not filled and not plain:
                return None
            pieces.append(filled or _NOTHING_TO_NAME)
    return "".join(pieces)


def _fill(judging: Judging, piece: Placeholder, it: Subject | None, show: Show) -> str:
    ruleset = judging.ruleset
    if piece.name in ("it", "first", "second"):
        return _of_subject(judging, piece, it, show)
    if piece.name == "patient":
        return _of_patient(judging, piece.attribute)
    if piece.name in ruleset.parameters:
        return ruleset.parameters[piece.name].text
    definition = ruleset.definitions[piece.name]
    if piece.attribute in ("holding", "unknown"):
        return ", ".join(_labels(judging, definition, it, piece.attribute, show))
    if isinstance(definition.clause, FINDERS):
        return _of_finder(judging, piece, it, show)
    return _of_value(judging, piece, it, show)


def _of_subject(judging: Judging, piece: Placeholder, it: Subject | None, show: Show) -> str:
    if it is None:
        return ""
    if isinstance(it, FactPair) and piece.attribute:
        cells = dict.fromkeys(row.get(piece.attribute, "") for row in it.rows)
        return show(", ".join(cell for cell in cells if cell))
    if isinstance(it, FactPair):
        chosen = {"first": (it.first,), "second": (it.second,)}.get(piece.name, (it.first, it.second))
        return names(judging, chosen, show)
    if not piece.attribute:
        return names(judging, (it,), show)
    attribute = judging.attribute(it, piece.attribute)
    if isinstance(attribute, Measured):
        return show_quantity(attribute.quantity, limits_of(judging.plan))
    return show(", ".join(sorted(attribute.words))) if isinstance(attribute, Coded) else _NOT_RECORDED


def subject_words(judging: Judging, piece: Placeholder, it: Subject | None) -> str:
    """The subject, or an attribute of it, as it stands in a resource; "" for what is not recorded."""
    text = _of_subject(judging, piece, it, lambda words: cut_words(words, MAX_WRITTEN))
    return "" if text == _NOT_RECORDED else text


def _of_patient(judging: Judging, attribute: str) -> str:
    if attribute == "age":
        years = age(judging)
        return show_quantity(years.quantity, None).removesuffix(" years") if isinstance(years, Known) else "not known"
    if attribute == "sex":
        return judging.record.patient.sex or "not known"
    birth = judging.record.patient.birth
    return show_day(birth) if attribute == "birth-date" and birth else "not known"


def _of_finder(judging: Judging, piece: Placeholder, it: Subject | None, show: Show) -> str:
    found = judging.found(piece.name, it)
    if piece.attribute == "count":
        number = len(found.sure)
        noun = piece.one if number == 1 else piece.many
        return f"{number} {noun}".strip()
    facts = [f for s in found.sure for f in ((s.first, s.second) if isinstance(s, FactPair) else (s,))]
    if piece.attribute == "date":
        return show_day(facts[0].when) if facts and facts[0].when else "not dated"
    if piece.attribute == "time":
        return show_time(facts[0].when, judging.moment.zone) if facts and facts[0].when else "not dated"
    if piece.attribute == "time-since":
        return _time_since(judging, facts[0].when if facts else None)
    if piece.attribute == "reaction":
        told = dict.fromkeys(words for fact in facts for words in reactions_of(judging, fact))
        return show(", ".join(told))
    if piece.attribute == "why":
        return why(found.more or ("uncertain",))
    return names(judging, facts, show)


def _of_value(judging: Judging, piece: Placeholder, it: Subject | None, show: Show) -> str:
    value = judging.value(piece.name, it)
    limits = limits_of(judging.plan)
    if piece.attribute in FORECAST_DAYS:
        day = day_of(judging, piece.name, piece.attribute)
        return show_day(day.span) if isinstance(day, When) else "not set" if isinstance(day, Nothing) else "not known"
    if piece.attribute == "not-counted":
        return not_counted(judging.course(piece.name))
    if piece.attribute == "why":
        return why(value.reasons) if isinstance(value, Unclear) else "none is recorded"
    if piece.attribute in ("date", "time", "time-since"):
        return _of_time(judging, piece, it, value)
    if isinstance(value, Known):
        return _of_number(value, piece.attribute, limits, judging.ruleset.definitions[piece.name])
    if isinstance(value, Answer) and value.is_itself:
        return names(judging, value.facts, show)
    if isinstance(value, Answer):
        return show(answer_of(judging, value))
    return "none recorded" if isinstance(value, Nothing) else "not known"


def _of_number(number: Known, attribute: str, limits: Limits, definition: Definition) -> str:
    is_computed = isinstance(definition.clause, _COMPUTED)
    if attribute == "at-least":
        return show_at_least(number.quantity, limits, is_computed=is_computed)
    if attribute == "value":
        return show_quantity(number.quantity, limits, is_computed=is_computed)
    return show_known(number, limits, is_computed=is_computed)


def _of_time(judging: Judging, piece: Placeholder, it: Subject | None, value: Value) -> str:
    when = judging.when(piece.name, it)
    if not isinstance(when, When):
        return "not dated" if isinstance(value, Known | Answer) else "not known"
    if piece.attribute == "time":
        return show_time(when.span, judging.moment.zone)
    return show_day(when.span) if piece.attribute == "date" else _time_since(judging, when.span)


def _time_since(judging: Judging, span: Span | None) -> str:
    """In days: what is shown may not change within the day of a judgement."""
    return show_quantity(elapsed(span, "d", judging.moment), None) if span is not None else "not dated"


def _labels(judging: Judging, definition: Definition, it: Subject | None, which: str, show: Show) -> Iterable[str]:
    """Labels of the parts that hold, or that are unknown; for a number judged per subject, the subjects' names."""
    if definition.for_each and it is None:
        unclear = [s for s in _subjects(judging, definition) if isinstance(judging.value(definition.name, s), Unclear)]
        return [names(judging, _facts_of(unclear), show)] if unclear else []
    parts = parts_of(definition)
    if which == "unknown":  # the word is the text's own; "absent x" and "not x" are unknown as x is
        return [_label(judging, part) for part in parts if judging.entry(part, it) is Truth.UNKNOWN]
    return labels_of(judging.ruleset, [part for part in parts if judging.entry(part, it) is Truth.HOLDS], parts)


def _label(judging: Judging, entry: Entry) -> str:
    return judging.ruleset.definitions[entry.name].label


def _subjects(judging: Judging, definition: Definition) -> tuple[Subject, ...]:
    found = judging.found(definition.for_each, None)
    return (*found.sure, *found.possible)


def _facts_of(subjects: Iterable[Subject]) -> list[Fact]:
    return [fact for s in subjects for fact in ((s.first, s.second) if isinstance(s, FactPair) else (s,))]


def names(judging: Judging, facts: Iterable[Fact], show: Show) -> str:
    """The names of facts, at most three, each once; in a summary they share the room of one name."""
    shown = list(dict.fromkeys(show(name_of(judging, fact)) for fact in facts))
    return listed(shown, MAX_NAME if show is plain_name else None)
