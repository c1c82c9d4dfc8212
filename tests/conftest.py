"""Real servers for the tests that need them, one set per test run, started when first asked for.

With pytest-xdist all workers share the set. The servers end with the run's main process, even when that is killed.
"""

import fcntl
import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import psycopg
import pytest
import redis
from sqlalchemy.engine import make_url

from deploy.runtime.redis_server import Redis
from deploy.runtime.server import Server
from devstack.kafka.broker import Kafka
from devstack.postgres import Postgres

# Speed is never asserted in tests: a busy machine must not fail them.
hypothesis.settings.register_profile("shelfstream", deadline=None)
hypothesis.settings.load_profile("shelfstream")

_CACHE = Path(os.environ.get("SHELFSTREAM_CACHE", Path(__file__).parent.parent / ".cache"))


@pytest.fixture(scope="session")
def run_pid() -> int:
    """Process that lives as long as the whole test run: xdist's controller, else this one."""
    return os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory: pytest.TempPathFactory, run_pid: int) -> Callable[[str, Callable[[], Server]], str]:
    """URL of a server by its name; the first of a run's workers who asks starts it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def url_of(name: str, make: Callable[[], Server]) -> str:
        noted = shared / f"{name}-{run_pid}.url"
        with (shared / f"{name}-{run_pid}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not noted.exists():
                server = make()
                server.start()
                noted.write_text(server.url)
        return noted.read_text()

    return url_of


@pytest.fixture(scope="session")
def kafka_url(shared_server: Callable[[str, Callable[[], Server]], str], run_pid: int) -> str:
    """Bootstrap servers of a real Kafka broker; SHELFSTREAM_TEST_KAFKA names one that runs already.

    Its topics stay for the whole run: use names of your own, or start a broker of your own
    (``with Kafka(cache) as broker``) where the names are fixed.
    """
    given = os.environ.get("SHELFSTREAM_TEST_KAFKA")
    return given or shared_server(Kafka.name, lambda: Kafka(_CACHE, watch_pid=run_pid))


@pytest.fixture(scope="session")
def kafka_cache() -> Path:
    """Folder with Kafka's jars, for tests that start a broker of their own to kill or freeze it."""
    return _CACHE


@pytest.fixture
def redis_url(shared_server: Callable[[str, Callable[[], Server]], str], run_pid: int) -> Iterator[str]:
    """URL of a real, empty Redis database; SHELFSTREAM_TEST_REDIS names one that runs already (it is flushed!).

    Each xdist worker has a database number of its own.
    """
    given = os.environ.get("SHELFSTREAM_TEST_REDIS")
    url = given or shared_server(Redis.name, lambda: Redis(watch_pid=run_pid))
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    own = url if given else f"{url.rsplit('/', 1)[0]}/{worker % 16}"
    with redis.Redis.from_url(own) as client:
        client.flushdb()
        yield own
        client.flushdb()


@pytest.fixture
def postgres_url(shared_server: Callable[[str, Callable[[], Server]], str], run_pid: int) -> Iterator[str]:
    """SQLAlchemy URL of a fresh PostgreSQL database, dropped after the test.

    SHELFSTREAM_TEST_POSTGRES names a server that runs already (``postgresql+psycopg://user@host:port/database``);
    that user must be allowed to create databases.
    """
    given = os.environ.get("SHELFSTREAM_TEST_POSTGRES")
    server = make_url(given or shared_server(Postgres.name, lambda: Postgres(watch_pid=run_pid)))
    name = f"test_{uuid.uuid4().hex}"
    dsn = server.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(dsn, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}".encode())
        yield server.set(database=name).render_as_string(hide_password=False)
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
