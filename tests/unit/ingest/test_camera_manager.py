"""The cameras mends a feed whose code has failed, and claims a camera once whatever changes meanwhile."""

import threading
import time
from collections.abc import Callable

from ingest import metrics
from ingest.camera_manager import AssignmentChange, CameraManager
from ingest.camera_session import CameraSession, SessionParts
from ingest.camera_worker import FeedCallbacks
from ingest.publisher import Publisher
from ingest.settings import IngestSettings
from ingest.sources.base import Source
from ingest.sources.captured import Captured
from shelfstream.catalogue.model import Camera
from shelfstream.clock import SystemClock
from shelfstream.metrics import Metrics
from tests.unit.ingest.ingest_samples import jpeg
from tests.unit.ingest.slow_bus import SlowProducer

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


def _parts(figures: Metrics) -> SessionParts:
    settings = IngestSettings(reconnect_first_s=0.01, reconnect_max_s=0.05)
    return SessionParts(settings, SystemClock(), Publisher(SlowProducer(), SystemClock()), figures)


def test_a_bug_in_one_feed_is_mended_beside_the_others() -> None:
    """A feed that crashes is counted and started again later; the other camera never notices."""
    sources = {"left": _Pictures(), "right": _Pictures()}
    sources["left"].spoilt = True

    def opened(camera: Camera) -> Source:
        return sources[camera.id]

    figures = Metrics()
    parts = _parts(figures)
    cameras = CameraManager(parts, FeedCallbacks(lambda camera: 0, opened))
    cameras.follow(AssignmentChange((_LEFT, _RIGHT), (), ()))
    try:
        crashes = (metrics.FEED_CRASHES.name, {"camera": "main/left"})
        _until(lambda: figures.value(crashes[0], **crashes[1]) == 2, cameras.look_after)
        sources["left"].spoilt = False
        reads = sources["left"].reads
        _until(lambda: sources["left"].reads > reads + 3, cameras.look_after)
        assert sources["right"].reads > 3
        assert figures.value(crashes[0], camera="main/right") is None
    finally:
        cameras.stop(5)


class _Noting:
    """A lock that says when somebody waits for it."""

    def __init__(self, lock: threading.Lock) -> None:
        self._lock = lock
        self.awaited = threading.Event()

    def __enter__(self) -> None:
        if not self._lock.acquire(blocking=False):
            self.awaited.set()
            self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def test_a_change_while_the_camera_is_being_claimed_makes_no_second_claim() -> None:
    """The feed that follows takes the claim over that the one before it is still waiting for, and serves on."""
    pictures = _Pictures()
    asked, answer = threading.Event(), threading.Event()
    offsets: list[int] = []

    def claim(_: Camera) -> int:
        offsets.append(len(offsets) + 5)
        asked.set()
        assert answer.wait(10)
        return offsets[-1]

    opened: list[float] = []

    def open_(camera: Camera) -> Source:
        opened.append(camera.interval_s)
        return pictures

    cameras = CameraManager(_parts(Metrics()), FeedCallbacks(claim, open_))
    cameras.follow(AssignmentChange((_LEFT,), (), ()))
    try:
        assert asked.wait(10)
        (task,) = cameras._tasks.values()
        claiming = _Noting(task.session.claiming)
        task.session.claiming = claiming  # type: ignore[assignment]
        cameras.follow(AssignmentChange((), (_LEFT.model_copy(update={"interval_s": 0.02}),), ()))
        assert claiming.awaited.wait(10)
        answer.set()
        _until(lambda: pictures.reads > 3, cameras.look_after)
        assert offsets == [5]
        assert dict(cameras.epochs) == {("main", "left"): 5}
        assert opened == [0.02]
    finally:
        answer.set()
        cameras.stop(5)


def test_of_two_claims_the_later_holds_in_whatever_order_they_are_told() -> None:
    """An older claim that is acknowledged late does not take the epoch back."""
    session = CameraSession(_LEFT, _parts(Metrics()))
    for epoch in (6, 5):
        session.claimed(epoch)
    assert session.epoch == 6
