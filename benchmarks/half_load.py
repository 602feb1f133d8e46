"""The time to answer at half of the load that saturates the service (SETTLED "Targets": p99 under 30 ms).

    python -m benchmarks.half_load [SECONDS]

The load at saturation is measured first, in the same run. Requests then start on a fixed beat, whether or not earlier
ones are answered, and a lap counts from the moment its request was due: a stall is paid for by each request behind it.
The client shares the machine's cores with the service.
"""

import statistics
import sys
import tempfile
from itertools import count
from pathlib import Path

from benchmarks import echo, stated

PATH = f"/cds-services/{stated.SERVICE}"
BEGIN = 9 * 10**11  # apart from the numbers that echo.load has used


def main(seconds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        stated.rulesets(echo.ROOT / "rulesets", Path(folder) / "rulesets")
        state = {"CDS_TEST_CLOCK": "1", "CDS_STATE": f"{folder}/state", "CDS_RULESETS": f"{folder}/rulesets"}
        service = echo.Server([sys.executable, "-m", "cds", "serve"], state)
        print("                 full/s   half/s   p50 ms   p95 ms   p99 ms   max ms  failed")
        try:
            for place, kind in enumerate(("uncached", "cached by facts", "exact repeat")):
                body = echo.template(kind)
                full = echo.load(service.port, PATH, body, seconds, service.workers).per_second
                numbers = count(BEGIN + place * 10**10)
                laps, failed = echo.send_all(service.port, PATH, body, seconds, numbers, rate=full / 2)
                cuts = statistics.quantiles(laps, n=100)
                shown = "".join(f"{value:>9.1f}" for value in (cuts[49], cuts[94], cuts[98], max(laps)))
                print(f"{kind:<15}{full:>8.0f} {full / 2:>8.0f}{shown}{failed:>8}")
        finally:
            service.stop()


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 10)
