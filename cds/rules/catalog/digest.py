"""The digest of a published version: the hash of everything that decides its meaning (SETTLED "Digest")."""

import hashlib
from pathlib import Path

#: Not part of the meaning: cases may be added to, the digest and signature speak of the rest.
_OUTSIDE = frozenset({"DIGEST", "SIGNATURE"})
_KINDS = frozenset({".yaml", ".csv"})


def meaningful_files(folder: Path) -> list[Path]:
    """Every file of a version folder that its digest covers, sorted by path."""
    files = (path for path in folder.rglob("*") if path.is_file())
    inside = [path for path in files if path.relative_to(folder).parts[0] not in {"cases", *_OUTSIDE}]
    return sorted(inside, key=lambda path: path.relative_to(folder).as_posix())


def unlisted_files(folder: Path) -> list[Path]:
    """Files of a kind that no version may hold; loading refuses them."""
    return [path for path in meaningful_files(folder) if path.suffix not in _KINDS or path.is_symlink()]


def digest_of(folder: Path) -> str:
    """SHA-256 over the sorted (path, SHA-256 of bytes) of the files, in hexadecimal."""
    whole = hashlib.sha256()
    for path in meaningful_files(folder):
        inner = hashlib.sha256(path.read_bytes()).hexdigest()
        whole.update(f"{path.relative_to(folder).as_posix()}\0{inner}\n".encode())
    return whole.hexdigest()
