"""A row of the log of activations."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

#: ``stopped`` and ``resumed`` are of a rule, the others of a version.
Stage = Literal["shadow", "canary", "active", "retired", "stopped", "resumed"]
Act = Literal["seed", "activate", "shadow", "canary", "retire", "rollback", "stop", "resume"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One row: in one service, or in all (""), a version of a ruleset came to a stage, or a rule was stopped.

    share: of patients that a canary is for, in ten-thousandths. site: the site's own values, ``{"parameters": {name:
    text}}``. undoes: the number of the act that a rollback took back. number: of the act; 0 until it is appended.
    """

    act: Act
    service: str
    ruleset: str
    stage: Stage
    who: str
    why: str
    at: datetime
    version: str = ""
    digest: str = ""
    rule: str = ""
    share: int = 0
    site: Mapping[str, Any] = field(default_factory=dict)
    undoes: int | None = None
    number: int = 0
