"""Codes of value sets against tables: those that no table knows, those that one calls retired or names otherwise.

The drug products that this program ships are a table of RxNorm (``cds/terminology/products.csv``): not all of it, so
that a code that is not in it may be right all the same. What else is checked against is named by who checks.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cds.authoring.valuesets.code_set import CodeSet
from cds.authoring.valuesets.code_system import read_code_system
from cds.authoring.valuesets.inside import Held
from cds.authoring.valuesets.outside import read_code_set
from cds.documents.files import read_file
from cds.documents.problem import Problem
from cds.terminology.coding import Coding
from cds.terminology.products import all_products


@dataclass(frozen=True, slots=True)
class Known:
    """What a table says of a code."""

    display: str
    is_retired: bool
    table: str


@dataclass(frozen=True, slots=True)
class Tables:
    """All tables together. systems: those of which there is one at all. complete: those of which one has every code."""

    codes: Mapping[Coding, Known]
    systems: frozenset[str]
    complete: frozenset[str]


def read_tables(paths: Iterable[Path]) -> tuple[Tables, list[Problem]]:
    """The products, and the files named: CSV, FHIR ValueSet or CodeSystem; of a folder, those in it.

    Where two tables know a code, the one that calls it retired is believed, then the first.
    """
    codes = dict(_products())
    complete: set[str] = set()
    problems: list[Problem] = []
    for path in (file for each in paths for file in _files(each)):
        found, whole, wrong = _table(path)
        problems += wrong
        complete |= whole
        for coding, known in found.items():
            if coding not in codes or (known.is_retired and not codes[coding].is_retired):
                codes[coding] = known
    systems = frozenset(coding.system for coding in codes)
    return Tables(codes, systems | complete, frozenset(complete)), problems


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return sorted(file for file in path.iterdir() if file.suffix in (".csv", ".json"))


def _table(path: Path) -> tuple[dict[Coding, Known], set[str], list[Problem]]:
    content, problems = read_file(path)
    if content is not None and (system := read_code_system(content, str(path))) is not None:
        told, problems = system.code_set, list(system.problems)
        whole = {system.url} if system.is_complete and told is not None else set()
        return _known(told, path), whole, problems
    told, problems = read_code_set(path)
    return _known(told, path), set(), problems


def _known(told: CodeSet | None, path: Path) -> dict[Coding, Known]:
    return {c.coding: Known(c.display, c.is_retired, path.name) for c in told.codes.values()} if told else {}


def _products() -> Iterator[tuple[Coding, Known]]:
    for product in all_products():
        yield product.coding, Known(product.name, is_retired=False, table="products.csv")
        for part in product.components:
            if part.ingredient is not None:
                yield part.ingredient, Known("", is_retired=False, table="products.csv")


def check_codes(held: Held, tables: Tables) -> Iterator[Problem]:
    """CDS307: a code that no table knows. CDS306: one that a table calls retired. CDS308: one with another name."""
    for coding, place in held.value_set.places.items():
        if coding.system not in tables.systems:
            continue
        known = tables.codes.get(coding)
        row = held.value_set.rows.get(coding, {})
        if known is None:
            whole = coding.system in tables.complete
            what = f'"{coding.code}" ({row.get("display") or "no display"}) is in no table of {coding.system}'
            hint = "the table has every code: look it up again" if whole else "the tables are not whole; look it up"
            yield Problem("CDS307", place, what, hint, "error" if whole else "advice")
        elif known.is_retired:
            what = f'"{coding.code}" ({row.get("display") or known.display}) is retired, says {known.table}'
            hint = "old records may still carry it: keep it if that is meant, beside what replaced it"
            yield Problem("CDS306", place, what, hint, "warning")
        elif _another(row.get("display", ""), known.display):
            what = f'"{coding.code}" is called "{row["display"]}" here, and "{known.display}" in {known.table}'
            yield Problem("CDS308", place, what, "the same thing by another name, or another thing?", "advice")


def _another(display: str, known: str) -> bool:
    """Whether two names differ in more than capitals and blanks; where one is missing they do not."""
    return bool(display and known) and " ".join(display.split()).casefold() != " ".join(known.split()).casefold()


def counts(held: Iterable[Held], tables: Tables) -> dict[str, tuple[int, int]]:
    """By system, how many codes there are, and how many of these a table knows."""
    every = {coding for each in held for coding in each.value_set.places}
    told = Counter(coding.system for coding in every)
    known = Counter(coding.system for coding in every if coding in tables.codes)
    return {system: (count, known[system]) for system, count in told.most_common()}
