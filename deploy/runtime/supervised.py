"""The supervisor in a thread of its own, so that the terminal stays with the main one."""

import threading

from rich.console import Console

from deploy.runtime.run import EXIT_CLEAN, EXIT_CRASHED, EXIT_OVERDUE, EXIT_STOPPED
from deploy.runtime.supervisor import DrainOverdue, ServiceFailed, Supervisor
from shelfstream.errors import Faults, StageStopped


class Supervised:
    """A context manager: inside it the services run, and leaving it, however that comes about, waits for their end.

    A failure sets ``stop``.
    """

    def __init__(self, supervisor: Supervisor, stop: threading.Event) -> None:
        self._supervisor = supervisor
        self._stop = stop
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="supervisor")

    def __enter__(self) -> "Supervised":
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stop.set()
        self._thread.join()

    def exit_code(self, terminal: Console) -> int:
        """0 after a clean stop; otherwise the failure is told."""
        match self._failure:
            case None:
                return EXIT_CLEAN
            case ServiceFailed(__cause__=cause, service=service):
                message, code = f"{service} failed: {cause}", EXIT_CRASHED
                if isinstance(cause, Faults | StageStopped):
                    code = EXIT_STOPPED
            case DrainOverdue():
                message, code = str(self._failure), EXIT_OVERDUE
            case failure:
                message, code = f"failed: {failure!r}", EXIT_CRASHED
        terminal.print(message, style="red", markup=False, soft_wrap=True)
        return code

    def _run(self) -> None:
        try:
            self._supervisor.run(self._stop)
        except BaseException as exc:  # noqa: BLE001 - told by the main thread, which it stops
            self._failure = exc
            self._stop.set()
