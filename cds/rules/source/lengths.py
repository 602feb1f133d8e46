"""Can what is asked for its length have one? Only a fact with a period of its own lasts.

Runs beside :mod:`cds.rules.source.uses`, when nothing is circular. What is let through here would be unknown for every
patient, for ever.
"""

from cds.facts.attributes import ATTRIBUTES
from cds.facts.vocabulary import LASTING
from cds.rules.definition import FINDERS, Definition, Find, Operand, Pair, Pick
from cds.rules.references import kinds_of, operands_in
from cds.rules.ruleset import Ruleset
from cds.rules.source.reader import Reader
from cds.rules.source.uses import subject_kinds


def check_lengths(reader: Reader, ruleset: Ruleset) -> None:
    """Every ``x.length``."""
    for definition in ruleset.own:
        for operand in operands_in(definition.clause):
            if operand.lasting:
                _check(reader, ruleset, definition, operand)


def _check(reader: Reader, ruleset: Ruleset, definition: Definition, operand: Operand) -> None:
    is_subject = operand.root in ("it", "first", "second")
    name = definition.for_each if is_subject else operand.root
    asked = ruleset.definitions.get(name)
    if asked is None:
        return  # that there is no such name is told elsewhere
    if isinstance(asked.clause, Pair) and operand.root not in ("first", "second"):
        reader.problem("CDS206", operand.location, 'a pair has no "length"', "first.length, second.length")
    elif isinstance(asked.clause, Find | Pick if not is_subject else FINDERS):
        kinds = (
            kinds_of(ruleset, asked.clause.source) if isinstance(asked.clause, Pick) else subject_kinds(ruleset, name)
        )
        for kind in sorted(kinds - LASTING)[:1]:
            hint = f"{operand.root}.start.time-since" if "start" in ATTRIBUTES[kind] else "observation, encounter"
            reader.problem("CDS206", operand.location, f'a fact of the kind "{kind}" has no "length"', hint)
    elif not is_subject:
        what = f'"{operand.root}" is not one fact, and has no length'
        reader.problem("CDS417", operand.location, what, "name a definition with any, latest or earliest")
