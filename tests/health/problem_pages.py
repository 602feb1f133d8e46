"""The pages of docs/problems, and their examples put to the real readers.

A page shows its mistake in a fenced block ```` ```yaml bad ```` and the mended form in ```` ```yaml good ````. A third
word says what the block is: nothing for a fragment of a ruleset (laid over :data:`RULESET`), ``whole`` for a complete
ruleset, ``lint`` for a fragment that only ``cds lint`` has something to say about, ``cases`` for a fragment of a case
file (laid over :data:`CASES`), ``services`` for a services.yaml, ``clients`` for a clients.yaml (with a
``jwks.json`` beside it). A block of ``csv`` is the table of a value set.
"""

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from cds.access.clients_file import load_registry
from cds.access.token_lab import LabKey
from cds.authoring.card_check import check_cards
from cds.authoring.cases import expand
from cds.authoring.rights_check import check_filled_in, check_rights
from cds.documents.problem import Problem
from cds.documents.yaml_tree import read_yaml
from cds.rules.analysis.analyse import analyse
from cds.rules.catalog.load import Catalog, load_override_reasons
from cds.rules.catalog.shelf import Shelf
from cds.rules.ruleset import Ruleset
from cds.rules.source.read import read_library, read_ruleset
from cds.services.catalogue import load_services

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "docs" / "problems").glob("CDS*.md"))
REASONS = load_override_reasons(ROOT / "rulesets" / "override-reasons.yaml")[0]
#: Codes that say that nothing uses a name.
#: The day on which the examples are looked at.
DAY = date(2026, 3, 1)
UNUSED = frozenset({"CDS450", "CDS451"})
TABLE = b"system,code,display\nrxnorm,11289,warfarin\n"

RULESET = """\
format: 1
ruleset: example
version: 1.0.0
status: draft
hooks: [order-sign, patient-view]
title: Warfarin orders
publisher: Example Health
approval-date: 2026-01-15
last-review-date: 2026-01-15
effective:
  from: 2026-02-01
parameters:
  potassium-limit:
    says: The potassium above which a card is shown
    default: 5.5 mmol/L
evidence:
  label:
    title: Warfarin label
    link: https://example.org/label
    grade:
      scheme: regulatory
      strength: label
value-sets:
  warfarin:
    rxnorm:
      11289: warfarin
  potassium:
    loinc:
      2823-3: potassium
  creatinine:
    loinc:
      2160-0: creatinine
    molar-mass: 113.12 g/mol
    molar-mass-source: textbook
  body-weight:
    loinc:
      29463-7: body weight
definitions:
  warfarin-ordered:
    says: Warfarin is being ordered
    any: order
    in: warfarin
  on-warfarin:
    says: Warfarin is in use
    any: medication
    in: warfarin
  latest-potassium:
    says: Most recent potassium
    latest: lab
    in: potassium
  highest-potassium:
    says: Highest potassium
    highest: lab
    in: potassium
  latest-creatinine:
    says: Most recent creatinine
    latest: lab
    in: creatinine
rules:
  tell:
    when: [warfarin-ordered]
    when-unknown: stay-silent
    then:
      card:
        indicator: info
        summary: Warfarin is being ordered
        evidence: [label]
"""
CASES = """\
ruleset: example
at: 2026-03-01
hook: order-sign
patient: {born: 70 years ago, sex: female}
cases:
  - name: nothing is ordered
    fires: []
"""
#: Reads the table that a ``csv`` block is.
WITH_TABLE = """\
value-sets:
  tabled:
    file: example.csv
"""

