"""Author mistakes as values: a code, a place, a message, a hint. All collected, sorted by place."""

from dataclasses import dataclass
from typing import Literal

from cds.frozen import value


@value(order=True)
class Location:
    """A place in a file; lines and columns count from 1."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something an author should mend.

    ``code`` is stable (``CDS201``): 1xx shape, 2xx names, 3xx metadata, 4xx meaning, 5xx cards, 6xx cases.
    """

    code: str
    location: Location
    message: str
    hint: str = ""
    severity: Literal["error", "warning", "advice"] = "error"

    def __str__(self) -> str:
        hint = f"\n    {self.hint}" if self.hint else ""
        weight = "" if self.severity == "error" else f"{self.severity}: "
        return f"{self.location}: {self.code} {weight}{self.message}{hint}"


def in_order(problems: list[Problem]) -> list[Problem]:
    """Problems by file, line and column, each once."""
    return sorted(dict.fromkeys(problems), key=lambda p: (p.location, p.code, p.message))
