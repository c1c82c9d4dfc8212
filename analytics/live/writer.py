"""Shows the owner's state in Redis. Redis being away, emptied or rolled back never delays the log.

One Lua script per store is fenced, counted and whole, so that nobody sees half of a write.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

import redis
import structlog
from redis.backoff import NoBackoff
from redis.retry import Retry

from analytics.contract import SlotState
from analytics.live.reader import STORES, StoreKeys
from analytics.store_state.state import ShownStore
from shelfstream.clock import Clock

_log = structlog.get_logger(__name__)

SHOW = """
-- KEYS slots out cameras facings meta, and the channel on which changes are told
-- ARGV owner_epoch expected_writes whole written_at, then six counted lists:
--      slots to set (name value), slots to delete, out to set (since name), out to delete,
--      cameras to set (name value), facings to set (name value)
local epoch = tonumber(ARGV[1])
local held = tonumber(redis.call('HGET', KEYS[5], 'owner_epoch') or '-1')
local writes = tonumber(redis.call('HGET', KEYS[5], 'writes') or '-1')
if held > epoch then return 'fenced' end
local whole = ARGV[3] == '1'
if whole then
  redis.call('DEL', KEYS[1], KEYS[2], KEYS[3], KEYS[4])
elseif held ~= epoch or writes ~= tonumber(ARGV[2]) then
  return 'lost'
end
local at = 5
local changed = whole
local function each(width, act)
  local count = tonumber(ARGV[at])
  at = at + 1
  for _ = 1, count do
    act(ARGV[at], ARGV[at + 1])
    at = at + width
    changed = true
  end
end
each(2, function(name, value) redis.call('HSET', KEYS[1], name, value) end)
each(1, function(name) redis.call('HDEL', KEYS[1], name) end)
each(2, function(since, name) redis.call('ZADD', KEYS[2], since, name) end)
each(1, function(name) redis.call('ZREM', KEYS[2], name) end)
each(2, function(name, value) redis.call('HSET', KEYS[3], name, value) end)
each(2, function(name, value) redis.call('HSET', KEYS[4], name, value) end)
if not changed then
  redis.call('HSET', KEYS[5], 'written_at', ARGV[4])
  return writes
end
writes = math.max(writes, 0) + 1
redis.call('HSET', KEYS[5], 'owner_epoch', ARGV[1], 'writes', writes, 'written_at', ARGV[4])
redis.call('PUBLISH', KEYS[6], writes)
return writes
"""
"""Returns the store's write counter; ``lost`` when Redis does not hold what this owner last wrote (flushed, rolled
back, written by another owner): nothing was written, show the whole; ``fenced`` when a newer owner has written."""

_AWAY_FOR_S = 1.0
_LOST = (b"lost", "lost")
_NEVER = -2
"""No count of writes: the script counts from 1, and says -1 of a store that it does not hold."""


@dataclass
class _Standing:
    """What this owner last wrote of a store; ``writes`` of ``None``: not known, show the whole next time.

    ``fenced``: a newer owner writes this store. From then on it is only asked whether that is still so.
    """

    owner_epoch: int
    writes: int | None = None
    due: ShownStore | None = None
    fenced: bool = False


class RedisProjection:
    """Writes one store at a time, each write counted and fenced by the owner's epoch.

    A store that could not be written stays due; it is written whole at the next call after a short while. One that a
    newer owner writes does not.
    """

    def __init__(self, client: "redis.Redis", clock: Clock) -> None:
        self._redis = client
        self._clock = clock
        self._standing: dict[str, _Standing] = {}
        self._away_until_s = float("-inf")
        self.failures = 0

    def project(self, items: Sequence[object]) -> None:
        """Show stores as they are now; remembers what it cannot show. Never raises for Redis' sake."""
        for item in items:
            if isinstance(item, ShownStore):
                self._note(item)
        if self._clock.monotonic_s() < self._away_until_s:
            return
        due = [standing for standing in self._standing.values() if standing.due is not None]
        try:
            lost = self._write(due)
            self._write(lost)
        except redis.RedisError as exc:
            self.failures += 1
            self._away_until_s = self._clock.monotonic_s() + _AWAY_FOR_S
            for standing in due:
                standing.writes = None
            # After a failover behind one address the old connection still leads to the server that was demoted.
            self._redis.connection_pool.disconnect(inuse_connections=False)
            _log.warning("redis_away", detail=str(exc), stores_due=len(due))

    def keep(self, stores: Collection[str]) -> None:
        """Forget all other stores: they are somebody else's now."""
        self._standing = {store: standing for store, standing in self._standing.items() if store in stores}

    def _note(self, item: ShownStore) -> None:
        standing = self._standing.get(item.store)
        if standing is None or standing.owner_epoch != item.owner_epoch:
            standing = self._standing[item.store] = _Standing(item.owner_epoch)
        standing.due = item if standing.due is None else item.after(standing.due)

    def _write(self, standings: Iterable[_Standing]) -> list[_Standing]:
        """Write what is due; returns the standings of which Redis has lost something."""
        asked = [(standing, standing.due) for standing in standings if standing.due is not None]
        if not asked:
            return []
        written_at = self._clock.now().isoformat()
        pipeline = self._redis.pipeline(transaction=False)
        for standing, due in asked:
            keys = StoreKeys(due.store)
            names = (keys.slots, keys.out, keys.cameras, keys.facings, keys.meta, keys.changes)
            pipeline.eval(SHOW, len(names), *names, *_arguments(due, standing, written_at))
        unknown = [due.store for standing, due in asked if standing.writes is None and not standing.fenced]
        if unknown:
            pipeline.sadd(STORES, *unknown)
        answers = pipeline.execute()[: len(asked)]
        return [standing for (standing, _), answer in zip(asked, answers, strict=True) if _lost(standing, answer)]


