"""Numbers for Prometheus, read from the plant when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ..judging.clock import JUMPED, SYNCHRONISED, UNSYNCHRONISED
from ..plant import Plant

QUANTILES = (0.5, 0.99, 0.999)


class Collected(Collector):  # type: ignore[misc,unused-ignore]
    """The numbers of a plant."""

    def __init__(self, plant: Plant) -> None:
        self._plant = plant

    def collect(self) -> Iterator[Metric]:
        """All of them, now."""
        plant, desk = self._plant, self._plant.desk
        parts = CounterMetricFamily(
            "sna_station_parts", "Parts judged.", labels=["station", "recipe", "verdict"]
        )
        for (station, recipe, verdict), count in list(desk.verdicts.items()):
            parts.add_metric([station, recipe, verdict], count)
        yield parts
        yield CounterMetricFamily(
            "sna_station_repeated", "Messages that had a record.", value=desk.again
        )
        yield CounterMetricFamily(
            "sna_station_refused", "Arrivals that were held back for lack of room.",
            value=desk.refused,
        )  # fmt: skip
        yield CounterMetricFamily(
            "sna_station_measured_forgotten", "Measured values whose part did not come in time.",
            value=desk.joining.forgotten,
        )  # fmt: skip
        seconds = GaugeMetricFamily(
            "sna_station_verdict_seconds", "From a reading to its verdict, handed to the writer.",
            labels=["quantile"],
        )  # fmt: skip
        for quantile in QUANTILES:
            seconds.add_metric([f"{quantile:g}"], desk.latency.quantile(quantile))
        yield seconds
        yield _gauge("waiting", "Parts that wait for a verdict.", desk.waiting)
        yield _gauge("unwritten", "Records that are not on the disk yet.", plant.records.waiting())
        state = plant.records.state()
        yield _gauge("records", "Number of the last record.", float(state.get("last", 0)))
        yield _gauge("recording", "1 where records can be written.", bool(state.get("up", True)))
        yield _gauge("disk_free_bytes", "Free where the records are.", plant.disk_free())
        yield _gauge("started_seconds", "When this process began.", plant.began)
        yield self._clock()
        yield from self._doors()

    def _clock(self) -> Metric:
        found = GaugeMetricFamily(
            "sna_station_clock", "1 for the state of the clock.", labels=["state"]
        )
        for word in (SYNCHRONISED, UNSYNCHRONISED, JUMPED):
            found.add_metric([word], float(self._plant.clock.state == word))
        return found

    def _doors(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("sna_station_door_up", "1 where it works.", labels=["door"])
        kept = GaugeMetricFamily(
            "sna_station_door_buffered", "Records that wait for their destination.", labels=["door"]
        )
        dropped = CounterMetricFamily(
            "sna_station_door_dropped", "What had no room, by what it was.", labels=["door", "what"]
        )
        for name, state in self._plant.states().items():
            for what, count in state.get("dropped", {}).items():
                dropped.add_metric([name, what], count)
            up.add_metric([name], float(bool(state.get("up"))))
            if isinstance(state.get("buffered"), int):
                kept.add_metric([name], state["buffered"])
        yield from (up, kept, dropped)


def _gauge(name: str, help: str, value: float) -> Metric:
    return GaugeMetricFamily(f"sna_station_{name}", help, value=float(value))


def registry(plant: Plant) -> CollectorRegistry:
    """A registry of its own: nothing of the process but the station."""
    found = CollectorRegistry(auto_describe=False)
    found.register(Collected(plant))
    return found


def exposition(found: CollectorRegistry) -> bytes:
    """The text format."""
    text: bytes = generate_latest(found)
    return text
