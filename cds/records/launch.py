"""Starting the shipper, and waiting for it. Whoever records makes sure that somebody ships."""

import contextlib
import fcntl
import os
import subprocess
import sys
import time
from pathlib import Path

import cds
from cds.records.segments import Segment, segments

SHIPPER = "cds.records.shipper"
#: The environment name by which the URL is handed over: an argument would show in the list of processes.
URL_NAME = "CDS_DATABASE_URL"
_POLL_SECONDS = 0.05


def ensure_shipper(state: Path, url: str | None) -> "subprocess.Popen[bytes] | None":
    """Start a shipper for the spool below ``state``, unless one runs. Raises ``OSError`` where none can be started."""
    folder = state.resolve() / "spool"
    lock = os.open(folder / "shipper.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return _start(folder.parent, url, lock)
    except BlockingIOError:
        return None
    finally:
        os.close(lock)  # the shipper has it now, and holds it for as long as it lives


def _start(state: Path, url: str | None, lock: int) -> "subprocess.Popen[bytes]":
    package = Path(cds.__file__).parents[1]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (str(package), os.environ.get("PYTHONPATH"))))}
    environ.pop(URL_NAME, None)
    if url is not None:
        environ[URL_NAME] = url
    return subprocess.Popen(  # noqa: S603 - our own interpreter, our own module
        # -P: a folder called cds below the working directory is not ours.
        [sys.executable, "-P", "-m", SHIPPER, str(state), str(lock)],
        stdin=subprocess.DEVNULL,
        env=environ,
        pass_fds=(lock,),
        start_new_session=True,
    )


def ship_what_waits(state: Path, url: str | None, seconds: float) -> bool:
    """Ship what ended processes left in the spool; at once True where a running service sees to it itself."""
    if any(_is_written_to(path) for path in segments(state / "spool")):
        return True
    return wait_until_shipped(state, url, seconds)


def _is_written_to(path: Path) -> bool:
    with contextlib.suppress(FileNotFoundError):
        return Segment(path).is_written_to()
    return False


def wait_until_shipped(state: Path, url: str | None, seconds: float) -> bool:
    """Wait, once the writers have gone, until the spool is empty; False if it is not after so many seconds."""
    folder = state / "spool"
    if not segments(folder):
        return True
    shipper = ensure_shipper(state, url)
    limit = time.monotonic() + seconds
    while segments(folder) and time.monotonic() < limit and (shipper is None or shipper.poll() is None):
        time.sleep(_POLL_SECONDS)
    if shipper is not None and not segments(folder):
        shipper.wait()  # it has nothing left to do
    return not segments(folder)
