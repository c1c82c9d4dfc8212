"""The systems that are compared: ours, as it runs, and the rules that others use."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from analytics.contract import AVAILABLE, SlotState, StockEvent
from analytics.inputs import SeenFacings
from analytics.looking.observe import Appearance, observe, shares
from analytics.plans.slot_views import BayInPicture, bays_of
from analytics.settings import AnalyticsSettings
from analytics.store_state.state import AnalyticsState
from benchmarks.analytics_stage import restored_stage
from benchmarks.events.market import Market, Moment
from benchmarks.events.plain_events import Sure, Told
from detector.contract import Facings, FrameFacings
from ingest.contract import FrameHeader
from shelfstream.bus.api import Message, Partition, Record
from shelfstream.bus.stage import Outcome, Received
from shelfstream.bus.topics import EVENTS
from shelfstream.catalogue.catalogue import CatalogueSnapshot
from shelfstream.catalogue.model import CatalogueEntity
from simulator.store.bay_view import SIZE_WH
from simulator.store.market import MARKET_ID

_SURE_EVERY = timedelta(minutes=30)
_EMPTY = frozenset({Appearance.GAP, Appearance.BARE, Appearance.BLANK})


class System(Protocol):
    """Takes frames in order of time, and tells of each slot what it believes whenever that changes."""

    told: list[Told | Sure]

    def take(self, moment: Moment, sequence: int, facings: Facings) -> None:
        """One frame's facings."""

    def pass_time(self, at: datetime) -> None:
        """It is now ``at``; all frames of before were given."""


class Shelfstream:
    """The analytics stage as it ships, with its default settings."""

    def __init__(self, market: Market, run: str, settings: AnalyticsSettings | None = None) -> None:
        self.told: list[Told | Sure] = []
        self._run = run
        self._stage, self._state = restored_stage(_entities(market), market.starts_at, settings or AnalyticsSettings())
        self._offset = 0
        self._sure_at = market.starts_at

    def take(self, moment: Moment, sequence: int, facings: Facings) -> None:
        """Hand one frame to the stage as its detector would."""
        width, height = SIZE_WH
        header = FrameHeader(
            store=MARKET_ID, camera=moment.camera, epoch=0, sequence=sequence, captured_at=moment.at,
            received_at=moment.at, width_px=width, height_px=height,
        )  # fmt: skip
        frame = FrameFacings.of(header, facings, model="benchmark", gallery="")
        message = frame.message()
        self._offset += 1
        record = Record(Partition(message.topic, 0), self._offset, message.key.encode(), b"", (), moment.at)
        self._adopt(
            self._stage.handler.handle(self._state, (Received(record, SeenFacings(frame, facings)),), moment.at)
        )

    def pass_time(self, at: datetime) -> None:
        """A tick; now and then it is told how sure the stage is."""
        self._adopt(self._stage.handler.handle(self._state, (), at))
        if at - self._sure_at >= _SURE_EVERY:
            self._sure_at = at
            self.told.extend(self._sure(at))

    def _sure(self, at: datetime) -> Iterator[Sure]:
        for owned in self._state.owned.values():
            for level in owned.stores[MARKET_ID].slots.values():
                if level.state is not SlotState.UNKNOWN:
                    out = min(1.0, level.belief.out + level.belief.misplaced)
                    yield Sure(place=f"{self._run}/{level.slot}", at=at, chance_out=out)

    def _adopt(self, outcome: Outcome[AnalyticsState, object]) -> None:
        self._state = outcome.state
        for wave in outcome.waves:
            self.told.extend(_told(self._run, message) for message in wave if message.topic == EVENTS)


class EmptyInARow:
    """The rule that most systems use: a slot is out when it looked empty in so many frames in a row."""

    def __init__(self, market: Market, run: str, frames: int) -> None:
        self.told: list[Told | Sure] = []
        self._run, self._frames = run, frames
        self._look = AnalyticsSettings().look
        self._bays = _bays(market, self._look.margin_share)
        self._rows: dict[str, int] = {}
        self._out: dict[str, bool] = {}

    def take(self, moment: Moment, sequence: int, facings: Facings) -> None:
        """Count."""
        del sequence
        bay = self._bays[moment.camera]
        looks = observe(bay, facings, SIZE_WH, None, self._look).named()
        for slot, look in zip(bay.slots, looks, strict=True):
            if look is None or look is Appearance.DARK:
                continue
            empty = look in _EMPTY
            self._rows[slot.id] = self._rows.get(slot.id, 0) + 1 if empty else 0
            out = self._rows[slot.id] >= self._frames if empty else False
            if out != self._out.get(slot.id) and (out or not empty):
                self._out[slot.id] = out
                self.told.append(_plain(self._run, slot.id, moment.at, out=out))

    def pass_time(self, at: datetime) -> None:
        """Time says nothing to it."""


class FewFacings:
    """A threshold on raw counts: out when no facing of the slot was seen, whatever was seen before."""

    def __init__(self, market: Market, run: str) -> None:
        self.told: list[Told | Sure] = []
        self._run = run
        self._look = AnalyticsSettings().look
        self._bays = _bays(market, self._look.margin_share)
        self._out: dict[str, bool] = {}

    def take(self, moment: Moment, sequence: int, facings: Facings) -> None:
        """Count."""
        del sequence
        bay = self._bays[moment.camera]
        for slot, count in zip(bay.slots, shares(bay, facings, self._look).count.tolist(), strict=True):
            out = count == 0
            if out != self._out.get(slot.id):
                self._out[slot.id] = out
                self.told.append(_plain(self._run, slot.id, moment.at, out=out))

    def pass_time(self, at: datetime) -> None:
        """Time says nothing to it."""


def _entities(market: Market) -> Iterator[CatalogueEntity]:
    catalogue = market.catalogue
    yield from catalogue.stores.values()
    yield from catalogue.bays.values()
    yield from catalogue.products.values()
    yield from catalogue.slots.values()
    yield from catalogue.cameras.values()


def _bays(market: Market, margin_share: float) -> dict[str, BayInPicture]:
    snapshot = CatalogueSnapshot(1, market.catalogue)
    return {camera.id: bays_of(camera, snapshot, margin_share)[0] for camera in market.catalogue.cameras.values()}


def _told(run: str, message: Message) -> Told:
    event = StockEvent.decode(message.value)
    transition = event.transition
    at, place = transition.decided_at, f"{run}/{event.slot}"
    if transition.state is SlotState.UNKNOWN:
        return Told(place=place, at=at, state="unknown")
    if transition.state in AVAILABLE:
        return Told(place=place, at=at, state="available")
    return Told(place=place, at=at, state="out", earliest=transition.onset.earliest, latest=transition.onset.latest)


def _plain(run: str, slot: str, at: datetime, *, out: bool) -> Told:
    return Told(place=f"{run}/{slot}", at=at, state="out" if out else "available")


SYSTEMS: Sequence[str] = ("shelfstream", "empty_1", "empty_3", "empty_5", "no_facings")


def system_of(name: str, market: Market, run: str) -> System:
    """A system by its name in the report."""
    if name == "shelfstream":
        return Shelfstream(market, run)
    if name == "no_facings":
        return FewFacings(market, run)
    return EmptyInARow(market, run, int(name.removeprefix("empty_")))
