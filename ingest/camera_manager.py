"""Which cameras this process serves, and one session and one worker's thread for each of them."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

import structlog

from ingest import metrics
from ingest.camera_session import CameraSession, SessionParts
from ingest.camera_worker import CameraWorker, FeedCallbacks
from shelfstream.catalogue.model import Camera

_log = structlog.get_logger(__name__)

CameraKey = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Choice:
    """What the settings name; nothing named is everything."""

    stores: frozenset[str]
    cameras: frozenset[str]

    def takes(self, camera: Camera) -> bool:
        """Whether a camera is this process's."""
        in_store = not self.stores or camera.store in self.stores
        return in_store and (not self.cameras or f"{camera.store}/{camera.id}" in self.cameras)


@dataclass(frozen=True, slots=True)
class AssignmentChange:
    """What to do: cameras to take up, to open anew (URL or interval changed), and to let go."""

    added: tuple[Camera, ...]
    changed: tuple[Camera, ...]
    removed: tuple[CameraKey, ...]


def assignment_change(
    serving: Mapping[CameraKey, Camera], cameras: Iterable[Camera], choice: Choice
) -> AssignmentChange:
    """From what is served to what the catalogue and the settings ask for."""
    wanted = {(camera.store, camera.id): camera for camera in cameras if choice.takes(camera)}
    return AssignmentChange(
        added=tuple(camera for key, camera in wanted.items() if key not in serving),
        changed=tuple(
            camera for key, camera in wanted.items() if key in serving and _how(camera) != _how(serving[key])
        ),
        removed=tuple(key for key in serving if key not in wanted),
    )


def _how(camera: Camera) -> tuple[str, float]:
    return camera.url, camera.interval_s


@dataclass(frozen=True)
class CameraTask:
    """One camera being served. ``done`` ends with its feed's thread."""

    session: CameraSession
    feed: CameraWorker
    done: Future[None]


class CameraManager:
    """Takes cameras up and lets them go. Belongs to the worker's thread."""

    def __init__(self, parts: SessionParts, callbacks: FeedCallbacks) -> None:
        self._parts = parts
        self._callbacks = callbacks
        self._tasks: dict[CameraKey, CameraTask] = {}
        self._again_at_s: dict[CameraKey, float] = {}

    @property
    def serving(self) -> Mapping[CameraKey, Camera]:
        """The cameras served now, as the catalogue had them."""
        return {key: task.feed.camera for key, task in self._tasks.items()}

    @property
    def epochs(self) -> Mapping[CameraKey, int]:
        """Epochs of those that are claimed by now."""
        found = ((key, task.session.epoch) for key, task in self._tasks.items())
        return {key: epoch for key, epoch in found if epoch is not None}

    def follow(self, change: AssignmentChange) -> None:
        """Do what a change of the catalogue asks for."""
        for key in change.removed:
            self.let_go(key)
        for camera in change.changed:
            task = self._tasks[camera.store, camera.id]
            task.feed.stop.set()
            task.session.changed(camera)
            self._start(camera, task.session)
            _log.info("camera has changed in the catalogue", camera=task.session.key)
        for camera in change.added:
            self._start(camera, CameraSession(camera, self._parts))
            _log.info("camera taken up", camera=f"{camera.store}/{camera.id}")
        self._parts.metrics.set(metrics.CAMERAS_HELD, len(self._tasks))

    def let_go(self, key: CameraKey) -> None:
        """Serve a camera no more."""
        task = self._tasks.pop(key)
        self._again_at_s.pop(key, None)
        task.feed.stop.set()
        task.session.close()
        _log.info("camera let go", camera=task.session.key)

    def look_after(self) -> None:
        """Let every camera's time pass, and start again those whose feed has failed."""
        for key, task in list(self._tasks.items()):
            status = task.session.time_passes()
            if status is not None:
                _log.debug("camera status", camera=task.session.key, state=status.state, detail=status.detail)
            if task.done.done() and task.done.exception() is not None:
                self._mend(key, task)

    def stop(self, timeout_s: float) -> None:
        """Stop all feeds and wait for them."""
        for task in self._tasks.values():
            task.feed.stop.set()
        late = wait([task.done for task in self._tasks.values()], timeout_s).not_done
        if late:
            _log.warning("cameras that did not stop in time are left behind", count=len(late))

    def _mend(self, key: CameraKey, task: CameraTask) -> None:
        now_s = self._parts.clock.monotonic_s()
        again_at_s = self._again_at_s.get(key)
        if again_at_s is None:
            self._again_at_s[key] = now_s + self._parts.settings.reconnect_max_s
            failure = task.done.exception()
            task.session.lost(f"internal fault: {type(failure).__name__}")
            self._parts.metrics.count(metrics.FEED_CRASHES, camera=task.session.key)
            _log.error("the code that serves a camera has failed", camera=task.session.key, exc_info=failure)
        elif now_s >= again_at_s:
            del self._again_at_s[key]
            self._start(task.feed.camera, task.session)

    def _start(self, camera: Camera, session: CameraSession) -> None:
        feed = CameraWorker(camera, session, self._parts, self._callbacks)
        name = f"camera-{session.key}"
        self._tasks[camera.store, camera.id] = CameraTask(session, feed, in_thread(name, feed.run))


def in_thread(name: str, work: Callable[[], None]) -> Future[None]:
    """Run ``work`` in a thread of its own; the future ends with it, however it ends."""
    pool = ThreadPoolExecutor(1, thread_name_prefix=name)
    done = pool.submit(work)
    pool.shutdown(wait=False)
    return done
