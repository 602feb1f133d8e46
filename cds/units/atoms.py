"""The units this service knows: UCUM atoms with exact factors, and the other spellings we accept.

Data for :mod:`cds.units.ucum`. What is not listed here is not a unit: the prefixes are listed per atom, because
free prefixes read the careless ``Mg`` as a megagram and ``ML`` as a megalitre.
Source of the factors: The Unified Code for Units of Measure, version 2.1; checked in tests against pint.
"""

from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType

#: Powers of base dimensions, without zeros, sorted: ``(("g", 1), ("m", -3))`` is a mass concentration.
#: ``eq``, ``osm``, ``[IU]`` and the like are dimensions of their own: what they are in moles or grams depends on
#: the substance, so only a caller that knows it may convert.
Dimension = tuple[tuple[str, int], ...]

_PREFIXES = {
    "": Fraction(1),
    "k": Fraction(1000),
    "d": Fraction(1, 10),
    "c": Fraction(1, 100),
    "m": Fraction(1, 10**3),
    "u": Fraction(1, 10**6),
    "n": Fraction(1, 10**9),
    "p": Fraction(1, 10**12),
    "f": Fraction(1, 10**15),
}

_MINUTE = 60
_DAY = 86_400
_YEAR = Fraction(36525, 100) * _DAY  # the Julian year of UCUM; never used for age, see cds.facts.dates
_PRESSURE = {"g": 1, "m": -1, "s": -2}

#: atom: (the prefixes it takes, besides none), factor to base units, dimension
_ATOMS: tuple[tuple[str, str, Fraction | int, dict[str, int]], ...] = (
    ("g", "kdcmunpf", 1, {"g": 1}),
    ("mol", "munpf", 1, {"mol": 1}),
    ("L", "dcmunpf", Fraction(1, 1000), {"m": 3}),
    ("l", "dcmunpf", Fraction(1, 1000), {"m": 3}),
    ("m", "kdcmun", 1, {"m": 1}),
    ("s", "mun", 1, {"s": 1}),
    ("min", "", _MINUTE, {"s": 1}),
    ("h", "", 3600, {"s": 1}),
    ("d", "", _DAY, {"s": 1}),
    ("wk", "", 7 * _DAY, {"s": 1}),
    ("mo", "", _YEAR / 12, {"s": 1}),
    ("a", "", _YEAR, {"s": 1}),
    ("Pa", "k", 1000, _PRESSURE),
    ("m[Hg]", "mc", 133_322_000, _PRESSURE),
    ("m[H2O]", "mc", 9_806_650, _PRESSURE),
    ("K", "", 1, {"K": 1}),
    ("kat", "mun", 1, {"mol": 1, "s": -1}),
    ("U", "kmu", Fraction(1, 60 * 10**6), {"mol": 1, "s": -1}),
    ("[IU]", "kmu", 1, {"[IU]": 1}),
    ("[iU]", "kmu", 1, {"[IU]": 1}),
    ("[USP'U]", "", 1, {"[USP'U]": 1}),
    ("[arb'U]", "", 1, {"[arb'U]": 1}),
    ("[CFU]", "", 1, {"[CFU]": 1}),
    ("[pH]", "", 1, {"[pH]": 1}),
    ("eq", "mun", 1, {"eq": 1}),
    ("osm", "m", 1, {"osm": 1}),
    ("%", "", Fraction(1, 100), {}),
    ("[ppth]", "", Fraction(1, 1000), {}),
    ("[ppm]", "", Fraction(1, 10**6), {}),
    ("cal", "k", Fraction(4184), {"g": 1, "m": 2, "s": -2}),
    ("J", "k", 1000, {"g": 1, "m": 2, "s": -2}),
    ("V", "mu", 1, {"V": 1}),
    ("Hz", "", 1, {"s": -1}),
    ("[in_i]", "", Fraction(254, 10_000), {"m": 1}),
    ("[ft_i]", "", Fraction(3048, 10_000), {"m": 1}),
    ("[lb_av]", "", Fraction(45_359_237, 100_000), {"g": 1}),
    ("[oz_av]", "", Fraction(45_359_237, 1_600_000), {"g": 1}),
    ("[tsp_us]", "", Fraction(492_892_159_375, 10**17), {"m": 3}),
    ("[tbs_us]", "", Fraction(3 * 492_892_159_375, 10**17), {"m": 3}),
    ("[foz_us]", "", Fraction(6 * 492_892_159_375, 10**17), {"m": 3}),
)


def _prefixed() -> dict[str, tuple[Fraction, Dimension]]:
    return {
        prefix + atom: (_PREFIXES[prefix] * factor, tuple(sorted(dimension.items())))
        for atom, prefixes, factor, dimension in _ATOMS
        for prefix in ("", *prefixes)
    }


#: Every unit atom with its prefixes: factor to base units (g, mol, m, s, K, ...) and dimension.
ATOMS: Mapping[str, tuple[Fraction, Dimension]] = MappingProxyType(_prefixed())

