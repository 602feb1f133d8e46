"""When the one fact of a definition was: for ``time-since``, and for windows that begin or end with it.

A date is asked of the fact, not of its value: a result that cannot be read still was on its day.
"""

from collections.abc import Iterable

from cds.facts.dates import Span
from cds.facts.fact import Fact
from cds.rules.definition import FINDERS, Pick, ValueOf
from cds.rules.judge.picking import ends_of, time_at_the_end
from cds.rules.judge.values import NOTHING, Answer, FactPair, Known, Nothing, Subject, Unclear, When, unclear
from cds.rules.judge.verdicts import Verdicts


def date_of(judging: Verdicts, name: str, it: Subject | None) -> When | Nothing | Unclear:
    """When the fact or facts of a definition were; unclear if nobody can tell which, or when."""
    clause = judging.ruleset.definitions[name].clause
    if isinstance(clause, FINDERS):
        return _of_finder(judging, name, it)
    if isinstance(clause, Pick) and clause.which in ("latest", "earliest"):
        ends = ends_of(judging, clause, it)
        if isinstance(ends, Unclear | Nothing):
            return ends
        return _dated(time_at_the_end(ends, newest=clause.which == "latest"), ends)
    if isinstance(clause, ValueOf) and not (clause.operand.attribute or clause.operand.since):
        return date_of(judging, clause.operand.root, it)
    value = judging.value(name, it)
    if isinstance(value, Known | Answer):
        return _dated(value.when, value.facts)
    return value if isinstance(value, Unclear | Nothing) else unclear("undated")


def _of_finder(judging: Verdicts, name: str, it: Subject | None) -> When | Nothing | Unclear:
    found = judging.found(name, it)
    if found.more or found.possible:
        return unclear(*(found.more or ("uncertain",)), maybe_more=bool(found.more))
    facts = [fact for fact in found.sure if not isinstance(fact, FactPair)]
    if not facts:
        return NOTHING
    return _dated(facts[0].when, facts) if len(facts) == 1 else unclear("several-facts", facts=facts)


def _dated(span: Span | None, facts: Iterable[Fact]) -> When | Unclear:
    return When(span, tuple(facts)) if span is not None else unclear("undated", facts=facts)
