"""The phrases of the language: quantities, durations, limits. ``below 30 mL/min/{1.73_m2}``, ``12 months``."""

import re
from collections.abc import Mapping
from fractions import Fraction

from cds.documents.yaml_tree import Text
from cds.facts.dates import Duration, read_duration
from cds.rules.definition import Limit
from cds.rules.ruleset import Parameter
from cds.rules.source.reader import Reader, did_you_mean
from cds.units.quantity import Interval, Quantity
from cds.units.ucum import canonical_unit, convert

# ASCII digits, and no more than anyone needs: int() reads other scripts' digits and refuses thousands of them.
_NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?\Z")
_TIME_WORDS = {
    "year": "a", "years": "a", "month": "mo", "months": "mo", "week": "wk", "weeks": "wk",
    "day": "d", "days": "d", "hour": "h", "hours": "h", "minute": "min", "minutes": "min",
}  # fmt: skip
#: The UCUM units of those words.
UNITS_OF_TIME = frozenset(_TIME_WORDS.values())
#: Those that are steps on the calendar, not a number of days.
CALENDAR_STEPS = frozenset({"a", "mo"})
_WRONG_WORDS = {"over": "above", "under": "below", "between": "from ... to ...", "<": "below", ">": "above",
                ">=": "at least", "<=": "at most", "=": "exactly", "equals": "exactly"}  # fmt: skip
_SHAPES = (
    (re.compile(r"below (?P<high>.+)\Z"), True, True),
    (re.compile(r"at most (?P<high>.+)\Z"), False, False),
    (re.compile(r"above (?P<low>.+)\Z"), True, True),
    (re.compile(r"at least (?P<low>.+)\Z"), False, False),
    (re.compile(r"from (?P<low>.+) to below (?P<high>.+)\Z"), False, True),
    (re.compile(r"from (?P<low>.+) to (?P<high>.+)\Z"), False, False),
    (re.compile(r"exactly (?P<both>.+)\Z"), False, False),
)


def read_quantity(text: str) -> Quantity | None:
    """``30 mL/min`` or ``2``: a number and, perhaps, a UCUM unit or a word for time; None if it is not one."""
    number, _, unit = text.strip().partition(" ")
    if not _NUMBER.match(number):
        return None
    unit = unit.strip()
    code = "1" if not unit else _TIME_WORDS.get(unit) or canonical_unit(unit)
    return None if code is None else Quantity(Interval.exactly(Fraction(number)), code)


def read_limit(reader: Reader, node: Text, parameters: Mapping[str, Parameter]) -> Limit | None:
    """The limit that a phrase states; a problem and None if it states none."""
    text = " ".join(node.text.split())
    first = text.partition(" ")[0]
    if first in _WRONG_WORDS:
        reader.problem(
            "CDS401", node.location, f'"{first}" is not a word of the language', f"write: {_WRONG_WORDS[first]}"
        )
        return None
    for shape, low_open, high_open in _SHAPES:
        if match := shape.match(text):
            return _limit(reader, node, match.groupdict(), (low_open, high_open), parameters)
    reader.problem(
        "CDS401",
        node.location,
        f'"{text}" is not a test',
        "below, above, at least, at most, exactly, or from ... to ...",
    )
    return None


def _limit(
    reader: Reader,
    node: Text,
    bounds: Mapping[str, str],
    is_open: tuple[bool, bool],
    parameters: Mapping[str, Parameter],
) -> Limit | None:
    text = " ".join(node.text.split())
    low_text, high_text = bounds.get("low", bounds.get("both")), bounds.get("high", bounds.get("both"))
    high = _bound(reader, node, high_text, parameters, "")
    unit = high.unit if high else ""
    low = high if high_text == low_text else _bound(reader, node, low_text, parameters, unit)
    if (low_text and low is None) or (high_text and high is None):
        return None
    unit = unit or (low.unit if low else "1")
    if low and low.unit != unit:
        same = convert(low, unit)
        if not isinstance(same, Quantity):
            reader.problem("CDS402", node.location, f"the two units of {text} do not go together")
            return None
        low = same
    interval = Interval(
        low.interval.low if low else None,
        high.interval.low if high else None,
        is_open[0] and bool(low),
        is_open[1] and bool(high),
    )
    if _is_empty(interval):
        reader.problem(
            "CDS403",
            node.location,
            f'"{text}" can never hold',
            "the lower bound comes first, and is below the upper one",
        )
        return None
    return Limit(interval, unit, text)


def _is_empty(interval: Interval) -> bool:
    if interval.low is None or interval.high is None:
        return False
    return interval.low > interval.high or (interval.low == interval.high and (interval.low_open or interval.high_open))


def _bound(
    reader: Reader, node: Text, text: str | None, parameters: Mapping[str, Parameter], unit: str
) -> Quantity | None:
    if text is None or reader.is_unread(text):
        return None
    if text in parameters:
        value = parameters[text].default
        if isinstance(value, Quantity):
            return value
        if isinstance(value, Duration):
            return Quantity(Interval.exactly(value.count), _TIME_WORDS[value.unit])
        what = "yes or no" if isinstance(value, bool) else "a day of the year"
        reader.problem("CDS404", node.location, f'the parameter "{text}" is {what}, not a quantity')
        return None
    quantity = read_quantity(text)
    if quantity is None:
        number, _, unit_text = text.partition(" ")
        if _NUMBER.match(number):
            reader.problem(
                "CDS402",
                node.location,
                f'"{unit_text}" is not a UCUM unit known here',
                "units are case-sensitive: mg/dL",
            )
        else:
            reader.problem(
                "CDS404",
                node.location,
                f'"{text}" is neither a quantity nor a parameter',
                _mended(text) or did_you_mean(text, parameters),
            )
        return None
    if quantity.unit == "1" and unit and unit != "1":  # a unit written once, at the end, covers both bounds
        return Quantity(quantity.interval, unit)
    return quantity


_JOINED = re.compile(r"(-?[0-9.]+)([^0-9., ]\S*)\Z")
_COMMA = re.compile(r"-?[0-9]+,[0-9]+\b")
_POWER = re.compile(r"-?[0-9.]+[eE][0-9]+\b")


def _mended(text: str) -> str:
    """How a number that is written as elsewhere is written here; "" for anything else."""
    if _POWER.match(text):
        return "write the number out, such as 100000 /uL, or with a unit of its own: 100 10*3/uL"
    if _COMMA.match(text):
        return "decimals follow a point, and nothing stands between thousands: 5.5, 10000"
    if match := _JOINED.match(text):
        return f"a space between number and unit: {match[1]} {match[2]}"
    return ""


def read_window(reader: Reader, node: Text | None, parameters: Mapping[str, Parameter]) -> Duration | None:
    """``within:`` as a duration, written out or by a parameter's name."""
    if node is None or reader.is_unread(node.text):
        return None
    if node.text in parameters:
        value = parameters[node.text].default
        if isinstance(value, Duration):
            return value
        reader.problem("CDS404", node.location, f'the parameter "{node.text}" is not a duration')
        return None
    duration = read_duration(node.text)
    if duration is None:
        reader.problem(
            "CDS405", node.location, f'"{node.text}" is not a duration', "such as 90 days, 12 months, 48 hours"
        )
    return duration
