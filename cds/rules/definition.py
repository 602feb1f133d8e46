"""Definitions in the words of the author (docs/language.md, sections 3 to 6): one clause each. Frozen data alone."""

from collections.abc import Mapping
from dataclasses import field
from fractions import Fraction
from typing import Literal

from cds.documents.problem import Location
from cds.facts.dates import Duration
from cds.frozen import value
from cds.schedules.schedule import Schedule
from cds.terminology.coding import Coding
from cds.units.quantity import Interval, Quantity


@value()
class Limit:
    """The values that pass a test, in a unit; ``text`` as the author wrote it."""

    interval: Interval
    unit: str
    text: str


@value()
class Point:
    """A moment that a window begins or ends with.

    anchor: ``now``, ``birth``, ``it``, ``first``, ``second``, the name of a definition, or with an ``edge`` that of a
    period. shift: steps from there, backwards if ``back``. whole_day: the calendar day of it, not the instant.
    """

    anchor: str
    edge: Literal["", "start", "end"] = ""
    shift: Duration | None = None
    back: bool = False
    whole_day: bool = False
    location: Location = field(default=Location(""), compare=False)


NOW = Point("now")


@value()
class Bound:
    """One end of a window: ``from`` and ``until`` are in it, ``after`` and ``before`` are not."""

    word: Literal["from", "until", "after", "before"]
    point: Point


@value()
class Where:
    """One condition on an attribute of a fact.

    Exactly one of ``sets``/``words``, ``limit``, ``flag`` or a window decides; ``recorded`` is True for ``recorded``,
    False for ``not recorded`` (alone or as one of a list), None when not named. ``numeric``: ``a number`` passes, alone
    or as one of a list. ``negated``: ``not <set>``.
    """

    attribute: str
    sets: tuple[str, ...] = ()
    words: frozenset[str] = frozenset()
    limit: Limit | None = None
    flag: bool | None = None
    recorded: bool | None = None
    numeric: bool = False
    negated: bool = False
    within: Duration | None = None
    bounds: tuple[Bound, ...] = ()
    window: str = ""  # as the author wrote it
    side: Literal["", "first", "second"] = ""  # of which fact of a pair
    location: Location = field(default=Location(""), compare=False)


@value()
class Filters:
    """What a fact of a source must pass. Empty means: no such filter."""

    in_sets: tuple[str, ...] = ()
    not_in: tuple[str, ...] = ()
    where: tuple[Where, ...] = ()
    that: tuple[str, ...] = ()
    status: frozenset[str] | None = None  # None: the kind's usual ones; empty: any
    within: Duration | None = None
    bounds: tuple[Bound, ...] = ()
    same: tuple[str, ...] = ()
    different: tuple[str, ...] = ()
    #: Whether kind, code and status are all that a fact has to pass.
    is_plain: bool = field(init=False, compare=False)
    #: Whether a length of time until now is all beside these.
    is_recent: bool = field(init=False, compare=False)
    #: Whether codes and status are all: nothing of what the fact says, or when, is asked.
    is_by_code: bool = field(init=False, compare=False)

    def __post_init__(self) -> None:
        others = any((self.not_in, self.where, self.that, self.bounds, self.same, self.different))
        object.__setattr__(self, "is_plain", not others and self.within is None)
        object.__setattr__(self, "is_recent", not others and self.within is not None)
        asked = (self.within, self.bounds, self.where, self.that, self.same, self.different)
        object.__setattr__(self, "is_by_code", not any(asked))


@value()
class Source:
    """Where facts come from: fact kinds and finders (their filters then apply as well)."""

    kinds: tuple[str, ...]
    finders: tuple[str, ...]
    filters: Filters


# --- clauses: each is one small idea -------------------------------------------------------------


@value()
class Find:
    """``any``: the facts of the source that pass; as a truth: is there one."""

    source: Source


@value()
class PairTable:
    """What a file says of two codes together; ``columns`` are those that an author added."""

    rows: Mapping[tuple[Coding, Coding], Mapping[str, str]]
    columns: frozenset[str]


@value()
class Pair:
    """``pair``: unordered pairs of two different facts, one of each finder; with a table, those that it names."""

    first: str
    second: str
    filters: Filters
    table: PairTable | None = None


@value()
class Absent:
    """``absent``: looked for and not found."""

    name: str


@value()
class Pick:
    """``latest``, ``earliest``, ``highest``, ``lowest``, ``average``: one value of the source's facts."""

    which: Literal["latest", "earliest", "highest", "lowest", "average"]
    source: Source
    on_tie: Literal["highest", "lowest", "range"] = "range"
    among: Literal["sure", "all"] = "all"


@value()
class Count:
    """``count``: how many facts pass, how many different ``distinct`` keys they have, or how many so far apart."""

    source: Source
    distinct: str = ""
    spaced: Duration | None = None


@value()
class Change:
    """``change``: how far the newest value rose or fell from one not longer before than ``over``.

    by: a ``difference`` in the unit of the limit, a ``multiple``, or ``percent``. limit: what the change is tested by.
    """

    source: Source
    over: Duration
    way: Literal["rise", "fall"]
    by: Literal["difference", "multiple", "percent"]
    limit: Limit


@value()
class Sum:
    """``sum``: of named numbers, or of a ``for-each`` number over its subjects."""

    names: tuple[str, ...]


