"""A process that counts until nothing is left: ``python -m tests.crash.loop.child KAFKA RUN ROWS [STEP VISIT]``.

With a step and a visit it ends there as a process does that is killed: at once, with nothing tidied up.
"""

import os
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from shelfstream.bus.kafka.bus import KafkaBus
from shelfstream.bus.kafka.settings import KafkaSettings
from shelfstream.bus.observer import Step, Tally
from tests.crash.loop.counting import SETTINGS, CaughtUp, Topics, counting_loop

ENDED_AT_STEP = 9


class EndAt:
    """Ends the process at the n-th visit of a step."""

    def __init__(self, inner: CaughtUp, step: Step, visit: int) -> None:
        self._inner = inner
        self._step = step
        self._left = visit

    def at(self, step: Step) -> None:
        """End, or go on."""
        if step is self._step:
            self._left -= 1
            if self._left == 0:
                os._exit(ENDED_AT_STEP)
        self._inner.at(step)

    def count(self, what: Tally, by: int = 1) -> None:
        """Counts do not matter here."""


class Rows(set[str]):
    """Rows in a file, durable when taken."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def update(self, *rows: Sequence[str]) -> None:  # type: ignore[override]
        """Append rows."""
        with self._path.open("a") as file:
            file.writelines(f"{row}\n" for part in rows for row in part)


def bus_at(url: str, topics: Topics) -> KafkaBus:
    """The bus, with a session short enough for tests."""
    return KafkaBus(KafkaSettings(bootstrap_servers=url, session_timeout_s=1.5), topics.table())


def main() -> None:
    """Count to the end, or to the step."""
    url, run, rows, *crash = sys.argv[1:]
    topics = Topics(run)
    bus, stop = bus_at(url, topics), threading.Event()
    watch = CaughtUp(bus, topics, stop)
    if not watch.done():
        ending = EndAt(watch, Step(crash[0]), int(crash[1])) if crash else watch
        counting_loop(bus, topics, ending, Rows(Path(rows)), SETTINGS).run(stop)
    watch.close()


if __name__ == "__main__":
    main()
