"""What a clause may ask while it is judged: facts, finds, values and truths of the same ruleset and patient.

``judging.Judging`` answers; clauses know only this, so that each of them stands on its own.
"""

from collections.abc import Sequence
from typing import Protocol

from cds.facts.attributes import Attribute
from cds.facts.dates import Moment
from cds.facts.dosage import DailyAmount
from cds.facts.fact import Fact, Record
from cds.rules.definition import Entry
from cds.rules.engine.truth import Truth
from cds.rules.judge.values import Found, Nothing, Number, Subject, Unclear, Value, When
from cds.rules.ruleset import Ruleset
from cds.schedules.forecast import Forecast as Course


class Verdicts(Protocol):
    """The judgements of one ruleset about one record at one moment; each is judged once."""

    ruleset: Ruleset
    record: Record
    moment: Moment
    doubtful: frozenset[str]  # kinds of which facts may be missing: not supplied, or not readable
    missing: dict[str, Found]  # of some of these, what is found where there is no fact, whatever is looked for

    def facts(self, kind: str, in_sets: tuple[str, ...]) -> Sequence[Fact]:
        """Facts of a kind; with value sets, those that have a code in one of them."""

    def in_set(self, name: str, kind: str) -> Sequence[Fact]:
        """Facts of a kind that have a code in a value set."""

    def observed(self, fact: Fact) -> Attribute:
        """The value of a result; read once per request."""

    def attribute(self, fact: Fact, name: str) -> Attribute:
        """An attribute of a fact; its value is the one that was observed."""

    def daily_amounts(self, fact: Fact) -> tuple[DailyAmount, ...]:
        """The daily amounts of a drug's components; worked out once."""

    def found(self, name: str, it: Subject | None) -> Found:
        """What a finder found, for the patient or for one subject."""

    def value(self, name: str, it: Subject | None) -> Value:
        """The number or coded answer of a definition."""

    def number(self, name: str, it: Subject | None) -> Number:
        """The number of a definition; an answer in words is none."""

    def when(self, name: str, it: Subject | None) -> When | Nothing | Unclear:
        """The time of the fact that a definition is about."""

    def course(self, name: str) -> Course | Unclear:
        """What became of the doses of a forecast; worked out once."""

    def truth(self, name: str, it: Subject | None = None) -> Truth:
        """Whether a definition holds, for the patient or for one subject."""

    def entry(self, entry: Entry, it: Subject | None = None) -> Truth:
        """Whether one entry of a list holds."""
