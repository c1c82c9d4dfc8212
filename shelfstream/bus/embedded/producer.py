"""Sends on the embedded bus: a message is durable when ``send`` returns."""

from concurrent.futures import Future

from shelfstream.bus.embedded.core import Core
from shelfstream.bus.records import Appended, Message


class EmbeddedProducer:
    """Keeps nothing back, so there is nothing to flush."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def send(self, message: Message) -> Future[Appended]:
        appended: Future[Appended] = Future()
        appended.set_result(self._core.append(message))
        return appended

    def flush(self, timeout_s: float) -> None:
        """Nothing is queued."""

    def close(self, timeout_s: float = 10.0) -> None:
        """Nothing is held."""
