"""Debian's redis-server."""

import shutil
from pathlib import Path

from deploy.stack.ports import HOST, answers
from deploy.stack.server import Server
from shelfstream.errors import Fault, Faults


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
