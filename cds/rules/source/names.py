"""Names that an author may give: kebab-case, and no word of the language."""

import re

from cds.documents.yaml_tree import Text
from cds.rules.source.filters import KIND_WORDS
from cds.rules.source.reader import Reader

NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*\Z")
RESERVED = frozenset(KIND_WORDS) | {
    "it", "now", "patient", "user", "not", "absent", "known", "unknown", "missing", "otherwise", "add", "first",
    "second",
}  # fmt: skip


def check_name(reader: Reader, name: Text, what: str) -> None:
    """Names are kebab-case and not reserved."""
    if not NAME.match(name.text):
        reader.problem(
            "CDS201",
            name.location,
            f'"{name.text}" cannot be the name of {what}',
            "small letters, digits and single hyphens",
        )
    elif name.text in RESERVED:
        reader.problem("CDS202", name.location, f'"{name.text}" is a word of the language and cannot be a name')
