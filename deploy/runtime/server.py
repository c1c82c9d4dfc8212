"""The life of one real server: prepared, started on a free port, waited for, frozen, killed, stopped."""

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from pathlib import Path
from typing import ClassVar, Self

from deploy.runtime import process_guard
from shelfstream.errors import Fault, Faults

HOST = "127.0.0.1"
# Below Linux's range for outgoing connections, so that no client takes the port between the choice and its use.
_LOWEST, _HIGHEST = 15_000, 32_000
_TRIES = 200

_POLL_S = 0.05
_ENDS_WITHIN_S = process_guard.GRACE_S + 5.0
_KILLED_WITHIN_S = 5.0
_LOG_TAIL_LINES = 15


def free_port() -> int:
    """A port that nobody listens on at the moment."""
    for _ in range(_TRIES):
        port = random.randint(_LOWEST, _HIGHEST)
        with socket.socket() as trial:
            try:
                trial.bind((HOST, port))
            except OSError:
                continue
            return port
    raise OSError(f"no free port between {_LOWEST} and {_HIGHEST} on {HOST}")


def answers(port: int, question: bytes = b"", answer: bytes = b"", timeout_s: float = 1.0) -> bool:
    """Whether somebody listens on ``port`` and, to ``question``, says something that begins with ``answer``."""
    try:
        with socket.create_connection((HOST, port), timeout_s) as connection:
            if not question:
                return True
            connection.sendall(question)
            return connection.recv(len(answer)) == answer
    except OSError:
        return False


class Server(ABC):
    """One server on a port of loopback, with a folder of its own. A context manager: leaving it stops the server.

    ``folder`` of ``None`` makes a temporary one, removed in the end. ``watch_pid`` is the process with which the
    server ends, whatever kills that process (default: this one; 0: the server stays until somebody stops it).
    After ``stop`` or ``kill``, ``start`` brings it back on the same port with the data it had.
    """

    name: ClassVar[str]
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM
    starts_within_s: ClassVar[float] = 60.0

    def __init__(self, folder: Path | None = None, *, port: int | None = None, watch_pid: int | None = None) -> None:
        self._temporary = folder is None
        own = Path(tempfile.mkdtemp(prefix=f"shelfstream-{self.name}-")) if folder is None else folder
        # The server is started in its folder: a relative one would lead elsewhere from there.
        self.folder = own.resolve()
        self.port = free_port() if port is None else port
        self._watch_pid = os.getpid() if watch_pid is None else watch_pid
        self._guard: subprocess.Popen[bytes] | None = None
        self._own_pid: int | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """Where clients find it."""

    @abstractmethod
    def prepare(self) -> list[str]:
        """Write what it needs into its folder and return its command. Raises ``Faults`` for a missing component."""

    @abstractmethod
    def ready(self) -> bool:
        """Whether it serves clients by now."""

    @property
    def user(self) -> str:
        """The user that it must run as; empty for the present one."""
        return ""

    @property
    def log(self) -> Path:
        """What it prints."""
        return self.folder / "server.log"

    @property
    def pid(self) -> int | None:
        """Its process, if that runs."""
        try:
            pid = self._own_pid or int((self.folder / "pid").read_text())
            # The number may have been given to another process by now; ours runs in its folder (or below).
            running_in = Path(f"/proc/{pid}/cwd").readlink()
        except (OSError, ValueError):
            return None
        return pid if running_in.is_relative_to(self.folder.resolve()) else None

    def start(self) -> None:
        """Start it and wait until it serves. Raises ``Faults`` with the end of its log if it does not."""
        self.folder.mkdir(parents=True, exist_ok=True)
        command = self.prepare()
        (self.folder / "pid").unlink(missing_ok=True)
        arguments = [f"--watch={self._watch_pid}", f"--signal={int(self.stop_signal)}", f"--user={self.user}"]
        arguments += [f"--pid-file={self.folder / 'pid'}"]
        arguments += [f"--remove={self.folder}"] if self._temporary else []
        with self.log.open("wb") as log:
            self._guard = subprocess.Popen(  # noqa: S603
                [sys.executable, "-I", "-S", process_guard.__file__, *arguments, "--", *command],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._wait_until_ready(self._guard)
        # From here on the file may be lost, or tell of a server that somebody else starts in this folder.
        self._own_pid = self.pid

    def _wait_until_ready(self, guarded: subprocess.Popen[bytes]) -> None:
        give_up_s = time.monotonic() + self.starts_within_s
        while self.pid is None or not self.ready():
            ended = guarded.poll() is not None
            if ended or time.monotonic() > give_up_s:
                tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-_LOG_TAIL_LINES:])
                self.stop()
                why = "ended at once" if ended else f"did not serve within {self.starts_within_s:g} s"
                raise Faults(f"starting {self.name}", [Fault(self.name, f"{why}; the end of its log:\n{tail}")])
            time.sleep(_POLL_S)

    def _send(self, number: signal.Signals) -> None:
        pid = self.pid
        if pid is not None:
            os.kill(pid, number)

    def freeze(self) -> None:
        """Stop its clockwork (SIGSTOP): connections stay, nothing answers."""
        self._send(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on after ``freeze``."""
        self._send(signal.SIGCONT)

    def kill(self) -> None:
        """End it as a power cut would (SIGKILL); its data stay for the next ``start``."""
        self._send(signal.SIGKILL)
        self._wait_for_end()

    def stop(self) -> None:
        """End it in peace; its data stay for the next ``start``."""
        if self._guard is None:
            self._send(self.stop_signal)
            self.thaw()
        else:
            self._guard.terminate()
        self._wait_for_end()

    def _wait_for_end(self) -> None:
        give_up_s = time.monotonic() + _ENDS_WITHIN_S
        while self._runs() and time.monotonic() < give_up_s:
            time.sleep(_POLL_S)
        self._send(signal.SIGKILL)
        if self._guard is not None:
            self._guard.kill()  # and with it, by the kernel, a server whose pid we never learned
            with suppress(subprocess.TimeoutExpired):
                self._guard.wait(_KILLED_WITHIN_S)
        self._guard = self._own_pid = None

    def _runs(self) -> bool:
        return self.pid is not None or (self._guard is not None and self._guard.poll() is None)

    def __enter__(self) -> Self:
        try:
            self.start()
        except Faults:
            self._remove_temporary()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()
        self._remove_temporary()

    def _remove_temporary(self) -> None:
        if self._temporary:
            shutil.rmtree(self.folder, ignore_errors=True)
