"""What waits to be published: per key one message under way and one waiting. The newest wins, the rest is counted.

A slow or absent bus thus costs bounded memory, and when it is back the freshest frame of each camera goes first.
"""

import threading
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial

import structlog

from ingest.camera_state import Counts
from shelfstream.bus.api import Appended, Message, Producer
from shelfstream.clock import Clock
from shelfstream.errors import InvalidMessage, Unavailable

_log = structlog.get_logger(__name__)
_IDLE_S = 1.0
LaneKey = tuple[str, str]


@dataclass
class _Lane:
    """One topic's one key."""

    waiting: Message | None = None
    flying: bool = False
    published: int = 0
    dropped: int = 0
    refused: str = ""

    @property
    def is_empty(self) -> bool:
        return self.waiting is None and not self.flying


class Publisher:
    """``offer`` from any thread; ``run`` in one thread of its own until ``close``."""

    def __init__(self, producer: Producer, clock: Clock) -> None:
        self._producer = producer
        self._clock = clock
        self._changed = threading.Condition()
        self._lanes: dict[LaneKey, _Lane] = {}
        self._not_before_s = 0.0
        self._away = False
        self._closing = False
        self._failure: BaseException | None = None

    def offer(self, message: Message) -> None:
        """Publish this next for its key, in place of one that still waits."""
        with self._changed:
            lane = self._lanes.setdefault((message.topic, message.key), _Lane())
            lane.dropped += lane.waiting is not None
            lane.waiting = message
            self._changed.notify_all()

    def wait_until_sent(self, topic: str, key: str, timeout_s: float) -> bool:
        """Wait until nothing of that key is under way; whether that came true."""
        with self._changed:
            return self._changed.wait_for(lambda: self._lane(topic, key).is_empty, timeout_s)

    def counts(self, topic: str, key: str) -> Counts:
        """What became of a key's messages."""
        with self._changed:
            lane = self._lane(topic, key)
            return Counts(lane.published, lane.dropped, lane.refused)

    def forget(self, keys: Iterable[LaneKey]) -> None:
        """Drop what waits for these keys, and their counts."""
        with self._changed:
            for key in keys:
                self._lanes.pop(key, None)

    def drain(self, timeout_s: float) -> bool:
        """Wait until everything is acknowledged; whether that came true."""
        with self._changed:
            return self._changed.wait_for(lambda: all(lane.is_empty for lane in self._lanes.values()), timeout_s)

    def close(self) -> None:
        """Let ``run`` return. What still waits is lost."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()

    def run(self) -> None:
        """Send what waits until closed. Raises what a send raised that is neither absence nor a bad message."""
        while (batch := self._next_batch()) is not None:
            for lane, message in batch:
                self._send(lane, message)

    def _next_batch(self) -> list[tuple[_Lane, Message]] | None:
        with self._changed:
            while not self._closing:
                if self._failure is not None:
                    raise self._failure
                pause_s = self._not_before_s - self._clock.monotonic_s()
                if pause_s <= 0 and (batch := self._taken()):
                    return batch
                self._changed.wait(pause_s if pause_s > 0 else _IDLE_S)
        return None

    def _taken(self) -> list[tuple[_Lane, Message]]:
        taken = []
        for lane in self._lanes.values():
            if lane.waiting is not None and not lane.flying:
                taken.append((lane, lane.waiting))
                lane.waiting, lane.flying = None, True
        return taken

    def _send(self, lane: _Lane, message: Message) -> None:
        try:
            future = self._producer.send(message)
        except (Unavailable, InvalidMessage) as exc:
            self._failed(lane, message, exc)
        else:
            future.add_done_callback(partial(self._settled, lane, message))

    def _settled(self, lane: _Lane, message: Message, future: Future[Appended]) -> None:
        failure = future.exception()
        if failure is not None:
            self._failed(lane, message, failure)
            return
        with self._changed:
            lane.flying = False
            lane.published += 1
            lane.refused = ""
            if self._away:
                self._away = False
                _log.info("bus is back")
            self._changed.notify_all()

    def _failed(self, lane: _Lane, message: Message, failure: BaseException) -> None:
        with self._changed:
            lane.flying = False
            if isinstance(failure, Unavailable):
                self._wait_out(failure)
                lane.dropped += lane.waiting is not None
                lane.waiting = lane.waiting or message
            elif isinstance(failure, InvalidMessage):
                lane.dropped += 1
                if not lane.refused:  # once, not at every picture of a camera whose pictures are all too large
                    _log.error("bus refuses a message", key=message.key, topic=message.topic, reason=failure.reason)
                lane.refused = failure.reason
            else:
                self._failure = failure
            self._changed.notify_all()

    def _wait_out(self, failure: Unavailable) -> None:
        if not self._away:
            self._away = True
            _log.warning("bus is away; the newest frame of each camera is kept", what=failure.what)
        self._not_before_s = self._clock.monotonic_s() + failure.retry_after_s

    def _lane(self, topic: str, key: str) -> _Lane:
        return self._lanes.get((topic, key)) or _Lane()
