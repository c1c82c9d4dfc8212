"""A service: what a stage's composition root builds and the supervisor runs, one thread each."""

import threading
from typing import Protocol


class Service(Protocol):
    """One running stage."""

    @property
    def name(self) -> str:
        """What logs, metrics and health pages call it."""
        ...

    def run(self, stop: threading.Event) -> None:
        """Work in the caller's thread until ``stop`` is set, then drain and return. Raises on failure."""
        ...

    def alive(self) -> bool:
        """Whether it makes progress; a process of which this is false for long should be restarted."""
        ...

    def ready(self) -> bool:
        """Whether it does its work by now."""
        ...
