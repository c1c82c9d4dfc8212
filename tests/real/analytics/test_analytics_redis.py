"""What readers see in a real Redis: true when it is there, true again after it was lost, never an old owner's."""

from collections.abc import Iterator

import pytest
import redis

from analytics.contract import SlotLevel, SlotState
from analytics.live.reader import LiveReader, StoreKeys
from analytics.live.writer import RedisProjection, patient_for
from analytics.store_state.state import ShownStore, StoreState
from deploy.runtime.redis_server import Redis
from ingest.contract import CameraState, CameraStatus
from shelfstream.bus.embedded.bus import EmbeddedBus
from shelfstream.clock import ManualClock
from shelfstream.errors import Unavailable
from tests.unit.analytics.analytics_rig import Rig, events, levels, make_bus, publish, send, until
from tests.unit.analytics.analytics_shelf import CAMERA, SLOTS, START, STORE, frame

pytestmark = pytest.mark.real


class Scene:
    """A store, its analytics, and what Redis tells about it."""

    def __init__(self, client: "redis.Redis") -> None:
        self.client = client
        self.clock = ManualClock(START)
        self.bus: EmbeddedBus = make_bus(self.clock)
        publish(self.bus)
        self.live = LiveReader(client)
        self.rig = Rig(self.bus, self.clock, client=client)
        self._number = 0

    def frames(self, count: int, shown: dict[int, str] | None = None) -> None:
        """So many frames, all alike."""
        for _ in range(count):
            self.rig.see(frame(self._number, shown))
            self._number += 1

    def is_right(self) -> bool:
        """Whether readers see exactly what the owner believes."""
        truth = levels(self.bus)
        out = {slot for slot, level in truth.items() if level.state is SlotState.OUT}
        return self.live.slots(STORE) == truth and {slot for slot, _ in self.live.out_since(STORE)} == out


@pytest.fixture
def scene(redis_url: str) -> Iterator[Scene]:
    with redis.Redis.from_url(redis_url) as client:
        made = Scene(client)
        with made.rig:
            yield made


def test_readers_see_what_the_owner_believes(scene: Scene) -> None:
    """Levels, what is out and since when, cameras, the newest facings, and when that was written."""
    status = CameraStatus(store=STORE, camera=CAMERA, epoch=0, state=CameraState.ONLINE, since=START, at=START)
    send(scene.bus, [status.message()])
    scene.frames(5)
    scene.frames(4, {4: "gap"})
    assert scene.is_right()
    assert scene.live.stores() == [STORE]
    assert scene.live.out_since(STORE) == [(SLOTS[4], frame(5).received_at)]
    assert scene.live.cameras(STORE) == {CAMERA: status}
    assert scene.live.facings(STORE) == {CAMERA: frame(8, {4: "gap"})}
    assert scene.live.written_at(STORE) == START
    scene.frames(4)
    assert scene.live.out_since(STORE) == []


def test_a_flushed_redis_is_written_again_though_nothing_moves(scene: Scene) -> None:
    """The next tick finds the store gone and shows it whole."""
    scene.frames(5, {4: "gap"})
    scene.client.flushdb()
    assert scene.live.slots(STORE) == {}
    scene.rig.tick()
    assert scene.is_right()
    assert scene.live.stores() == [STORE]


def test_a_redis_that_was_rolled_back_is_written_again(scene: Scene) -> None:
    """An older copy of everything comes back (a failover, a restored backup): the next tick puts it right."""
    scene.frames(4)
    copy = {key: scene.client.dump(key) or b"" for key in scene.client.keys("*")}
    scene.frames(4, {4: "gap"})
    scene.client.flushdb()
    for key, value in copy.items():
        scene.client.restore(key, 0, value)
    assert not scene.is_right()
    scene.rig.tick()
    assert scene.is_right()


def test_a_redis_that_is_gone_delays_nobody_and_is_caught_up(run_pid: int) -> None:
    """Killed in the middle: events go on, readers are told, and after its restart they see what is true."""
    with Redis(watch_pid=run_pid) as server, redis.Redis.from_url(server.url) as client:
        scene = Scene(client)
        with scene.rig:
            scene.frames(5)
            server.kill()
            scene.frames(4, {4: "gap"})
            assert any(event.transition.state is SlotState.OUT for event in events(scene.bus))
            with pytest.raises(Unavailable):
                scene.live.slots(STORE)
            server.start()
            scene.rig.tick(5)
            until(scene.is_right, "the store in Redis")


def test_a_redis_that_hangs_delays_nobody_for_long(run_pid: int) -> None:
    """A frozen server costs one short wait, and not one for every batch."""
    with Redis(watch_pid=run_pid) as server, redis.Redis.from_url(server.url) as client:
        scene = Scene(client)
        with scene.rig:
            scene.frames(5)
            server.freeze()
            scene.frames(4, {4: "gap"})
            assert any(event.transition.state is SlotState.OUT for event in events(scene.bus))
            server.thaw()
            scene.rig.tick(5)
            until(scene.is_right, "the store in Redis")


def shown(epoch: int, slots: dict[str, SlotLevel]) -> ShownStore:
    return ShownStore(STORE, epoch, StoreState(slots), frozenset(slots))


def test_a_former_owner_cannot_overwrite_a_newer_one(scene: Scene) -> None:
    """The fence is in Redis itself: whoever has the newer claim stays, whoever comes with an older one is refused."""
    scene.frames(5)
    old = {SLOTS[0]: levels(scene.bus)[SLOTS[0]]}
    new = {SLOTS[0]: old[SLOTS[0]].model_copy(update={"revision": 99})}
    client = patient_for(scene.client, 0.5)
    client.flushdb()
    former, newer = RedisProjection(client, scene.clock), RedisProjection(client, scene.clock)
    former.project([shown(1, old)])
    assert scene.live.slots(STORE) == old
    newer.project([shown(5, new)])
    former.project([shown(1, old)])
    former.project([shown(1, old)])
    assert scene.live.slots(STORE) == new
    assert client.hget(StoreKeys(STORE).meta, "owner_epoch") == b"5"


def test_what_is_gone_from_the_plan_is_gone_from_redis(scene: Scene) -> None:
    """A deleted slot leaves the hash and the sorted set, without the rest being written anew."""
    scene.frames(5, {4: "gap"})
    held = levels(scene.bus)
    projection = RedisProjection(patient_for(scene.client, 0.5), scene.clock)
    scene.client.flushdb()
    projection.project([shown(1, held)])
    left = {slot: level for slot, level in held.items() if slot != SLOTS[4]}
    projection.project([ShownStore(STORE, 1, StoreState(left), gone=frozenset({SLOTS[4]}))])
    assert scene.live.slots(STORE) == left
    assert scene.live.out_since(STORE) == []
    assert scene.client.hget(StoreKeys(STORE).meta, "writes") == b"2"
