"""Sends waves of messages and waits until each one is acknowledged; then, and only then, the next wave."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTime

from shelfstream.bus.loop_settings import LoopSettings
from shelfstream.bus.records import Appended, Message
from shelfstream.bus.seam import Producer
from shelfstream.bus.watch import LoopWatch, Step, Tally
from shelfstream.clock import Clock
from shelfstream.errors import StageStopped, Unavailable


class Patience:
    """Tries something again for as long as the settings allow, keeping the membership alive between tries.

    Once a batch's first message may have left, its result must not be computed anew: the same bytes are sent and
    the same effects applied until that works, or the process ends and another one does the batch.
    """

    def __init__(
        self, clock: Clock, settings: LoopSettings, keep_alive: Callable[[float], None], watch: LoopWatch
    ) -> None:
        self._clock = clock
        self._give_up_after_s = settings.give_up_after_s
        self._keep_alive = keep_alive
        self._watch = watch

    def insist(self, work: Callable[[], None]) -> None:
        """Do ``work`` until it is not ``Unavailable``. Raises ``StageStopped`` when patience ends."""
        give_up_s = self._clock.monotonic_s() + self._give_up_after_s
        while True:
            try:
                return work()
            except Unavailable as away:
                self._watch.count(Tally.UNAVAILABLE)
                if self._clock.monotonic_s() + away.retry_after_s > give_up_s:
                    raise StageStopped(
                        f"{away.what}: still away after {self._give_up_after_s:g} s in the middle of a batch; "
                        "the batch is done again after the restart"
                    ) from away
                self._keep_alive(away.retry_after_s)


class Sender:
    """Puts waves on the bus. A wave is sent again as a whole, so that the order within it stays right."""

    def __init__(self, producer: Producer, settings: LoopSettings, patience: Patience, watch: LoopWatch) -> None:
        self._producer = producer
        self._acknowledge_within_s = settings.acknowledge_within_s
        self._patience = patience
        self._watch = watch

    def send(self, waves: Sequence[Sequence[Message]]) -> None:
        """Send each wave and wait for all of its messages. Raises ``StageStopped`` if the bus stays away."""
        for wave in waves:
            if wave:
                self._patience.insist(lambda wave=wave: self._send_once(wave))  # type: ignore[misc]

    def _send_once(self, wave: Sequence[Message]) -> None:
        futures = [self._producer.send(message) for message in wave]
        self._watch.at(Step.WAVE_SENT)
        self._producer.flush(self._acknowledge_within_s)
        for future in futures:
            self._acknowledged(future)
        self._watch.at(Step.WAVE_ACKNOWLEDGED)

    def _acknowledged(self, future: Future[Appended]) -> None:
        try:
            future.result(self._acknowledge_within_s)
        except NotInTime as exc:
            raise Unavailable(f"the bus acknowledged nothing for {self._acknowledge_within_s:g} s") from exc