@value()
class Score:
    """``score``: points for each truth that holds; a number adds itself (points None)."""

    parts: tuple[tuple[str, Fraction | None], ...]


@value()
class Points:
    """``points``: the points of the band that the operand falls into."""

    operand: "Operand"
    bands: tuple[tuple[Limit, Fraction], ...]


@value()
class Choose:
    """``choose``: the number of the first truth that holds; the last branch may be ``otherwise`` (truth "")."""

    branches: tuple[tuple[str, str], ...]


@value()
class FirstOf:
    """``first-of``: the first number that is known."""

    names: tuple[str, ...]


@value()
class NewestOf:
    """``newest-of``: the known number with the newest day."""

    names: tuple[str, ...]


@value()
class Ratio:
    """``ratio``: the first of two numbers as a percentage of the second."""

    names: tuple[str, ...]


@value()
class Compute:
    """``formula``: a published equation over operands."""

    formula: str
    inputs: Mapping[str, "Operand"]


@value()
class Forecast:
    """``forecast``: the number of the next dose by a schedule, over the immunizations of a finder.

    apart_from: the finder of other vaccines that are kept apart, ``""`` for none.
    """

    finder: str
    schedule: Schedule
    apart_from: str = ""


@value()
class Age:
    """``age: now``, or at another moment: completed years."""

    point: Point = NOW


@value()
class Sex:
    """``sex``: recorded sex for clinical use, else birth sex, else gender."""

    sex: str


@value()
class ValueOf:
    """``value``: an operand, with a test."""

    operand: "Operand"


@value()
class ParameterOn:
    """``parameter``: a yes/no parameter as a truth."""

    name: str


@value()
class Entry:
    """One entry of a list: a name, perhaps behind a prefix word."""

    name: str
    prefix: Literal["", "not", "absent", "known", "unknown", "missing"] = ""
    location: Location = field(default=Location(""), compare=False)

    def __str__(self) -> str:
        return f"{self.prefix} {self.name}".strip()


@value()
class Compose:
    """``all-of``, ``any-of``, ``none-of``, ``at-least``: Kleene logic, done by the engine."""

    kind: Literal["all-of", "any-of", "none-of", "at-least"]
    entries: tuple[Entry, ...]
    n: int = 0


Clause = (
    Find
    | Pair
    | Absent
    | Pick
    | Count
    | Change
    | Sum
    | Score
    | Points
    | Choose
    | FirstOf
    | NewestOf
    | Ratio
    | Compute
    | Forecast
    | Age
    | Sex
    | ValueOf
    | ParameterOn
    | Compose
)

#: Roots of operands that are not definitions.
BUILT_IN_ROOTS = frozenset({"it", "first", "second", "patient"})
#: Clauses that yield a number.
NUMBERS = (Pick, Count, Change, Sum, Score, Points, Choose, FirstOf, NewestOf, Ratio, Compute, Forecast, Age, ValueOf)
#: Days of a forecast, as attributes of it.
FORECAST_DAYS = frozenset({"earliest", "recommended", "past-due"})
#: Clauses that yield facts.
FINDERS = (Find, Pair)


@value()
class Operand:
    """What a ``value`` or a formula input reads.

    root: ``it``, ``first``, ``second``, ``patient``, or the name of a definition.
    value_set: for ``it.<value set>.<column>``, else "". attribute: "" for the definition's own number.
    since: the UCUM unit of ``x.time-since`` or, where ``lasting``, of ``x.length``; "" for the value itself.
    """

    root: str
    attribute: str = ""
    value_set: str = ""
    location: Location = field(default=Location(""), compare=False)
    since: str = ""
    lasting: bool = False
    #: Whether it is the own number of a definition.
    is_number: bool = field(init=False, compare=False)
    #: Whether it is an attribute of the subject.
    is_of_it: bool = field(init=False, compare=False)

    def __post_init__(self) -> None:
        is_bare = not (self.attribute or self.value_set or self.since)
        object.__setattr__(self, "is_number", is_bare and self.root not in BUILT_IN_ROOTS)
        is_of_it = self.root == "it" and self.attribute and not self.value_set and not self.since
        object.__setattr__(self, "is_of_it", bool(is_of_it))

    def __str__(self) -> str:
        last = ("length" if self.lasting else "time-since") if self.since else ""
        return ".".join(part for part in (self.root, self.value_set, self.attribute, last) if part)


@value()
class Definition:
    """A named judgement over facts or other definitions.

    test: ``is`` (a Limit), or ``in``/``not-in`` for coded answers (an Answers); None for a bare number or finder.
    phrases: tests and windows as written, by their keys: what the sentence has to agree with.
    """

    name: str
    says: str
    label: str
    clause: Clause
    location: Location
    for_each: str = ""
    test: "Limit | Answers | None" = None
    if_absent: Literal["fails", "holds"] | None = None
    rounded_to: Quantity | None = None
    phrases: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_truth(self) -> bool:
        """True when the definition holds, fails or is unknown by itself."""
        return self.test is not None or not isinstance(self.clause, NUMBERS)


@value()
class Answers:
    """Coded answers that pass (or, negated, that do not): value sets and FHIR code words."""

    sets: tuple[str, ...]
    words: frozenset[str]
    negated: bool = False


# --- rules ---------------------------------------------------------------------------------------
