"""Reads stores and the alert inbox again and again, and keeps what was known last for when something is away.

Values are kept for a moment, so that a hundred people looking cost as much as one.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Generic, TypeVar

from alerts.model import HeldAlert, InboxAlert
from analytics.contract import plate_id
from console.answering import Answering
from console.links import Evidence
from console.reading import CatalogueSource, Inbox, Live, PictureSource
from console.settings import ConsoleSettings
from console.views.build import StoreRead, alerts_now, held_now, in_walking_order, store_now, unchanged_kept
from console.views.models import AlertNow, InboxNow, StoreNow
from console.views.outlines import KeptOutlines
from detector.contract import FrameFacings
from shelfstream.clock import Clock
from shelfstream.errors import Unavailable

Value = TypeVar("Value")
Key = TypeVar("Key")

_WAITING_MAX = 8


class Cached(Generic[Key, Value]):
    """One value per key, made again at the earliest ``keep_s`` after it was made; by one thread at a time per key.

    A new value that equals the old one leaves the old one in its place, so that ``is`` tells whether anything changed.
    """

    def __init__(self, make: Callable[[Key], Value], keep_s: float | Callable[[], float], clock: Clock) -> None:
        self._make = make
        self._keep_s = keep_s if callable(keep_s) else lambda: keep_s
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[Key, _Kept[Value]] = {}

    def get(self, key: Key) -> Value:
        """The value, fresh enough."""
        with self._lock:
            kept = self._kept.setdefault(key, _Kept())
        with kept.lock:
            now_s = self._clock.monotonic_s()
            if kept.value is None or now_s >= kept.until_s:
                kept.is_new_s = None
                made = self._make(key)
                kept.value = made if made != kept.value else kept.value
                kept.made_s = self._clock.monotonic_s()
                # What was new while it was being made may not be in it yet.
                keep_s = self._keep_s() if kept.is_new_s is None else kept.is_new_s
                kept.until_s = kept.made_s + keep_s
            return kept.value

    def peek(self, key: Key) -> Value | None:
        """The value where it is fresh enough, without making it or waiting for it; else ``None``."""
        kept = self._kept.get(key)
        return None if kept is None or self._clock.monotonic_s() >= kept.until_s else kept.value

    def newest(self, key: Key) -> Value | None:
        """The value that was made last, however old; ``None``: there was none."""
        kept = self._kept.get(key)
        return None if kept is None else kept.value

    def hurry(self, key: Key, at_least_s: float) -> None:
        """Something is new: make a value again when it is next asked for, ``at_least_s`` after it was made last."""
        kept = self._kept.get(key)
        if kept is not None:
            kept.is_new_s = at_least_s
            kept.until_s = min(kept.until_s, kept.made_s + at_least_s)

    def expire(self) -> None:
        """Make every value again when it is next asked for."""
        with self._lock:
            for kept in self._kept.values():
                kept.until_s = float("-inf")


class _Kept(Generic[Value]):
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.value: Value | None = None
        self.made_s = float("-inf")
        self.is_new_s: float | None = None
        self.until_s = float("-inf")


class Plates:
    """Remembers per camera which frame is shown, and the few newer ones whose picture is not there yet.

    Detector and keeper read frames side by side, so that either may be first. Not for several threads at once.
    """

    def __init__(self, exists: Callable[[str], bool]) -> None:
        self._exists = exists
        self._shown: dict[tuple[str, str], FrameFacings] = {}
        self._waiting: dict[tuple[str, str], deque[FrameFacings]] = {}

    def newest(self, seen: FrameFacings) -> FrameFacings | None:
        """Take up what was seen last; returns what was seen in the newest frame that can be shown, never an older one.

        A plate is not kept for long: when the camera sends no more, there is nothing to show after a while.
        Raises ``Unavailable`` when the picture store is away.
        """
        key = (seen.store, seen.camera)
        shown = self._shown.get(key)
        waiting = self._waiting.setdefault(key, deque(maxlen=_WAITING_MAX))
        if (shown is None or seen.order > shown.order) and (not waiting or seen.order > waiting[-1].order):
            waiting.append(seen)
        for frame in reversed(waiting):
            if self._exists(plate_id(frame.frame_id)):
                self._shown[key] = frame
                while waiting and waiting[0].order <= frame.order:
                    waiting.popleft()
                return frame
        return shown if shown is not None and self._exists(plate_id(shown.frame_id)) else None


class StoreWatch:
    """Not for several threads at once."""

    def __init__(
        self,
        store: str,
        *,
        live: Live,
        pictures: PictureSource,
        catalogue: CatalogueSource,
        settings: ConsoleSettings,
        clock: Clock,
    ) -> None:
        self._store = store
        self._live = live
        self._catalogue = catalogue
        self._settings = settings
        self._clock = clock
        self._plates = Plates(pictures.exists)
        self._evidence = Evidence(pictures.exists, clock)
        self._read = StoreRead()
        self._outlines = KeptOutlines()
        self._now: StoreNow | None = None

    def read(self) -> StoreNow:
        """The store as it is known now; what cannot be read is told in ``troubles``, and is as it was known last."""
        troubles: list[str] = []
        try:
            self._read = self._read_live()
        except Unavailable as away:
            troubles.append(f"Live data cannot be read; this is what was known last. ({away.what})")
        else:
            troubles.extend(self._silence())
        try:
            self._read = replace(self._read, shown=self._frames_to_show())
        except Unavailable as away:
            troubles.append(f"Pictures cannot be read. ({away.what})")
        now = store_now(
            self._catalogue.snapshot.catalogue,
            self._store,
            self._read,
            evidence=self._evidence_of,
            picture_old_after_s=self._settings.picture_old_after_s,
            outlines=self._outlines.of,
        )
        self._now = unchanged_kept(replace(now, troubles=tuple(troubles)), self._now)
        return self._now

    def _read_live(self) -> StoreRead:
        return replace(
            self._read,
            newest=self._live.facings(self._store),
            levels=self._live.slots(self._store),
            cameras=self._live.cameras(self._store),
            out_since=dict(self._live.out_since(self._store)),
            written_at=self._live.written_at(self._store),
        )

    def _frames_to_show(self) -> dict[str, FrameFacings]:
        found = {camera: self._plates.newest(seen) for camera, seen in self._read.newest.items()}
        return {camera: frame for camera, frame in found.items() if frame is not None}

    def _silence(self) -> list[str]:
        """What to say when Redis answers but nobody has written into it lately."""
        written_at = self._read.written_at
        if written_at is None:
            return ["Analytics has not written anything about this store yet."]
        silent_s = (self._clock.now() - written_at).total_seconds()
        if silent_s <= self._settings.analytics_old_after_s:
            return []
        clock_time = _clock_time(written_at)
        return [f"Analytics has written nothing since {clock_time}: what is shown may have changed meanwhile."]

    def _evidence_of(self, event_id: str) -> tuple[str | None, str | None]:
        try:
            return (
                self._evidence.url(self._store, event_id, "before"),
                self._evidence.url(self._store, event_id, "after"),
            )
        except Unavailable:
            return None, None


def _clock_time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%H:%M:%S} UTC"


@dataclass(frozen=True, slots=True)
class _Read:
    waiting: list[InboxAlert] = field(default_factory=list)
    closed: list[InboxAlert] = field(default_factory=list)
    held: list[HeldAlert] = field(default_factory=list)


class InboxWatch:
    """The inbox of one store, or of all where ``store`` is ``None``. Not for several threads at once."""

    def __init__(
        self,
        store: str | None,
        inbox: Inbox,
        pictures: PictureSource,
        catalogue: CatalogueSource,
        answering: Answering,
        *,
        clock: Clock,
        closed_shown: int,
    ) -> None:
        self._store = store
        self._inbox = inbox
        self._catalogue = catalogue
        self._answering = answering
        self._closed_shown = closed_shown
        self._evidence = Evidence(pictures.exists, clock)
        self._read = _Read()

    def read(self) -> InboxNow:
        """The inbox as it is known now; what cannot be read is told in ``troubles``."""
        troubles: tuple[str, ...] = ()
        try:
            self._read = self._read_ledger()
        except Unavailable as away:
            troubles = (f"The alert ledger cannot be read; this is what was known last. ({away.what})",)
        held = held_now(self._catalogue.snapshot.catalogue, self._read.held)
        now = InboxNow(in_walking_order(self._joined(self._read.waiting)), self._joined(self._read.closed), held)
        return replace(now, troubles=troubles)

    def _read_ledger(self) -> _Read:
        waiting = self._inbox.open(self._store)
        recent = self._inbox.recent(self._store, self._closed_shown + len(waiting))
        closed = [alert for alert in recent if not alert.is_open]
        return _Read(waiting, closed[: self._closed_shown], self._inbox.held(self._store))

    def _joined(self, alerts: Iterable[InboxAlert]) -> tuple[AlertNow, ...]:
        listed = list(alerts)
        on_their_way = self._answering.on_their_way(listed)
        return alerts_now(self._catalogue.snapshot.catalogue, listed, on_their_way, self._evidence_of)

    def _evidence_of(self, alert: InboxAlert) -> tuple[str | None, str | None]:
        try:
            return (
                self._evidence.url(alert.store, alert.event_id, "before"),
                self._evidence.url(alert.store, alert.event_id, "after"),
            )
        except Unavailable:
            return None, None
