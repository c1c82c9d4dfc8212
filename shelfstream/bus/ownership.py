"""Who owns a partition: claims in the log itself, and fences against what an older owner still writes.

A process that is given a partition appends a claim to the topics it writes there. The claim's own offset is the
owner's epoch in that partition; every record that the owner writes there carries it as a header. A reader
remembers the newest epoch that it met and ignores records stamped with an older one: a process that was frozen,
lost its partitions and woke up again can append, but nobody listens. (The idea is that of fencing tokens:
Kleppmann, *Designing Data-Intensive Applications*, ch. 8; the log's offset serves as the token.)

An owner claims before it writes, so an honest stamp is always below the offset of its own record. A stamp that is not
does not count: it could fence out the real owner for ever. So whatever stands in a log, its next claim is the newest.
"""

from collections.abc import Iterable
from concurrent.futures import Future
from functools import lru_cache

from shelfstream.bus.api import Appended, Headers, Message, Partition, Producer, Record
from shelfstream.errors import Unavailable
from shelfstream.wire import UtcTime, Wire

OWNER_HEADER = "owner"
OWNER_EPOCH_HEADER = "owner-epoch"
_CONTROL = "@"
_CLAIM_PREFIX = f"{_CONTROL}owner/"
_ACKNOWLEDGED_WITHIN_S = 30.0
_DIGITS_MOST = 19


class OwnerClaim(Wire):
    """A process says that a partition is its own from here on."""

    owner: str
    at: UtcTime


def claim_message(partition: Partition, claim: OwnerClaim) -> Message:
    """The claim as a control record of that very partition; a newer claim compacts an older one away."""
    key = f"{_CLAIM_PREFIX}{partition.index}"
    return Message(partition.topic, key, claim.encode(), ((OWNER_HEADER, b"1"),), partition.index)


def claim(producer: Producer, partition: Partition, owner: OwnerClaim) -> int:
    """Append a claim and return the owner's epoch in that partition. Raises ``Unavailable``."""
    future: Future[Appended] = producer.send(claim_message(partition, owner))
    producer.flush(_ACKNOWLEDGED_WITHIN_S)
    try:
        return future.result(_ACKNOWLEDGED_WITHIN_S).offset
    except TimeoutError as exc:
        raise Unavailable(f"the bus did not acknowledge the claim on {partition}") from exc


@lru_cache(maxsize=1024)
def stamp(epoch: int) -> Headers:
    """Headers for what an owner of that epoch writes."""
    return ((OWNER_EPOCH_HEADER, str(epoch).encode()),)


def is_control(record: Record) -> bool:
    """Whether a record is about its partition, as a claim is, and not part of the topic's own contents."""
    return is_claim(record) or (record.key is not None and record.key.startswith(_CONTROL.encode()))


def is_claim(record: Record) -> bool:
    """Whether a record is an owner's claim and not part of the topic's own contents."""
    return record.header(OWNER_HEADER) is not None


def epoch_of(record: Record) -> int | None:
    """Epoch of the owner who wrote a record: a claim's own offset, else its stamp.

    ``None`` where there is none, and where no claim can stand at the offset that is stamped.
    """
    if is_claim(record):
        return record.offset
    raw = record.header(OWNER_EPOCH_HEADER)
    if raw is None or not raw.isdigit() or len(raw) > _DIGITS_MOST:
        return None
    epoch = int(raw)
    return epoch if epoch < record.offset else None


class Fence:
    """Remembers the newest owner epoch met in one partition. Feed it every record, in order."""

    def __init__(self, newest: int = -1) -> None:
        self.newest = newest

    def admits(self, record: Record) -> bool:
        """Whether a record counts: it is nobody's, or its owner is not older than one already met."""
        epoch = epoch_of(record)
        if epoch is None:
            return True
        self.newest = max(self.newest, epoch)
        return epoch >= self.newest


class RewindableFence:
    """A fence for a reader that may go back: a record is judged by what stands before it, however often it is read.

    ``newest`` is what was met before ``settle``'s offset; what was met after that counts for later offsets alone.
    """

    def __init__(self, newest: int = -1) -> None:
        self.newest = newest
        self._met: dict[int, int] = {}

    def admits(self, record: Record) -> bool:
        """Whether a record counts: it is nobody's, or no newer owner wrote before it."""
        epoch = epoch_of(record)
        if epoch is None:
            return True
        before = [met for offset, met in self._met.items() if offset < record.offset]
        newest = _newest((self.newest, *before), record.offset)
        if epoch > newest:
            self._met[record.offset] = epoch
        return epoch >= newest

    def settle(self, next_offset: int) -> None:
        """Everything before ``next_offset`` is done and will not be read again."""
        done = [self._met.pop(offset) for offset in list(self._met) if offset < next_offset]
        self.newest = _newest((self.newest, *done), next_offset)


def _newest(met: Iterable[int], before: int) -> int:
    # What a group remembers may be of another log: of the topic before it was made anew.
    return max((epoch for epoch in met if epoch < before), default=-1)
