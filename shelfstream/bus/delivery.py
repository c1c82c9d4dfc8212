"""Sends messages and waits until each is acknowledged: many of them in portions, or waves that follow each other."""

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTime
from itertools import islice

import structlog

from shelfstream.bus.api import Appended, Message, Producer
from shelfstream.bus.dead_letters import without_value
from shelfstream.bus.observer import LoopObserver, Step, Tally
from shelfstream.bus.settings import LoopSettings
from shelfstream.clock import Clock
from shelfstream.errors import InvalidMessage, StageStopped, Unavailable

_log = structlog.get_logger(__name__)

_AT_ONCE = 500
_ACKNOWLEDGED_WITHIN_S = 30.0

_WAIT_SLICE_S = 0.5


def send_all(
    producer: Producer, messages: Iterable[Message], *, otherwise: str, beat: Callable[[], None] = lambda: None
) -> None:
    """Send them in their order; ``beat`` is called before each portion.

    Raises ``Unavailable`` with the sentence ``otherwise`` where the bus takes too long, and what sending raises.
    """
    rest = iter(messages)
    while portion := list(islice(rest, _AT_ONCE)):
        beat()
        futures = [producer.send(message) for message in portion]
        producer.flush(_ACKNOWLEDGED_WITHIN_S)
        for future in futures:
            try:
                future.result(_ACKNOWLEDGED_WITHIN_S)
            except TimeoutError as exc:
                raise Unavailable(otherwise) from exc


class RetryPolicy:
    """Tries something again for as long as the settings allow, keeping the membership alive between tries.

    Once a batch's first message may have left, its result must not be computed anew: the same bytes are sent and
    the same effects applied until that works, or the process ends and another one does the batch.
    """

    def __init__(
        self, clock: Clock, settings: LoopSettings, keep_alive: Callable[[float], None], observer: LoopObserver
    ) -> None:
        self._clock = clock
        self._give_up_after_s = settings.give_up_after_s
        self._stop_within_s = settings.stop_within_s
        self._keep_alive = keep_alive
        self._observer = observer
        self._stop = threading.Event()
        self._stopping_s: float | None = None

    def watch_stop(self, stop: threading.Event) -> None:
        """From now on, end soon once ``stop`` is set."""
        self._stop = stop

    def retry(self, work: Callable[[], None]) -> None:
        """Do ``work`` until it is not ``Unavailable``. Raises ``StageStopped`` when patience ends.

        When a stop ends it sooner, ``Unavailable`` passes: nothing is wrong, and the batch is the next process's.
        """
        give_up_s = self._clock.monotonic_s() + self._give_up_after_s
        while True:
            try:
                return work()
            except Unavailable as away:
                self._observer.count(Tally.UNAVAILABLE)
                self._wait(away, give_up_s)

    def _wait(self, away: Unavailable, give_up_s: float) -> None:
        again_s = self._clock.monotonic_s() + away.retry_after_s
        if again_s > give_up_s:
            raise StageStopped(
                f"{away.what}: still away after {self._give_up_after_s:g} s in the middle of a batch; "
                "the batch is done again after the restart"
            ) from away
        while True:
            if again_s > self._stop_by_s():
                _log.warning("stopped_in_the_middle_of_a_batch", what=away.what)
                raise away
            left_s = again_s - self._clock.monotonic_s()
            self._keep_alive(max(0.0, min(left_s, _WAIT_SLICE_S)))
            if left_s <= _WAIT_SLICE_S:
                return

    def _stop_by_s(self) -> float:
        """When all waiting must be over. Counted once from the stop, whatever the batch still has to wait for."""
        if not self._stop.is_set():
            return float("inf")
        if self._stopping_s is None:
            self._stopping_s = self._clock.monotonic_s()
        return self._stopping_s + self._stop_within_s


class Sender:
    """Puts waves on the bus. A wave is sent again as a whole, so that the order within it stays right."""

    def __init__(
        self, producer: Producer, settings: LoopSettings, retries: RetryPolicy, observer: LoopObserver
    ) -> None:
        self._producer = producer
        self._acknowledge_within_s = settings.acknowledge_within_s
        self._retries = retries
        self._observer = observer

    def send(self, waves: Sequence[Sequence[Message]]) -> None:
        """Send each wave and wait for all of its messages. Raises ``StageStopped`` if the bus stays away."""
        for wave in waves:
            if wave:
                self._retries.retry(lambda wave=wave: self._send_once(wave))  # type: ignore[misc]

    def bury(self, letters: Sequence[Message]) -> None:
        """Send dead letters; one that the bus refuses (its topic may take less than T does) goes without its value."""
        try:
            self.send((letters,))
        except InvalidMessage:
            for letter in letters:
                self._bury_one(letter)

    def _bury_one(self, letter: Message) -> None:
        try:
            self.send(((letter,),))
        except InvalidMessage as exc:
            _log.error("dead_letter_without_its_value", topic=letter.topic, key=letter.key, reason=exc.reason)
            self.send(((without_value(letter, exc.reason),),))

    def _send_once(self, wave: Sequence[Message]) -> None:
        futures: list[Future[Appended]] = []
        for message in wave:
            try:
                futures.append(self._producer.send(message))
            except Unavailable:
                # The queue is full of this very wave: sent again from its beginning it would never find room.
                if not futures:
                    raise
                self._all_acknowledged(futures)
                futures = [self._producer.send(message)]
        self._observer.at(Step.WAVE_SENT)
        self._all_acknowledged(futures)
        self._observer.at(Step.WAVE_ACKNOWLEDGED)

    def _all_acknowledged(self, futures: Sequence[Future[Appended]]) -> None:
        self._producer.flush(self._acknowledge_within_s)
        for future in futures:
            self._acknowledged(future)

    def _acknowledged(self, future: Future[Appended]) -> None:
        try:
            future.result(self._acknowledge_within_s)
        except NotInTime as exc:
            raise Unavailable(f"the bus acknowledged nothing for {self._acknowledge_within_s:g} s") from exc
