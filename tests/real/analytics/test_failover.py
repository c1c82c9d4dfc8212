"""A failover behind one address: the old server is demoted, a new one takes its place."""

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta

import psycopg
import pytest
import redis
from sqlalchemy import text

from analytics.live.reader import LiveReader
from analytics.live.writer import patient_for
from deploy.runtime.redis_server import Redis
from shelfstream.clock import ManualClock
from shelfstream.errors import Unavailable
from shelfstream.sql import engine_of, writing
from tests.unit.analytics.analytics_rig import Rig, make_bus, publish
from tests.unit.analytics.analytics_shelf import START, STORE, frame

pytestmark = pytest.mark.real


class Forwarder:
    """One address whose target changes, as a virtual IP does; connections that are open stay as they are."""

    def __init__(self, target_port: int) -> None:
        self.target_port = target_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.connections = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            server = socket.create_connection(("127.0.0.1", self.target_port))
            for ends in ((client, server), (server, client)):
                threading.Thread(target=_pump, args=ends, daemon=True).start()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


@contextmanager
def two_servers() -> Iterator[tuple[Redis, Redis, Forwarder]]:
    with ExitStack() as stack:
        first, second = stack.enter_context(Redis()), stack.enter_context(Redis())
        way = Forwarder(first.port)
        stack.callback(way.close)
        yield first, second, way


def test_a_redis_that_fails_over_is_written_and_read_again() -> None:
    """The owner meets READONLY once, connects anew and shows every slot; readers leave the old server by themselves."""
    with two_servers() as (first, second, way):
        clock, through = ManualClock(START), redis.Redis(port=way.port, socket_timeout=2)
        bus = make_bus(clock)
        publish(bus)
        live = LiveReader(through, clock)
        with Rig(bus, clock, client=patient_for(through, 2.0)) as rig:
            rig.see(frame(0))
            before = live.slots(STORE)
            assert before
            with redis.Redis.from_url(first.url) as old:
                old.replicaof("127.0.0.1", second.port)
            way.target_port = second.port
            for number in range(1, 8):
                clock.advance(1)
                rig.see(frame(number))
            with redis.Redis.from_url(second.url) as new:
                shown = LiveReader(new).slots(STORE)
            clock.advance(6)
            assert set(shown) == set(before)
            assert live.slots(STORE) == shown
            written_at = live.written_at(STORE)
            assert written_at is not None
            assert written_at > START + timedelta(seconds=1)


def test_a_postgres_that_fails_over_is_written_again(postgres_url: str) -> None:
    """A connection to a server that only reads is `Unavailable`, and the next try is made on a new one."""
    name = postgres_url.rpartition("/")[2].partition("?")[0]
    dsn = postgres_url.replace("postgresql+psycopg://", "postgresql://")
    engine = engine_of(postgres_url)
    with psycopg.connect(dsn, autocommit=True) as admin:
        admin.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on".encode())
        with pytest.raises(Unavailable, match="read-only"), writing(engine) as connection:
            connection.execute(text("CREATE TABLE seen (at integer)"))
        admin.execute("SET default_transaction_read_only = off")
        admin.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only".encode())
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE seen (at integer)"))
    engine.dispose()
