"""``clients.yaml`` (CDS_CLIENTS): who may call, how each is known, and what was agreed with it.

    issuers:                                  # who signs tokens, and where their keys are
      https://ehr.example.org:
        keys: https://ehr.example.org/jwks.json
    clients:
      east:
        iss: https://ehr.example.org
        tenant: east
        null-prefetch: unknown

Problems are collected with their places; docs/problems has a page for each code. Keys in files are read here once, so
that a file without keys stops the start; addresses are not asked.
"""

import ipaddress
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from cds.access.addresses import is_address
from cds.access.client import ANONYMOUS, Client, Rate
from cds.access.key_set import NotAKeySet, read_key_set
from cds.access.proxy import Network, Proxy
from cds.access.registry import Issuer, Registry
from cds.documents.problem import Problem, in_order
from cds.documents.reader import Reader, did_you_mean
from cds.documents.yaml_tree import Node, Table, Text, read_yaml

_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}\Z")
_HEADER = re.compile(r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*\Z")
_RATE = re.compile(r"([1-9][0-9]{0,6}) per (second|minute|hour)\Z")
_SECONDS = {"second": 1, "minute": 60, "hour": 3600}

_ISSUER_KEYS = ("keys", "jku")
_CLIENT_KEYS = (
    "iss", "tenant", "mtls", "null-prefetch", "extensions", "system-actions", "pin", "fhir-servers", "origins", "rate",
    "auto-launchable",
)  # fmt: skip


def load_registry(path: Path) -> tuple[Registry, list[Problem]]:
    """The registry, and what is wrong with the file. Raises ``OSError`` where it cannot be read."""
    if path.exists() and not path.is_file():
        raise IsADirectoryError(path)  # nor a pipe or a device, which would never end
    root, problems = read_yaml(path.read_bytes(), str(path))
    reading = _Reading(path)
    registry = reading.registry(root) if root is not None else Registry()
    return registry, in_order(problems + reading.reader.problems)


class _Reading:
    """One pass over one file."""

    def __init__(self, path: Path) -> None:
        self._folder = path.parent
        self.reader = Reader(str(path))
        self._known_by: dict[tuple[str | None, ...], str] = {}

    def registry(self, root: Node) -> Registry:
        table = self.reader.table(root, "clients.yaml", ("issuers", "proxy", "clients"))
        if table is None:
            return Registry()
        issuers = {issuer.name: issuer for issuer in self._issuers(table.get("issuers"))}
        proxy = self._proxy(table.get("proxy"))
        by_token: dict[tuple[str, str | None], Client] = {}
        by_certificate: dict[str, Client] = {}
        anonymous = ANONYMOUS
        listed = self.reader.table(self.reader.required(table, "clients", "clients.yaml"), '"clients"')
        for name, node in listed.entries if listed else ():
            entry = self.reader.table(node, f'the client "{name.text}"', _CLIENT_KEYS)
            client = self._client(name, entry)
            if entry is None:
                continue
            if name.text == ANONYMOUS.id:
                self._refuse_identity(entry)
                anonymous = client
                continue
            iss, tenant, certificate = self._identity(name, entry, issuers, proxy)
            if iss:
                by_token[iss, tenant] = client
            if certificate:
                by_certificate[certificate] = client
        return Registry(issuers, by_token, by_certificate, proxy, anonymous)

    def _issuers(self, node: Node | None) -> list[Issuer]:
        listed = self.reader.table(node, '"issuers"')
        return [self._issuer(name, value) for name, value in (listed.entries if listed else ())]

    def _issuer(self, name: Text, node: Node) -> Issuer:
        what = f'the issuer "{name.text}"'
        table = self.reader.table(node, what, _ISSUER_KEYS)
        sources = self.reader.texts(self.reader.required(table, "keys", what), '"keys"') if table else ()
        named = self.reader.texts(table.get("jku"), '"jku"') if table else ()
        files: list[Path] = []
        addresses: list[str] = []
        for source in sources:
            if "://" in source.text:
                addresses += self._addresses((source,))
            else:
                files.append(self._file(source))
        return Issuer(name.text, tuple(files), tuple(addresses), frozenset((*addresses, *self._addresses(named))))

    def _file(self, source: Text) -> Path:
        path = self._folder / source.text
        try:
            read_key_set(path.read_bytes())
        except OSError as fault:
            self.reader.problem("CDS340", source.location, f'"{source.text}" cannot be read', type(fault).__name__)
        except NotAKeySet as fault:
            self.reader.problem("CDS340", source.location, f'"{source.text}" is no usable JWK Set', str(fault))
        return path

    def _addresses(self, listed: tuple[Text, ...]) -> list[str]:
        good = []
        for entry in listed:
            if is_address(entry.text):
                good.append(entry.text)
            else:
                hint = "write an absolute https address without user and fragment; http is for loopback only"
                self.reader.problem("CDS341", entry.location, f'"{entry.text}" is no address to trust', hint)
        return good

    def _proxy(self, node: Node | None) -> Proxy | None:
        what = '"proxy"'
        table = self.reader.table(node, what, ("addresses", "name-header"))
        if table is None:
            return None
        networks: list[Network] = []
        for entry in self.reader.texts(self.reader.required(table, "addresses", what), '"addresses"'):
            try:
                networks.append(ipaddress.ip_network(entry.text))
            except ValueError:
                hint = "write an address or a network, as in 10.0.0.5 or 10.0.0.0/24"
                self.reader.problem("CDS345", entry.location, f'"{entry.text}" is no address', hint)
        header = self.reader.required(table, "name-header", what)
        text = self.reader.text(header, '"name-header"')
        if header is not None and text and not _HEADER.match(text):
            hint = "letters, digits and single hyphens, as in X-Client-Name"
            self.reader.problem("CDS345", header.location, f'"{text}" is no header name', hint)
        return Proxy(tuple(networks), text)

    def _client(self, name: Text, table: Table | None) -> Client:
        if not _ID.match(name.text):
            hint = "small letters, digits, dots, hyphens; 64 characters at most"
            self.reader.problem("CDS201", name.location, f'"{name.text}" cannot be a client id', hint)
        if table is None:
            return Client(name.text)
        reader = self.reader
        null = reader.one_of(table.get("null-prefetch"), '"null-prefetch"', ("none", "unknown"), "none")
        return Client(
            name.text,
            null_is_unknown=null == "unknown",
            extensions=reader.yes_no(table.get("extensions"), '"extensions"', default=True),
            system_actions=reader.yes_no(table.get("system-actions"), '"system-actions"', default=False),
            pin=reader.yes_no(table.get("pin"), '"pin"', default=False),
            fhir_servers=tuple(self._addresses(reader.texts(table.get("fhir-servers"), '"fhir-servers"'))),
            origins=self._origins(table.get("origins")),
            rate=self._rate(table.get("rate")),
            auto_launchable=reader.yes_no(table.get("auto-launchable"), '"auto-launchable"', default=False),
        )

    def _origins(self, node: Node | None) -> tuple[str, ...] | None:
        if node is None:
            return None
        listed = self.reader.texts(node, '"origins"')
        for entry in listed:
            if not _is_origin(entry.text):
                hint = "scheme, host and port only, as browsers send it: https://ehr.example.org"
                self.reader.problem("CDS341", entry.location, f'"{entry.text}" is no origin', hint)
        return tuple(entry.text for entry in listed)

    def _rate(self, node: Node | None) -> Rate | None:
        if node is None:
            return None
        text = self.reader.text(node, '"rate"')
        rate = _RATE.match(text)
        if rate is None:
            if text:
                self.reader.problem("CDS344", node.location, f'"{text}" is no rate', "such as 20 per second")
            return None
        return Rate(int(rate[1]), _SECONDS[rate[2]])

    def _refuse_identity(self, table: Table) -> None:
        for key in ("iss", "tenant", "mtls"):
            if table.get(key) is not None:
                what = f'"anonymous" cannot have "{key}": it is whoever calls without a token'
                self.reader.problem("CDS343", table.place(key), what, "give the client another id")

    def _identity(
        self, name: Text, table: Table, issuers: Mapping[str, Issuer], proxy: Proxy | None
    ) -> tuple[str, str | None, str]:
        """``iss``, ``tenant`` and certificate name; at least one of the first and the last."""
        reader = self.reader
        iss, certificate = reader.text(table.get("iss"), '"iss"'), reader.text(table.get("mtls"), '"mtls"')
        tenant = reader.text(table.get("tenant"), '"tenant"') or None
        if table.get("iss") is None and table.get("mtls") is None:
            hint = "say iss (and tenant), or mtls"
            reader.problem("CDS343", name.location, f'nothing says how "{name.text}" is known', hint)
        if tenant and not iss:
            reader.problem("CDS343", table.place("tenant"), "a tenant belongs to an issuer", "say iss too")
        if iss and iss not in issuers:
            what = f'no issuer is called "{iss}"'
            reader.problem("CDS342", table.place("iss"), what, did_you_mean(iss, issuers))
        if certificate and proxy is None:
            hint = "say under proxy: which addresses may tell it, and in which header"
            reader.problem("CDS345", table.place("mtls"), "nobody may tell the name of a certificate", hint)
        for key in ((iss, tenant) if iss else None, (certificate,) if certificate else None):
            if key is not None and (first := self._known_by.setdefault(key, name.text)) != name.text:
                reader.problem("CDS343", name.location, f'"{name.text}" and "{first}" are known by the same')
        return iss, tenant, certificate


def _is_origin(text: str) -> bool:
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    return bool(host) and parts.scheme in ("http", "https") and text == f"{parts.scheme}://{parts.netloc.lower()}"
