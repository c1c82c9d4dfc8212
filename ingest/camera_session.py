"""Keeps one camera's progress while threads work: its feed brings pictures, the worker lets time pass."""

import threading
from dataclasses import dataclass, field

from ingest import camera_state, metrics
from ingest.camera_state import CameraProgress, Counts, HoldOff, Instant, Picture, Rules
from ingest.contract import CameraState, CameraStatus
from ingest.frame_jpeg import FrameLimits, to_jpeg
from ingest.publisher import Publisher
from ingest.settings import IngestSettings
from ingest.sources.captured import Captured
from shelfstream.bus.topics import CAMERAS, FRAMES
from shelfstream.catalogue.model import Camera
from shelfstream.clock import Clock
from shelfstream.identifiers import key_of
from shelfstream.metrics import Metrics
from shelfstream.secrets import KnownSecrets

_INTERVALS_BEFORE_OFFLINE = 3


def rules_of(settings: IngestSettings, interval_s: float) -> Rules:
    """The rules for a camera of that interval: one that is asked rarely is not called offline in between."""
    offline_after_s = max(settings.offline_after_s, _INTERVALS_BEFORE_OFFLINE * interval_s)
    return Rules(
        HoldOff(offline_after_s, settings.online_after_s),
        settings.heartbeat_s,
        settings.clock_tolerance_s,
    )


@dataclass(frozen=True)
class SessionParts:
    """What all desks of a process share."""

    settings: IngestSettings
    clock: Clock
    outbox: Publisher
    metrics: Metrics
    secrets: KnownSecrets = field(default_factory=KnownSecrets)

    @property
    def limits(self) -> FrameLimits:
        """What a frame may be."""
        chosen = self.settings
        return FrameLimits(chosen.jpeg_quality, chosen.picture_side_max_px, chosen.picture_bytes_max)


class CameraSession:
    """One camera's progress, and the way out for what it leads to. Any thread may call.

    ``claiming`` is held by the feed that claims the camera: one that follows it takes the claim over.
    """

    def __init__(self, camera: Camera, parts: SessionParts) -> None:
        self.key = key_of(camera.store, camera.id)
        self._camera = camera
        self._parts = parts
        self._rules = rules_of(parts.settings, camera.interval_s)
        self.claiming = threading.Lock()
        self._lock = threading.Lock()
        self._progress: CameraProgress | None = None
        self._counted = Counts()
        self._closed = False

    @property
    def epoch(self) -> int | None:
        """The epoch, once the camera is claimed."""
        with self._lock:
            return None if self._progress is None else self._progress.epoch

    def claimed(self, epoch: int) -> None:
        """The claim was acknowledged: frames may come. Of two claims the later holds, in whatever order they come."""
        with self._lock:
            if self._progress is not None and epoch <= self._progress.epoch:
                return
            self._progress = camera_state.first_progress(self._camera.store, self._camera.id, epoch, self._now())

    def changed(self, camera: Camera) -> None:
        """The catalogue says something new about the camera."""
        with self._lock:
            self._rules = rules_of(self._parts.settings, camera.interval_s)

    def picture(self, captured: Captured) -> None:
        """Publish a picture as the next frame. Raises ``BadPicture``."""
        jpeg = to_jpeg(captured.picture, self._parts.limits)
        picture = Picture(jpeg, captured.captured_at, captured.received_at)
        with self._lock:
            if self._progress is None or self._closed:
                return
            self._progress, message = camera_state.take_picture(self._progress, picture, self._now(), self._rules)
            self._parts.outbox.offer(message)

    def bad_picture(self, why: str) -> None:
        """A picture came that is of no use."""
        self._parts.metrics.count(metrics.BAD_PICTURES, camera=self.key)
        with self._lock:
            if self._progress is not None:
                self._progress = camera_state.note_bad_picture(self._progress, self._parts.secrets.mask(why))

    def lost(self, why: str) -> None:
        """The source failed."""
        self._parts.metrics.count(metrics.SOURCE_LOSSES, camera=self.key)
        with self._lock:
            if self._progress is not None:
                self._progress = camera_state.note_loss(self._progress, self._parts.secrets.mask(why))

    def time_passes(self) -> CameraStatus | None:
        """Say the status if it is due; gives what was said."""
        counts = self._parts.outbox.counts(FRAMES, self.key)
        self._count(counts)
        with self._lock:
            if self._progress is None or self._closed:
                return None
            self._progress, status = camera_state.say_status(self._progress, counts, self._now(), self._rules)
            if status is not None:
                self._parts.outbox.offer(status.message())
        if status is not None:
            online = status.state is CameraState.ONLINE
            self._parts.metrics.set(metrics.CAMERA_ONLINE, int(online), camera=self.key)
            self._parts.metrics.set(metrics.CLOCK_OFFSET_S, status.clock_offset_s or 0, camera=self.key)
        return status

    def close(self) -> None:
        """Say nothing more; what waits is dropped."""
        with self._lock:
            self._closed = True
            said = self._progress is not None and self._progress.said is not None
        self._parts.outbox.forget([(FRAMES, self.key), (CAMERAS, self.key)])
        if said:
            self._parts.metrics.forget(metrics.CAMERA_ONLINE, camera=self.key)
            self._parts.metrics.forget(metrics.CLOCK_OFFSET_S, camera=self.key)

    def _count(self, counts: Counts) -> None:
        before, self._counted = self._counted, counts
        published = max(0, counts.published - before.published)
        dropped = max(0, counts.dropped - before.dropped)
        self._parts.metrics.count(metrics.FRAMES_PUBLISHED, published, camera=self.key)
        self._parts.metrics.count(metrics.FRAMES_DROPPED, dropped, camera=self.key)

    def _now(self) -> Instant:
        return Instant.now(self._parts.clock)
