"""Composition root of the keeper."""

from collections.abc import Sequence
from contextlib import closing

from analytics.evidence.cleaning import Cleaning
from analytics.evidence.handler import Effect, Item, KeeperHandler, Tidy
from analytics.evidence.settings import KeeperSettings
from analytics.evidence.store import EvidenceStore
from analytics.metrics import EVIDENCE_GIVEN_UP, PLATES_KEPT
from analytics.plans.planner import Planner
from shelfstream.bus.loop import Loop
from shelfstream.bus.observer import LoopObserver
from shelfstream.bus.settings import LoopSettings
from shelfstream.bus.stage import Stage, Stateless
from shelfstream.bus.topics import CATALOGUE, EVENTS, FRAMES
from shelfstream.clock import Clock
from shelfstream.service import LoopService, Service, StageContext

GROUP = "keeper"
_TOPICS = (FRAMES, EVENTS)
_BATCH_FRAMES = 32


def build(settings: KeeperSettings, parts: StageContext) -> Service:
    """The keeper service."""
    cleaning = Cleaning(parts.pictures, settings, parts.clock)
    background = [("keeper-cleaning", cleaning.run)]
    return LoopService(
        GROUP, lambda observer: _loop(settings, parts, observer), parts, reads=_TOPICS, background=background
    )


def stage_of(settings: KeeperSettings, parts: StageContext) -> Stage[None, Item, Effect]:
    """The stage as its loop runs it. It follows the whole catalogue: events and frames are given out differently."""
    planner = Planner(0.0)
    evidence = EvidenceStore(parts.pictures, lambda: planner.plan, settings, clock=parts.clock, metrics=parts.metrics)
    follower = _Follower(planner, parts, settings.catalogue_every_s)
    parts.metrics.count(PLATES_KEPT, 0)
    parts.metrics.count(EVIDENCE_GIVEN_UP, 0)

    def apply(effects: Sequence[Effect]) -> None:
        if any(not isinstance(effect, Tidy) for effect in effects):
            follower.follow_if_due()
        evidence.apply(effects)

    return Stage(
        group=GROUP, topics=_TOPICS, handler=KeeperHandler(settings), initial=None, store=Stateless(), apply=apply
    )


def _loop(settings: KeeperSettings, parts: StageContext, observer: LoopObserver) -> Loop[None, Item, Effect]:
    loop_settings = LoopSettings(batch_max_records=_BATCH_FRAMES, poll_max_records=_BATCH_FRAMES)
    stage = stage_of(settings, parts)
    return Loop(stage, parts.bus, clock=parts.clock, settings=loop_settings, observer=observer, member=parts.member)


class _Follower:
    """Looks for changes of the catalogue now and then, over a reader of the loop's own thread."""

    def __init__(self, planner: Planner, parts: StageContext, every_s: float) -> None:
        self._planner = planner
        self._clock: Clock = parts.clock
        self._reader = parts.bus.reader()
        with closing(parts.bus.admin()) as admin:
            self._partitions = admin.partition_counts([CATALOGUE]).get(CATALOGUE, 0)
        self._every_s = every_s
        self._followed_s = float("-inf")

    def follow_if_due(self) -> None:
        """Read the catalogue to its end, unless that was done a moment ago. Raises ``Unavailable``."""
        now_s = self._clock.monotonic_s()
        if now_s - self._followed_s < self._every_s:
            return
        self._planner.follow(range(self._partitions), self._partitions, self._reader)
        self._followed_s = now_s