#: Units with a zero point of their own: kelvin = value * factor + offset. They stand alone, never in a product.
OFFSET_UNITS: Mapping[str, tuple[Fraction, Fraction]] = MappingProxyType(
    {"Cel": (Fraction(1), Fraction(27315, 100)), "[degF]": (Fraction(5, 9), Fraction(45967, 100) * Fraction(5, 9))}
)

#: Annotations that only say what is counted or weighed; any other is part of the unit's identity
#: (written here in lower case; ``mL/min`` is not ``mL/min/{1.73_m2}``; D-dimer ``ng/mL{FEU}`` is not ``ng/mL{DDU}``).
DESCRIPTIVE_ANNOTATIONS = frozenset(
    {
        *("{beats}", "{beat}", "{breaths}", "{breath}", "{resp}"),
        *("{count}", "{cells}", "{rbc}", "{wbc}", "{#}"),
        *("{score}", "{points}", "{inr}", "{ratio}"),
        *("{creat}", "{creatinine}", "{hb}", "{hgb}", "{hemoglobina1c}", "{total}"),
    }
)

#: Other spellings of single atoms.
ATOM_ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "mcg": "ug",
        "IU": "[IU]",
        "mIU": "m[IU]",
        "uIU": "u[IU]",
        "mU": "mU",
        "mEq": "meq",
        "Eq": "eq",
        "mOsm": "mosm",
        "hr": "h",
        "hrs": "h",
        "hour": "h",
        "hours": "h",
        "minute": "min",
        "minutes": "min",
        "mins": "min",
        "sec": "s",
        "second": "s",
        "seconds": "s",
        "msec": "ms",
        "day": "d",
        "days": "d",
        "week": "wk",
        "weeks": "wk",
        "month": "mo",
        "months": "mo",
        "year": "a",
        "years": "a",
        "yr": "a",
        "yrs": "a",
        "mmHg": "mm[Hg]",
        "lb": "[lb_av]",
        "lbs": "[lb_av]",
        "oz": "[oz_av]",
        "in": "[in_i]",
        "inch": "[in_i]",
        "inches": "[in_i]",
        "ft": "[ft_i]",
        "degC": "Cel",
        "°C": "Cel",
        "degF": "[degF]",
        "°F": "[degF]",
        "gram": "g",
        "grams": "g",
        "milligram": "mg",
        "milligrams": "mg",
        "microgram": "ug",
        "micrograms": "ug",
        "milliliter": "mL",
        "milliliters": "mL",
        "millilitre": "mL",
        "millilitres": "mL",
        "liter": "L",
        "litre": "L",
    }
)

_PER_173 = "mL/min/{1.73_m2}"
_PACKS_A_DAY = "{pack}/d"
#: Other spellings of whole units; looked up without spaces and in lower case.
UNIT_ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "ml/min/1.73m2": _PER_173,
        "ml/min/1.73m^2": _PER_173,
        "ml/min/1.73m²": _PER_173,
        "ml/min/1.73sqm": _PER_173,
        "ml/min/1.73sq.m": _PER_173,
        "ml/min/1.73_m2": _PER_173,
        "ml/min/1.73.m2": _PER_173,
        "ml/min/1.73*m2": _PER_173,
        "ml/min/(1.73m2)": _PER_173,
        "ml/min/(1.73.m2)": _PER_173,
        "ml/min/(1.73_m2)": _PER_173,
        "ml/min/{1.73m2}": _PER_173,
        "ml/min/{1.73_m2}": _PER_173,
        "ml/min/{1.73_m^2}": _PER_173,
        "ml/min{1.73_m2}": _PER_173,
        "ml/min/(173.10*-2.m2)": _PER_173,
        "ml/min/173.10*-2.m2": _PER_173,
        "ml/minper1.73m2": _PER_173,
        "ml/min/1.73": _PER_173,
        "mmhg": "mm[Hg]",
        "cmh2o": "cm[H2O]",
        "mm(hg)": "mm[Hg]",
        "mg/dl": "mg/dL",
        "g/dl": "g/dL",
        "mmol/l": "mmol/L",
        "umol/l": "umol/L",
        "meq/l": "meq/L",
        "mg/24h": "mg/d",
        "mg/24hr": "mg/d",
        "mg/24.h": "mg/d",
        "bpm": "/min",
        "beats/min": "/min",
        "beats/minute": "/min",
        "breaths/min": "/min",
        "breaths/minute": "/min",
        "br/min": "/min",
        "kg/m^2": "kg/m2",
        "kg/m²": "kg/m2",
        "k/ul": "10*3/uL",
        "thou/ul": "10*3/uL",
        "10e3/ul": "10*3/uL",
        "x10e3/ul": "10*3/uL",
        "x10*3/ul": "10*3/uL",
        "x10^3/ul": "10*3/uL",
        "10e9/l": "10*9/L",
        "x10e9/l": "10*9/L",
        "x10^9/l": "10*9/L",
        "x10*9/l": "10*9/L",
        "percent": "%",
        # Of LOINC 8663-7, in words or as an annotation of UCUM. Cigarettes a day are another unit, and convert to none.
        **{
            f"{pack}{a}{day}": _PACKS_A_DAY
            for pack in ("pack", "packs", "{pack}", "{packs}")
            for a, day in (("/", "d"), ("/", "day"), ("per", "day"))
        },
    }
)
