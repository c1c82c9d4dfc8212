"""The ingest service: follows the catalogue and the claims, and keeps the cameras in step with them."""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass

import structlog

from ingest.camera_manager import CameraManager, Choice, assignment_change, in_thread
from ingest.camera_session import SessionParts
from ingest.camera_worker import FeedCallbacks
from ingest.claims import ClaimFollower, take_claim
from ingest.contract import CameraClaim
from ingest.publisher import Publisher
from ingest.settings import IngestSettings
from ingest.sources.base import FolderMemory, OpeningOptions, Source
from ingest.sources.open import open_source
from shelfstream.bus.api import Producer, Reader, Record
from shelfstream.bus.topics import CAMERAS, CATALOGUE, FRAMES, check_partitioning, topic_table
from shelfstream.catalogue.model import Camera
from shelfstream.catalogue.view import CatalogueView
from shelfstream.errors import InvalidMessage, StageStopped, Unavailable
from shelfstream.service import StageContext

_log = structlog.get_logger(__name__)
_ROUND_S = 0.25
_ALIVE_WITHIN_S = 60.0


@dataclass(frozen=True)
class _Connected:
    """What the worker holds of the bus."""

    producer: Producer
    reader: Reader
    view: CatalogueView
    claims: ClaimFollower


class IngestWorker:
    """One process, many cameras. ``environment`` holds the secrets that cameras' URLs refer to."""

    name = "ingest"

    def __init__(self, settings: IngestSettings, parts: StageContext, environment: Mapping[str, str]) -> None:
        self._settings = settings
        self._parts = parts
        self._clock = parts.clock
        self._environment = environment
        self._choice = Choice(frozenset(settings.stores), frozenset(settings.cameras))
        self._lost: dict[tuple[str, str], CameraClaim] = {}
        self._folders: dict[tuple[str, str, str], FolderMemory] = {}
        self._due: dict[str, float] = {}
        self._beat_s = parts.clock.monotonic_s()
        self._ready = False
        self._ended = False

    def alive(self) -> bool:
        return not self._ended and self._clock.monotonic_s() - self._beat_s < _ALIVE_WITHIN_S

    def ready(self) -> bool:
        return self._ready and self.alive()

    def run(self, stop: threading.Event) -> None:
        """Serve until ``stop``. Raises ``StageStopped`` when newer processes have claimed all of its cameras."""
        try:
            with ExitStack() as opened:
                start = self._patiently(lambda: self._connect(opened), stop)
                if start is not None:
                    self._serve(start, stop)
        finally:
            self._ended = True

    def _connect(self, opened: ExitStack) -> _Connected:
        """Connect to the bus. Raises ``Unavailable``, and ``Faults`` where topics are missing."""
        counts = self._topic_counts()
        with ExitStack() as trial:
            producer = self._parts.bus.producer()
            trial.callback(producer.close, self._settings.drain_s)
            reader = self._parts.bus.reader()
            trial.callback(reader.close)
            view = CatalogueView(range(counts[CATALOGUE]), _tell_invalid)
            claims = ClaimFollower(reader, range(counts[CAMERAS]))
            opened.push(trial.pop_all())
        return _Connected(producer, reader, view, claims)

    def _serve(self, bus: _Connected, stop: threading.Event) -> None:
        publisher = Publisher(bus.producer, self._clock)
        parts = SessionParts(self._settings, self._clock, publisher, self._parts.metrics, self._parts.secrets)

        def claim(camera: Camera) -> int:
            taken = CameraClaim(
                store=camera.store, camera=camera.id, claimant=self._parts.process, at=self._clock.now()
            )
            return take_claim(bus.producer, taken)

        manager = CameraManager(parts, FeedCallbacks(claim, self._open))
        sending = in_thread("ingest-publisher", publisher.run)
        try:
            self._keep_in_step(manager, bus, sending, stop)
        finally:
            manager.stop(self._settings.drain_s)
            if not sending.done() and not publisher.drain(self._settings.drain_s):
                _log.warning("frames that the bus has not taken are lost")
            publisher.close()

    def _keep_in_step(
        self, manager: CameraManager, bus: _Connected, sending: Future[None], stop: threading.Event
    ) -> None:
        while not stop.is_set():
            self._beat_s = self._clock.monotonic_s()
            if sending.done():
                sending.result()
            self._when_due("catalogue", self._settings.catalogue_poll_s, lambda: self._follow(bus, manager))
            self._when_due("claims", self._settings.claims_poll_s, lambda: self._read_claims(bus.claims, manager))
            manager.look_after()
            stop.wait(_ROUND_S)

    def _patiently(self, connect: Callable[[], _Connected], stop: threading.Event) -> _Connected | None:
        """Connect, waiting while the bus is away; ``None`` when stopped meanwhile."""
        while not stop.is_set():
            self._beat_s = self._clock.monotonic_s()
            try:
                return connect()
            except Unavailable as exc:
                _log.warning("bus is away", what=exc.what)
                stop.wait(exc.retry_after_s)
        return None

    def _topic_counts(self) -> Mapping[str, int]:
        topics = (CATALOGUE, CAMERAS, FRAMES)
        admin = self._parts.bus.admin()
        try:
            counts = admin.partition_counts(topics)
        finally:
            admin.close()
        check_partitioning(counts, topics, topic_table())
        return counts

    def _follow(self, bus: _Connected, manager: CameraManager) -> None:
        bus.view.refresh(bus.reader)
        self._ready = True
        cameras = bus.view.snapshot.catalogue.cameras.values()
        known = {(camera.store, camera.id) for camera in cameras}
        self._lost = {key: claim for key, claim in self._lost.items() if key in known}
        manager.follow(
            assignment_change(manager.serving, [c for c in cameras if (c.store, c.id) not in self._lost], self._choice)
        )

    def _read_claims(self, claims: ClaimFollower, manager: CameraManager) -> None:
        claims.read()
        newer = claims.superseded(manager.epochs)
        for key, claim in newer.items():
            manager.let_go(key)
            _log.error("another process has claimed this camera", camera="/".join(key), claimant=claim.claimant)
        self._lost |= newer
        if newer and not manager.serving:
            names = ", ".join(sorted({claim.claimant for claim in self._lost.values()}))
            raise StageStopped(
                f"all cameras of {self._parts.process} were claimed by {names}, which started later; "
                "give each ingest process cameras of its own (settings: stores, cameras)"
            )

    def _when_due(self, what: str, every_s: float, act: Callable[[], None]) -> None:
        now_s = self._clock.monotonic_s()
        if now_s < self._due.get(what, now_s):
            return
        self._due[what] = now_s + every_s
        try:
            act()
        except Unavailable as exc:
            _log.warning("bus is away; cameras go on as they are", looking_for=what, why=exc.what)
            self._due[what] = now_s + max(every_s, exc.retry_after_s)

    def _open(self, camera: Camera) -> Source:
        chosen = self._settings
        folder = self._folders.setdefault((camera.store, camera.id, camera.url), FolderMemory())
        opening = OpeningOptions(
            self._clock,
            camera.interval_s,
            chosen.open_timeout_s,
            chosen.read_timeout_s,
            chosen.source_bytes_max,
            folder,
        )
        return open_source(camera.url, self._environment, opening)


def _tell_invalid(record: Record, fault: InvalidMessage) -> None:
    _log.error("catalogue record cannot be read; the entity stays as it was", record=str(record), why=fault.reason)
