"""Ties a program's life to its parent's: ``python leash.py PARENT-PID PROGRAM ARGUMENT...`` becomes the program.

On Linux the kernel kills the program when its parent ends, however it ends. A file of its own because running Python
code between fork and exec in a process with threads can deadlock. Elsewhere than on Linux it just becomes the program.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main(arguments: list[str]) -> None:
    """Tie, then become the program; ends at once when the parent is gone already."""
    parent, *program = arguments
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != int(parent):  # it ended before we could ask to be told
        raise SystemExit(1)
    os.execv(program[0], program)  # noqa: S606 - the program is our own server binary


if __name__ == "__main__":
    main(sys.argv[1:])