_BLOCK = re.compile(r"^```(?P<info>(?:yaml|csv) (?:bad|good)[a-z ]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_BESIDE = re.compile(r"^Comes with: (?P<codes>CDS\d{3}(?:, CDS\d{3})*)$", re.MULTILINE)
_BY_HAND = re.compile(r"^Tested by hand: `(?P<test>test_\w+)`", re.MULTILINE)
_KEY = re.compile(r"(?P<indent> *)(?P<key>[^\s#:-][^:]*):")


@dataclass(frozen=True, slots=True)
class Example:
    """One fenced block. kind: ``""``, ``whole``, ``cases``, ``services``, ``clients`` or ``csv``."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its code, its examples, the codes that come with it, and its hand-written test if it has one."""

    code: str
    bad: tuple[Example, ...]
    good: tuple[Example, ...]
    beside: frozenset[str]
    by_hand: str


def read_page(path: Path) -> Page:
    """The page at ``path``."""
    text = path.read_text(encoding="utf-8")
    found: dict[str, list[Example]] = {"bad": [], "good": []}
    for block in _BLOCK.finditer(text):
        language, verdict, *kind = block["info"].split()
        found[verdict].append(Example("csv" if language == "csv" else "".join(kind), block["text"]))
    beside, by_hand = _BESIDE.search(text), _BY_HAND.search(text)
    return Page(
        path.stem,
        tuple(found["bad"]),
        tuple(found["good"]),
        frozenset(beside["codes"].split(", ")) if beside else frozenset(),
        by_hand["test"] if by_hand else "",
    )


def problems_of(example: Example, folder: Path) -> list[Problem]:
    """What the reader of its kind says about an example; ``folder`` is an empty one to work in."""
    if example.kind == "cases":
        tree, problems = read_yaml(laid_over(CASES, example.text).encode(), "cases/example.yaml")
        return problems if tree is None else expand(tree)[1]
    if example.kind == "lint":
        return _lint_problems(example.text)
    if example.kind == "services":
        return _services_problems(example.text, folder)
    if example.kind == "clients":
        return _clients_problems(example.text, folder)
    if example.kind == "csv":
        return ruleset_problems(laid_over(RULESET, WITH_TABLE), example.text.encode())
    if example.kind == "whole":
        return ruleset_problems(example.text, whole=True)
    return ruleset_problems(laid_over(RULESET, example.text))


def ruleset_problems(text: str, table: bytes = TABLE, *, whole: bool = False) -> list[Problem]:
    """What the real reader, the analysis and the check of cards say; ``example.csv`` is the only table beside it.

    A fragment is not blamed for being one: what the rules laid over the skeleton leave unused is no problem.
    """
    tables, find = {"example.csv": table}.get, Shelf(ROOT / "rulesets").find
    ruleset, problems = read_ruleset(text.encode(), "ruleset.yaml", tables, REASONS, find_library=find)
    found = [*problems, *(_remarks(ruleset) if ruleset is not None else [])]
    return found if whole else [problem for problem in found if problem.code not in UNUSED]


def _remarks(ruleset: Ruleset) -> list[Problem]:
    return [*analyse(ruleset), *check_cards(ruleset, REASONS)]


def _lint_problems(text: str) -> list[Problem]:
    """With what only ``cds lint`` looks at, on a fixed day; a block that begins with a row of codes is a table."""
    fragment, table = (WITH_TABLE, text.encode()) if text.startswith("system,") else (text, TABLE)
    whole = laid_over(RULESET, fragment)
    ruleset, _ = read_ruleset(whole.encode(), "ruleset.yaml", {"example.csv": table}.get, REASONS)
    assert ruleset is not None
    return [*ruleset_problems(whole, table), *check_rights(ruleset, DAY), *check_filled_in(whole.encode(), "x.yaml")]


def library_problems(text: str, table: bytes = TABLE) -> list[Problem]:
    """The same of a library."""
    tables, find = {"example.csv": table}.get, Shelf(ROOT / "rulesets").find
    library, problems = read_library(text.encode(), "library.yaml", tables, find_library=find)
    return [*problems, *(analyse(library.declared) if library is not None else [])]


def _services_problems(text: str, folder: Path) -> list[Problem]:
    ruleset, problems = read_ruleset(RULESET.encode(), "ruleset.yaml", {}.get, REASONS)
    assert ruleset is not None, problems
    file = folder / "services.yaml"
    file.write_text(text, encoding="utf-8")
    return load_services(file, Catalog({"example": (ruleset,)}, REASONS))[1]


def _clients_problems(text: str, folder: Path) -> list[Problem]:
    (folder / "jwks.json").write_bytes(LabKey.generate().key_set)
    (folder / "clients.yaml").write_text(text, encoding="utf-8")
    return load_registry(folder / "clients.yaml")[1]


def laid_over(skeleton: str, fragment: str) -> str:
    """The skeleton with a fragment's keys in place of its own; tables of the top level are merged name by name."""
    whole = _sections(skeleton, 0)
    for key, section in _sections(fragment, 0).items():
        below = whole.get(key, "")
        both_tables = all(part.split("\n", 1)[0].rstrip() == f"{key}:" for part in (below, section))
        whole[key] = _merged(key, below, section) if both_tables else section
    return "".join(whole.values())


def _merged(key: str, below: str, above: str) -> str:
    if _sections(above, 2).keys() == {""}:  # a list, not a table: it replaces what was there
        return above
    lower, upper = (_sections(part.split("\n", 1)[1], 2) for part in (below, above))
    return f"{key}:\n" + "".join({**lower, **upper}.values())


def _sections(text: str, indent: int) -> dict[str, str]:
    """The text cut at the keys of one indentation; what stands before the first is under ``""``."""
    sections: dict[str, str] = {}
    current = ""
    for line in text.splitlines(keepends=True):
        match = _KEY.match(line)
        if match and len(match["indent"]) == indent:
            current = match["key"]
        sections[current] = sections.get(current, "") + line
    return sections
