"""Serves one camera in a thread of its own: connects, reads at the camera's interval, connects again after a pause."""

import random
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

import structlog

from ingest.camera_session import CameraSession, SessionParts
from ingest.sources.base import Source
from ingest.sources.captured import BadPicture, SourceEnded, SourceError
from shelfstream.bus.topics import FRAMES
from shelfstream.catalogue.model import Camera
from shelfstream.errors import Unavailable

_log = structlog.get_logger(__name__)

_DOUBLINGS_MAX = 32
_LOOK_UP_S = 0.5


def next_due_s(due_s: float, now_s: float, interval_s: float) -> float:
    """One interval after the last one was due; if that has passed already, now: missed pictures are not made up."""
    return max(due_s + interval_s, now_s)


def backoff_s(failures: int, first_s: float, max_s: float, jitter: float) -> float:
    """Wait after ``failures`` (1 or more) in a row: doubling, capped, then shortened by up to half.

    ``jitter`` in 0…1 comes from a random source, so that many cameras behind one switch do not return at once.
    """
    doublings = min(failures - 1, _DOUBLINGS_MAX)
    return min(max_s, first_s * 2.0**doublings) * (1 - jitter / 2)


@dataclass(frozen=True)
class FeedCallbacks:
    """How a feed reaches out. ``claim`` takes a camera and gives its epoch, ``Unavailable`` is waited out; ``open``
    opens its source or raises a ``SourceError``.
    """

    claim: Callable[[Camera], int]
    open: Callable[[Camera], Source]


class CameraWorker:
    """One camera's pictures, from source to session. ``run`` ends when ``stop`` is set or nothing can follow."""

    def __init__(self, camera: Camera, session: CameraSession, parts: SessionParts, callbacks: FeedCallbacks) -> None:
        self.camera = camera
        self._session = session
        self._outbox = parts.outbox
        self._settings = parts.settings
        self._clock = parts.clock
        self._callbacks = callbacks
        self._failures = 0
        self._bad_in_a_row = 0
        self.stop = threading.Event()

    def run(self) -> None:
        """Serve until stopped or until a finite source has ended."""
        self._claim_first()
        while not self.stop.is_set():
            try:
                with closing(self._callbacks.open(self.camera)) as source:
                    self._pump(source)
            except SourceEnded as exc:
                self._session.lost(str(exc))
                _log.info("source has ended", camera=self._session.key, why=str(exc))
                return
            except SourceError as exc:
                self._wait_out(exc)

    def _claim_first(self) -> None:
        # A claim may take its time; a change of the catalogue meanwhile starts the next feed at the same session: it
        # waits here, or the process would mistake its own second claim for another's.
        with self._session.claiming:
            while self._session.epoch is None and not self.stop.is_set():
                try:
                    self._session.claimed(self._callbacks.claim(self.camera))
                except Unavailable as exc:
                    _log.warning("camera cannot be claimed yet", camera=self._session.key, why=exc.what)
                    self.stop.wait(exc.retry_after_s)

    def _pump(self, source: Source) -> None:
        due_s = self._clock.monotonic_s()
        while not self.stop.wait(max(0.0, due_s - self._clock.monotonic_s())):
            self._read_one(source)
            if source.live:
                due_s = next_due_s(due_s, self._clock.monotonic_s(), self.camera.interval_s)
            else:
                self._wait_until_sent()

    def _read_one(self, source: Source) -> None:
        try:
            captured = source.read(self._settings.read_timeout_s)
            if captured is not None and not self.stop.is_set():
                self._session.picture(captured)
                self._failures, self._bad_in_a_row = 0, 0
        except BadPicture as exc:
            self._session.bad_picture(str(exc))
            self._bad_in_a_row += 1
            if self._bad_in_a_row.bit_count() == 1:  # the 1st, 2nd, 4th, 8th …: the log stays readable
                _log.warning(
                    "picture cannot be used", camera=self._session.key, why=str(exc), in_a_row=self._bad_in_a_row
                )

    def _wait_until_sent(self) -> None:
        while not self._outbox.wait_until_sent(FRAMES, self._session.key, _LOOK_UP_S):
            if self.stop.is_set():
                return

    def _wait_out(self, failure: SourceError) -> None:
        self._failures += 1
        self._session.lost(str(failure))
        chosen = self._settings
        wait_s = backoff_s(self._failures, chosen.reconnect_first_s, chosen.reconnect_max_s, random.random())
        _log.warning(
            "camera lost",
            camera=self._session.key,
            why=str(failure),
            failures=self._failures,
            again_in_s=round(wait_s, 1),
        )
        self.stop.wait(wait_s)
