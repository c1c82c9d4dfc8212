"""What one batch changes: works on a copy of the state, and gathers what must be sent in which order."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from analytics.contract import SlotLevel, StockEvent, event_id_of
from analytics.plans.camera_moves import CameraView, looked_again
from analytics.plans.slot_views import BayInPicture
from analytics.store_state.state import AnalyticsState, ShownStore, StoreState
from detector.contract import Facings, FrameFacings
from ingest.contract import CameraStatus
from shelfstream.bus.api import Headers, Message
from shelfstream.bus.ownership import stamp
from shelfstream.bus.topics import LEVELS
from shelfstream.identifiers import key_of

FRESH_HEADER = "fresh"
"""On a level: how many of its newest transitions have events that follow it. Whoever restores sends those again."""

Waves = tuple[tuple[Message, ...], ...]


def level_message(level: SlotLevel, owner_epoch: int, fresh: int = 0) -> Message:
    """A level as its owner writes it."""
    headers: Headers = (*stamp(owner_epoch), (FRESH_HEADER, str(fresh).encode()))
    return Message(LEVELS, key_of(level.store, level.slot), level.encode(), headers)


def tombstone(store: str, slot: str, owner_epoch: int) -> Message:
    """Deletes a slot's level from the log."""
    return Message(LEVELS, key_of(store, slot), None, stamp(owner_epoch))


def event_messages(level: SlotLevel, fresh: int, owner_epoch: int, emitted_at: datetime) -> Iterator[Message]:
    """The events of a level's ``fresh`` newest transitions, oldest first."""
    for transition in level.transitions[len(level.transitions) - fresh :]:
        event = StockEvent(
            event_id=event_id_of(level.store, level.slot, transition.sequence),
            store=level.store,
            slot=level.slot,
            bay=level.bay,
            transition=transition,
            emitted_at=emitted_at,
        )
        plain = event.message()
        yield Message(plain.topic, plain.key, plain.value, stamp(owner_epoch))


class StoreUpdate:
    """One store during a batch; the state that it came from stays as it was."""

    def __init__(self, store: str, before: StoreState) -> None:
        self.store = store
        self.slots = dict(before.slots)
        self.cameras = dict(before.cameras)
        self.facings = dict(before.facings)
        self.views = dict(before.views)
        self.written: set[str] = set()
        self.gone: set[str] = set()
        self.new_cameras: set[str] = set()
        self.new_facings: set[str] = set()

    def put_camera(self, status: CameraStatus) -> None:
        """Remember a camera's newest status."""
        self.cameras[status.camera] = status
        self.new_cameras.add(status.camera)

    def put_facings(self, frame: FrameFacings, facings: Facings, bays: tuple[BayInPicture, ...]) -> CameraView:
        """Remember a camera's newest facings, and how it sees its bays; older ones are left out."""
        held = self.facings.get(frame.camera)
        if held is None or held.order < frame.order:
            self.facings[frame.camera] = frame
            self.new_facings.add(frame.camera)
            self.views[frame.camera] = looked_again(self.views.get(frame.camera), bays, facings)
        return self.views.get(frame.camera, CameraView(bays))

    def shown(self, owner_epoch: int) -> ShownStore:
        """What readers are to see of it."""
        return ShownStore(
            self.store,
            owner_epoch,
            StoreState(self.slots, self.cameras, self.facings, self.views),
            frozenset(self.written),
            frozenset(self.gone),
            frozenset(self.new_cameras),
            frozenset(self.new_facings),
        )


class BatchUpdate:
    """All that one batch changes. ``kept`` is how many transitions a level can carry."""

    def __init__(self, before: AnalyticsState, now: datetime, kept: int) -> None:
        self._before = before
        self._now = now
        self._kept = kept
        self._stores: dict[tuple[int, str], StoreUpdate] = {}
        self._unsent: dict[tuple[int, str, str], int] = {}
        self._waves: list[tuple[Message, ...]] = []
        self._others: list[Message] = []

    def store(self, index: int, store: str) -> StoreUpdate:
        """One store of an owned partition, to be changed."""
        found = self._stores.get((index, store))
        if found is None:
            found = StoreUpdate(store, self._before.owned[index].stores.get(store, StoreState()))
            self._stores[index, store] = found
        return found

    def level(self, index: int, store: str, slot: str) -> SlotLevel | None:
        """A slot's level, ``None`` where there is none; unlike ``store``, asking for it creates nothing."""
        updated = self._stores.get((index, store))
        if updated is not None:
            return updated.slots.get(slot)
        held = self._before.owned[index].stores.get(store)
        return None if held is None else held.slots.get(slot)

    def stores_of(self, index: int) -> list[str]:
        """Every store of a partition that has a state."""
        updated = {store for at, store in self._stores if at == index}
        return sorted(updated | self._before.owned[index].stores.keys())

    def put(self, index: int, levels: Sequence[SlotLevel]) -> None:
        """Next levels of slots of one store. Their new transitions are to be sent as events after them."""
        if not levels:
            return
        update = self.store(index, levels[0].store)
        for level in levels:
            before = update.slots.get(level.slot)
            if before is level:
                continue
            fresh = _fresh(before, level)
            key = (index, level.store, level.slot)
            if self._unsent.get(key, 0) + fresh > self._kept:
                self._close_wave()
            self._unsent[key] = self._unsent.get(key, 0) + fresh
            update.slots[level.slot] = level
            update.written.add(level.slot)
            update.gone.discard(level.slot)

    def drop(self, index: int, level: SlotLevel) -> None:
        """A slot's last level: its events are sent, then the level is deleted from the log."""
        self.put(index, [level])
        self._close_wave()
        update = self.store(index, level.store)
        del update.slots[level.slot]
        update.written.discard(level.slot)
        update.gone.add(level.slot)
        self._waves.append((tombstone(level.store, level.slot, self._before.owned[index].levels_epoch),))

    def send(self, message: Message) -> None:
        """Something to be sent with the first wave: what an older owner has overwritten."""
        self._others.append(message)

    def state(self) -> AnalyticsState:
        """The state after the batch."""
        owned: dict[int, dict[str, StoreState]] = {}
        for (index, store), update in self._stores.items():
            stores = owned.setdefault(index, dict(self._before.owned[index].stores))
            stores[store] = StoreState(update.slots, update.cameras, update.facings, update.views)
        state = self._before
        for index, stores in owned.items():
            held = self._before.owned[index]
            state = state.having(index, replace(held, stores=stores))
        return state

    def waves(self) -> Waves:
        """What to send: repairs, then levels, and after each wave of levels its events."""
        self._close_wave()
        waves = (tuple(self._others), *self._waves)
        return tuple(wave for wave in waves if wave)

    def shown(self) -> tuple[ShownStore, ...]:
        """What readers are to see of the stores that were touched."""
        return tuple(
            update.shown(self._before.owned[index].levels_epoch) for (index, _), update in sorted(self._stores.items())
        )

    def _close_wave(self) -> None:
        levels: list[Message] = []
        events: list[Message] = []
        for (index, store, slot), fresh in self._unsent.items():
            owned = self._before.owned[index]
            level = self._stores[index, store].slots[slot]
            levels.append(level_message(level, owned.levels_epoch, fresh))
            events.extend(event_messages(level, fresh, owned.events_epoch, self._now))
        self._unsent.clear()
        self._waves.extend((tuple(levels), tuple(events)))


def _fresh(before: SlotLevel | None, after: SlotLevel) -> int:
    known = before.transition_sequence if before is not None else 0
    if after.transition_sequence == known:
        return 0
    return sum(transition.sequence > known for transition in after.transitions)
