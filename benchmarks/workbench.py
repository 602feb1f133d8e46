"""What an author waits for: `cds lint` of 100 rulesets, `cds explain`, and the start of each command.

    python -m benchmarks.workbench [RULESETS]

*lint*: the published rulesets of this repository, copied under other names until there are so many, with their cases,
value sets and libraries; CPU of the process and its children, and the time that passed. *explain*: by name, with its
default search, the best of three. *start*: `cds COMMAND --help` of every command, the slowest named. Each is a process
of its own, as when it is typed.
"""

import os
import resource
import shutil
import subprocess
import sys
import tempfile
from itertools import cycle
from pathlib import Path
from time import perf_counter

from cds.commands import main as cds
from cds.rules.catalog.digest import digest_of
from cds.rules.catalog.load import load_catalog

ROOT = Path(__file__).parents[1]
RULESETS = ROOT / "rulesets"
REQUEST = ROOT / "docs" / "examples" / "order-sign.json"


def run(*arguments: str) -> tuple[float, float, str]:
    """Seconds of CPU, seconds that passed, and what it printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = perf_counter()
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "cds", *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
        check=False,
    )
    passed = perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode in {0, 1}, done.stderr
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, passed, done.stdout


def copied(folder: Path, wanted: int) -> int:
    """So many published rulesets in a folder; the number of rules in all of them."""
    folder.mkdir()
    for file in RULESETS.glob("*.yaml"):
        if file.name != "services.yaml":
            shutil.copy(file, folder)
    for library in RULESETS.glob("*/[0-9]*/library.yaml"):
        shutil.copytree(library.parents[1], folder / library.parents[1].name, dirs_exist_ok=True)
    versions = load_catalog(RULESETS)[0].versions
    service, rules = ["all:", "  hook: patient-view", "  title: All", "  description: All.", "  rulesets:"], 0
    for number, name in zip(range(wanted), cycle(sorted(versions)), strict=False):
        newest = versions[name][0]
        copy = f"{name}-{number}"
        place = folder / copy / newest.version
        shutil.copytree(RULESETS / name / newest.version, place)
        for file in (place / "ruleset.yaml", *place.glob("cases/*.yaml")):
            file.write_text(file.read_text().replace(f"ruleset: {name}\n", f"ruleset: {copy}\n", 1))
        (place / "DIGEST").write_text(f"sha256:{digest_of(place, newest.uses)}\n")
        rules += len(newest.rules)
        service += [f'    {copy}: "*"'] if "patient-view" in newest.hooks else []
    (folder / "services.yaml").write_text("\n".join(service) + "\n")
    return rules


def lint(wanted: int) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "rulesets"
        rules = copied(folder, wanted)
        cpu, passed, said = min(run("lint", str(folder)) for _ in range(3))
    print(f"lint: {wanted} rulesets, {rules} rules: {cpu:.2f} s of CPU, {passed:.2f} s (target 3 s)")
    print(f"  {said.splitlines()[-1]}")


def explain() -> None:
    for name in ("warfarin-nsaid", "metformin-renal", "opioid-safety", "renal-dosing", "qt-prolongation"):
        cpu, passed, _ = min(run("explain", name, str(REQUEST), "--at", "2026-05-01") for _ in range(3))
        print(f"explain {name}: {cpu:.2f} s of CPU, {passed:.2f} s (target 1 s)")


def start() -> None:
    took = {name: min(run(name, "--help") for _ in range(3))[:2] for name in sorted(cds.commands)}
    took[""] = min(run("--help") for _ in range(3))[:2]
    slowest = max(took, key=lambda name: took[name])
    print(f"start: cds --help {took[''][0]:.2f} s of CPU; slowest cds {slowest} --help {took[slowest][0]:.2f} s")


if __name__ == "__main__":
    lint(*map(int, sys.argv[1:] or ["100"]))
    explain()
    start()
