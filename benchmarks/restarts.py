"""``python -m benchmarks.restarts``: every stage killed with -9 and started again with the default settings.

Real Kafka, Redis and PostgreSQL on this machine, the demo's store. What is timed is the whole way: from the kill to the
new process saying that it is ready, its partitions held and their state restored.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from deploy.demo.settings import DEMO_STORE
from deploy.runtime.redis_server import Redis
from deploy.runtime.server import HOST, free_port
from deploy.runtime.stages import STAGES
from devstack.kafka.broker import Kafka
from devstack.postgres import Postgres

_READY_WITHIN_S = 120.0
_POLL_S = 0.05


class _Stage:
    """One stage as a process with nothing set but its servers."""

    def __init__(self, name: str, environment: dict[str, str], folder: Path) -> None:
        self.name = name
        self._port = free_port()
        self._environment = environment | {"SHELFSTREAM_PROCESS__HEALTH_PORT": str(self._port)}
        self._log = folder / f"{name}.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; its log goes on."""
        command = [sys.executable, "-m", "deploy", "run", self.name]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, env=self._environment, stdout=log, stderr=log)

    def wait_ready(self) -> None:
        """Wait for its readiness; ends the benchmark with its log where that does not come."""
        ends_s = time.monotonic() + _READY_WITHIN_S
        while time.monotonic() < ends_s:
            try:
                with urllib.request.urlopen(f"http://{HOST}:{self._port}/ready", timeout=2):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(_POLL_S)
        raise SystemExit(f"{self.name} is not ready:\n{self._log.read_text()[-3000:]}")

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()


def main(rounds: Annotated[int, typer.Option(min=1, help="How often each stage is killed.")] = 3) -> None:
    """Kill and start every stage, one after the other."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        kafka = stack.enter_context(Kafka(Path(".cache")))
        redis, postgres = stack.enter_context(Redis()), stack.enter_context(Postgres())
        environment = _environment(folder, kafka.url, redis.url, postgres.url)
        for words in (("topics", "create"), ("db", "upgrade"), ("catalogue", "publish", str(DEMO_STORE))):
            subprocess.run([sys.executable, "-m", "deploy", *words], env=environment, check=True, capture_output=True)
        stages = [_Stage(name, environment, folder) for name in STAGES]
        for stage in stages:
            stack.callback(stage.kill)
            stage.start()
        for stage in stages:
            stage.wait_ready()
        table = Table("stage", "least s", "most s", title=f"killed with -9 and started again, {rounds} times each")
        for stage in stages:
            taken_s = sorted(_restarted_s(stage) for _ in range(rounds))
            table.add_row(stage.name, f"{taken_s[0]:.1f}", f"{taken_s[-1]:.1f}")
        Console().print(table)


def _restarted_s(stage: _Stage) -> float:
    stage.kill()
    began_s = time.monotonic()
    stage.start()
    stage.wait_ready()
    return time.monotonic() - began_s


def _environment(folder: Path, kafka: str, redis: str, sql: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SHELFSTREAM_")}
    return clean | {
        "SHELFSTREAM_KAFKA__BOOTSTRAP_SERVERS": kafka,
        "SHELFSTREAM_REDIS__URL": redis,
        "SHELFSTREAM_SQL__URL": sql,
        "SHELFSTREAM_PICTURES__URL": (folder / "pictures").as_uri(),
        "SHELFSTREAM_PROCESS__DATA_FOLDER": str(folder / "data"),
        "SHELFSTREAM_CONSOLE__PORT": "0",
    }


if __name__ == "__main__":
    typer.run(main)
