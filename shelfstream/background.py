"""Work beside a service's own, in a thread that cannot die unseen."""

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

Work = Callable[[threading.Event], None]
"""Works until the event is set, then returns. What it raises ends the service that it belongs to."""

_ENDS_WITHIN_S = 30.0


class Background:
    """A context manager: inside it ``work`` runs in a thread of its own; leaving it tells the work to end, and waits.

    When the work fails, or returns before it was told to, ``stop`` is set, so that the service ends; leaving the
    context then raises the failure in the service's own thread, and the process ends with it.
    """

    def __init__(self, name: str, work: Work, stop: threading.Event) -> None:
        self._name = name
        self._work = work
        self._stop = stop
        self._ending = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        self._thread.join(_ENDS_WITHIN_S)
        if self._failure is not None and exc is None:
            raise self._failure

    def _run(self) -> None:
        try:
            self._work(self._ending)
        except BaseException as exc:  # noqa: BLE001 - handed to the service's own thread, which raises it
            self._fail(exc)
        else:
            if not self._ending.is_set():
                self._fail(RuntimeError(f"{self._name} ended before it was told to"))

    def _fail(self, failure: BaseException) -> None:
        self._failure = failure
        self._stop.set()
