"""Watches the cameras of all stores and tells operators, in a thread of its own that holds up nothing else."""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from alerts.cameras.ledger import CameraLedger
from alerts.cameras.troubles import (
    Patience,
    TroubledCamera,
    is_to_tell,
    is_to_tell_back,
    taken_up,
    troubles_now,
)
from alerts.delivery.channels import AppriseChannel, ChannelFailed
from alerts.delivery.text import MessageText
from alerts.delivery.words import words_of
from analytics.contract import SlotLevel
from ingest.contract import CameraStatus
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.hours import is_open
from shelfstream.catalogue.model import LANGUAGES, Camera
from shelfstream.clock import Clock
from shelfstream.errors import Unavailable

_log = structlog.get_logger(__name__)


class ReadsCameras(Protocol):
    """What is true now of cameras: ``analytics.live.reader.LiveReader``. Both raise ``Unavailable``."""

    def cameras(self, store: str) -> dict[str, CameraStatus]: ...

    def some_slots(self, store: str, slots: Iterable[str]) -> dict[str, SlotLevel]: ...


@dataclass(frozen=True)
class CameraWatch:
    """Looks every ``every_s``. ``channels``: those of operators, by name. While SQL or Redis is away nobody is told."""

    live: ReadsCameras
    ledger: CameraLedger
    catalogue: Callable[[], Catalogue]
    channels: Mapping[str, AppriseChannel]
    clock: Clock
    patience: Patience
    console_url: str
    every_s: float
    send_within_s: float

    def run(self, stop: threading.Event) -> None:
        """Watch until ``stop`` is set."""
        while not stop.wait(self.every_s):
            try:
                self.look()
            except Unavailable as away:
                _log.warning("cameras_not_watched", what=away.what, retry_after_s=away.retry_after_s)

    def look(self) -> None:
        """Look at every store once, and tell what is to be told. Raises ``Unavailable``."""
        catalogue = self.catalogue()
        for store in catalogue.stores:
            self._note(catalogue, store)
            troubles = self.ledger.unfinished(store, self.clock.now())
            now = self.clock.now()
            self._tell(catalogue, [each for each in troubles if is_to_tell(each, now, self.patience)], back=False)
            self._tell(catalogue, [each for each in troubles if is_to_tell_back(each)], back=True)

    def _note(self, catalogue: Catalogue, store: str) -> None:
        """Write down what has begun, goes on, or is over."""
        now = self.clock.now()
        cameras = [camera for camera in catalogue.cameras.values() if camera.store == store]
        slots = {slot for camera in cameras for slot in _first_slots(catalogue, camera)}
        levels = self.live.some_slots(store, slots).values()
        lit = is_open(catalogue.stores[store], now)
        names = [camera.id for camera in cameras]
        found = troubles_now(self.live.cameras(store), levels, names, now, self.patience, lit=lit)
        going_on = [each for each in self.ledger.unfinished(store, now) if each.ended_at is None]
        for before in going_on:
            after = taken_up(before, found, now, self.patience)
            if after != before:
                self.ledger.change(after)
        for camera in found.keys() - {each.camera for each in going_on}:
            trouble, since = found[camera]
            self.ledger.begin(TroubledCamera(store, camera, min(since, now), trouble))

    def _tell(self, catalogue: Catalogue, troubles: Iterable[TroubledCamera], *, back: bool) -> None:
        for each in troubles:
            waiting = each.told - each.told_back if back else self.channels.keys() - each.told
            if not waiting:
                continue
            claimed = self.ledger.claim(each, self.clock.now(), timedelta(seconds=4 * self.send_within_s))
            if claimed is not None:
                wording = trouble_text(claimed, catalogue, self.console_url, back=back)
                reached = frozenset(name for name in waiting if self._sent(name, wording, good=back))
                told = replace(claimed, told=claimed.told | reached)
                if back:
                    told = replace(claimed, told_back=claimed.told_back | reached)
                self.ledger.told(told)

    def _sent(self, name: str, wording: MessageText, *, good: bool) -> bool:
        channel = self.channels.get(name)
        if channel is None:  # it was taken out of the settings: there is nobody to tell any more
            return True
        try:
            channel.notify(wording, good=good)
        except ChannelFailed as failed:
            _log.warning("camera_message_failed", detail=str(failed))
            return False
        return True


def trouble_text(trouble: TroubledCamera, catalogue: Catalogue, console_url: str, *, back: bool) -> MessageText:
    """What operators read: which camera, what is wrong, since when, and where to look."""
    store = catalogue.stores.get(trouble.store)
    words = words_of(LANGUAGES[0] if store is None else store.language)
    camera = catalogue.cameras.get((trouble.store, trouble.camera))
    name = (camera.name if camera is not None else "") or trouble.camera
    wrong = words.cameras.get(trouble.trouble.value, trouble.trouble.value)
    lasted_s = ((trouble.ended_at or trouble.since) - trouble.since).total_seconds()
    head = words.camera_back if back else wrong
    line = f"{wrong}, {words.after.format(length=words.length(lasted_s))}" if back else _since(trouble.since)
    link = f"{console_url.rstrip('/')}/health?store={trouble.store}"
    where = store.name if store is not None else trouble.store
    return MessageText(f"{head}: {name}", "\n".join([where, line, link]))


def _since(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _first_slots(catalogue: Catalogue, camera: Camera) -> Iterable[str]:
    """A slot of each bay that a camera sees: its level tells whether the bay is dark and the camera hangs as it did."""
    for seen in camera.calibrations:
        planned = catalogue.slots_by_bay.get((camera.store, seen.bay), ())
        if planned:
            yield planned[0].id
