"""Figures of sending for Prometheus: how long each step takes, and what had to wait, as the database counted it."""

from collections.abc import Iterator
from itertools import accumulate
from math import inf
from typing import Any

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from bas_service.messaging.rules import SENDING_TIMES, Channel

_STEPS = {
    "handed_over": "From when a message was committed and due until the provider had it",
    "delivered": "From when the provider had a message until it was delivered",
}


class SendingMetrics(Collector):
    """What was counted, as Prometheus reads it; every channel is there from the beginning."""

    def __init__(self, times: list[dict[str, Any]], waits: list[dict[str, Any]]) -> None:
        self._times = times
        self._waits = {row["channel"]: row for row in waits}

    def collect(self) -> Iterator[Metric]:
        """The histograms of both steps, and the counter of waits."""
        for step, said in _STEPS.items():
            histogram = HistogramMetricFamily(f"bas_{step}_seconds", said, labels=["channel"])
            for channel in Channel:
                found = [row for row in self._times if (row["channel"], row["step"]) == (channel, step)]
                histogram.add_metric([channel.value], *_buckets_of(found))
            yield histogram
        waited = CounterMetricFamily(
            "bas_held_back",
            "How often a message that was due had to wait: for its sender's turn, until its number had some rest",
            labels=["channel", "by"],
        )
        for channel in Channel:
            for by, column in (("sender", "turn"), ("number", "number")):
                waited.add_metric([channel.value, by], self._waits.get(channel, {}).get(column, 0))
        yield waited


def _buckets_of(found: list[dict[str, Any]]) -> tuple[list[tuple[str, float]], float]:
    """Each limit with what took no longer, as Prometheus counts, and the seconds of all together."""
    counted = {row["up_to"]: row["messages"] for row in found}
    # Whatever limits were counted by in another version, too.
    limits = sorted({*SENDING_TIMES, inf, *counted})
    totals = accumulate(counted.get(limit, 0) for limit in limits)
    return [(floatToGoString(limit), total) for limit, total in zip(limits, totals, strict=True)], sum(
        row["seconds"] for row in found
    )
