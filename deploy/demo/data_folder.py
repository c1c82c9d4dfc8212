"""The demo's data folder belongs to one demo at a time."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shelfstream.errors import Fault, Faults

_LOCK = "demo.lock"


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Make the folder and keep other demos out of it; the kernel lets go when this process ends, however it does.

    Raises ``Faults`` where it cannot be made, or another demo runs on it, which is left in peace.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / _LOCK).open("a")
    except OSError as exc:
        raise Faults("demo", [Fault("--data", f"{folder} cannot be written to: {exc.strerror}")]) from exc
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            told = f"another demo runs on {folder}; stop that one, or choose another folder"
            raise Faults("demo", [Fault("--data", told)]) from exc
        yield
