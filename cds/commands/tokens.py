"""``cds tokens``: a lab for CDS Hooks tokens. It makes a key, tokens, and for each check one that fails it."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cds import clock
from cds.commands.environment import CannotStart, settings_or_stop
from cds.commands.output import FOUND, OK, json_option, report

if TYPE_CHECKING:
    from cds.access.token_lab import Lab, LabKey
    from cds.access.token_trial import Verdict

_LONGEST_INPUT = 64 * 1024
_ISSUER = "urn:cds-rules:token-lab"
_KEY, _KEY_SET, _CLIENTS = "lab-key.json", "lab-jwks.json", "clients.yaml"
_CLIENTS_YAML = f"""\
issuers:
  {_ISSUER}:
    keys: {_KEY_SET}
clients:
  token-lab:
    iss: {_ISSUER}
"""
_key = click.option(
    "--key", "key_file", type=click.Path(path_type=Path), default=Path("token-lab") / _KEY, show_default=True,
    help="private key that `cds tokens lab` made",
)  # fmt: skip
_iss = click.option("--iss", "issuer", default=_ISSUER, show_default=True, help="issuer, as in clients.yaml")
_tenant = click.option("--tenant", default=None, help="tenant, as in clients.yaml")


@click.group()
def tokens() -> None:
    """Try CDS Hooks tokens (JWT). For the lab: take its issuer out of clients.yaml before real patients come."""


@tokens.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path("token-lab"))
@json_option
def lab(folder: Path, *, as_json: bool) -> None:
    """Make a key, its JWK Set and a clients.yaml that knows it, in FOLDER."""
    from cds.access.token_lab import LabKey

    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if (folder / _KEY).exists():
        raise CannotStart(f"{folder / _KEY} is there already; name another folder")
    key = LabKey.generate()
    (folder / _KEY).touch(mode=0o600)
    (folder / _KEY).write_bytes(key.document)
    (folder / _KEY_SET).write_bytes(key.key_set)
    had_clients = (folder / _CLIENTS).exists()
    if not had_clients:
        (folder / _CLIENTS).write_text(_CLIENTS_YAML, encoding="utf-8")
    result = {"key": str(folder / _KEY), "keySet": str(folder / _KEY_SET), "clients": str(folder / _CLIENTS)}
    result |= {"clientsNeeds": _CLIENTS_YAML} if had_clients else {}
    report(_lab_lines(folder, had_clients=had_clients), result, as_json=as_json)


def _lab_lines(folder: Path, *, had_clients: bool) -> Iterator[str]:
    yield f"{folder / _KEY}: private key; {folder / _KEY_SET}: its JWK Set"
    if had_clients:
        yield f"{folder / _CLIENTS} is there already; it needs:\n{_CLIENTS_YAML}"
    yield "start the service with it, then try it:"
    yield f"  CDS_AUTH=jwt CDS_PUBLIC_URL=http://127.0.0.1:8000 CDS_CLIENTS={folder / _CLIENTS} cds serve"
    yield f"  cds tokens try http://127.0.0.1:8000 --key {folder / _KEY}"


@tokens.command()
@click.argument("address")
@_key
@_iss
@_tenant
@json_option
def make(address: str, key_file: Path, issuer: str, tenant: str | None, *, as_json: bool) -> None:
    """Print one good token for the exact ADDRESS that is to be called."""
    token = _lab(address, key_file, issuer, tenant).good()
    report([token], {"token": token}, as_json=as_json)


@tokens.command("try")
@click.argument("url")
@_key
@_iss
@_tenant
@click.option("--public-url", default=None, help="CDS_PUBLIC_URL of the service, where it is not URL")
@json_option
def try_(  # noqa: PLR0917 - click names them
    url: str, key_file: Path, issuer: str, tenant: str | None, public_url: str | None, as_json: bool
) -> None:
    """Ask the service at URL for discovery with good tokens and with one bad token per check; show each answer."""
    from cds.access.token_trial import NotAnswered, attempt_all

    base = url.rstrip("/").removesuffix("/cds-services")
    audience = (public_url or base).rstrip("/").removesuffix("/cds-services") + "/cds-services"
    try:
        verdicts = attempt_all(f"{base}/cds-services", _lab(audience, key_file, issuer, tenant))
    except NotAnswered as fault:
        raise CannotStart(f"{url} does not answer ({fault})") from None
    as_hoped = all(verdict.as_hoped for verdict in verdicts)
    told = [{"name": v.name, "what": v.what, "expected": v.expected, "status": v.status, "asHoped": v.as_hoped,
             "remarks": list(v.remarks), "answer": v.answer} for v in verdicts]  # fmt: skip
    result = {"url": url, "audience": audience, "asHoped": as_hoped, "attempts": told}
    report(_attempt_lines(verdicts), result, as_json=as_json, status=OK if as_hoped else FOUND)


def _attempt_lines(verdicts: "list[Verdict]") -> Iterator[str]:
    for verdict in verdicts:
        mark = "as hoped" if verdict.as_hoped else f"NOT as hoped ({'; '.join(verdict.remarks)})"
        yield f"{verdict.status}  {verdict.name:22} {verdict.what}: {mark}"
    refusal = next((v.answer for v in verdicts if v.status == 401), "")
    if refusal:
        yield f"a refusal, whichever check failed: {refusal}"
    if verdicts[0].status != 200:
        yield "The good token was refused: is its issuer in the service's clients.yaml, and is aud its public address?"


@tokens.command()
@click.argument("address")
@json_option
def check(address: str, *, as_json: bool) -> None:
    """Say which check a token fails: reads the token, calls nobody. ADDRESS: the exact one that is to be called.

    The token comes on standard input, so that it stands in no list of processes; the issuers and keys are those of
    CDS_CLIENTS. Whether it was used before is not asked.
    """
    from cds.access.faults import MEANING, TokenRefused
    from cds.access.keys import IssuerKeys
    from cds.access.spent import SpentTokens
    from cds.access.verifying import Verifier
    from cds.commands.admitting import open_registry

    registry = open_registry(settings_or_stop())
    keys = IssuerKeys(registry.issuers)
    keys.load()
    token = sys.stdin.read(_LONGEST_INPUT).strip()
    verifier = Verifier(registry, keys, SpentTokens([_NothingSpent()]))
    try:
        client = verifier.client_of(f"Bearer {token}", frozenset((address,)), clock.now().timestamp())
    except TokenRefused as refused:
        meaning = MEANING[refused.reason]
        told = {"accepted": False, "reason": refused.reason, "meaning": meaning}
        report([f"refused: {refused.reason}: {meaning}"], told, as_json=as_json, status=FOUND)
        return
    report([f'accepted: the client is "{client.id}"'], {"accepted": True, "client": client.id}, as_json=as_json)


class _NothingSpent:
    """Remembers nothing: a check uses no token up."""

    def put_new(self, *_: object) -> bool:
        """Always new."""
        return True


def _lab(audience: str, key_file: Path, issuer: str, tenant: str | None) -> "Lab":
    from cds.access.token_lab import Lab

    return Lab(_read_key(key_file), issuer, audience, lambda: clock.now().timestamp(), tenant)


def _read_key(path: Path) -> "LabKey":
    from cds.access.key_set import NotAKeySet
    from cds.access.token_lab import LabKey

    try:
        return LabKey.read(path)
    except OSError as fault:
        raise CannotStart(f"--key: {path} cannot be read ({type(fault).__name__}); make one: cds tokens lab") from None
    except NotAKeySet as fault:
        raise CannotStart(f"--key: {path}: {fault}; make one: cds tokens lab") from None
