"""Logs of activations told in one line a row."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from cds.documents.problem import Location
from cds.records.entry import Entry
from cds.services.catalogue import Service
from cds.services.ranges import read_range

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
BASE = Entry("activate", "", "example", "active", "ann", "because", NOON)


def service(name: str = "s", hook: str = "order-sign", **ranges: str) -> Service:
    bound = {ruleset: read_range(text) for ruleset, text in (ranges or {"example": "*"}).items()}
    return Service(name, hook, "T", "D", {r: found for r, found in bound.items() if found}, Location("services.yaml"))


def row(number: int, version: str = "", stage: str = "active", **said: Any) -> Entry:
    told = {"digest": f"d{version}" if version else "", **said}
    return replace(BASE, number=number, version=version, stage=stage, **told)


def log_of(*acts: Sequence[Entry]) -> list[Entry]:
    """Acts in order, each with the next number."""
    return [replace(entry, number=number) for number, rows in enumerate(acts, 1) for entry in rows]
