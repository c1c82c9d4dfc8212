"""Runs one server as a child that cannot outlive whoever wanted it. A script: ``process_guard.py … -- command``.

The guard watches another process (by pidfd, so it need not be its own parent) and ends the server when that
process is gone, however it went, or when it is itself asked to end (SIGTERM). Should the guard be killed, the kernel
ends the server (PR_SET_PDEATHSIG, prctl(2)). It runs under ``python -I -S`` and therefore imports nothing but the
standard library.
"""

import argparse
import ctypes
import os
import pwd
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

GRACE_S = 10.0
_PR_SET_PDEATHSIG = 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--watch", type=int, default=0, help="end the server when this process ends; 0: never")
    parser.add_argument("--user", default="", help="run the server as this user (needs root)")
    parser.add_argument("--signal", type=int, default=int(signal.SIGTERM), help="what ends the server in peace")
    parser.add_argument("--remove", type=Path, help="folder to remove after the watched process ended")
    parser.add_argument("--pid-file", type=Path, required=True, help="where the server's pid is written")
    parser.add_argument("command", nargs="+")
    return parser.parse_args()


def _before_exec(guard_pid: int, user: str) -> Callable[[], None]:
    entry = pwd.getpwnam(user) if user else None
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def bind() -> None:
        if entry is not None:
            os.setgroups([])
            os.setgid(entry.pw_gid)
            os.setuid(entry.pw_uid)
        # A change of user clears the death signal, so it is set last.
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != guard_pid:
            os._exit(1)

    return bind


def _no_op(number: int, frame: FrameType | None) -> None:
    """A handler, not SIG_IGN: the server must not inherit a signal that is ignored."""


def _asked_to_end() -> int:
    """A descriptor that can be read from once SIGTERM came; other signals that would end this process do nothing."""
    asked, tells = os.pipe()

    def tell(_number: int, _frame: FrameType | None) -> None:
        os.write(tells, b"!")

    signal.signal(signal.SIGTERM, tell)
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, _no_op)
    return asked


def _stop(child: subprocess.Popen[bytes], number: int) -> None:
    """End the server in peace if that can be; nothing is sent to one that has ended."""
    # A frozen server takes no signal but SIGKILL until it goes on.
    child.send_signal(number)
    child.send_signal(signal.SIGCONT)
    try:
        child.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _wait(child: subprocess.Popen[bytes], watched: int, asked: int) -> bool:
    """Wait until one of both ends or ``asked`` can be read; whether it was the watched process that ended."""
    poll = select.poll()
    poll.register(asked, select.POLLIN)
    poll.register(os.pidfd_open(child.pid), select.POLLIN)
    gone = -1
    if watched:
        try:
            gone = os.pidfd_open(watched)
        except ProcessLookupError:
            return True
        poll.register(gone, select.POLLIN)
    return any(ready == gone for ready, _ in poll.poll())


def main() -> int:
    """Start the server, wait for the end of it or of the watched process, and leave nothing behind."""
    given = _arguments()
    asked = _asked_to_end()
    bind = _before_exec(os.getpid(), given.user)
    # This process has one thread, so the usual objection to preexec_fn does not hold.
    child = subprocess.Popen(given.command, preexec_fn=bind)  # noqa: PLW1509, S603
    given.pid_file.write_text(str(child.pid))
    watched_gone = _wait(child, given.watch, asked)
    _stop(child, given.signal)
    if watched_gone and given.remove is not None:
        shutil.rmtree(given.remove, ignore_errors=True)
    return child.wait()


if __name__ == "__main__":
    sys.exit(main())
