"""Records into rows: all of a batch in one transaction, and the same record twice changes nothing.

Which record is which is told by (stream, seq) alone, so a shipper that died between its commit and its next step, or
two shippers at once, do no harm.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DataError, IntegrityError

from cds.records.database import reached
from cds.records.frames import Frame, Kind
from cds.records.tables import (
    ANSWER,
    CARD,
    DECISION,
    FEEDBACK,
    FEEDBACK_CALL,
    REFUSAL,
    SHADOW,
    SHADOW_CHANGE,
)

#: In the order of their references to each other.
_TABLES = (DECISION, ANSWER, CARD, FEEDBACK_CALL, FEEDBACK, REFUSAL, SHADOW, SHADOW_CHANGE)
_INSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
Row = dict[str, Any]


def write(engine: Engine, frames: Sequence[Frame]) -> list[Frame]:
    """Commit the records; those that the database will never take come back, and the others are committed.

    Raises :class:`cds.records.database.DatabaseAway` when nothing can be said about any of them.
    """
    try:
        _commit(engine, frames)
    except _NeverTaken:
        return [frame for frame in frames if not _is_taken(engine, frame)]
    return []


class _NeverTaken(Exception):
    """A record of the batch that no repetition will get into the database."""


def _is_taken(engine: Engine, frame: Frame) -> bool:
    try:
        _commit(engine, (frame,))
    except _NeverTaken:
        return False
    return True


def _commit(engine: Engine, frames: Iterable[Frame]) -> None:
    rows: dict[Table, list[Row]] = {table: [] for table in _TABLES}
    try:
        for frame in frames:
            _ROWS[frame.kind](frame, rows)
    except (ValueError, KeyError, TypeError):  # the clear part is not what this version writes
        raise _NeverTaken from None
    with reached(engine) as connection:
        try:
            for table, found in rows.items():
                if found:
                    _insert(connection, table, found)
        except (IntegrityError, DataError):
            raise _NeverTaken from None


def _insert(connection: Connection, table: Table, rows: list[Row]) -> None:
    connection.execute(_INSERT[connection.dialect.name](table).on_conflict_do_nothing(), rows)


def _answer_rows(frame: Frame, rows: dict[Table, list[Row]]) -> None:
    told = orjson.loads(frame.clear)
    name = {"stream": frame.stream, "seq": frame.seq}
    rows[DECISION].append(
        {
            "id": told["decision"],
            **{key: told[key] for key in ("client", "service", "hook", "hook_instance")},
            "first_stream": frame.stream,
            "first_seq": frame.seq,
        }
    )
    rows[ANSWER].append(
        {
            **name,
            **{key: told[key] for key in ("decision", "zone", "build", "pinned", "cached", "rulesets", "left_open")},
            "at": datetime.fromisoformat(told["at"]),
            "recorded_at": datetime.fromisoformat(told["recorded_at"]),
            "sealed": frame.sealed,
        }
    )
    for position, card in enumerate(told["cards"]):
        named = dict(zip(("uuid", "ruleset", "rule", "indicator"), card, strict=True))
        rows[CARD].append({**name, "position": position, **named})


def _feedback_rows(frame: Frame, rows: dict[Table, list[Row]]) -> None:
    told = orjson.loads(frame.clear)
    name = {"stream": frame.stream, "seq": frame.seq}
    caller = {"client": told["client"], "service": told["service"]}
    recorded_at = datetime.fromisoformat(told["recorded_at"])
    rows[FEEDBACK_CALL].append({**name, **caller, "recorded_at": recorded_at, "sealed": frame.sealed})
    for position, item in enumerate(told["feedback"]):
        rows[FEEDBACK].append(
            {
                **name,
                "position": position,
                **caller,
                **{key: item[key] for key in ("card", "outcome", "accepted", "reason_code", "reason_system")},
                "outcome_at": datetime.fromisoformat(item["outcome_at"]),
            }
        )


def _refusal_rows(frame: Frame, rows: dict[Table, list[Row]]) -> None:
    for position, told in enumerate(orjson.loads(frame.clear)["refusals"]):
        name = {"stream": frame.stream, "seq": frame.seq, "position": position}
        columns = ("call", "service", "client", "status", "fault", "hook_instance", "calls")
        rows[REFUSAL].append({**name, "at": datetime.fromisoformat(told["at"]), **{key: told[key] for key in columns}})


def _shadow_rows(frame: Frame, rows: dict[Table, list[Row]]) -> None:
    told = orjson.loads(frame.clear)
    name = {"stream": frame.stream, "seq": frame.seq}
    recorded_at = datetime.fromisoformat(told["recorded_at"])
    columns = {key: told[key] for key in _OF_SHADOW}
    rows[SHADOW].append({**name, **columns, "recorded_at": recorded_at, "sealed": frame.sealed})
    for position, (rule, change) in enumerate(told["changes"]):
        rows[SHADOW_CHANGE].append({**name, "position": position, "rule": rule, "change": change})


_OF_SHADOW = (
    "decision", "service", "ruleset", "version", "pinned_address", "against", "moment_pinned", "fault", "milliseconds",
)  # fmt: skip
_ROWS: dict[Kind, Callable[[Frame, dict[Table, list[Row]]], None]] = {
    Kind.ANSWER: _answer_rows,
    Kind.FEEDBACK: _feedback_rows,
    Kind.REFUSALS: _refusal_rows,
    Kind.SHADOW: _shadow_rows,
}
