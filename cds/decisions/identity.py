"""Who a decision is: the digest of what it was about, its keys, and the build that made it."""

import hashlib
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from typing import Any

import orjson

import cds
from cds.facts.dates import Span
from cds.facts.fact import Fact, Record
from cds.terminology.coding import Coding

_KIND_REFERENCE_CODES = itemgetter(0, 1, 2)


@lru_cache(maxsize=1)
def build() -> str:
    """Version and digest of the running code: a cached judgement of another build is never served."""
    whole = hashlib.sha256()
    root = Path(cds.__file__).parent
    for path in sorted((*root.rglob("*.py"), *root.rglob("*.csv"))):
        whole.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return f"{cds.__version__}+{whole.hexdigest()[:12]}"


def canonical_facts(record: Record) -> bytes:
    """Everything of a record that any rule can read, in one spelling, whatever the order it came in."""
    patient = record.patient
    content: list[Any] = [
        record.hook,
        [
            patient.reference,
            _span(patient.birth),
            patient.sex,
            patient.deceased,
            sorted(patient.races),
            # A race in words only is not known; where none is recorded at all, a rule may take that as an answer.
            patient.tells_race,
        ],
        [_fact(fact) for facts in record.facts.values() for fact in facts],
        [[o.reference, o.reason, sorted(o.kinds), _codes(o.codings)] for o in record.omissions],
        sorted(record.unsupplied.items()),
        record.unmapped,
        *([[record.encounter, record.user]] if record.encounter or record.user else []),
    ]
    content[2].sort(key=_KIND_REFERENCE_CODES)
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)


def _fact(fact: Fact) -> list[Any]:
    when = fact.when
    span = None if when is None else (when.start, when.end, when.precision, *((True,) if when.untold_end else ()))
    return [fact.kind, fact.reference, _codes(fact.codings), fact.status, fact.display, span, fact.resource]


def _span(span: Span | None) -> tuple[datetime, datetime, str] | None:
    return None if span is None else (span.start, span.end, span.precision)


@lru_cache(maxsize=8192)
def _codes(codings: frozenset[Coding] | None) -> list[str] | None:
    return None if codings is None else sorted(f"{coding.system}|{coding.code}" for coding in codings)


def decision_key(client: str, service: str, hook_instance: str, facts: str) -> str:
    """What makes a decision one: who asked which service, for which hook instance, about which facts (their digest)."""
    return "\n".join((client, service, hook_instance.lower(), facts))


def digest(content: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()
