"""Schedules as an author tables them, read by the reader of rulesets."""

import json
from typing import Any

from cds.documents.yaml_tree import read_yaml
from cds.rules.ruleset import Period, YearDay
from cds.rules.source.reader import Reader
from cds.rules.source.schedules import read_schedules
from cds.schedules.schedule import Schedule

SEASON = Period("season", "year-from", None, begins=YearDay(7, 1))  # type: ignore[arg-type]


def read(table: dict[str, Any]) -> tuple[Schedule | None, list[str]]:
    """A schedule, and the codes of what is wrong with it."""
    tree, _ = read_yaml(json.dumps({"s": {"says": "Synthetic", **table}}).encode(), "schedules.yaml")
    reader = Reader("schedules.yaml")
    found = read_schedules(reader, tree, {"season": SEASON})
    return found.get("s"), [problem.code for problem in reader.problems]


def schedule(*doses: Any, **table: Any) -> Schedule:
    """A schedule without a problem; keys with hyphens are told with underscores."""
    head = {key.replace("_", "-"): value for key, value in table.items()}
    found, problems = read({"doses": list(doses), **head})
    assert found is not None, problems
    assert problems == []
    return found
