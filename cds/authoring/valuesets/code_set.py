"""A set of codes from outside, as it was read: codes with places, and where it comes from."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cds.documents.problem import Location
from cds.terminology.coding import Coding

#: Words by which tables and value sets say that a code is no longer to be used.
RETIRED = frozenset({"retired", "inactive", "deprecated", "obsolete", "remapped", "quantified", "discouraged"})


@dataclass(frozen=True, slots=True)
class Code:
    """One code. columns: what else its source says of it, ``status`` among them where it is not active."""

    coding: Coding
    display: str
    location: Location
    columns: Mapping[str, str]

    @property
    def is_retired(self) -> bool:
        """Whether its source says so."""
        return self.columns.get("status", "").strip().lower() in RETIRED


@dataclass(frozen=True, slots=True)
class CodeSet:
    """Codes in the order of their source. how: ``expansion``, ``compose``, ``csv`` or ``ruleset``.

    url, version, date: of the published value set, as far as it tells; ``date`` of an expansion is when it was made.
    """

    file: str
    how: str
    codes: Mapping[Coding, Code]
    name: str = ""
    title: str = ""
    url: str = ""
    version: str = ""
    date: str = ""

    @property
    def origin(self) -> str:
        """``url|version``, as far as it is known; else the name of the file."""
        return "|".join(filter(None, (self.url, self.version))) or Path(self.file).name
