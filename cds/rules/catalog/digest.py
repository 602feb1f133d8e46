"""The digest of a published version: the hash of everything that decides its meaning (SETTLED "Digest")."""

import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from cds.rules.ruleset import Use

#: Not part of the meaning: cases may be added to, the digest and signature speak of the rest.
_OUTSIDE = frozenset({"DIGEST", "SIGNATURE"})
_KINDS = frozenset({".yaml", ".csv"})


def meaningful_files(folder: Path) -> list[Path]:
    """Every file of a version folder that its digest covers, sorted by path."""
    files = (path for path in folder.rglob("*") if path.is_file())
    inside = [path for path in files if path.relative_to(folder).parts[0] not in {"cases", *_OUTSIDE}]
    return sorted(inside, key=lambda path: path.relative_to(folder).as_posix())


def unlisted_files(folder: Path) -> list[Path]:
    """What no version may hold, links and folders of links among it: loading refuses them.

    A link would bring in bytes that the digest does not cover.
    """
    inside = (path for path in folder.rglob("*") if path.relative_to(folder).parts[0] not in {"cases", *_OUTSIDE})
    return sorted(path for path in inside if path.is_symlink() or not (path.is_dir() or _is_listed(path)))


def _is_listed(path: Path) -> bool:
    return path.is_file() and path.suffix in _KINDS and path.name.isascii() and path.name.isprintable()


def digest_of(folder: Path, uses: Iterable[Use] = ()) -> str:
    """SHA-256 over the sorted (path, SHA-256 of bytes) of the files, then the libraries and theirs, in hexadecimal."""
    whole = hashlib.sha256()
    for path in meaningful_files(folder):
        inner = hashlib.sha256(path.read_bytes()).hexdigest()
        whole.update(os.fsencode(f"{path.relative_to(folder).as_posix()}\0{inner}\n"))
    for address, digest in sorted({(use.address, use.digest) for use in uses}):
        whole.update(f"{address}\0{digest}\n".encode())
    return whole.hexdigest()


def digest_of_site(values: Mapping[str, str]) -> str:
    """SHA-256 over the values that a site has set, in hexadecimal; "" where it has set none."""
    if not values:
        return ""
    told = "".join(f"{name}\0{text}\n" for name, text in sorted(values.items()))
    return hashlib.sha256(told.encode()).hexdigest()
