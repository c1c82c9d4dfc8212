"""The figures of analytics, the historian, the archivist and the keeper."""

from collections.abc import Mapping

from analytics.contract import SlotState
from shelfstream.metrics import Counter, Gauge, Metrics

SLOTS = Gauge(
    "shelfstream_analytics_slots",
    "slots by believed state",
    "many UNKNOWN: look at the cameras and the detector",
    ("store", "state"),
)
MOVED_CAMERAS = Gauge(
    "shelfstream_analytics_moved_cameras",
    "cameras that hang elsewhere than when they were calibrated",
    "some: hang them as they were, or calibrate them anew; until then their slots become UNKNOWN",
    ("store",),
)
REDIS_FAILURES = Counter(
    "shelfstream_analytics_redis_failures_total",
    "writes to Redis that failed",
    "growing: Redis is away or slow; readers see old levels, nothing else suffers",
)
EVENTS_STORED = Counter(
    "shelfstream_historian_events_total",
    "stock events that were new to the history",
    "standing still while slots change: look at the historian's log and its lag",
)
SLOTS_ROLLED_UP = Counter(
    "shelfstream_historian_slots_rolled_up_total",
    "slots whose availability was rolled up by hour and day",
    "standing still: SQL is away or slow; availability by hour and day ends where it was",
)
RECORDS_ARCHIVED = Counter(
    "shelfstream_archivist_records_total",
    "facings, camera states and answers archived",
    "standing still while frames come: the archive is out of reach; replays will miss this time",
)
PLATES_KEPT = Counter(
    "shelfstream_keeper_plates_total",
    "frames kept as plates",
    "standing still: the keeper gets no frames, people see old pictures",
)
EVIDENCE_KEPT = Counter(
    "shelfstream_keeper_evidence_total",
    "evidence crops kept",
    "standing still while events come: plates are missing, people see no proof",
    ("moment",),
)
EVIDENCE_GIVEN_UP = Counter(
    "shelfstream_keeper_evidence_given_up_total",
    "evidence crops given up because their frame did not come in time",
    "growing: the keeper lags behind frames, or plates are kept too short a time",
)


class StoreFigures:
    """Slots by state, and cameras that were moved, for the stores that this process owns."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._stores: frozenset[str] = frozenset()

    def tell(self, store: str, counts: Mapping[SlotState, int], moved_cameras: int) -> None:
        """Say how many slots of a store are in each state; a state that is not named is in none."""
        self._stores |= {store}
        for state in SlotState:
            self._metrics.set(SLOTS, counts.get(state, 0), store=store, state=state.value)
        self._metrics.set(MOVED_CAMERAS, moved_cameras, store=store)

    def keep(self, stores: frozenset[str]) -> None:
        """Say no more of any other store: somebody else does."""
        for store in self._stores - stores:
            for state in SlotState:
                self._metrics.forget(SLOTS, store=store, state=state.value)
            self._metrics.forget(MOVED_CAMERAS, store=store)
        self._stores &= stores
