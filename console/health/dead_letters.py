"""Dead letters as an operator meets them: read with their reasons, sent again, or put away.

No bus can take a record out of the middle of a topic, so what was done with a letter is kept in SQL, and what is done
with is not shown any more. The topic forgets both after its week.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from heapq import nlargest

from sqlalchemy import BigInteger, Column, Engine, Integer, String, Table, insert, select
from sqlalchemy.exc import IntegrityError

from shelfstream.bus.api import Bus, Message, Partition, Record
from shelfstream.bus.dead_letters import AT, ATTEMPTS, ERROR, GROUP, ORIGIN, ORIGINAL_KEY, PREFIX, REASON, WITHOUT_VALUE
from shelfstream.bus.topics import DEAD_SUFFIX, topic_table
from shelfstream.clock import Clock
from shelfstream.errors import Fault, Faults, Unavailable
from shelfstream.sql import UtcDateTime, metadata, reading, writing

_EXCERPT_CHARACTERS = 4_000
_BY_MOST = 64
_SEND_WITHIN_S = 10.0

dead_letters_done = Table(
    "dead_letters_done",
    metadata,
    Column("topic", String(128), primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("offset", BigInteger, primary_key=True),
    Column("ended", String(16), nullable=False),
    Column("by", String(_BY_MOST), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)


class LetterEnd(StrEnum):
    """What was done with a dead letter."""

    REPLAYED = "replayed"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One record that no retry could mend. ``stage`` put it aside, for ``reason``; it came from ``origin``.

    ``text``: its beginning, where it is text; ``None`` for pictures and other bytes, of which only ``size_bytes`` is
    kept. ``is_whole``: whether it can be sent again; the bus may have refused to take it with its value.
    """

    partition: Partition
    offset: int
    size_bytes: int
    buried_at: datetime
    stage: str
    reason: str
    error: str
    origin: str
    attempts: str
    text: str | None
    is_whole: bool

    @property
    def letter_id(self) -> str:
        """Names it, for as long as its topic keeps it."""
        return f"{self.partition.topic}:{self.partition.index}:{self.offset}"


class DeadLetters:
    """All dead letters of a bus that nothing was done with yet. Every method raises ``Unavailable``."""

    def __init__(self, bus: Bus, engine: Engine, clock: Clock, topics: Sequence[str] | None = None) -> None:
        """``topics``: those whose letters are meant; all of the table's where nothing is said."""
        self._bus = bus
        self._engine = engine
        self._clock = clock
        self._topics = tuple(topic_table() if topics is None else topics)

    def newest(self, most: int = 200) -> list[DeadLetter]:
        """The newest ``most``, newest first. Pictures among them are read one by one, and none is kept."""
        found = (letter_of(record) for record in self._records(most))
        return nlargest(most, found, key=lambda letter: letter.buried_at)

    def one(self, letter_id: str) -> DeadLetter:
        """One letter by its id. Raises ``Faults`` where there is no such, or it was done with."""
        return letter_of(self._record(letter_id))

    def _record(self, letter_id: str) -> Record:
        partition, offset = _place_of(letter_id)
        with closing(self._bus.reader()) as reader:
            first, end = reader.bounds(partition) if partition in self._partitions() else (0, 0)
            records = list(reader.read(partition, offset, offset + 1)) if first <= offset < end else []
        if not records or (partition, offset) in self._done():
            raise Faults("dead letters", [Fault(letter_id, "is not there any more, or was done with already")])
        return records[0]

    def replay(self, letter_id: str, by: str) -> None:
        """Send a record again to where it came from: every stage that reads the topic reads it once more.

        What they know already they pass over. One that fails again is a new dead letter. Raises ``Faults``.
        """
        record = self._record(letter_id)
        letter = letter_of(record)
        if not letter.is_whole:
            why = f"cannot be sent again: its bytes are not in it, they were too large; they were at {letter.origin}"
            raise Faults("dead letters", [Fault(letter_id, why)])
        with closing(self._bus.producer()) as producer:
            sent = producer.send(_original(record))
            producer.flush(_SEND_WITHIN_S)
            try:
                sent.result(_SEND_WITHIN_S)
            except FutureTimeout as exc:
                raise Unavailable("the bus did not take the record in time; try again", retry_after_s=5) from exc
        self._end(letter, LetterEnd.REPLAYED, by)

    def drop(self, letter_id: str, by: str) -> None:
        """Put a letter away: nothing is to be done about it. Raises ``Faults``."""
        self._end(self.one(letter_id), LetterEnd.DROPPED, by)

    def _end(self, letter: DeadLetter, ended: LetterEnd, by: str) -> None:
        partition = letter.partition
        row = {"topic": partition.topic, "partition": partition.index, "offset": letter.offset}
        told = {"ended": ended.value, "by": by[:_BY_MOST], "at": self._clock.now()}
        try:
            with writing(self._engine) as connection:
                connection.execute(insert(dead_letters_done).values(**row, **told))
        except IntegrityError:
            return

    def _records(self, most: int) -> Iterator[Record]:
        done = self._done()
        with closing(self._bus.reader()) as reader:
            for partition in self._partitions():
                first, end = reader.bounds(partition)
                for record in reader.read(partition, max(first, end - most), end):
                    if (partition, record.offset) not in done:
                        yield record

    def _partitions(self) -> list[Partition]:
        topics = [f"{topic}{DEAD_SUFFIX}" for topic in self._topics if not topic.endswith(DEAD_SUFFIX)]
        with closing(self._bus.admin()) as admin:
            counts = admin.partition_counts(topics)
        return [Partition(topic, index) for topic, count in sorted(counts.items()) for index in range(count)]

    def _done(self) -> set[tuple[Partition, int]]:
        query = select(dead_letters_done.c.topic, dead_letters_done.c.partition, dead_letters_done.c.offset)
        with reading(self._engine) as connection:
            return {(Partition(topic, index), offset) for topic, index, offset in connection.execute(query)}


