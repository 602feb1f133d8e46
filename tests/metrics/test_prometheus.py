import subprocess
import sys
from pathlib import Path

import pytest

from cds.metrics.meter import COUNTERS, Gauge
from cds.metrics.prometheus import PrometheusMeter
from tests.metrics.telling import read, shown

ROOT = Path(__file__).parents[2]

COUNTING = """
import os, sys
from pathlib import Path
from cds.metrics.files import open_folder, remove_folder
state = Path(sys.argv[1])
folder = open_folder(state)
from cds.metrics.meter import Gauge
from cds.metrics.prometheus import PrometheusMeter
meter = PrometheusMeter(folder)
meter.count("cache_lookups", "hits", by=0)
for _ in range(3):
    child = os.fork()
    if child == 0:
        for _ in range(100):
            meter.count("cache_lookups", "hits")
            meter.took("hook", "s", 200, 0.02)
        os._exit(0)
    os.waitpid(child, 0)
sys.stdout.write(meter.exposition([Gauge("ready", "Told.", 1)]).decode())
remove_folder(state)
"""


def test_counts_add_up_by_their_labels():
    meter = PrometheusMeter()
    meter.count("cards", "r", "1.0.0", "rule", "info")
    meter.count("cards", "r", "1.0.0", "rule", "info", by=2)
    meter.count("cards", "r", "1.1.0", "rule", "info")
    counted = shown(meter)
    assert counted['cds_cards_total{indicator="info",rule="rule",ruleset="r",version="1.0.0"}'] == 3
    assert counted['cds_cards_total{indicator="info",rule="rule",ruleset="r",version="1.1.0"}'] == 1


def test_what_was_only_named_stands_at_zero():
    meter = PrometheusMeter()
    meter.count("refusals", "Overloaded", by=0)
    assert shown(meter)['cds_refusals_total{fault="Overloaded"}'] == 0
    assert shown(meter)["cds_not_recorded_total"] == 0


@pytest.mark.parametrize("what", COUNTERS)
def test_everything_that_can_be_counted_has_words_and_can_be_counted(what):
    told, labels = COUNTERS[what]
    meter = PrometheusMeter()
    meter.count(what, *(f"a-{label}" for label in labels))
    assert told.endswith(".") or "..." in told
    assert sum(value for name, value in shown(meter).items() if name.startswith(f"cds_{what}_total")) == 1


def test_times_fall_into_buckets_by_kind_service_and_status():
    meter = PrometheusMeter()
    meter.took("hook", "sign", 200, 0.04)
    meter.took("hook", "sign", 200, 0.6)
    meter.took("hook", "sign", 503, 0.0)
    counted = shown(meter)
    assert counted['cds_request_seconds_bucket{kind="hook",le="0.05",service="sign",status="200"}'] == 1
    assert counted['cds_request_seconds_count{kind="hook",service="sign",status="200"}'] == 2
    assert counted['cds_request_seconds_count{kind="hook",service="sign",status="503"}'] == 1


def test_how_things_stand_is_told_as_of_now():
    meter = PrometheusMeter()
    assert shown(meter, Gauge("waiting", "Told.", 5, {"kind": "a"}), Gauge("waiting", "Told.", 6, {"kind": "b"})) == {
        "cds_not_recorded_total": 0,
        'cds_waiting{kind="a"}': 5,
        'cds_waiting{kind="b"}': 6,
    }


def test_processes_that_came_and_went_add_up_and_nothing_is_left_behind(tmp_path):
    command = [sys.executable, "-c", COUNTING, str(tmp_path)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, env={"PYTHONPATH": str(ROOT)})
    counted = read(ran.stdout)
    assert counted['cds_cache_lookups_total{outcome="hits"}'] == 300
    assert counted['cds_request_seconds_count{kind="hook",service="s",status="200"}'] == 300
    assert counted["cds_ready"] == 1
    assert list((tmp_path / "metrics").iterdir()) == []


def test_a_folder_that_came_too_late_is_refused(tmp_path):
    with pytest.raises(RuntimeError, match="before its folder"):
        PrometheusMeter(tmp_path)  # this process has imported the library without one


FULL = """
import os, resource, sys
from pathlib import Path
from cds.metrics.files import open_folder
folder = open_folder(Path(sys.argv[1]))
from cds.metrics.prometheus import PrometheusMeter
meter = PrometheusMeter(folder)
meter.count("cache_lookups", "hits")
child = os.fork()
if child == 0:
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))  # as a disk that is full
    for _ in range(3):
        meter.count("cache_lookups", "hits")
        meter.took("hook", "s", 200, 0.02)
    os._exit(len(list(folder.glob(f"*_{os.getpid()}.db"))))
_, how = os.waitpid(child, 0)
print(f"left {how}")
sys.stdout.write(meter.exposition([]).decode())
"""


def test_a_process_without_room_to_count_in_lives_and_counts_nothing(tmp_path):
    ran = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True, check=True, cwd=ROOT
    )
    how, _, shown = ran.stdout.partition("left ")
    assert "not_counted" in how
    assert shown.startswith("0\n")  # neither killed, nor with a file half made
    counted = read("\n".join(line for line in shown.splitlines() if line.startswith("cds_cache_lookups_total")))
    assert list(counted.values()) == [1]
