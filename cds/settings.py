"""The environment, read once into one frozen :class:`Settings`.

Unknown or malformed ``CDS_`` names stop the start, all of them told at once, each with what to write instead: a
mistyped safety setting must never be passed over. Nothing here opens a file or a connection.
"""

import difflib
import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from marshmallow import Schema, ValidationError, fields, validate

from cds.errors import ServiceFault

MIB = 1024 * 1024
_ANY_ORIGIN = ("*",)
_SIZE = re.compile(r"([0-9]{1,12}) ?(MiB|KiB)?\Z")
_FACTORS = {"": 1, "KiB": 1024, "MiB": MIB}


class SettingsRejected(ServiceFault):
    """The environment cannot be used; ``problems`` says, for each name, what to write instead."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Settings:
    """How this service runs. Each field is the environment name without ``CDS_``.

    deadline_ms: the time for one answer, in milliseconds. max_body: bytes. timezone: whose calendar days count.
    auth: ``off`` only on loopback; ``open`` asks for no token on any address; ``jwt`` asks for one.
    tls_certificate, tls_key: files in PEM; with them it speaks HTTPS itself, without them a proxy has to.
    record: ``best-effort`` answers even when a decision could not be recorded.
    approval: ``required`` lets only approved versions be active or canaries.
    metrics: who may read /metrics.
    cors_origins: origins that browsers may call from; ``("*",)`` for any.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 2
    rulesets: Path = Path("rulesets")
    redis_url: str | None = field(default=None, repr=False)  # may carry a password
    database_url: str | None = field(default=None, repr=False)
    public_url: str | None = None
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    auth: str = "off"
    cross_check: str = "always"
    record: str = "required"
    approval: str = "shown"
    test_clock: bool = False
    state: Path = Path("var")
    keys_file: Path | None = None
    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    clients: Path | None = None
    cors_origins: tuple[str, ...] = _ANY_ORIGIN
    max_body: int = 8 * MIB
    deadline_ms: int = 400
    metrics: str = "loopback"
    log_level: str = "info"
    trace: bool = False
    engine: str = "durable"


class _Zone(fields.Field[ZoneInfo]):
    def _deserialize(self, value: Any, *_: object, **__: object) -> ZoneInfo:
        if value not in available_timezones():
            raise ValidationError("write an IANA zone, as in Europe/Berlin or UTC")
        return ZoneInfo(value)


class _Origins(fields.Field[tuple[str, ...]]):
    def _deserialize(self, value: Any, *_: object, **__: object) -> tuple[str, ...]:
        origins = tuple(part.strip() for part in value.split(",") if part.strip())
        if not origins or ("*" in origins and len(origins) > 1) or not all(map(_is_origin, origins)):
            raise ValidationError("write * or a list of origins, as in https://ehr.example.org,https://app.example.org")
        return origins


def _is_origin(text: str) -> bool:
    scheme, _, rest = text.partition("://")
    return text == "*" or (scheme in ("http", "https") and bool(rest) and not set(rest) & set("/?#@ *"))


class _Bytes(fields.Field[int]):
    """A number of bytes, with KiB or MiB behind it if wanted."""

    def _deserialize(self, value: Any, *_: object, **__: object) -> int:
        size = _SIZE.match(value)
        if size and 4 * MIB <= (count := int(size[1]) * _FACTORS[size[2] or ""]) <= 1024 * MIB:
            return count
        # HTTP-05: prefetch is big, so less than 4 MiB would refuse honest clients.
        raise ValidationError("write a size from 4 MiB to 1024 MiB, as in 8 MiB or 8388608")


def _choice(*words: str) -> fields.String:
    return fields.String(validate=validate.OneOf(words, error=f"write {' or '.join(words)}"))


def _number(low: int, high: int) -> fields.Integer:
    said = f"write a whole number from {low} to {high}"
    return fields.Integer(error_messages={"invalid": said}, validate=validate.Range(low, high, error=said))


def _yes_or_no() -> fields.Boolean:
    return fields.Boolean(truthy={"1"}, falsy={"0"}, error_messages={"invalid": "write 1 or 0"})


def _url(*schemes: str) -> fields.String:
    form = r"(?:" + "|".join(schemes) + r")://[^\s]+\Z"
    return fields.String(validate=validate.Regexp(form, error=f"write a URL that starts with {schemes[0]}://"))


class _Path(fields.Field[Path]):
    def _deserialize(self, value: Any, *_: object, **__: object) -> Path:
        return Path(value)


