"""What a meter shows, read back as Prometheus would: name and labels to a number."""

from cds.metrics.meter import Meter


def shown(meter: Meter, *gauges) -> dict[str, float]:
    return read(meter.exposition(gauges).decode())


def read(text: str) -> dict[str, float]:
    lines = (line.rpartition(" ") for line in text.splitlines() if line and not line.startswith("#"))
    return {name: float(value) for name, _, value in lines}
