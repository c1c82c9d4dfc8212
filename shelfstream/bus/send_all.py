"""Sends many messages in portions that a producer's queue holds, and waits until each is acknowledged."""

from collections.abc import Callable, Iterable
from itertools import islice

from shelfstream.bus.records import Message
from shelfstream.bus.seam import Producer
from shelfstream.errors import Unavailable

_AT_ONCE = 500
_ACKNOWLEDGED_WITHIN_S = 30.0


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