class _SettingsSchema(Schema):
    host = fields.String(validate=validate.Regexp(r"[^\s/]+\Z", error="write a host name or address, as in 127.0.0.1"))
    port = _number(0, 65535)  # 0 lets the system choose; the start says which
    workers = _number(1, 256)
    rulesets = _Path()
    redis_url = _url("redis", "rediss", "unix")
    database_url = _url("postgresql", "postgresql\\+psycopg", "sqlite")
    public_url = fields.String(
        validate=validate.Regexp(r"https?://[^\s/?#@]+(?:/[^\s?#]*)?\Z", error="write the address that clients call")
    )
    tls_certificate = _Path()
    tls_key = _Path()
    auth = _choice("off", "open", "jwt")
    cross_check = _choice("always", "sample", "off")
    approval = _choice("shown", "required")
    record = _choice("required", "best-effort")
    test_clock = _yes_or_no()
    state = _Path()
    keys_file = _Path()
    timezone = _Zone()
    clients = _Path()
    cors_origins = _Origins()
    max_body = _Bytes()
    deadline_ms = _number(10, 60_000)
    metrics = _choice("loopback", "open", "off")
    log_level = _choice("debug", "info", "warning", "error")
    trace = _yes_or_no()
    engine = _choice("durable", "reference")


_SCHEMA = _SettingsSchema()
_NAMES = {f"CDS_{name.upper()}": name for name in _SCHEMA.fields}


def read_settings(environ: Mapping[str, str]) -> Settings:
    """The settings that an environment asks for; an empty value counts as not set.

    Raises :class:`SettingsRejected` with every problem at once.
    """
    ours = {name: value.strip() for name, value in environ.items() if name.startswith("CDS_")}
    problems = [_unknown(name) for name in sorted(ours) if name not in _NAMES]
    given = {_NAMES[name]: value for name, value in ours.items() if name in _NAMES and value}
    try:
        read: dict[str, Any] = _SCHEMA.load(given)
    except ValidationError as error:
        read = {}
        problems += [f"CDS_{name.upper()}: {'; '.join(said)}" for name, said in sorted(error.messages_dict.items())]
    else:
        problems += _clashes(Settings(**read))
    if problems:
        raise SettingsRejected(tuple(problems))
    return Settings(**read)


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, _NAMES, n=1)
    return f"{name}: no such setting; " + (f"did you mean {near[0]}?" if near else "remove it (the README lists them)")


def _clashes(settings: Settings) -> list[str]:
    """Settings that are well formed but unsafe together."""
    if settings.auth == "off" and not is_loopback(settings.host):
        # Anyone on the network could otherwise read what the cards reveal about a patient (SEC-02).
        write = "write CDS_HOST=127.0.0.1, CDS_AUTH=jwt, or CDS_AUTH=open to answer whoever can reach this address"
        return [f"CDS_AUTH: off is for loopback only; {write}"]
    problems = list(_missing_for_tls(settings))
    return [*problems, *_missing_for_tokens(settings)] if settings.auth == "jwt" else problems


def _missing_for_tls(settings: Settings) -> Iterator[str]:
    """Plain HTTP is for loopback only (GEN-06); elsewhere it speaks TLS itself, or stands behind what does."""
    if (settings.tls_certificate is None) != (settings.tls_key is None):
        yield "CDS_TLS_CERTIFICATE: write it and CDS_TLS_KEY together, or neither"
    elif settings.tls_certificate is None and not is_loopback(settings.host) and not _is_https(settings.public_url):
        write = "write CDS_TLS_CERTIFICATE and CDS_TLS_KEY, or CDS_PUBLIC_URL=https://... if a proxy has them"
        yield f"CDS_HOST: plain HTTP is for loopback only; {write}"


def _is_https(url: str | None) -> bool:
    return url is not None and url.startswith("https:")


def _missing_for_tokens(settings: Settings) -> Iterator[str]:
    """What a token cannot be checked without."""
    if settings.clients is None:
        yield "CDS_CLIENTS: CDS_AUTH=jwt needs it; write the path of a clients.yaml (cds tokens lab makes one to try)"
    if settings.public_url is None:
        yield "CDS_PUBLIC_URL: CDS_AUTH=jwt needs it; write the address that clients call (their tokens name it as aud)"
    elif not _is_https(settings.public_url) and not is_loopback(urlsplit(settings.public_url).hostname or ""):
        yield "CDS_PUBLIC_URL: write an https:// address; tokens sent in the clear can be taken (GEN-06)"


def is_loopback(host: str) -> bool:
    """True for ``localhost`` and addresses that only this machine reaches."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def not_yet(settings: Settings) -> list[str]:
    """What is asked for, or usually had, that this version does not do: for the start to say honestly."""
    return [words for applies, words in _NOT_YET if applies(settings)]


_NOT_YET: tuple[tuple[Callable[[Settings], bool], str], ...] = (
    (lambda s: s.log_level != Settings().log_level, "CDS_LOG_LEVEL: this version logs at one level"),
    (lambda s: s.trace, "CDS_TRACE: this version writes no traces"),
)
