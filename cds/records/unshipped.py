"""Cards of answers that wait in this machine's spool: feedback may come before its answer is in the database."""

import contextlib
from collections.abc import Collection
from pathlib import Path

import orjson

from cds.records.frames import Damaged, Kind
from cds.records.segments import Segment, segments

#: Bytes looked through, newest first: all there is while the shipper keeps up.
_LOOKED_THROUGH = 64 * 1024 * 1024


def waiting_cards(folder: Path, client: str, service: str, uuids: Collection[str]) -> set[str]:
    """Those of these cards that an unshipped answer of this service to this client shows."""
    wanted, found = set(uuids), set[str]()
    left = _LOOKED_THROUGH
    for path in _newest_first(folder):
        try:
            left -= path.stat().st_size
            if left < 0 or found == wanted:
                break
            found |= _shown(Segment(path), client, service) & wanted
        except (FileNotFoundError, Damaged):
            continue  # shipped meanwhile, or the shipper's to deal with
    return found


def _newest_first(folder: Path) -> list[Path]:
    changed: list[tuple[int, Path]] = []
    for path in segments(folder):
        with contextlib.suppress(FileNotFoundError):
            changed.append((path.stat().st_mtime_ns, path))
    return [path for _, path in sorted(changed, reverse=True)]


def _shown(segment: Segment, client: str, service: str) -> set[str]:
    shown: set[str] = set()
    for frame, _ in segment.unread():
        if frame.kind is Kind.ANSWER:
            told = orjson.loads(frame.clear)
            if (told["client"], told["service"]) == (client, service):
                shown |= {card[0] for card in told["cards"]}
    return shown
