"""Files that others wrote, read with care: a plain file that stands where it seems to, and not without end."""

import os
import stat
from pathlib import Path

from cds.documents.problem import Location, Problem

#: More than any document may have; its reader says so (CDS105).
MOST_BYTES = 16 * 1024 * 1024


def read_file(path: Path) -> tuple[bytes | None, list[Problem]]:
    """The bytes of a plain file, at most one more than ``MOST_BYTES``; else what is wrong with it (CDS129).

    Directories, pipes and devices are none (a pipe would be waited for without end), nor is a link that leads out of
    the folder it stands in: what is read would not be what is reviewed.
    """
    try:
        if path.is_symlink() and not path.resolve().is_relative_to(path.parent.resolve()):
            return None, [_wrong(path, "is a link that leads out of its folder", "put the file itself there")]
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return None, [_wrong(path, "is no plain file", "put a file of this name there")]
            return file.read(MOST_BYTES + 1), []
    except IsADirectoryError:
        return None, [_wrong(path, "is a folder, and no file", "put a file of this name there")]
    except (OSError, RuntimeError) as fault:  # RuntimeError: links in a circle
        return None, [_wrong(path, f"cannot be read ({type(fault).__name__})", "is it there, and may you read it?")]


def _wrong(path: Path, what: str, hint: str) -> Problem:
    return Problem("CDS129", Location(str(path)), f"{path.name} {what}", hint)