def patient_for(client: "redis.Redis", timeout_s: float) -> "redis.Redis":
    """The same Redis through connections that give up after ``timeout_s`` and do not try again."""
    pool = client.connection_pool
    settings = {
        **pool.connection_kwargs,
        "socket_timeout": timeout_s,
        "socket_connect_timeout": timeout_s,
        "retry": Retry(NoBackoff(), 0),
    }
    return redis.Redis(connection_pool=redis.ConnectionPool(connection_class=pool.connection_class, **settings))


def _lost(standing: _Standing, answer: object) -> bool:
    """Take an answer of the script in; whether the whole store must be written."""
    if isinstance(answer, int):
        standing.writes, standing.due, standing.fenced = answer, None, False
        return False
    standing.writes = None
    if answer in _LOST:
        standing.fenced = False
        return True
    if not standing.fenced and standing.due is not None:
        _log.warning("projection_fenced", store=standing.due.store, owner_epoch=standing.owner_epoch)
    standing.due, standing.fenced = None, True
    return False


def _arguments(due: ShownStore, standing: _Standing, written_at: str) -> Iterator[bytes | str | int | float]:
    """``ARGV`` of the script. Of a fenced store nothing is sent: once the fence is gone, the answer is ``lost``."""
    whole = standing.writes is None and not standing.fenced
    if standing.fenced:
        due = ShownStore(due.store, due.owner_epoch, due.state)
    writes = _NEVER if standing.writes is None else standing.writes
    state = due.state
    slots = [state.slots[name] for name in (state.slots if whole else sorted(due.slots)) if name in state.slots]
    cameras = state.cameras if whole else sorted(due.cameras)
    facings = state.facings if whole else sorted(due.facings)
    out = [level for level in slots if level.state is SlotState.OUT]
    not_out = [level.slot for level in slots if level.state is not SlotState.OUT]
    yield from (due.owner_epoch, writes, int(whole), written_at)
    yield from _counted([(level.slot, level.encode()) for level in slots])
    yield from _counted([(name,) for name in sorted(due.gone)])
    yield from _counted([(level.since.timestamp(), level.slot) for level in out])
    yield from _counted([(name,) for name in (*not_out, *sorted(due.gone))])
    yield from _counted([(name, state.cameras[name].encode()) for name in cameras])
    yield from _counted([(name, state.facings[name].encode()) for name in facings])


def _counted(rows: Sequence[tuple[bytes | str | float, ...]]) -> Iterator[bytes | str | int | float]:
    yield len(rows)
    for row in rows:
        yield from row
