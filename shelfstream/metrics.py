"""Metrics: every name is declared once, as a constant, with what it means and what an operator does about it.

The spine's names stand in ``shelfstream/bus/metrics.py``, a stage's own in ``<stage>/metrics.py``::

    FRAMES_SENT = Counter("shelfstream_ingest_frames_total", "frames sent", "if it stands still, …", ("camera",))

    metrics.count(FRAMES_SENT, camera="mill-road/c1")

Each process has one ``Metrics``; there is no global registry, so tests and processes cannot meet in one.
"""

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import prometheus_client as prometheus

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


@dataclass(frozen=True, slots=True)
class _Declared:
    """A metric's name, its meaning, what an operator does about it, and the names of its labels."""

    name: str
    meaning: str
    action: str
    labels: tuple[str, ...] = ()

    @property
    def help(self) -> str:
        """What the metrics page says about it."""
        return f"{self.meaning}. {self.action}"


@dataclass(frozen=True, slots=True)
class Counter(_Declared):
    """Something that is counted; its name ends in ``_total``."""


@dataclass(frozen=True, slots=True)
class Gauge(_Declared):
    """Something that goes up and down."""


@dataclass(frozen=True, slots=True)
class Histogram(_Declared):
    """Something of which the distribution matters; ``buckets`` are upper bounds."""

    buckets: tuple[float, ...] = SECONDS


class Metrics:
    """One process's figures. Any thread may use it; labels must be exactly those that were declared."""

    def __init__(self) -> None:
        self._registry = prometheus.CollectorRegistry()
        self._lock = threading.Lock()
        self._counters: dict[Counter, prometheus.Counter] = {}
        self._gauges: dict[Gauge, prometheus.Gauge] = {}
        self._histograms: dict[Histogram, prometheus.Histogram] = {}

    def count(self, counter: Counter, by: float = 1, **labels: str) -> None:
        """Add to a counter; adding 0 makes it show."""
        with self._lock:
            if counter not in self._counters:
                name = counter.name.removesuffix("_total")
                made = prometheus.Counter(name, counter.help, counter.labels, registry=self._registry)
                self._counters[counter] = made
        found = self._counters[counter]
        (found.labels(**labels) if labels else found).inc(by)

    def set(self, gauge: Gauge, value: float, **labels: str) -> None:
        """Say what a gauge stands at."""
        with self._lock:
            if gauge not in self._gauges:
                self._gauges[gauge] = prometheus.Gauge(gauge.name, gauge.help, gauge.labels, registry=self._registry)
        found = self._gauges[gauge]
        (found.labels(**labels) if labels else found).set(value)

    def forget(self, gauge: Gauge, **labels: str) -> None:
        """Take away one line of a gauge, of a camera or partition that is not ours any more."""
        with self._lock:
            if gauge in self._gauges and labels:
                self._gauges[gauge].remove(*(labels[name] for name in gauge.labels))

    def observe(self, histogram: Histogram, value: float, **labels: str) -> None:
        """Add one value to a distribution."""
        with self._lock:
            if histogram not in self._histograms:
                made = prometheus.Histogram(
                    histogram.name,
                    histogram.help,
                    histogram.labels,
                    buckets=histogram.buckets,
                    registry=self._registry,
                )
                self._histograms[histogram] = made
        found = self._histograms[histogram]
        (found.labels(**labels) if labels else found).observe(value)

    def value(self, name: str, **labels: str) -> float | None:
        """What one line of the page says, by its full name (``…_total``, ``…_count``); ``None``: there is none."""
        return self._registry.get_sample_value(name, labels)

    def wsgi_app(self) -> "WSGIApplication":
        """Serves the whole in the format that whoever asks prefers."""
        return prometheus.make_wsgi_app(self._registry)
