"""Keeps a value for a moment, so that a hundred people looking cost as much as one."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from shelfstream.clock import Clock

Value = TypeVar("Value")
Key = TypeVar("Key")


class Cached(Generic[Key, Value]):
    """One value per key, made again at the earliest ``keep_s`` after it was made; by one thread at a time per key.

    A new value that equals the old one leaves the old one in its place, so that ``is`` tells whether anything changed.
    """

    def __init__(self, make: Callable[[Key], Value], keep_s: float, clock: Clock) -> None:
        self._make = make
        self._keep_s = keep_s
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[Key, _Kept[Value]] = {}

    def get(self, key: Key) -> Value:
        """The value, fresh enough."""
        with self._lock:
            kept = self._kept.setdefault(key, _Kept())
        with kept.lock:
            now_s = self._clock.monotonic_s()
            if kept.value is None or now_s >= kept.until_s:
                made = self._make(key)
                kept.value = made if made != kept.value else kept.value
                kept.until_s = self._clock.monotonic_s() + self._keep_s
            return kept.value

    def expire(self) -> None:
        """Make every value again when it is next asked for."""
        with self._lock:
            for kept in self._kept.values():
                kept.until_s = float("-inf")


class _Kept(Generic[Value]):
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.value: Value | None = None
        self.until_s = float("-inf")
