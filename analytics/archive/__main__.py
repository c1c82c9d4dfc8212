"""Composition root of the archivist, and its handler: records in, the same to be kept out; nothing is sent."""

from collections.abc import Sequence
from datetime import datetime

from analytics.archive.archive import Archive
from analytics.archive.settings import ArchivistSettings
from analytics.archive.upkeep import Upkeep
from analytics.inputs import read_input
from analytics.metrics import RECORDS_ARCHIVED
from shelfstream.bus.api import Record
from shelfstream.bus.loop import Loop
from shelfstream.bus.observer import LoopObserver
from shelfstream.bus.settings import LoopSettings
from shelfstream.bus.stage import Outcome, Received, Stage, Stateless
from shelfstream.bus.topics import ANSWERS, CAMERAS, FACINGS
from shelfstream.errors import InvalidMessage
from shelfstream.service import LoopService, Service, StageContext

GROUP = "archivist"
TOPICS = (FACINGS, CAMERAS, ANSWERS)
"""What moves belief. The catalogue is kept in SQL with its versions; levels follow from the rest."""
_BATCH_RECORDS = 2_000


class ArchivistHandler:
    """Decides what is kept: what analytics takes in, as it stood in the log."""

    def decode(self, record: Record) -> Record | None:
        """The record itself; ``None`` for what analytics skips, or sends to the dead letters."""
        try:
            return None if read_input(record) is None else record
        except InvalidMessage:
            return None

    def handle(self, state: None, batch: Sequence[Received[Record]], now: datetime) -> Outcome[None, Record]:
        """Every record is an effect."""
        del now
        return Outcome(state, effects=tuple(received.record for received in batch))


def build(settings: ArchivistSettings, parts: StageContext) -> Service:
    """The archivist service."""
    archive = Archive(parts.archive)
    upkeep = Upkeep(archive, settings, parts.clock)
    return LoopService(
        GROUP,
        lambda observer: _loop(settings, archive, parts, observer),
        parts,
        reads=TOPICS,
        background=[("archivist-upkeep", upkeep.run)],
    )


def _loop(
    settings: ArchivistSettings, archive: Archive, parts: StageContext, observer: LoopObserver
) -> Loop[None, Record, Record]:
    parts.metrics.count(RECORDS_ARCHIVED, 0)

    def apply(effects: Sequence[Record]) -> None:
        archive.write(effects)
        parts.metrics.count(RECORDS_ARCHIVED, len(effects))

    stage = Stage(group=GROUP, topics=TOPICS, handler=ArchivistHandler(), initial=None, store=Stateless(), apply=apply)
    loop_settings = LoopSettings(batch_max_records=_BATCH_RECORDS, batch_max_wait_s=settings.write_every_s)
    return Loop(stage, parts.bus, clock=parts.clock, settings=loop_settings, observer=observer, member=parts.member)
