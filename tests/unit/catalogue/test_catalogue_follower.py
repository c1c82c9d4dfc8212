"""Following the catalogue through outages, from the start on."""

import threading
import time
from collections.abc import Callable

from shelfstream.background import Background
from shelfstream.bus.api import Admin, Reader
from shelfstream.bus.embedded.bus import EmbeddedBus
from shelfstream.catalogue.follower import CatalogueFollower
from shelfstream.catalogue.model import Store
from shelfstream.catalogue.records import entity_message
from shelfstream.clock import SystemClock
from shelfstream.errors import Unavailable


class AwayBus(EmbeddedBus):
    """A bus that is away as often as told to."""

    refusals = 0

    def _come_or_stay_away(self) -> None:
        if self.refusals:
            self.refusals -= 1
            raise Unavailable("bus", retry_after_s=0.01)

    def reader(self) -> Reader:  # type: ignore[override]
        """A reader, if there is a bus."""
        self._come_or_stay_away()
        return super().reader()

    def admin(self) -> Admin:  # type: ignore[override]
        """An admin, if there is a bus."""
        self._come_or_stay_away()
        return super().admin()


def until(true: Callable[[], object]) -> None:
    ends_s = time.monotonic() + 20
    while not true():
        assert time.monotonic() < ends_s, "it never came true"
        time.sleep(0.01)


def test_a_bus_that_is_away_at_the_start_is_waited_for() -> None:
    """Started before its bus, the follower lives on and knows the catalogue once there is one."""
    bus = AwayBus(None, SystemClock())
    bus.refusals = 5
    follower, stop = CatalogueFollower(bus, 0.02), threading.Event()
    with Background("catalogue", follower.run, stop):
        until(follower.loaded.is_set)
        producer = bus.producer()
        producer.send(entity_message(Store(id="main", name="Main", time_zone="UTC", hours={}))).result(5)
        until(lambda: "main" in follower.snapshot.catalogue.stores)
        bus.refusals = 3
    assert not stop.is_set()
    bus.close()
