"""The simulator's truth as the scorer asks for it. Only the scorer may know it; no stage imports this."""

from collections.abc import Iterator
from datetime import datetime

from analytics.contract import SlotState
from deploy.demo.scoring import OutEpisode
from ingest.simulator.truth import StoreTruth
from shelfstream.catalogue.whole import Catalogue
from shelfstream.errors import Fault, Faults


class DemoTruth:
    """The truth about the demo's one store."""

    def __init__(self, store: StoreTruth) -> None:
        self._store = store

    def states(self, slot: str, start: datetime, stop: datetime) -> frozenset[SlotState]:
        """Every state that the slot was in at some moment from ``start`` to ``stop``."""
        return frozenset(SlotState(state.value) for state in self._store.states(slot, start, stop))

    def out_episodes(self, start: datetime, stop: datetime) -> Iterator[OutEpisode]:
        """All times of being out that touch the span; one that lasts beyond ``stop`` has no end yet."""
        for episode in self._store.out_episodes(start, stop):
            ended_at = episode.ended_at if episode.ended_at <= stop else None
            yield OutEpisode(episode.slot, episode.gtin, episode.began_at, ended_at)


def truth_of(catalogue: Catalogue) -> DemoTruth:
    """The truth behind the simulated cameras of a catalogue. Raises ``Faults`` where there is none."""
    for camera in catalogue.cameras.values():
        if camera.url.startswith("sim://"):
            return DemoTruth(StoreTruth.of_url(camera.url))
    raise Faults("demo", [Fault("cameras", "none of them is simulated, so there is no truth to compare with")])
