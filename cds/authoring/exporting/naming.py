"""Identities of exported resources: canonical addresses, ids, machine names."""

import hashlib
import re
import uuid
from dataclasses import dataclass

from cds.rules.ruleset import Ruleset

#: The longest id that FHIR R4 allows.
_LONGEST_ID = 64
#: Where nothing else is asked for: a name, and no address of anything.
URN = "urn:cds-rules"
#: Code systems, identifiers and extensions of our own (docs/export.md).
DIGEST_SYSTEM, ADDRESS_SYSTEM = f"{URN}:digest", f"{URN}:address"
GRADE, INDICATOR, ICON = f"{URN}:evidence-grade", f"{URN}:indicator", f"{URN}:icon"
#: Not CQL and not FHIRPath: the rule language of this project, whose text stands in the Library.
LANGUAGE = "text/x-cds-rules"
_BASE = re.compile(r"(?:https?://|urn:)[^\s|#?]+[^\s|#?/:]\Z")


def is_base(text: str) -> bool:
    """Whether canonical addresses may begin with it: a web address or a URN, without a query, fragment or version."""
    return _BASE.match(text) is not None


@dataclass(frozen=True, slots=True)
class Names:
    """How resources are called. base: what every canonical address begins with."""

    base: str = URN

    def url(self, kind: str, name: str) -> str:
        """The canonical address of all versions."""
        return f"{self.base}{self._between}{kind}{self._between}{name}"

    def canonical(self, kind: str, name: str, version: str) -> str:
        """That of one version."""
        return f"{self.url(kind, name)}|{version}"

    def name_in(self, canonical: str, kind: str) -> tuple[str, str]:
        """The name and the version in a canonical address of ours."""
        url, _, version = canonical.partition("|")
        return url.removeprefix(self.url(kind, "")), version

    @property
    def _between(self) -> str:
        return ":" if self.base.startswith("urn:") else "/"


def value_set_name(ruleset: Ruleset, name: str) -> str:
    """Names have no dot in them, so that no two value sets of different rulesets meet."""
    return f"{ruleset.name}.{name}"


def id_of(name: str, version: str) -> str:
    """The logical id, one for each version; where it would be too long, its end is a digest of the whole."""
    whole = f"{name}.{version}"
    if len(whole) <= _LONGEST_ID:
        return whole
    return f"{whole[: _LONGEST_ID - 9].rstrip('.-')}.{hashlib.sha256(whole.encode()).hexdigest()[:8]}"


def machine_name(name: str) -> str:
    """``metformin-renal`` as ``MetforminRenal``: what code generators take (invariants pdf-0, lib-0, vsd-0)."""
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[-.]", name))[:255]


def full_url(url: str, version: str) -> str:
    """The address inside a Bundle: always the same for the same version."""
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{url}|{version}')}"
