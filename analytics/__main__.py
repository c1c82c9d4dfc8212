"""Composition root of analytics: ``build`` puts the stage together; nothing runs or connects before ``run``."""

from collections import Counter
from collections.abc import Sequence

from analytics.handler import AnalyticsHandler
from analytics.inputs import TOPICS, Input
from analytics.live.writer import RedisProjection, patient_for
from analytics.metrics import REDIS_FAILURES, StoreFigures
from analytics.plans.planner import Planner
from analytics.settings import AnalyticsSettings
from analytics.store_state.recovery import PartitionRecovery
from analytics.store_state.state import AnalyticsState, ShownStore
from shelfstream.bus.loop import Loop
from shelfstream.bus.observer import LoopObserver
from shelfstream.bus.settings import LoopSettings
from shelfstream.bus.stage import Stage
from shelfstream.bus.topics import LEVELS
from shelfstream.metrics import Metrics
from shelfstream.service import LoopService, Service, StageContext

GROUP = "analytics"


def build(settings: AnalyticsSettings, parts: StageContext) -> Service:
    """The analytics service. Without Redis it works all the same; nobody sees what is true now."""
    return LoopService(GROUP, lambda observer: _loop(settings, parts, observer), parts, reads=TOPICS)


def stage_of(settings: AnalyticsSettings, parts: StageContext) -> Stage[AnalyticsState, Input, object]:
    """The stage as its loop runs it."""
    planner = Planner(settings.look.margin_share)
    redis = None if parts.redis is None else patient_for(parts.redis, settings.redis_timeout_s)
    projection = None if redis is None else RedisProjection(redis, parts.clock)
    figures = _Shown(parts.metrics, projection)
    return Stage(
        group=GROUP,
        topics=TOPICS,
        handler=AnalyticsHandler(settings, planner, group=GROUP),
        initial=AnalyticsState(),
        store=PartitionRecovery(
            parts.bus, planner, settings, owner=parts.process, clock=parts.clock, keep=figures.keep
        ),
        project=figures.project,
        sees_fenced=frozenset({LEVELS}),
    )


def _loop(
    settings: AnalyticsSettings, parts: StageContext, observer: LoopObserver
) -> Loop[AnalyticsState, Input, object]:
    loop_settings = LoopSettings(tick_every_s=settings.tick_every_s)
    stage = stage_of(settings, parts)
    return Loop(stage, parts.bus, clock=parts.clock, settings=loop_settings, observer=observer, member=parts.member)


class _Shown:
    """Tells the metrics what is shown, and shows it."""

    def __init__(self, metrics: Metrics, projection: RedisProjection | None) -> None:
        self._metrics = metrics
        self._figures = StoreFigures(metrics)
        self._projection = projection
        self._failures_told = 0
        metrics.count(REDIS_FAILURES, 0)

    def project(self, items: Sequence[object]) -> None:
        """Count slots and cameras of each store by their state, then show the stores."""
        for item in items:
            if isinstance(item, ShownStore):
                moved = sum(view.moved for view in item.state.views.values())
                self._figures.tell(item.store, Counter(level.state for level in item.state.slots.values()), moved)
        if self._projection is not None:
            self._projection.project(items)
            self._metrics.count(REDIS_FAILURES, self._projection.failures - self._failures_told)
            self._failures_told = self._projection.failures

    def keep(self, stores: frozenset[str]) -> None:
        """Say no more of any other store: somebody else does."""
        self._figures.keep(stores)
        if self._projection is not None:
            self._projection.keep(stores)
