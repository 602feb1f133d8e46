"""The phrases of ``change``: ``rise of at least 0.3 mg/dL``, ``rise to at least 1.5 times``, ``fall of above 20 %``."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from cds.documents.yaml_tree import Text
from cds.rules.definition import Limit
from cds.rules.ruleset import Parameter
from cds.rules.source.phrases import read_limit
from cds.rules.source.reader import Reader

_PHRASE = re.compile(
    r"(?P<way>rise|fall) (?P<how>of|to) (?P<test>(?:at least|at most|above|below) .+?)(?P<times> times)?\Z"
)
_HINT = "rise of at least 0.3 mg/dL, rise to at least 1.5 times, fall of at least 20 %"


@dataclass(frozen=True, slots=True)
class Changed:
    """Which way, by what measure, and how far."""

    way: Literal["rise", "fall"]
    by: Literal["difference", "multiple", "percent"]
    limit: Limit


def read_change(reader: Reader, node: Text, parameters: Mapping[str, Parameter]) -> Changed | None:
    """The test of a change; a problem and None if it is none."""
    text = " ".join(node.text.split())
    match = _PHRASE.match(text)
    if match is None or (match["how"] == "to") != bool(match["times"]):
        reader.problem("CDS401", node.location, f'"{text}" is not a test of a change', _HINT)
        return None
    limit = read_limit(reader, Text(match["test"], node.location), parameters)
    if limit is None:
        return None
    by = "multiple" if match["times"] else "percent" if limit.unit == "%" else "difference"
    if by == "multiple" and limit.unit != "1":
        reader.problem("CDS402", node.location, f'"{text}" counts how many times, and a number of times has no unit')
        return None
    return Changed(match["way"], by, Limit(limit.interval, limit.unit, text))  # type: ignore[arg-type]
