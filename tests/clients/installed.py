"""Clients that nobody here wrote, installed from their registries into a folder of their own, once for each lock file.

Never into the project's environment. Where they cannot be installed (no network, no npm) their tests say so and skip;
under CI=true they fail.
"""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path

from tests.stores.servers import missing

ROOT = Path(__file__).parents[2]
CLIENTS = ROOT / "tools" / "clients"
#: ``make clean`` removes it.
CACHE = ROOT / ".clients"
_SECONDS = 240


def medplum() -> Path:
    """The folder with Medplum's SDK in its ``node_modules``."""
    return _of_npm("medplum")


def yaml_language_server() -> Path:
    """The program that VS Code runs for YAML."""
    return _of_npm("yaml-language-server") / "node_modules" / ".bin" / "yaml-language-server"


def _of_npm(name: str) -> Path:
    """The folder with packages of npm in its ``node_modules``."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        missing(f"no node or no npm here: {name} was not driven")
    its = CLIENTS / name

    def install(folder: Path) -> None:
        for file in ("package.json", "package-lock.json"):
            shutil.copy(its / file, folder)
        _run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=1"], folder)

    return _installed(name, [its / "package.json", its / "package-lock.json"], install)


def healthchain() -> Path:
    """The Python of an environment that has HealthChain."""
    wanted = CLIENTS / "healthchain" / "requirements.txt"

    def install(folder: Path) -> None:
        _run([sys.executable, "-m", "venv", "."], folder)
        pip = [folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--retries=1", "--no-compile", "--no-deps"]
        _run([*map(str, pip), "-r", str(wanted)], folder)

    return _installed("healthchain", [wanted], install) / "bin" / "python"


def _installed(name: str, locks: Sequence[Path], install: Callable[[Path], None]) -> Path:
    """The folder of these lock files: as it was left, or made by ``install``."""
    version = sys.version_info
    content = b"".join(lock.read_bytes() for lock in locks) + b"%d.%d" % (version.major, version.minor)
    folder = CACHE / f"{name}-{sha256(content).hexdigest()[:12]}"
    CACHE.mkdir(exist_ok=True)
    with (CACHE / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests may run in several processes
        done = folder / "complete"
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            try:
                install(folder)
            except (OSError, subprocess.SubprocessError) as fault:
                told = getattr(fault, "stderr", "") or str(fault)
                missing(f"{name} could not be installed: {' '.join(told.split())[-200:]}")
            done.touch()
    return folder


def _run(command: Sequence[str], folder: Path) -> None:
    # A user's own packages and settings of the project must not leak in.
    ours = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "NODE_PATH")}
    subprocess.run(command, cwd=folder, env=ours, capture_output=True, text=True, check=True, timeout=_SECONDS)
