"""Facings in, levels and events out, without any I/O: inputs → observe → slot rules → batch update, bay by bay."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from analytics.believing.belief import says_something
from analytics.contract import SlotLevel, Versions
from analytics.inputs import CatalogueNews, GivenAnswer, Input, SeenFacings, WrittenLevel, read_input
from analytics.looking.bay_frame import BayFrame
from analytics.looking.observe import observe
from analytics.plans.planner import Planner
from analytics.plans.slot_views import BayInPicture
from analytics.plans.watching import UNWATCHED
from analytics.settings import AnalyticsSettings
from analytics.slot_rules import SlotRules
from analytics.store_state.batch_update import BatchUpdate, level_message, tombstone
from analytics.store_state.state import AnalyticsState, Owned, StoreState
from detector.contract import FrameFacings
from ingest.contract import CameraState, CameraStatus
from shelfstream.bus.api import Message, Record
from shelfstream.bus.dead_letters import Failure, dead_letter
from shelfstream.bus.stage import Outcome, Received
from shelfstream.catalogue.model import Slot
from shelfstream.errors import InvalidMessage


class AnalyticsHandler:
    """The analytics stage's own work. Nothing that is read depends on ``now``, but times of emission do."""

    def __init__(self, settings: AnalyticsSettings, planner: Planner, *, group: str) -> None:
        self._look = settings.look
        self._kept = settings.transitions_kept
        self._leaves_after = timedelta(seconds=settings.leaves_after_s)
        self._version = settings.version
        self._rules = SlotRules(settings)
        self._planner = planner
        self._group = group

    def decode(self, record: Record) -> Input | None:
        """Parse one record. Raises ``InvalidMessage``."""
        return read_input(record)

    def handle(
        self, state: AnalyticsState, batch: Sequence[Received[Input]], now: datetime
    ) -> Outcome[AnalyticsState, object]:
        """Take a batch in. An empty one says that time has come to ``now``."""
        update = BatchUpdate(state, now, self._kept)
        if not batch:
            self._pass_time(update, state, now)
        for received in batch:
            self._take(update, state, received.record, received.item, now)
        return Outcome(update.state(), update.waves(), projections=update.shown())

    def _take(self, update: BatchUpdate, state: AnalyticsState, record: Record, item: Input, now: datetime) -> None:
        index = record.partition.index
        match item:
            case SeenFacings():
                self._take_facings(update, index, item)
            case CameraStatus():
                if self._planner.plan.knows_camera(item.store, item.camera):
                    update.store(index, item.store).put_camera(item)
            case GivenAnswer():
                self._take_answer(update, index, item)
            case WrittenLevel():
                self._repair(update, state, record, item, now)
            case CatalogueNews():
                self._planner.apply(item.record)

    def _take_facings(self, update: BatchUpdate, index: int, item: SeenFacings) -> None:
        frame, plan = item.frame, self._planner.plan
        if not plan.knows_camera(frame.store, frame.camera):
            return
        store, bays = update.store(index, frame.store), plan.bays(frame.store, frame.camera)
        view = store.put_facings(frame, item.facings, bays)
        for bay in bays:
            levels = self._levels_of(update, index, bay.slots, frame.received_at)
            size_wh = (frame.width_px, frame.height_px)
            seen = observe(bay, item.facings, size_wh, frame.visibility, self._look)
            bay_frame = self._bay_frame(frame, bay, moved=view.moved)
            says_nothing = view.away or (bay.reset is not None and bay.reset.holds(frame.received_at))
            update.put(index, self._rules.step_bay(levels, bay_frame, seen.hidden() if says_nothing else seen))

    def _bay_frame(self, frame: FrameFacings, bay: BayInPicture, *, moved: bool) -> BayFrame:
        versions = Versions(model=frame.model, settings=self._version, planogram=bay.plan_version)
        order = (frame.epoch, frame.sequence)
        return BayFrame(
            frame.camera, *order, frame.received_at, frame.frame_id, versions, bay.planned, bay.needed, moved
        )

    def _levels_of(self, update: BatchUpdate, index: int, slots: Sequence[Slot], at: datetime) -> list[SlotLevel]:
        """The slots' levels; a new one, or one for another product, where the plan says so."""
        held = update.store(index, slots[0].store).slots if slots else {}
        levels = []
        for slot in slots:
            level = held.get(slot.id)
            if level is None:
                level = self._rules.new_level(slot, at)
                update.put(index, [level])
            elif level.gtin != slot.gtin or level.bay != slot.bay:
                level = self._rules.replace_product(level, slot, at)
                update.put(index, [level])
            levels.append(level)
        return levels

    def _take_answer(self, update: BatchUpdate, index: int, given: GivenAnswer) -> None:
        answer = given.answer
        level = update.level(index, answer.store, answer.slot)
        if level is None or not says_something(answer.kind):
            return
        slot = self._planner.plan.slots.get(level.store, {}).get(level.slot)
        if slot is None:
            return
        plan = self._planner.plan.snapshot.planogram_version(level.store, level.bay)
        versions = Versions(settings=self._version, planogram=plan)
        update.put(index, [self._rules.apply_answer(level, slot, answer, given.at, versions)])

    def _pass_time(self, update: BatchUpdate, state: AnalyticsState, now: datetime) -> None:
        stores = self._planner.plan.stores
        for index, owned in sorted(state.owned.items()):
            planned = {store for store in stores if self._planner.partition_of(store) == index}
            for store in sorted(planned | owned.stores.keys()):
                self._pass_time_in(update, index, store, now)

    def _pass_time_in(self, update: BatchUpdate, index: int, store: str, now: datetime) -> None:
        plan, held = self._planner.plan, update.store(index, store)
        offline = frozenset(name for name, status in held.cameras.items() if status.state is CameraState.OFFLINE)
        slots = plan.slots.get(store, {})
        for level in self._levels_of(update, index, tuple(slots.values()), now):
            watching = plan.watching.get((store, level.slot), UNWATCHED)
            update.put(index, [self._rules.pass_time(level, now, watching, offline)])
        for level in [level for level in held.slots.values() if level.slot not in slots]:
            if now - (level.last_seen_at or level.since) >= self._leaves_after:
                update.drop(index, self._rules.retire(level, now))

    def _repair(
        self, update: BatchUpdate, state: AnalyticsState, record: Record, item: WrittenLevel, now: datetime
    ) -> None:
        """Write again what somebody who is not the owner has overwritten."""
        owned = state.owned[record.partition.index]
        if not _is_foreign(record, item, owned):
            return
        again = _own_level(item, owned)
        if item.fault is not None:
            if again is None:
                raise InvalidMessage(item.fault)
            # Raising would leave it to the loop, which sends the dead letter alone: the level must follow as well.
            update.send(dead_letter(Failure(record, item.fault, InvalidMessage.__name__), self._group, now))
        if again is not None:
            update.send(again)


def _is_foreign(record: Record, item: WrittenLevel, owned: Owned) -> bool:
    """Whether somebody else wrote a level. What former owners wrote before our claim was theirs to write."""
    if item.owner_epoch is None:
        return True
    return item.owner_epoch < owned.levels_epoch < record.offset


def _own_level(item: WrittenLevel, owned: Owned) -> Message | None:
    """What the owner writes over it: the level from before this batch, whose events have all been sent."""
    level = owned.stores.get(item.store, StoreState()).slots.get(item.slot)
    if level is not None:
        return level_message(level, owned.levels_epoch)
    if item.owner_epoch is None or item.deleted:
        return None
    return tombstone(item.store, item.slot, owned.levels_epoch)