def letter_of(record: Record) -> DeadLetter:
    """A record of a dead-letter topic as it is shown; what it does not say is empty."""
    return DeadLetter(
        partition=record.partition,
        offset=record.offset,
        size_bytes=len(record.value or b""),
        buried_at=_buried_at(record),
        stage=_said(record, GROUP),
        reason=_said(record, REASON),
        error=_said(record, ERROR),
        origin=_said(record, ORIGIN),
        attempts=_said(record, ATTEMPTS),
        text=_text_of(record.value),
        is_whole=record.header(WITHOUT_VALUE) is None and _key_of(record) is not None,
    )


def _original(letter: Record) -> Message:
    topic = letter.partition.topic.removesuffix(DEAD_SUFFIX)
    headers = tuple((name, value) for name, value in letter.headers if not name.startswith(PREFIX))
    return Message(topic, _key_of(letter) or "", letter.value, headers, letter.partition.index)


def _key_of(letter: Record) -> str | None:
    """The record's own key; ``None`` where that was no text, and so nothing that anybody could read anyway."""
    try:
        return (letter.header(ORIGINAL_KEY) or letter.key or b"").decode()
    except UnicodeDecodeError:
        return None


def _place_of(letter_id: str) -> tuple[Partition, int]:
    topic, _, rest = letter_id.partition(":")
    index, _, offset = rest.partition(":")
    if not (topic.endswith(DEAD_SUFFIX) and index.isdecimal() and offset.isdecimal()):
        raise Faults("dead letters", [Fault(letter_id, "names no dead letter; they are like shelf.events.dead:0:17")])
    return Partition(topic, int(index)), int(offset)


def _said(record: Record, header: str) -> str:
    return (record.header(header) or b"").decode(errors="replace")


def _buried_at(record: Record) -> datetime:
    try:
        at = datetime.fromisoformat(_said(record, AT))
    except ValueError:
        return record.appended_at
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _text_of(value: bytes | None) -> str | None:
    try:
        text = (value or b"").decode()
    except UnicodeDecodeError:
        return None
    return text[:_EXCERPT_CHARACTERS] if "\x00" not in text else None
