"""The crew mends a feed whose code has failed."""

import time
from collections.abc import Callable

from ingest_samples import jpeg
from slow_bus import SlowProducer

from ingest import metrics
from ingest.crew import Crew
from ingest.desk import DeskParts
from ingest.feed import Ways
from ingest.outbox import Outbox
from ingest.roster import RosterChange
from ingest.settings import IngestSettings
from ingest.sources.source import Captured, Source
from shelfstream.catalogue.model import Camera
from shelfstream.clock import SystemClock
from shelfstream.metrics import Metrics

_LEFT = Camera(store="main", id="left", url="file:///left", interval_s=0.01)
_RIGHT = Camera(store="main", id="right", url="file:///right", interval_s=0.01)


class _Pictures:
    """A source that has a bug while ``spoilt`` is set."""

    live = True

    def __init__(self) -> None:
        self.spoilt = False
        self.reads = 0

    def read(self, timeout_s: float) -> Captured | None:
        self.reads += 1
        if self.spoilt:
            raise ZeroDivisionError("a bug")
        now = SystemClock().now()
        return Captured(jpeg(), now, now)

    def close(self) -> None:
        """Nothing is held."""


def _until(true: Callable[[], bool], meanwhile: Callable[[], None]) -> None:
    until_s = time.monotonic() + 10
    while not true():
        assert time.monotonic() < until_s, "it never came true"
        meanwhile()
        time.sleep(0.005)


def test_a_bug_in_one_feed_is_mended_beside_the_others() -> None:
    """A feed that crashes is counted and started again later; the other camera never notices."""
    sources = {"left": _Pictures(), "right": _Pictures()}
    sources["left"].spoilt = True

    def opened(camera: Camera) -> Source:
        return sources[camera.id]

    figures = Metrics()
    settings = IngestSettings(reconnect_first_s=0.01, reconnect_max_s=0.05)
    parts = DeskParts(settings, SystemClock(), Outbox(SlowProducer(), SystemClock()), figures)
    crew = Crew(parts, Ways(lambda camera: 0, opened))
    crew.follow(RosterChange((_LEFT, _RIGHT), (), ()))
    try:
        crashes = (metrics.FEED_CRASHES.name, {"camera": "main/left"})
        _until(lambda: figures.value(crashes[0], **crashes[1]) == 2, crew.look_after)
        sources["left"].spoilt = False
        reads = sources["left"].reads
        _until(lambda: sources["left"].reads > reads + 3, crew.look_after)
        assert sources["right"].reads > 3
        assert figures.value(crashes[0], camera="main/right") is None
    finally:
        crew.stop(5)
