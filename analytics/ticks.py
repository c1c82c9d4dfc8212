"""Ticks: how time, camera outages and answers enter the log that analytics' rules follow.

A tick is a record on ``shelf.facings``, sent by the owner of a partition and acted upon when it is read back from
the log. So a log of facings and ticks holds everything that a decision depends on, in one order, and gives the same
events again. A tick stands behind the facings that were there when it was sent: what is still waiting to be read is
never taken for silence.
"""

from typing import Annotated

from pydantic import Field

from shelfstream.answers import Answer
from shelfstream.bus.ownership import stamp
from shelfstream.bus.records import Message, Record
from shelfstream.bus.topics import FACINGS
from shelfstream.wire import UtcTime, Wire

_PREFIX = "@tick/"


class Tick(Wire):
    """Time has come to ``at`` for the stores of one partition.

    ``offline`` names the cameras (``store/camera``) that ingest calls offline. A tick with ``answers`` brings these
    alone: that none of its cameras is named offline says nothing.
    """

    partition: Annotated[int, Field(ge=0)]
    at: UtcTime
    offline: tuple[str, ...] = ()
    answers: tuple[Answer, ...] = ()

    def message(self, owner_epoch: int) -> Message:
        """The tick as it goes on the bus, stamped with the owner's epoch in that very partition of facings."""
        return Message(FACINGS, f"{_PREFIX}{self.partition}", self.encode(), stamp(owner_epoch), self.partition)


def is_tick(record: Record) -> bool:
    """Whether a record of ``shelf.facings`` is a tick."""
    return record.key is not None and record.key.startswith(_PREFIX.encode())
