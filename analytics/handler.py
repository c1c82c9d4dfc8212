"""Facings in, levels and events out: the rules applied to a batch, without any I/O."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from analytics.batch_update import Draft, level_message, tombstone
from analytics.belief import says_something
from analytics.contract import SlotLevel, UnknownReason, Versions
from analytics.inputs import CatalogueNews, Item, SeenFacings, Tick, WrittenLevel, read_item
from analytics.observe import looks
from analytics.settings import AnalyticsSettings
from analytics.slot_rules import SlotLook, looked_at, planted, replanted, retired, told, unseen
from analytics.slot_views import UNWATCHED, BayInPicture, Planner
from analytics.state import AnalyticsState, Owned, StoreState
from ingest.contract import CameraState, CameraStatus
from shelfstream.answers import Answer
from shelfstream.bus.api import Message, Record
from shelfstream.bus.dead_letters import Failure, dead_letter
from shelfstream.bus.stage import Outcome, Received
from shelfstream.catalogue.model import Slot
from shelfstream.errors import InvalidMessage
from shelfstream.identifiers import key_of


class AnalyticsHandler:
    """The analytics stage's own work. Nothing here depends on ``now`` but ticks and times of emission."""

    def __init__(self, settings: AnalyticsSettings, planner: Planner, *, group: str) -> None:
        self._settings = settings
        self._version = settings.version
        self._planner = planner
        self._group = group

    def decode(self, record: Record) -> Item | None:
        """Parse one record. Raises ``InvalidMessage``."""
        return read_item(record)

    def handle(
        self, state: AnalyticsState, batch: Sequence[Received[Item]], now: datetime
    ) -> Outcome[AnalyticsState, object]:
        """Take a batch in. An empty one sends ticks, which take effect when they are read from the log."""
        draft = Draft(state, now, self._settings.transitions_kept)
        if not batch:
            self._send_ticks(draft, state, now)
            return Outcome(state, draft.waves())
        for received in batch:
            self._take(draft, state, received.record, received.item, now)
        return Outcome(draft.state(), draft.waves(), projections=draft.shown())

    def _take(self, draft: Draft, state: AnalyticsState, record: Record, item: Item, now: datetime) -> None:
        index = record.partition.index
        match item:
            case SeenFacings():
                self._look(draft, index, item)
            case Tick():
                self._tick(draft, index, item)
            case CameraStatus():
                if self._planner.plan.knows_camera(item.store, item.camera):
                    draft.store(index, item.store).put_camera(item)
            case Answer():
                if says_something(item.kind):
                    tick = Tick(partition=index, at=now, answers=(item,))
                    draft.send(tick.message(state.owned[index].facings_epoch))
            case WrittenLevel():
                self._mend(draft, state, record, item, now)
            case CatalogueNews():
                self._planner.apply(item.record)

    def _look(self, draft: Draft, index: int, item: SeenFacings) -> None:
        frame, plan = item.frame, self._planner.plan
        if not plan.knows_camera(frame.store, frame.camera):
            return
        draft.store(index, frame.store).put_facings(frame)
        for bay in plan.bays(frame.store, frame.camera):
            self._look_at_bay(draft, index, item, bay)

    def _look_at_bay(self, draft: Draft, index: int, item: SeenFacings, bay: BayInPicture) -> None:
        frame = item.frame
        size_wh = (frame.width_px, frame.height_px)
        found, covered = looks(bay, item.facings, size_wh, frame.visibility, self._settings.look)
        versions = Versions(model=frame.model, settings=self._version, planogram=bay.plan_version)
        for slot, look, share in zip(bay.slots, found, covered.tolist(), strict=True):
            seen = SlotLook(
                frame.camera,
                frame.epoch,
                frame.sequence,
                frame.received_at,
                frame.frame_id,
                look,
                share,
                slot.facings_wide * slot.facings_high,
                versions,
            )
            level = self._level_of(draft, index, slot, frame.received_at)
            draft.put(index, looked_at(level, seen, self._settings))

    def _tick(self, draft: Draft, index: int, tick: Tick) -> None:
        if not tick.answers:
            self._pass_time(draft, index, tick)
        for answer in tick.answers:
            self._hear(draft, index, answer, tick.at)

    def _pass_time(self, draft: Draft, index: int, tick: Tick) -> None:
        plan = self._planner.plan
        planned = {store for store in plan.stores if self._planner.partition_of(store) == index}
        for store in sorted(planned.union(draft.stores_of(index))):
            offline = frozenset(name.partition("/")[2] for name in tick.offline if name.startswith(f"{store}/"))
            slots = plan.slots.get(store, {})
            for slot in slots.values():
                level = self._level_of(draft, index, slot, tick.at)
                watched = plan.watching.get((store, slot.id), UNWATCHED)
                draft.put(index, unseen(level, tick.at, watched, offline, self._settings))
            for level in [held for held in draft.store(index, store).slots.values() if held.slot not in slots]:
                if tick.at - (level.last_seen_at or level.since) >= timedelta(seconds=self._settings.leaves_after_s):
                    self._retire(draft, index, level, tick.at)

    def _retire(self, draft: Draft, index: int, level: SlotLevel, at: datetime) -> None:
        last = level if level.reason is UnknownReason.RETIRED else retired(level, at, self._settings)
        draft.drop(index, last)

    def _hear(self, draft: Draft, index: int, answer: Answer, at: datetime) -> None:
        level = draft.level(index, answer.store, answer.slot)
        if level is not None:
            plan = self._planner.plan.snapshot.planogram_version(level.store, level.bay)
            versions = Versions(settings=self._version, planogram=plan)
            draft.put(index, told(level, answer, at, versions, self._settings))

    def _level_of(self, draft: Draft, index: int, slot: Slot, at: datetime) -> SlotLevel:
        """The slot's level; a new one, or one for another product, where the plan says so."""
        held = draft.store(index, slot.store).slots.get(slot.id)
        if held is None:
            level = planted(slot, at, self._settings)
        elif (held.gtin, held.bay) != (slot.gtin, slot.bay):
            level = replanted(held, slot, at, self._settings)
        else:
            return held
        draft.put(index, level)
        return level

    def _mend(self, draft: Draft, state: AnalyticsState, record: Record, item: WrittenLevel, now: datetime) -> None:
        """Write again what somebody who is not the owner has overwritten."""
        owned = state.owned[record.partition.index]
        if not _is_foreign(record, item, owned):
            return
        again = _own_level(item, owned)
        if item.fault is not None:
            if again is None:
                raise InvalidMessage(item.fault)
            # Raising would leave it to the loop, which sends the dead letter alone: the level must follow as well.
            draft.send(dead_letter(Failure(record, item.fault, InvalidMessage.__name__), self._group, now))
        if again is not None:
            draft.send(again)

    def _send_ticks(self, draft: Draft, state: AnalyticsState, now: datetime) -> None:
        planned = {self._planner.partition_of(store) for store in self._planner.plan.stores}
        for index, owned in sorted(state.owned.items()):
            if not owned.stores and index not in planned:
                continue
            offline = tuple(
                sorted(
                    key_of(status.store, status.camera)
                    for store in owned.stores.values()
                    for status in store.cameras.values()
                    if status.state is CameraState.OFFLINE
                )
            )
            draft.send(Tick(partition=index, at=now, offline=offline).message(owned.facings_epoch))


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
