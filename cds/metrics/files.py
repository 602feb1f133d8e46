"""The folder in which the processes of one service add up what they count. Counts begin at 0 with each start.

A folder belongs to the process that made it; those of processes that are gone are removed.
"""

import os
import shutil
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
