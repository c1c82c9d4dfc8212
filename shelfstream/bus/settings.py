"""How the loop batches, waits and gives up."""

from typing import Annotated

from pydantic import Field

from shelfstream.errors import Fault, Faults
from shelfstream.settings.base import Settings

_MIB = 1024 * 1024
_Seconds = Annotated[float, Field(gt=0)]
_Count = Annotated[int, Field(ge=1)]


class LoopSettings(Settings):
    """A batch closes at ``batch_max_records``, at ``batch_max_bytes`` (overshot by one poll at most), or
    ``batch_max_wait_s`` after its *first* record.

    ``conflate`` keeps only the newest record per key; with ``seek_when_older_than_s`` what is older than that is
    skipped without being read; ``conflate_max_wait_s`` bounds how long one batch reads on in search of newer ones.
    ``give_up_after_s`` bounds how long one batch may wait for something that is away after its first message was sent;
    after a stop signal all waiting together ends within ``stop_within_s``. Keep that one, and the
    ``acknowledge_within_s`` of a try under way, inside the time that the process has to drain.
    """

    batch_max_records: _Count = 500
    batch_max_bytes: _Count = 32 * _MIB
    batch_max_wait_s: Annotated[float, Field(ge=0)] = 0.05
    poll_max_records: _Count = 100
    tick_every_s: _Seconds = 1.0
    conflate: bool = False
    conflate_max_wait_s: _Seconds = 1.0
    seek_when_older_than_s: _Seconds | None = None
    acknowledge_within_s: _Seconds = 15.0
    give_up_after_s: _Seconds = 120.0
    stop_within_s: _Seconds = 10.0
    dead_letters_max: Annotated[int, Field(ge=0)] = 100
    dead_letters_window_s: _Seconds = 3600.0
    crashes_until_dead: _Count = 3


def check_patience(settings: LoopSettings, poll_budget_s: float) -> None:
    """Raise ``Faults`` where a batch may wait for longer than its group waits for the member that has it."""
    if settings.give_up_after_s >= poll_budget_s:
        message = (
            f"is {settings.give_up_after_s:g} s; must be shorter than the bus's poll budget of {poll_budget_s:g} s"
        )
        raise Faults("loop", [Fault("give_up_after_s", message)])
