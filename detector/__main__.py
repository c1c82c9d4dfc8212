"""Composition root of the detector: ``build`` makes the service that the ``shelfstream`` command runs."""

from pathlib import Path

import structlog

from detector.gallery.look_cache import LookCache
from detector.gallery.store import GalleryStore
from detector.handler import Chore, DecodedFrame, DetectorHandler
from detector.naming.memory import Memory
from detector.pipeline import Detector, open_detector
from detector.releases.chores import Chores
from detector.releases.following import Following
from detector.settings import DetectorSettings
from shelfstream.bus.api import Record
from shelfstream.bus.loop import Loop
from shelfstream.bus.observer import LoopObserver
from shelfstream.bus.settings import LoopSettings
from shelfstream.bus.stage import Stage, Stateless
from shelfstream.bus.topics import CATALOGUE, FRAMES
from shelfstream.catalogue.view import CatalogueView
from shelfstream.errors import InvalidMessage
from shelfstream.service import LoopService, Service, StageContext

GROUP = "detector"
_log = structlog.get_logger(__name__)


def build(settings: DetectorSettings, parts: StageContext) -> Service:
    """The detector as a service. Raises ``Faults`` for weights that are missing or not what they should be."""
    detector = open_detector(settings)

    def make_loop(observer: LoopObserver) -> Loop[None, DecodedFrame, Chore]:
        galleries = _galleries(detector, settings, parts)
        galleries.refresh()
        memory = Memory() if settings.remember else Memory(0)
        handler = DetectorHandler(detector, galleries.of, memory, settings.candidate_every)
        chores = Chores(galleries, handler, _following(settings))
        chores.follow_models()
        stage = Stage(group=GROUP, topics=(FRAMES,), handler=handler, initial=None, store=Stateless(), apply=chores.do)
        return Loop(stage, parts.bus, clock=parts.clock, settings=_loop_settings(settings), observer=observer)

    return LoopService(GROUP, make_loop, parts, reads=(FRAMES,))


def _loop_settings(settings: DetectorSettings) -> LoopSettings:
    return LoopSettings(
        batch_max_records=settings.batch_max_frames,
        batch_max_wait_s=0.0,
        poll_max_records=settings.batch_max_frames,
        tick_every_s=settings.catalogue_every_s,
        conflate=True,
        seek_when_older_than_s=settings.skip_older_than_s,
    )


def _galleries(detector: Detector, settings: DetectorSettings, parts: StageContext) -> GalleryStore:
    """A detector sees frames of any store, so it follows the whole catalogue."""
    admin = parts.bus.admin()
    partitions = admin.partition_counts([CATALOGUE]).get(CATALOGUE, 0)
    admin.close()
    return GalleryStore(
        CatalogueView(range(partitions), _ignore),
        parts.bus.reader(),
        parts.pictures,
        LookCache(detector.looks_model, settings.gallery_cache),
        open_picture=detector.open_photograph,
        look_of=detector.look_of,
        clock=parts.clock,
        budget_s=settings.gallery_budget_s,
    )


def _following(settings: DetectorSettings) -> Following | None:
    if settings.models is None:
        return None

    def opened(manifest: Path | None) -> Detector:
        return open_detector(settings if manifest is None else settings.model_copy(update={"manifest": manifest}))

    return Following(settings.models, opened)


def _ignore(record: Record, exc: InvalidMessage) -> None:
    """The stage that owns the store puts such records to the dead letters; here it is only said."""
    _log.warning("catalogue_record_unreadable", origin=str(record), reason=exc.reason)
