"""What is true now, read from Redis: the face that the console, commands and dashboards use.

Where it stands (braces make a store one slot of a cluster):

shelf:stores               set   every store that was ever shown
shelf:{STORE}:slots        hash  slot → ``SlotLevel`` as JSON
shelf:{STORE}:out          zset  slots that are OUT → Unix seconds at which that was first seen
shelf:{STORE}:cameras      hash  camera → ``CameraStatus`` as JSON
shelf:{STORE}:facings      hash  camera → newest ``FrameFacings`` as JSON
shelf:{STORE}:meta         hash  ``owner_epoch``, ``writes`` (a counter), ``written_at`` (ISO 8601)

Whoever subscribes to shelf:{STORE}:changes is told the counter at each write.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar, cast

import redis

from analytics.contract import SlotLevel
from detector.contract import FrameFacings
from ingest.contract import CameraStatus
from shelfstream.clock import Clock, SystemClock
from shelfstream.errors import InvalidMessage, Unavailable
from shelfstream.wire import Wire

Message = TypeVar("Message", bound=Wire)

STORES = "shelf:stores"
WRITTEN_AT = "written_at"

_RETRY_AFTER_S = 1.0
_CONNECTION_AGE_S = 5.0


@dataclass(frozen=True, slots=True)
class StoreKeys:
    """The keys of one store."""

    store: str

    def _named(self, part: str) -> str:
        return f"shelf:{{{self.store}}}:{part}"

    @property
    def slots(self) -> str:
        """Hash of levels."""
        return self._named("slots")

    @property
    def out(self) -> str:
        """Sorted set of slots that are out."""
        return self._named("out")

    @property
    def cameras(self) -> str:
        """Hash of camera status."""
        return self._named("cameras")

    @property
    def facings(self) -> str:
        """Hash of the newest facings per camera."""
        return self._named("facings")

    @property
    def meta(self) -> str:
        """Hash that says who wrote last, how often and when."""
        return self._named("meta")

    @property
    def changes(self) -> str:
        """Channel on which each write of the store is told."""
        return self._named("changes")


class LiveReader:
    """Reads one Redis. Every method raises ``Unavailable`` when Redis is away; values that cannot be read are left out.

    May be used from several threads. What did not change since a hash was last read whole is the very same object.
    """

    def __init__(self, client: "redis.Redis", clock: Clock | None = None) -> None:
        self._redis = client
        self._clock = clock or SystemClock()
        self._renewed_s = self._clock.monotonic_s()
        self._read: dict[str, Mapping[str, tuple[bytes, Wire]]] = {}

    def stores(self) -> list[str]:
        """Every store that has been shown, in order."""
        with self._asking():
            return sorted(_text(store) for store in cast("set[bytes]", self._redis.smembers(STORES)))

    def slots(self, store: str) -> dict[str, SlotLevel]:
        """The level of each slot."""
        return self._values(StoreKeys(store).slots, SlotLevel)

    def some_slots(self, store: str, slots: Iterable[str]) -> dict[str, SlotLevel]:
        """The levels of some slots; those that were never shown are left out."""
        wanted = sorted(slots)
        if not wanted:
            return {}
        with self._asking():
            raw = cast("list[bytes | None]", self._redis.hmget(StoreKeys(store).slots, wanted))
        return _decoded({slot: value for slot, value in zip(wanted, raw, strict=True) if value is not None}, SlotLevel)

    def out_since(self, store: str) -> list[tuple[str, datetime]]:
        """Slots that are OUT and when that was first seen, the longest first."""
        with self._asking():
            found = cast("list[tuple[bytes, float]]", self._redis.zrange(StoreKeys(store).out, 0, -1, withscores=True))
        return [(_text(slot), datetime.fromtimestamp(since_s, UTC)) for slot, since_s in found]

    def cameras(self, store: str) -> dict[str, CameraStatus]:
        """The status of each camera."""
        return self._values(StoreKeys(store).cameras, CameraStatus)

    def facings(self, store: str) -> dict[str, FrameFacings]:
        """What was seen in each camera's newest frame; ``frame_id`` names the plate (``analytics.contract``)."""
        return self._values(StoreKeys(store).facings, FrameFacings)

    def written_at(self, store: str) -> datetime | None:
        """When the owner last wrote or checked this store; ``None`` if never. Old means that analytics is away."""
        with self._asking():
            raw = cast("bytes | None", self._redis.hget(StoreKeys(store).meta, WRITTEN_AT))
        return None if raw is None else datetime.fromisoformat(_text(raw))

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """One question. Connections are renewed every few seconds and after an error: one that still leads to a server
        from before a failover answers all the same, with what was true then.
        """
        now_s = self._clock.monotonic_s()
        if now_s > self._renewed_s + _CONNECTION_AGE_S:
            self._renew(now_s)
        try:
            with translated():
                yield
        except Unavailable:
            self._renew(now_s)
            raise

    def _renew(self, now_s: float) -> None:
        self._renewed_s = now_s
        self._redis.connection_pool.disconnect(inuse_connections=False)

    def _values(self, key: str, kind: type[Message]) -> dict[str, Message]:
        with self._asking():
            raw = cast("dict[bytes, bytes]", self._redis.hgetall(key))
        known = self._read.get(key, {})
        found: dict[str, tuple[bytes, Message]] = {}
        for name, value in sorted((_text(name), value) for name, value in raw.items()):
            before = known.get(name)
            if before is not None and before[0] == value and isinstance(before[1], kind):
                found[name] = (value, before[1])
            elif (decoded := _decoded_or_none(value, kind)) is not None:
                found[name] = (value, decoded)
        self._read[key] = found
        return {name: decoded for name, (_, decoded) in found.items()}


def _decoded(raw: Mapping[str, bytes], kind: type[Message]) -> dict[str, Message]:
    found = {name: _decoded_or_none(value, kind) for name, value in sorted(raw.items())}
    return {name: decoded for name, decoded in found.items() if decoded is not None}


def _decoded_or_none(value: bytes, kind: type[Message]) -> Message | None:
    try:
        return kind.decode(value)
    except InvalidMessage:
        return None


@contextmanager
def translated() -> Iterator[None]:
    """Translate what the Redis client raises. Raises ``Unavailable``."""
    try:
        yield
    except redis.RedisError as exc:
        raise Unavailable(f"Redis: {exc}", retry_after_s=_RETRY_AFTER_S) from exc


def _text(raw: bytes | str) -> str:
    return raw.decode() if isinstance(raw, bytes) else raw
