"""The cameras that this process serves, each with its desk and its feed's thread."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

import structlog

from ingest import metrics
from ingest.desk import Desk, DeskParts
from ingest.feed import Feed, Ways
from ingest.roster import CameraKey, RosterChange
from shelfstream.catalogue.model import Camera

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Hand:
    """One camera being served. ``done`` ends with its feed's thread."""

    desk: Desk
    feed: Feed
    done: Future[None]


class Crew:
    """Takes cameras up and lets them go. Belongs to the worker's thread."""

    def __init__(self, parts: DeskParts, ways: Ways) -> None:
        self._parts = parts
        self._ways = ways
        self._hands: dict[CameraKey, Hand] = {}
        self._again_at_s: dict[CameraKey, float] = {}

    @property
    def serving(self) -> Mapping[CameraKey, Camera]:
        """The cameras served now, as the catalogue had them."""
        return {key: hand.feed.camera for key, hand in self._hands.items()}

    @property
    def epochs(self) -> Mapping[CameraKey, int]:
        """Epochs of those that are claimed by now."""
        found = ((key, hand.desk.epoch) for key, hand in self._hands.items())
        return {key: epoch for key, epoch in found if epoch is not None}

    def follow(self, change: RosterChange) -> None:
        """Do what a change of the catalogue asks for."""
        for key in change.removed:
            self.let_go(key)
        for camera in change.changed:
            hand = self._hands[camera.store, camera.id]
            hand.feed.stop.set()
            hand.desk.changed(camera)
            self._start(camera, hand.desk)
            _log.info("camera has changed in the catalogue", camera=hand.desk.key)
        for camera in change.added:
            self._start(camera, Desk(camera, self._parts))
            _log.info("camera taken up", camera=f"{camera.store}/{camera.id}")
        self._parts.metrics.set(metrics.CAMERAS_HELD, len(self._hands))

    def let_go(self, key: CameraKey) -> None:
        """Serve a camera no more."""
        hand = self._hands.pop(key)
        self._again_at_s.pop(key, None)
        hand.feed.stop.set()
        hand.desk.close()
        _log.info("camera let go", camera=hand.desk.key)

    def look_after(self) -> None:
        """Let every camera's time pass, and start again those whose feed has failed."""
        for key, hand in list(self._hands.items()):
            status = hand.desk.time_passes()
            if status is not None:
                _log.debug("camera status", camera=hand.desk.key, state=status.state, detail=status.detail)
            if hand.done.done() and hand.done.exception() is not None:
                self._mend(key, hand)

    def stop(self, timeout_s: float) -> None:
        """Stop all feeds and wait for them."""
        for hand in self._hands.values():
            hand.feed.stop.set()
        late = wait([hand.done for hand in self._hands.values()], timeout_s).not_done
        if late:
            _log.warning("cameras that did not stop in time are left behind", count=len(late))

    def _mend(self, key: CameraKey, hand: Hand) -> None:
        now_s = self._parts.clock.monotonic_s()
        again_at_s = self._again_at_s.get(key)
        if again_at_s is None:
            self._again_at_s[key] = now_s + self._parts.settings.reconnect_max_s
            failure = hand.done.exception()
            hand.desk.lost(f"internal fault: {type(failure).__name__}")
            self._parts.metrics.count(metrics.FEED_CRASHES, camera=hand.desk.key)
            _log.error("the code that serves a camera has failed", camera=hand.desk.key, exc_info=failure)
        elif now_s >= again_at_s:
            del self._again_at_s[key]
            self._start(hand.feed.camera, hand.desk)

    def _start(self, camera: Camera, desk: Desk) -> None:
        feed = Feed(camera, desk, self._parts, self._ways)
        name = f"camera-{desk.key}"
        self._hands[camera.store, camera.id] = Hand(desk, feed, in_thread(name, feed.run))


def in_thread(name: str, work: Callable[[], None]) -> Future[None]:
    """Run ``work`` in a thread of its own; the future ends with it, however it ends."""
    pool = ThreadPoolExecutor(1, thread_name_prefix=name)
    done = pool.submit(work)
    pool.shutdown(wait=False)
    return done
