"""Codes of a site's own, in value sets that let a site add them (docs/language.md, section 7).

They come with a site's values of parameters: ``potassium[http://lab.example/codes|K]`` is a code that is added to the
value set ``potassium``, and its value is what it means.
"""

import re
from collections.abc import Mapping

from cds.documents.problem import Location
from cds.rules.source.reader import Reader
from cds.terminology.coding import SYSTEM_NAMES, Coding, canonical_system

_ADDED = re.compile(r"(?P<set>[a-z][a-z0-9-]*)\[(?P<system>[^|\[\]]+)\|(?P<code>[^|\[\]]+)\]\Z")

#: By value set, what each code means.
LocalCodes = Mapping[str, Mapping[Coding, str]]


def is_local_code(name: str) -> bool:
    """Whether a name among a site's values is that of a code; parameters have no brackets."""
    return "[" in name


def read_local_codes(reader: Reader, site: Mapping[str, str]) -> LocalCodes:
    """The codes among a site's values."""
    found: dict[str, dict[Coding, str]] = {}
    for name, display in site.items():
        if not is_local_code(name):
            continue
        match = _ADDED.match(name)
        system = SYSTEM_NAMES.get(match["system"], match["system"]) if match else ""
        if match is None or ":" not in system or match["code"] != match["code"].strip():
            what = f'"{name}" is no code that a site can add'
            reader.problem("CDS225", Location(reader.file), what, "such as potassium[http://lab.example/codes|K]")
            continue
        found.setdefault(match["set"], {})[Coding(canonical_system(system), match["code"])] = display
    return found
