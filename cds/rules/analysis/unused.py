"""What stands in the file and decides nothing; and look-backs written in two styles."""

import re
from collections.abc import Iterator

from cds.documents.problem import Problem
from cds.facts.dates import Duration, read_duration
from cds.rules.definition import Definition, Forecast, ParameterOn, Points
from cds.rules.references import filters_of, points_in, reachable, sets_of
from cds.rules.ruleset import Ruleset
from cds.rules.text_template import Placeholder, parse_text
from cds.schedules.schedule import Schedule

_WORD = re.compile(r"[a-z][a-z0-9.-]*")
#: A month and more: below, days are the only natural way to say it.
_LONG = 28


def check_unused(ruleset: Ruleset) -> Iterator[Problem]:
    """Definitions (CDS450), value sets, parameters, periods, evidence (CDS451) that nothing names; styles (CDS452)."""
    if not ruleset.rules:  # a library: others use what it declares
        yield from _check_styles(ruleset)
        return
    used = reachable(ruleset)
    for name, definition in ruleset.definitions.items():
        if name not in used:
            what = f'no rule rests on the definition "{name}"'
            yield Problem("CDS450", definition.location, what, "use it, or take it out", "warning")
    yield from _check_value_sets(ruleset)
    for name, parameter in ruleset.parameters.items():
        if name not in _words(ruleset):
            what = f'nothing uses the parameter "{name}"'
            yield Problem("CDS451", parameter.location, what, "use it, or take it out", "warning")
    yield from _check_libraries(ruleset)
    yield from _check_periods(ruleset)
    yield from _check_schedules(ruleset)
    yield from _check_evidence(ruleset)
    yield from _check_styles(ruleset)


def _check_libraries(ruleset: Ruleset) -> Iterator[Problem]:
    """One of which nothing is named: in definitions, value sets, phrases, texts or override reasons."""
    named = {*ruleset.definitions, *ruleset.value_sets, *_words(ruleset)}
    named |= {name for value_set in ruleset.value_sets.values() for name in value_set.rests_on}
    named |= {code for rule in ruleset.rules for code in rule.card.override_reasons}
    for use in ruleset.uses:
        if not any(name.startswith(f"{use.alias}.") for name in named):
            what = f'nothing of the library "{use.alias}" is used'
            yield Problem("CDS451", use.location, what, "use it, or take it out", "warning")


def _check_periods(ruleset: Ruleset) -> Iterator[Problem]:
    anchors = {point.anchor for d in ruleset.definitions.values() for point in points_in(d.clause) if point.edge}
    anchors |= {schedule.season for schedule in _schedules(ruleset).values()}
    for name, period in ruleset.periods.items():
        if name not in anchors:
            what = f'nothing uses the period "{name}"'
            yield Problem("CDS451", period.location, what, "use it, or take it out", "warning")


def _check_schedules(ruleset: Ruleset) -> Iterator[Problem]:
    used = _schedules(ruleset)
    for name, schedule in ruleset.schedules.items():
        if name not in used:
            what = f'nothing uses the schedule "{name}"'
            yield Problem("CDS451", schedule.location, what, "use it, or take it out", "warning")


def _schedules(ruleset: Ruleset) -> dict[str, Schedule]:
    clauses = [definition.clause for definition in ruleset.definitions.values()]
    return {clause.schedule.name: clause.schedule for clause in clauses if isinstance(clause, Forecast)}


def _check_evidence(ruleset: Ruleset) -> Iterator[Problem]:
    cited = {name for rule in ruleset.rules for name in rule.card.evidence}
    for name, evidence in ruleset.evidence.items():
        if name not in cited:
            what = f'no card cites the evidence "{name}"'
            yield Problem("CDS451", evidence.location, what, "cite it, or take it out", "warning")


def _check_value_sets(ruleset: Ruleset) -> Iterator[Problem]:
    used = {name for definition in ruleset.definitions.values() for name in sets_of(definition)}
    used |= {name for found in ruleset.value_sets.values() for name in found.rests_on}
    for name, value_set in ruleset.value_sets.items():
        if name not in used:
            what = f'nothing uses the value set "{name}"'
            yield Problem("CDS451", value_set.location, what, "use it, or take it out", "warning")


def _words(ruleset: Ruleset) -> set[str]:
    """Every word of the phrases, and every placeholder."""
    words: set[str] = set()
    for definition in ruleset.definitions.values():
        for phrase in definition.phrases.values():
            words.update(_WORD.findall(phrase))
        if isinstance(definition.clause, ParameterOn):
            words.add(definition.clause.name)
        filters = filters_of(definition.clause)
        for where in filters.where if filters else ():
            words.update(_WORD.findall(where.limit.text) if where.limit else _WORD.findall(where.window))
        if isinstance(definition.clause, Points):
            words.update(word for limit, _ in definition.clause.bands for word in _WORD.findall(limit.text))
    words.update(word for period in ruleset.periods.values() for word in _WORD.findall(period.text))
    cards = [rule.card for rule in ruleset.rules]
    texts = [text for card in cards for text in (card.summary, card.detail, *(note.text for note in card.notes))]
    words.update(p.name for text in texts for p in parse_text(text, ruleset.aliases) if isinstance(p, Placeholder))
    return words


def _check_styles(ruleset: Ruleset) -> Iterator[Problem]:
    """``365 days`` and ``1 year`` differ by a day in leap years: one ruleset, one style."""
    seen: dict[str, tuple[Definition, str]] = {}
    for definition in ruleset.definitions.values():
        for phrase in definition.phrases.values():
            duration = read_duration(phrase)
            style = _style(duration) if duration else ""
            if style:
                seen.setdefault(style, (definition, phrase))
    if len(seen) > 1:
        (one, (_, first)), (other, (definition, second)) = seen.items()
        what = f'"{second}" counts in {other}, and "{first}" of another definition in {one}'
        hint = "365 days and 1 year are not the same: choose one style for the ruleset"
        yield Problem("CDS452", definition.location, what, hint, "advice")


def _style(duration: Duration) -> str:
    """How a long look-back counts; short ones have one natural way."""
    if duration.unit in ("day", "week"):
        return "days" if duration.count * (7 if duration.unit == "week" else 1) >= _LONG else ""
    return "months and years" if duration.unit in ("month", "year") else ""
