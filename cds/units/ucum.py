"""Unit codes read, compared and converted, exactly.

Stands under the fact readers, the formulas and the phrase grammar. It converts within a dimension; between mass
and amount, or equivalents and amount, only with the molar mass or valence that the caller's value set gives. It
refuses what it does not know, and never cancels moles against moles: ``mmol/mol`` of haemoglobin A1c is not a
tenth of a percent.
"""

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from cds.units.atoms import ATOM_ALIASES, ATOMS, DESCRIPTIVE_ANNOTATIONS, OFFSET_UNITS, UNIT_ALIASES, Dimension
from cds.units.quantity import Interval, Quantity, Unconvertible

_ONE = Fraction(1)
_ZERO = Fraction(0)
_LONGEST = 60  # characters of a unit code; nothing clinical is longer
_HIGHEST_POWER = 24
#: Marks a ratio of amounts; keeps it apart from the plain ratios.
_MOLE_FRACTION = "mol/mol"
#: Dimensions that a substance relates to each other: equivalents, moles, grams.
_OF_SUBSTANCE = ("eq", "mol", "g")

_TOKEN = re.compile(
    r"(?P<annotation>\{[^{}]{1,40}\})"
    r"|(?P<sign>[./()])"
    r"|(?P<ten>10[*^])(?P<power>[+-]?[0-9]{1,2})?"
    r"|(?P<atom>(?:[A-Za-z%°]|\[[A-Za-z0-9_']+\])+)(?P<exponent>[+-]?[0-9])?(?![0-9])"
    r"|(?<!\.)(?P<number>[1-9][0-9]{0,5})(?![0-9.]*\.[0-9])"
)


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit read: value in base units = value * ``factor`` + ``offset``."""

    factor: Fraction
    dimension: Dimension
    offset: Fraction = _ZERO


class _NotAUnitError(ValueError):
    """Raised and caught in this module only."""


def canonical_unit(text: str) -> str | None:
    """The UCUM code that a unit's text stands for (``mcg`` is ``ug``, ``mmHg`` is ``mm[Hg]``).

    ``None`` for what is not a unit we know; dosage words such as tablet are not units.
    """
    if not isinstance(text, str) or len(text) > _LONGEST:
        return None
    return _canonical(text)


@lru_cache(maxsize=1024)
def _canonical(text: str) -> str | None:
    plain = text.strip().replace("µ", "u").replace("μ", "u")
    alias = UNIT_ALIASES.get("".join(plain.split()).lower())
    if alias is not None:
        return alias
    try:
        code = "".join(_respelled(match) for match in _tokens(plain))
    except _NotAUnitError:
        return None
    return None if _unit(code) is None else code


def _tokens(text: str) -> list[re.Match[str]]:
    found, position = [], 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise _NotAUnitError(text)
        found.append(match)
        position = match.end()
    return found


def _respelled(token: re.Match[str]) -> str:
    atom = token["atom"]
    if atom is None:
        return token[0]
    return ATOM_ALIASES.get(atom, atom) + (token["exponent"] or "")


@lru_cache(maxsize=1024)
def _unit(code: str) -> Unit | None:
    """The unit of a canonical code; ``None`` if it is none."""
    if code in OFFSET_UNITS:
        factor, offset = OFFSET_UNITS[code]
        return Unit(factor, (("K", 1),), offset)
    try:
        return _Parser(_tokens(code)).whole()
    except _NotAUnitError:
        return None


class _Parser:
    """Products and quotients, read from left to right as UCUM demands."""

    def __init__(self, tokens: list[re.Match[str]]) -> None:
        self._tokens = tokens
        self._at = 0

    def whole(self) -> Unit:
        if not self._tokens:
            raise _NotAUnitError
        unit = self._term()
        if self._at < len(self._tokens):
            raise _NotAUnitError
        return unit

    def _term(self) -> Unit:
        if self._peek() == "/":
            self._at += 1
            unit = _product(Unit(_ONE, ()), self._component(), -1)
        else:
            unit = self._component()
        while self._peek() in {".", "/"}:
            sign = -1 if self._peek() == "/" else 1
            self._at += 1
            unit = _product(unit, self._component(), sign)
        return unit

    def _peek(self) -> str:
        return self._tokens[self._at][0] if self._at < len(self._tokens) else ""

    def _component(self) -> Unit:
        if self._at >= len(self._tokens):
            raise _NotAUnitError
        token = self._tokens[self._at]
        self._at += 1
        if token["sign"] == "(":
            unit = self._term()
            if self._peek() != ")":
                raise _NotAUnitError
            self._at += 1
            return unit
        unit = _simple(token)
        if self._at < len(self._tokens) and self._tokens[self._at]["annotation"] and not token["annotation"]:
            unit = _product(unit, _simple(self._tokens[self._at]))  # "ng/mL{FEU}": qualifies what it follows
            self._at += 1
        return unit


def _simple(token: re.Match[str]) -> Unit:
    if token["annotation"]:
        text = token[0]
        return Unit(_ONE, () if text.lower() in DESCRIPTIVE_ANNOTATIONS else ((text, 1),))
    if token["ten"]:
        power = int(token["power"] or 1)
        if abs(power) > _HIGHEST_POWER:
            raise _NotAUnitError
        return Unit(Fraction(10) ** power, ())
    if token["number"]:
        return Unit(Fraction(int(token["number"])), ())
    known = ATOMS.get(token["atom"] or "")
    if known is None:
        raise _NotAUnitError
    factor, dimension = known
    exponent = int(token["exponent"] or 1)
    if exponent == 0:
        raise _NotAUnitError
    return Unit(factor**exponent, tuple((base, power * exponent) for base, power in dimension))


def _product(left: Unit, right: Unit, sign: int = 1) -> Unit:
    powers = dict(left.dimension)
    if powers.get("mol", 0) * sign * dict(right.dimension).get("mol", 0) < 0:
        powers[_MOLE_FRACTION] = powers.get(_MOLE_FRACTION, 0) + 1
    for base, power in right.dimension:
        powers[base] = powers.get(base, 0) + sign * power
    return Unit(left.factor * right.factor**sign, tuple(sorted((b, p) for b, p in powers.items() if p)))


def same_dimension(a: str, b: str) -> bool:
    """True if both are known units and one converts into the other without knowing the substance."""
    first, second = _known(a), _known(b)
    return first is not None and second is not None and first.dimension == second.dimension


def same_unit(a: str, b: str) -> bool:
    """True if both codes are known and mean exactly the same unit (``10*3/uL`` and ``10*9/L``)."""
    first = _known(a)
    return first is not None and first == _known(b)


def is_arbitrary(unit: str) -> bool:
    """True for units by assay or by activity (``U``, ``[IU]``), which senders mix freely."""
    known = _known(unit)
    return known is not None and any(base in {"[IU]", "[arb'U]", "[USP'U]"} for base, _ in known.dimension)


def _known(text: str) -> Unit | None:
    code = canonical_unit(text)
    return None if code is None else _unit(code)


@dataclass(frozen=True, slots=True)
class _Plan:
    """new = old * factor * molar_mass**molar_power * valence**valence_power + shift."""

    code: str
    factor: Fraction
    shift: Fraction = _ZERO
    molar_power: int = 0
    valence_power: int = 0


def convert(
    quantity: Quantity, unit: str, molar_mass: Fraction | None = None, valence: int | None = None
) -> Quantity | Unconvertible:
    """The quantity in another unit, exactly; or why there is none.

    molar_mass: g/mol of the substance measured; valence: charges per particle (for ``eq``). They are used only
    where the two units need them.
    Reasons: ``unknown-unit``, ``other-dimension``, ``no-molar-mass``, ``no-valence``.
    """
    if quantity.unit == unit:
        return quantity
    plan = _plan(quantity.unit, unit)
    if isinstance(plan, Unconvertible):
        return plan
    factor = plan.factor
    if plan.molar_power:
        if molar_mass is None or molar_mass <= 0:
            return Unconvertible("no-molar-mass")
        factor *= molar_mass**plan.molar_power
    if plan.valence_power:
        if valence is None or valence <= 0:
            return Unconvertible("no-valence")
        factor *= Fraction(valence) ** plan.valence_power
    return Quantity(_mapped(quantity.interval, factor, plan.shift), plan.code)


@lru_cache(maxsize=4096)
def _plan(source: str, target: str) -> _Plan | Unconvertible:
    code = canonical_unit(target)
    old, new = _known(source), _known(target)
    if code is None or old is None or new is None:
        return Unconvertible("unknown-unit")
    factor, shift = old.factor / new.factor, (old.offset - new.offset) / new.factor
    excess = dict(old.dimension)
    for base, power in new.dimension:
        excess[base] = excess.get(base, 0) - power
    if any(power and base not in _OF_SUBSTANCE for base, power in excess.items()) or sum(excess.values()) != 0:
        return Unconvertible("other-dimension")
    # Equivalents over valence are moles, moles times molar mass are grams.
    return _Plan(code, factor, shift, molar_power=-excess.get("g", 0), valence_power=-excess.get("eq", 0))


def _mapped(interval: Interval, factor: Fraction, shift: Fraction) -> Interval:
    low = _moved(interval.low, factor, shift)
    high = low if interval.high is interval.low else _moved(interval.high, factor, shift)
    return Interval(low, high, interval.low_open, interval.high_open)


def _moved(bound: Fraction | None, factor: Fraction, shift: Fraction) -> Fraction | None:
    if bound is None:
        return None
    return bound * factor + shift if shift else bound * factor
