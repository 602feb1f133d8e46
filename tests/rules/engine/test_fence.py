"""The fence holds: random evaluations in processes of their own end well, and reloads leave nothing behind.

The short forms run in CI, the long ones by ``make drill``.
"""

import json
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from cds.rules.engine.chain import make_durable
from tests.rules.engine.compositions import HOLDS, all_of, any_of, at_least, leaves

ROOT = Path(__file__).parents[3]
#: glibc gives back what a deleted session held; with CPython's own allocator valgrind sees blocks that it reuses.
_VALGRIND = ["valgrind", "--error-limit=no", "--num-callers=30", "--undef-value-errors=no", "--error-exitcode=77"]


def evaluated(*seeds: int, each: int, before: tuple[str, ...] = (), environ: dict[str, str] | None = None) -> Counter:
    """What children did, two at a time. A child that died, or whose engine differed, is no result."""
    told: Counter[str] = Counter()
    command = [*before, sys.executable, "-m", "tests.rules.engine.random_evaluations"]
    for first in range(0, len(seeds), 2):
        children = [
            subprocess.Popen([*command, str(seed), str(each)], cwd=ROOT, env=environ, stdout=-1, stderr=-1, text=True)
            for seed in seeds[first : first + 2]
        ]
        for child in children:
            said, complaint = child.communicate()
            assert child.returncode == 0, (child.args, child.returncode, said, complaint[-2000:])
            told.update(json.loads(said))
    return told


def test_random_evaluations_end_well_and_agree():
    told = evaluated(1, each=3_000)
    assert told["evaluations"] == 3_000
    assert min(told["holds"], told["fails"], told["unknown"]) > 3_000


@pytest.mark.drill
def test_a_million_random_evaluations_end_well_and_agree():
    told = evaluated(*range(100, 120), each=50_000)
    assert told["evaluations"] == 1_000_000
    print(dict(told))


@pytest.mark.drill
def test_two_thousand_evaluations_read_and_write_no_foreign_memory():
    assert shutil.which("valgrind"), "valgrind is needed for this drill: apt-get install valgrind"
    environ = {"PYTHONMALLOC": "malloc", "PATH": "/usr/bin:/bin"}
    told = evaluated(7, each=2_000, before=tuple(_VALGRIND), environ=environ)
    assert told["evaluations"] == 2_000


def reloads(count: int) -> int:
    """Resident pages of 4 KiB that so many reloads left behind, after as many as warm up."""
    compositions = [at_least(2, 20, *range(5)), all_of(21, 20, 6), any_of(22, 21, *range(7, 15))]

    def reload_once() -> None:
        engine = make_durable(compositions, remember=8)
        assert engine.solve(leaves("hhhhhhh"), [21])[21] is HOLDS
        engine.close()

    for _ in range(200):
        reload_once()
    before = resident_pages()
    for _ in range(count):
        reload_once()
    return resident_pages() - before


def resident_pages() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1])


def test_three_hundred_reloads_leave_memory_flat():
    assert reloads(300) < 256  # under 1 MiB, where one leaked net is 76 KiB


@pytest.mark.drill
def test_ten_thousand_reloads_leave_memory_flat():
    assert reloads(10_000) < 256
