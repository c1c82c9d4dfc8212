"""A producer whose acknowledgements come when the test says so."""

from concurrent.futures import Future

from shelfstream.bus.api import Appended, Message, Partition
from shelfstream.errors import Unavailable


class SlowProducer:
    """Keeps every send open until ``acknowledge`` or ``fail``; ``away`` refuses sends."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.open: list[Future[Appended]] = []
        self.away = False
        self.refusal: Exception | None = None

    def send(self, message: Message) -> Future[Appended]:
        if self.away:
            raise Unavailable("the bus is away", retry_after_s=0.01)
        if self.refusal is not None:
            raise self.refusal
        self.sent.append(message)
        self.open.append(Future())
        return self.open[-1]

    def acknowledge(self) -> None:
        """Every send so far is durable."""
        for future in self._taken():
            future.set_result(Appended(Partition("shelf.frames", 0), len(self.sent)))

    def fail(self, failure: Exception) -> None:
        """Every send so far has failed."""
        for future in self._taken():
            future.set_exception(failure)

    def flush(self, timeout_s: float) -> None:
        """Nothing is pushed."""

    def close(self, timeout_s: float = 10.0) -> None:
        """Nothing is held."""

    def _taken(self) -> list[Future[Appended]]:
        taken, self.open = self.open, []
        return taken
