"""The newest version of a ruleset or a library: tests that mean it ask here, so that publishing breaks none of them."""

from functools import cache
from pathlib import Path

RULESETS = Path(__file__).parents[2] / "rulesets"


@cache
def newest(name: str) -> str:
    """``warfarin-nsaid`` -> ``warfarin-nsaid@2.0.0``."""
    numbers = [folder.name for folder in (RULESETS / name).glob("[0-9]*") if folder.is_dir()]
    return f"{name}@{max(numbers, key=lambda number: [int(part) for part in number.split('.')])}"


def number(name: str) -> str:
    """``warfarin-nsaid`` -> ``2.0.0``."""
    return newest(name).partition("@")[2]
