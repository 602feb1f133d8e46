"""A judgement, fresh or remembered: what the cache keeps of it, and all that an answer is built from."""

import struct
from typing import Any

import orjson

from cds.access.client import Client
from cds.cache.memory import Kept
from cds.cards.finding import Finding
from cds.decisions.prepared import Prepared
from cds.decisions.selected import Selected
from cds.facts.dates import Moment

_LENGTH = struct.Struct(">I")
#: Hexadecimal digits of the digest of facts.
_DIGEST = 64
#: Clients whose forms are kept for one judgement; it lasts for minutes, and few ask the same of one patient.
_MOST_CLIENTS = 8


class Known:
    """facts: digest of the canonical facts. packed: themselves, as they are recorded. cached: whether it is remembered.

    made: the forms of answers made of it, by client; shared by all that keep it, as long as it is remembered.
    """

    __slots__ = ("_data", "_findings", "_told", "cached", "facts", "made", "packed")

    def __init__(self, facts: str, packed: bytes, data: dict[str, Any]) -> None:
        """A fresh judgement, as JSON data."""
        self.facts, self.packed, self.cached = facts, packed, False
        self.made: dict[Any, Any] = {}
        self._data: dict[str, Any] | None = data
        self._told = b""
        self._findings: tuple[Finding, ...] | None = None

    @classmethod
    def remembered(cls, kept: Kept) -> "Known":
        """What :meth:`payload` holds. Its data is read only where somebody asks for it."""
        payload = kept.payload
        split = _LENGTH.size + _LENGTH.unpack_from(payload)[0]
        known = cls(payload[split : split + _DIGEST].decode(), payload[_LENGTH.size : split], {})
        known.cached, known.made = True, kept.made
        known._data, known._told = None, payload[split + _DIGEST :]
        return known

    def payload(self) -> bytes:
        """As the cache keeps it."""
        return b"".join((_LENGTH.pack(len(self.packed)), self.packed, self.facts.encode(), orjson.dumps(self.data)))

    @property
    def data(self) -> dict[str, Any]:
        """The judgement as JSON data."""
        if self._data is None:
            self._data = orjson.loads(self._told)
        return self._data

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything that it found, shown or held back."""
        if self._findings is None:
            self._findings = tuple(Finding(*finding) for finding in self.data["findings"])
        return self._findings

    def form_for(self, client: Client, selected: Selected, moment: Moment, *, pinned: bool) -> Prepared | None:
        """The form that was made for this very client, selection and zone, if there is one."""
        made = self.made.get(client.id)
        if made is None:
            return None
        of_client, of_selected, zone, was_pinned, prepared = made
        is_same = of_client is client and of_selected is selected and zone is moment.zone and was_pinned is pinned
        return prepared if is_same else None

    def keep_form(self, client: Client, selected: Selected, moment: Moment, form: Prepared, *, pinned: bool) -> None:
        """Keep a form for the next hook instances."""
        if len(self.made) >= _MOST_CLIENTS:
            self.made.clear()
        self.made[client.id] = (client, selected, moment.zone, pinned, form)
