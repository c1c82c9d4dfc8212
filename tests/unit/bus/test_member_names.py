"""Who keeps a place in its group: stages whose process an operator named, and no others."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy

import analytics.__main__ as analytics_root
import analytics.evidence.__main__ as keeper_root
import analytics.historian.__main__ as historian_root
from analytics.evidence.settings import KeeperSettings
from analytics.historian.settings import HistorianSettings
from analytics.settings import AnalyticsSettings
from shelfstream.bus.embedded.bus import EmbeddedBus
from shelfstream.bus.embedded.consumer import EmbeddedConsumer
from shelfstream.bus.observer import NullObserver
from shelfstream.clock import ManualClock
from shelfstream.file_store import PictureStore
from shelfstream.metrics import Metrics
from shelfstream.migrations.upgrade import upgrade
from shelfstream.service import StageContext


class AskedBus(EmbeddedBus):
    """Remembers the members' names that it was asked for."""

    asked: list[str | None]

    def consumer(self, group: str, *, member: str | None = None) -> EmbeddedConsumer:
        """Remember, and make it."""
        self.asked.append(member)
        return super().consumer(group, member=member)


@pytest.fixture
def bus() -> Iterator[AskedBus]:
    """A bus that was asked for nothing yet."""
    with closing(AskedBus(None, ManualClock(datetime(2026, 3, 1, tzinfo=UTC)))) as made:
        made.asked = []
        yield made


def parts_of(bus: AskedBus, engine: sqlalchemy.Engine, member: str | None) -> StageContext:
    clock, pictures = ManualClock(datetime(2026, 3, 1, tzinfo=UTC)), PictureStore("memory://member-names")
    return StageContext(bus, clock, pictures, "host-1-abc", None, engine, Metrics(), member=member)


def make_analytics(parts: StageContext) -> object:
    return analytics_root._loop(AnalyticsSettings(), parts, NullObserver())


def make_keeper(parts: StageContext) -> object:
    return keeper_root._loop(KeeperSettings(), parts, NullObserver())


def make_historian(parts: StageContext) -> object:
    return historian_root._loop(HistorianSettings(), parts, NullObserver())


@pytest.mark.parametrize("make", [make_analytics, make_historian, make_keeper])
@pytest.mark.parametrize("member", [None, "analytics-1"])
def test_only_a_name_that_was_given_is_a_members_name(
    make: Callable[[StageContext], object], member: str | None, bus: AskedBus, tmp_path: Path
) -> None:
    """A name made of chance never reaches the group, or each stop would leave its partitions to nobody for a while."""
    engine = sqlalchemy.create_engine(f"sqlite:///{tmp_path / 'history.db'}")
    upgrade(engine)
    make(parts_of(bus, engine, member))
    assert bus.asked == [member]
