"""Reads one store again and again, and keeps what was known last for when something is away."""

from dataclasses import replace
from datetime import UTC, datetime

from console.evidence import Evidence
from console.plates import Plates
from console.reading import CatalogueSource, Live, Pictures
from console.settings import ConsoleSettings
from console.store_now import StoreRead, store_now
from console.views import StoreNow
from detector.contract import FrameFacings
from shelfstream.clock import Clock
from shelfstream.errors import Unavailable


class StoreWatch:
    """Not for several threads at once."""

    def __init__(
        self,
        store: str,
        *,
        live: Live,
        pictures: Pictures,
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

    def look(self) -> StoreNow:
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
        )
        return replace(now, troubles=tuple(troubles))

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
        told = _clock_time(written_at)
        return [f"Analytics has written nothing since {told}: what is shown may have changed meanwhile."]

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
