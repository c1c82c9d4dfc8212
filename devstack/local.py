"""The developer's own stack: three servers that stay up between commands, with their data in the cache folder."""

from collections.abc import Mapping
from pathlib import Path

from deploy.runtime.redis_server import Redis
from deploy.runtime.server import Server, free_port
from devstack.kafka.broker import Kafka
from devstack.postgres import Postgres, within_reach
from shelfstream.errors import Faults

URLS_FILE = "urls.env"
_VARIABLES = {
    Kafka.name: "SHELFSTREAM_KAFKA__BOOTSTRAP_SERVERS",
    Redis.name: "SHELFSTREAM_REDIS__URL",
    Postgres.name: "SHELFSTREAM_SQL__URL",
}


class LocalStack:
    """Kafka, Redis and PostgreSQL below ``cache/stack``, each on a port that it keeps."""

    def __init__(self, cache: Path) -> None:
        self._folder = (cache / "stack").resolve()
        self.servers: tuple[Server, ...] = (
            Kafka(cache.resolve(), self._folder / Kafka.name, port=self._port(Kafka.name), watch_pid=0),
            Redis(self._folder / Redis.name, port=self._port(Redis.name), watch_pid=0),
            Postgres(within_reach(self._folder / Postgres.name), port=self._port(Postgres.name), watch_pid=0),
        )

    @property
    def urls_file(self) -> Path:
        """Where the URLs stand while the stack is up, as assignments for a shell."""
        return self._folder / URLS_FILE

    def _port(self, name: str) -> int:
        kept = self._folder / name / "port"
        if not kept.exists():
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_text(str(free_port()))
        return int(kept.read_text())

    def urls(self) -> Mapping[str, str]:
        """Environment variable → URL, of all servers."""
        return {_VARIABLES[server.name]: server.url for server in self.servers}

    def up(self) -> None:
        """Start what does not run yet. Raises ``Faults``: what was up before stays up, and nothing else does."""
        started: list[Server] = []
        try:
            for server in self.servers:
                if server.pid is None:
                    started.append(server)
                    server.start()
        except Faults:
            for server in started:
                server.stop()
            raise
        lines = [f"{name}={url}\n" for name, url in self.urls().items()]
        self.urls_file.write_text("".join(lines))

    def down(self) -> None:
        """Stop what runs; the data stay."""
        self.urls_file.unlink(missing_ok=True)
        for server in self.servers:
            server.stop()
