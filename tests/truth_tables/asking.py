"""Each table asked of the service: a ruleset of its words, and for each row a patient in that state, from FHIR JSON."""

from collections.abc import Callable
from typing import Any

from cds.rules.definition import Entry
from tests.patients import condition, observation
from tests.rules.judge.telling import outcomes, rule, ruleset, verdicts
from tests.rules.judge.test_judge import PARTS, THERE, TYPES

Row = tuple[str, ...]
Asking = Callable[[Row, tuple[str, ...], str], list[str]]
W, N, A = PARTS  # a condition, a procedure, an immunization: each may be there, missing, or not supplied by itself
HIGH = {"value": "k", "is": "above 5 mmol/L"}
ABOUT = {
    "f": {"any": "condition", "in": ["stroke"]},
    "x": {"for-each": "f", "value": "it.severity", "in": ["SEVERE"]},
    "g": {"any": "f", "that": ["x"]},
}
SEVERE = {"holds": "severe", "fails": "mild", "unknown": None}


def patient(states: dict[str, str]) -> tuple[list[Any], list[str]]:
    """The resources and the types that did not come, for leaves in these states."""
    there = [THERE[name] for name, state in states.items() if state == "holds"]
    return there, [TYPES[name] for name, state in states.items() if state == "unknown"]


def entries(definitions: dict[str, Any], asked: list[str], there: list[Any], missing: list[str], engine: str):
    """The verdicts of list entries, each asked as a rule would: by the engine, of a record read from resources."""
    judging = verdicts(ruleset(definitions), *there, unsupplied=missing, engine=engine).judging
    told = []
    for text in asked:
        *prefix, name = text.split()
        told.append(judging.entry(Entry(name, *prefix)).value)  # type: ignore[arg-type]
    return told


def of_two(row: Row, _: tuple[str, ...], engine: str) -> list[str]:
    kinds = {kind: {kind: [W, N]} for kind in ("all-of", "any-of", "none-of")}
    there, missing = patient({W: row[0], N: row[1]})
    return entries({**PARTS, **kinds}, list(kinds), there, missing, engine)


def of_three(row: Row, _: tuple[str, ...], engine: str) -> list[str]:
    counts = {f"least-{n}": {"at-least": str(n), "of": [W, N, A]} for n in (1, 2, 3)}
    there, missing = patient(dict(zip((W, N, A), row[:3], strict=True)))
    return entries({**PARTS, **counts}, list(counts), there, missing, engine)


def of_truths(row: Row, columns: tuple[str, ...], engine: str) -> list[str]:
    there, missing = patient({W: row[0]})
    return entries({**PARTS, "x": {"all-of": [W]}}, list(columns[1:]), there, missing, engine)


def of_finders(row: Row, columns: tuple[str, ...], engine: str) -> list[str]:
    days = {"one is found": "2026-01-01", "one that possibly passes": None}
    there = [condition(snomed="230690007", on=days[row[0]])] if row[0] in days else []
    missing = ["Condition"] if row[0] == "none, and there may be more" else []
    asked = {"x": {"any": "condition", "in": ["stroke"], "within": "10 years"}}
    return entries(asked, list(columns[1:]), there, missing, engine)


def measured(told: str) -> list[Any]:
    """A potassium as it may come."""
    if told in ("absent", "not supplied"):
        return []
    bare = told.removesuffix(" mmol/L").replace("above ", ">").strip("<>=")
    lab = observation(
        6.0 if told == "unreadable" else float(bare),
        "no-such-unit" if told == "unreadable" else "mmol/L",
        loinc="2823-3",
    )
    comparator = told.removesuffix(" mmol/L").replace("above ", ">").removesuffix(bare)
    if comparator and told != "unreadable":
        lab["valueQuantity"]["comparator"] = comparator
    return [lab]


def of_numbers(row: Row, columns: tuple[str, ...], engine: str) -> list[str]:
    definitions = {
        "k": {"latest": "lab", "in": ["potassium"]},
        "high": HIGH,
        "high-f": {**HIGH, "if-absent": "fails"},
        "high-h": {**HIGH, "if-absent": "holds"},
    }
    missing = ["Observation"] if row[0] == "not supplied" else []
    return entries(definitions, list(columns[1:]), measured(row[0]), missing, engine)


def of_limits(row: Row, columns: tuple[str, ...], engine: str) -> list[str]:
    tests = {f"t{n}": {"value": "k", "is": f"{limit} mmol/L"} for n, limit in enumerate(columns[1:])}
    definitions = {"k": {"latest": "lab", "in": ["potassium"]}, **tests}
    return entries(definitions, list(tests), measured(row[0]), [], engine)


def of_rules(row: Row, columns: tuple[str, ...], engine: str) -> list[str]:
    there, missing = patient(dict(zip((W, N, A), row[:3], strict=True)))
    told = []
    for policies in columns[3:]:
        own, shared = policies.split(", ")
        applies = {"unless": [A], "unless-unknown": shared}
        asked = ruleset(PARTS, {"r": rule([W], [N], unless_unknown=own)}, applies=applies)
        told.append(outcomes(asked, *there, unsupplied=missing, engine=engine).get("r", "silent"))
    return told


def of_families(row: Row, _: tuple[str, ...], engine: str) -> list[str]:
    there, missing = patient({W: row[0], N: row[1]})
    asked = ruleset(PARTS, {"upper": rule([W], family="f"), "lower": rule([N], family="f")})
    came = outcomes(asked, *there, unsupplied=missing, engine=engine)
    return [came.get(name, "silent") for name in ("upper", "lower")]


def of_narrowing(row: Row, _: tuple[str, ...], engine: str) -> list[str]:
    if row[1] == "-":
        return entries(ABOUT, ["g"], [], ["Condition"] if row[0].endswith("may be more") else [], engine)
    severity = SEVERE[row[1]]
    more = {"severity": {"coding": [{"system": "http://x.example", "code": severity}]}} if severity else {}
    fact = condition(snomed="230690007", on="2026-01-01" if row[0] == "surely in it" else None, more=more)
    within = {**ABOUT, "f": {**ABOUT["f"], "within": "10 years"}}
    return entries(within, ["g"], [fact], [], engine)


ASKINGS: dict[str, Asking] = {
    "Lists of two": of_two,
    "So many of three": of_three,
    "Prefix words before a truth": of_truths,
    "Prefix words before a finder": of_finders,
    "A number and its test": of_numbers,
    "Values and limits": of_limits,
    "What becomes of a rule": of_rules,
    "Two tiers of one family": of_families,
    "Narrowing by what holds of each": of_narrowing,
}
