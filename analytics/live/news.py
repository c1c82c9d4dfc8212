"""News of what Redis shows: tells at once that a store was written, so that nobody has to ask again and again."""

import threading
from collections.abc import Callable
from contextlib import closing
from typing import cast

import redis
import structlog

from analytics.live.reader import StoreKeys

_log = structlog.get_logger(__name__)
_EVERY_STORE = StoreKeys("*").changes
_BEFORE, _, _AFTER = _EVERY_STORE.partition("*")
_LOOK_EVERY_S = 0.5
_TRY_AGAIN_S = 2.0


class LiveNews:
    """Listens to every store's changes. ``on_change(store)`` is called in the listening thread; it must be quick.

    News that came while nobody listened are lost: who shows something looks by itself now and then. ``listening`` says
    whether that may be seldom.
    """

    def __init__(self, client: "redis.Redis", on_change: Callable[[str], None]) -> None:
        self._redis = client
        self._on_change = on_change
        self._listening = threading.Event()

    @property
    def listening(self) -> bool:
        """Whether news come in."""
        return self._listening.is_set()

    def run(self, stop: threading.Event) -> None:
        """Listen until ``stop`` is set, through every loss of the connection."""
        while not stop.is_set():
            try:
                self._listen(stop)
            except redis.RedisError as exc:
                _log.info("live_news_away", detail=str(exc))
                stop.wait(_TRY_AGAIN_S)
            finally:
                self._listening.clear()

    def _listen(self, stop: threading.Event) -> None:
        with closing(self._redis.pubsub()) as heard:  # type: ignore[no-untyped-call]
            heard.psubscribe(_EVERY_STORE)
            while not stop.is_set():
                told = cast("dict[str, object] | None", heard.get_message(timeout=_LOOK_EVERY_S))
                if told is not None and told["type"] == "psubscribe":
                    self._listening.set()
                elif told is not None and told["type"] == "pmessage":
                    self._on_change(_store_of(told["channel"]))


def _store_of(channel: object) -> str:
    name = channel.decode() if isinstance(channel, bytes) else str(channel)
    return name.removeprefix(_BEFORE).removesuffix(_AFTER)
