"""Files to cases: the first stage of a replay. Plain or gzipped NDJSON, JSON, single files or whole folders.

A line is a labelled case, a bare CDS Hooks request, a FHIR Bundle, or a Bundle with an id. What is none of these is
reported with its place and never dropped in silence. It refuses to guess a label.
"""

import gzip
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from cds.replay.bundles import cases_of_bundle
from cds.replay.case import Case, Json, moments_of

_SUFFIXES = (".ndjson", ".ndjson.gz", ".json", ".json.gz")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A line that is no case, with its place; ``reason`` never quotes what stands there."""

    place: str
    reason: str


def read_cases(paths: Iterable[Path]) -> Iterator[Case | Unreadable]:
    """Every case of the files, in order; of a folder, those files that hold cases (sorted by name).

    A file named by itself must hold cases; a file that was only met in a folder may hold something else
    (value sets, an index) and is then passed over whole, which its first line decides.
    """
    for path in paths:
        if path.is_dir():
            for file in sorted(path.rglob("*")):
                if file.name.endswith(_SUFFIXES) and file.is_file() and _holds_cases(file):
                    yield from _read_file(file)
        elif path.is_file():
            yield from _read_file(path)
        else:
            yield Unreadable(str(path), "no such file")


def _holds_cases(file: Path) -> bool:
    first = next(_documents(file), None)
    if first is None:
        return False
    document = first[1]
    return isinstance(document, Unreadable) or (isinstance(document, dict) and _is_case(document))


def _is_case(document: Json) -> bool:
    return (
        isinstance(document.get("request"), dict)
        or isinstance(document.get("bundle"), dict)
        or document.get("resourceType") == "Bundle"
        or ("hook" in document and isinstance(document.get("context"), dict))
    )


def _read_file(file: Path) -> Iterator[Case | Unreadable]:
    for place, document in _documents(file):
        if isinstance(document, Unreadable):
            yield document
        elif isinstance(document, dict) and _is_case(document):
            yield from _cases(document, place)
        else:
            yield Unreadable(place, "neither a case, a CDS Hooks request nor a FHIR Bundle")


def _documents(file: Path) -> Iterator[tuple[str, Any]]:
    """Each JSON document with its place; one that cannot be decoded is an :class:`Unreadable`."""
    is_lines = file.name.removesuffix(".gz").endswith(".ndjson")
    try:
        with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as stream:
            for number, text in enumerate(stream if is_lines else [stream.read()], start=1):
                if text.strip():
                    place = f"{file}:{number}"
                    yield place, _decode(text, place)
    except (OSError, EOFError, zlib.error) as fault:  # a cut-off or damaged file ends with an error, not in silence
        yield str(file), Unreadable(str(file), f"cannot be read to its end ({type(fault).__name__})")


def _decode(text: bytes, place: str) -> object:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        # Not chained or quoted: the decoder's message carries the document, and with it a patient.
        return Unreadable(place, "not JSON")


def _cases(document: Json, place: str) -> Iterator[Case]:
    if isinstance(document.get("request"), dict):
        expect = document.get("expect")
        yield from moments_of(
            Case(
                id=str(document.get("id") or place),
                topic=str(document.get("topic") or ""),
                as_of=str(document.get("asOf") or ""),
                request=document["request"],
                expect=expect if isinstance(expect, dict) else {},
                origin=place,
            )
        )
    elif "hook" in document:
        yield Case(place, "", "", document, {}, place)
    else:
        bundle = document.get("bundle", document)
        yield from cases_of_bundle(str(document.get("id") or place), bundle, place)
