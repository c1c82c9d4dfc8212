"""One Kafka broker that is its own controller (KRaft), for tests and development."""

import re
import shutil
import subprocess
from pathlib import Path

from deploy.runtime.server import HOST, Server, answers, free_port
from devstack.kafka.jars import kafka_jars
from shelfstream.errors import Fault, Faults

_LOG_CONFIG = Path(__file__).parent / "log4j2.xml"
_JAVA_OLDEST = 17
# A test's broker is short-lived: a quick start counts for more than a fast steady state.
_JVM = ("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto")
_TOOL = "kafka.tools.StorageTool"
_STARTED = "Kafka Server started"
_CLUSTER_ID = "c2hlbGZzdHJlYW0tdGVzdA"


def _find_java() -> str:
    java = shutil.which("java")
    how = f"Java {_JAVA_OLDEST} or newer is needed; install it: apt install openjdk-17-jre-headless"
    if java is None:
        raise Faults("starting kafka", [Fault("java", how)])
    said = subprocess.run([java, "-version"], check=False, capture_output=True, text=True).stderr  # noqa: S603
    version = re.search(r'version "(\d+)', said)
    if version is None or int(version.group(1)) < _JAVA_OLDEST:
        raise Faults("starting kafka", [Fault(java, how)])
    return java


class Kafka(Server):
    """A broker with topics made on request only, and messages of up to 6 MiB (a dead letter holds a whole frame)."""

    name = "kafka"
    starts_within_s = 120.0

    def __init__(
        self, cache: Path, folder: Path | None = None, *, port: int | None = None, watch_pid: int | None = None
    ) -> None:
        """``cache``: folder where Kafka's jars are kept between runs (fetched there when missing)."""
        super().__init__(folder, port=port, watch_pid=watch_pid)
        self._cache = cache

    @property
    def url(self) -> str:
        """The bootstrap servers."""
        return f"{HOST}:{self.port}"

    def prepare(self) -> list[str]:
        jars = kafka_jars(self._cache)
        java = [_find_java(), *_JVM, f"-Dlog4j2.configurationFile={_LOG_CONFIG}", "-cp", f"{jars}/*"]
        config = self.folder / "server.properties"
        data = self.folder / "data"
        properties = self._properties(data, free_port())
        config.write_text("".join(f"{name}={value}\n" for name, value in properties.items()))
        if not (data / "meta.properties").exists():
            command = [*java, _TOOL, "format", "-t", _CLUSTER_ID, "-c", str(config)]
            done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=self.folder)  # noqa: S603
            if done.returncode != 0:
                said = (done.stderr or done.stdout).strip()
                raise Faults("starting kafka", [Fault(_TOOL, f"could not format {data}: {said}")])
        return [*java, "kafka.Kafka", str(config)]

    def _properties(self, data: Path, controller_port: int) -> dict[str, object]:
        return {
            "process.roles": "broker,controller",
            "node.id": 1,
            "controller.quorum.voters": f"1@{HOST}:{controller_port}",
            "listeners": f"PLAINTEXT://{HOST}:{self.port},CONTROLLER://{HOST}:{controller_port}",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "PLAINTEXT",
            "log.dirs": data,
            "auto.create.topics.enable": "false",
            "offsets.topic.replication.factor": 1,
            "offsets.topic.num.partitions": 5,
            "transaction.state.log.replication.factor": 1,
            "transaction.state.log.min.isr": 1,
            "share.coordinator.state.topic.replication.factor": 1,
            "share.coordinator.state.topic.min.isr": 1,
            "group.initial.rebalance.delay.ms": 0,
            "group.min.session.timeout.ms": 1000,
            "message.max.bytes": 6 * 1024 * 1024,
            "replica.fetch.max.bytes": 6 * 1024 * 1024,
            "log.cleaner.backoff.ms": 200,
            "log.retention.check.interval.ms": 1000,
            "controlled.shutdown.enable": "false",
        }

    def ready(self) -> bool:
        # The port opens a moment before the broker may host topics; the log says when it may.
        return _STARTED in self.log.read_text(errors="replace") and answers(self.port)
