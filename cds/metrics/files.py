"""The folder in which the processes of one service add up what they count. Counts begin at 0 with each start.

A folder belongs to the process that made it; those of processes that are gone are removed.
"""

import os
import shutil
import threading
from pathlib import Path

#: prometheus-client reads it when it is first imported, so the folder is made before that.
VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


def open_folder(state: Path) -> Path:
    """An empty folder of this process below ``state``, named to prometheus-client; or the one that is named already."""
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named)
    every = state / "metrics"
    every.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in every.iterdir():
        if left.name.isdecimal() and not _runs(int(left.name)):
            shutil.rmtree(left, ignore_errors=True)
    own = every / str(os.getpid())
    shutil.rmtree(own, ignore_errors=True)  # of a process of this number before ours
    own.mkdir(mode=0o700)
    os.environ[VARIABLE] = str(own)
    return own


#: Bytes of each file; some thousand series fit into one.
_ROOM = 512 * 1024


def make_room(folder: Path, process: int) -> bool:
    """Give the files in which a process counts their room on the disk; False where the disk has none.

    prometheus-client makes them as large as it needs without taking the room, and maps them into memory: on a full disk
    the first write to such a page kills the process (SIGBUS).
    """
    return all(_has_room(folder / f"{kind}_{process}.db") for kind in ("counter", "histogram"))


def _has_room(file: Path) -> bool:
    if file.exists():
        return True
    beside = file.with_name(f".{file.name}.{threading.get_ident()}")
    try:
        beside.write_bytes(bytes(_ROOM))
        os.link(beside, file)
    except FileExistsError:  # another thread was first, and may be counting in it already
        return True
    except OSError:
        return False
    finally:
        beside.unlink(missing_ok=True)
    return True


def remove_folder(state: Path) -> None:
    """The folder of this process, if it made one; once the processes that count in it have ended."""
    shutil.rmtree(state / "metrics" / str(os.getpid()), ignore_errors=True)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
