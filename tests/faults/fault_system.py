"""The whole system as separate processes on real Kafka, Redis and PostgreSQL, on a simulated store."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from deploy.demo.settings import DEMO_STORE
from deploy.runtime.redis_server import Redis
from deploy.runtime.server import free_port
from deploy.runtime.stages import STAGES
from devstack.kafka.broker import Kafka
from devstack.postgres import Postgres
from shelfstream.bus.api import Admin, Bus
from shelfstream.bus.topics import EVENTS, FACINGS, FRAMES
from tests.faults.fault_processes import StageProcess, wait_until

SINGLE = ("ingest", "historian", "keeper", "archivist", "alerts", "console")
DOUBLE = ("detector", "analytics")
DETECTOR_THREADS = 1
_COMMAND_WITHIN_S = 180
_READY_WITHIN_S = 180
_CAUGHT_UP_WITHIN_S = 120
_READ = {"detector": (FRAMES,), "analytics": (FACINGS,), "historian": (EVENTS,), "alerts": (EVENTS,)}


@dataclass(frozen=True)
class System:
    """Servers that run, and stages that do."""

    kafka: Kafka
    redis: Redis
    postgres: Postgres
    environment: Mapping[str, str]
    stages: tuple[StageProcess, ...]
    catalogue_folder: Path
    ended_alone: list[tuple[str, int | None]] = field(default_factory=list)
    """Processes that were found ended though nobody had killed them, with their exit codes."""

    def of(self, stage: str) -> list[StageProcess]:
        """The processes of one stage."""
        return [process for process in self.stages if process.stage == stage]

    def kill_and_start(self, process: StageProcess) -> None:
        """End one as a power cut would, and start it again as a supervisor would."""
        self.look_after()
        process.kill()
        process.start()

    def wait_ready(self) -> None:
        """Wait until all work."""
        self.look_after()
        for process in self.stages:
            process.wait_ready(_READY_WITHIN_S)

    def look_after(self) -> None:
        """Start what has ended by itself, as a supervisor would, and note it."""
        for process in self.stages:
            if not process.running and process.exit_code is not None:
                self.ended_alone.append((process.name, process.exit_code))
                process.start()

    def stop(self, bus: Bus) -> None:
        """Stop all stages in peace: each when it has read to the end of what those before it have sent."""
        with closing(bus.admin()) as admin:
            for stage in STAGES:
                wait_until(partial(_all_read, admin, stage), f"{stage} to read what was sent", _CAUGHT_UP_WITHIN_S)
                for process in self.of(stage):
                    process.stop()


def _all_read(admin: Admin, stage: str) -> bool:
    return not any(admin.lag(stage, _READ.get(stage, ())).values())


def command(environment: Mapping[str, str], *arguments: str) -> str:
    """Run one ``shelfstream`` command to its end; its output. Fails with what it said."""
    done = subprocess.run(
        [sys.executable, "-m", "deploy", *arguments],
        env={**os.environ, **environment},
        check=False,
        capture_output=True,
        text=True,
        timeout=_COMMAND_WITHIN_S,
    )
    assert done.returncode == 0, f"shelfstream {' '.join(arguments)}: {done.stdout}{done.stderr}"
    return done.stdout


@contextmanager
def running_system(cache: Path, folder: Path, speed: float) -> Iterator[System]:
    """Start servers, make topics and tables, publish the demo's store, and make its processes (not started yet).

    Goods are sold ``speed`` times as fast as the wall clock goes. Nobody walks past the shelves: who does is mistaken
    for a gap now and then, disturbed or not.
    """
    with ExitStack() as stack:
        kafka = stack.enter_context(Kafka(cache))
        redis = stack.enter_context(Redis())
        postgres = stack.enter_context(Postgres())
        environment = {
            "SHELFSTREAM_KAFKA__BOOTSTRAP_SERVERS": kafka.url,
            "SHELFSTREAM_KAFKA__SESSION_TIMEOUT_S": "6",
            "SHELFSTREAM_REDIS__URL": redis.url,
            "SHELFSTREAM_SQL__URL": postgres.url,
            "SHELFSTREAM_PICTURES__URL": (folder / "pictures").as_uri(),
            "SHELFSTREAM_PROCESS__DATA_FOLDER": str(folder / "data"),
            "SHELFSTREAM_CONSOLE__PORT": str(free_port()),
            "SHELFSTREAM_DETECTOR__THREADS": str(DETECTOR_THREADS),
            # Goods move fast here, people's patience does not: every gap is to be told.
            "SHELFSTREAM_ALERTS__COOLDOWN_S": "0",
            # Every frame is looked at, and no names depend on the time left, so that what is said can be compared.
            "SHELFSTREAM_DETECTOR__PRINT_BUDGET_S": "0",
            "SHELFSTREAM_DETECTOR__REMEMBER": "false",
        }
        catalogue = folder / "store"
        shutil.copytree(DEMO_STORE, catalogue)
        _set_simulation(catalogue / "cameras.yaml", f"speed={speed:g}&people=0")
        command(environment, "topics", "create")
        command(environment, "db", "upgrade")
        command(environment, "catalogue", "publish", str(catalogue))
        names = [(stage, stage) for stage in SINGLE]
        names += [(stage, f"{stage}-{number}") for stage in DOUBLE for number in (1, 2)]
        stages = tuple(
            stack.enter_context(_made(StageProcess(stage, environment, folder, name))) for stage, name in names
        )
        yield System(kafka, redis, postgres, environment, stages, catalogue)


def _set_simulation(cameras: Path, options: str) -> None:
    text = cameras.read_text()
    assert "?seed=7&speed=60" in text
    cameras.write_text(text.replace("?seed=7&speed=60", f"?seed=7&{options}"))


@contextmanager
def _made(process: StageProcess) -> Iterator[StageProcess]:
    """A process that is started by the test and killed in the end, whatever became of it."""
    try:
        yield process
    finally:
        process.kill()
