"""The meter of a running service: prometheus-client, whose processes add up in files of one folder.

Every pair of counter and labels is bound once; a count is then one look-up and one write to mapped memory.
"""

import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
    generate_latest,
    values,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from cds.logs import get_logger
from cds.metrics.files import make_room
from cds.metrics.meter import COUNTERS, Counted, Gauge

_log = get_logger(__name__)

#: Seconds after which a process that had no room to count in asks again.
_REST = 30.0
#: Seconds. The time for an answer is 0.4 by default; half a second is what the guide asks for (PERF-01).
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 1.0, 2.5)


class PrometheusMeter:
    """A :class:`cds.metrics.meter.Meter`. Made once, before the workers fork."""

    def __init__(self, folder: Path | None = None) -> None:
        """``folder``: where the processes add up (:func:`cds.metrics.files.open_folder`); None for one process."""
        if folder is not None and values.ValueClass is values.MutexValue:
            raise RuntimeError("prometheus_client was imported before its folder was named")
        self._folder = folder
        self._process, self._asks_again = 0, 0.0
        if not self._counts():
            raise OSError("there is no room to count in")
        # It would be a second series for each counter, which the folder could not hold.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry()
        self._counters = {
            what: Counter(f"cds_{what}", told, labels, registry=self._registry)
            for what, (told, labels) in COUNTERS.items()
        }
        self._seconds = Histogram(
            "cds_request_seconds",
            "From the arrival of a request to its answer.",
            ("kind", "service", "status"),
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self._bound_counters: dict[tuple[str, ...], Counter] = {}
        self._bound_seconds: dict[tuple[str, str, int], Histogram] = {}
        for what, (_, names) in COUNTERS.items():
            if not names:
                self._bind(what, ())

    def count(self, what: Counted, *labels: str, by: int = 1) -> None:
        """As the interface says."""
        if self._process != os.getpid() and not self._counts():
            return
        (self._bound_counters.get((what, *labels)) or self._bind(what, labels)).inc(by)

    def took(self, kind: str, service: str, status: int, seconds: float) -> None:
        """As the interface says."""
        if self._process != os.getpid() and not self._counts():
            return
        key = (kind, service, status)
        bound = self._bound_seconds.get(key)
        if bound is None:
            bound = self._bound_seconds[key] = self._seconds.labels(kind, service, str(status))
        bound.observe(seconds)

    def exposition(self, gauges: Iterable[Gauge]) -> bytes:
        """As the interface says."""
        asked = CollectorRegistry()
        asked.register(_Standing(tuple(gauges)))
        if self._folder is None:
            return generate_latest(self._registry) + generate_latest(asked)
        MultiProcessCollector(asked, str(self._folder))  # type: ignore[no-untyped-call]
        return generate_latest(asked)

    def _counts(self) -> bool:
        """Whether this process has files to count in; each has its own, made at its first count.

        On a full disk nothing is counted, and calls are answered or refused as ever; asked again from time to time.
        """
        if self._folder is None:
            self._process = os.getpid()
            return True
        if time.monotonic() < self._asks_again:
            return False
        if make_room(self._folder, os.getpid()):
            self._process = os.getpid()
            return True
        self._asks_again = time.monotonic() + _REST
        _log.error("not_counted", fault="no room for the files of counts")
        return False

    def _bind(self, what: Counted, labels: tuple[str, ...]) -> Counter:
        counter = self._counters[what]
        bound = counter.labels(*labels) if labels else counter
        return self._bound_counters.setdefault((what, *labels), bound)


class _Standing(Collector):
    """Gauges as they were when somebody asked."""

    def __init__(self, gauges: tuple[Gauge, ...]) -> None:
        self._gauges = gauges

    def collect(self) -> Iterator[GaugeMetricFamily]:
        families: dict[str, GaugeMetricFamily] = {}
        for gauge in self._gauges:
            family = families.get(gauge.name)
            if family is None:
                family = GaugeMetricFamily(f"cds_{gauge.name}", gauge.told, labels=tuple(gauge.labels))
                families[gauge.name] = family
            family.add_metric(list(gauge.labels.values()), gauge.value)
        yield from families.values()
