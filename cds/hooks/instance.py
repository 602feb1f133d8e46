"""The hook instance of a body that nobody has read yet."""

import re

from cds.hooks.body import has_escapes

_NAME = b'hookInstance"'
_INSTANCE = re.compile(rb'"hookInstance"\s*:\s*"([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})"')


def find_instance(body: bytes) -> re.Match[bytes] | None:
    """Where it stands, as group 1; None where it cannot be told for certain which text it is.

    An escaped letter could spell the name a second time, so a body with such escapes always has to be read in full.
    """
    if has_escapes(body) or body.count(_NAME) != 1:
        return None
    return _INSTANCE.search(body)
