"""A time in which everything goes wrong."""

import random
import signal
import time
from collections.abc import Callable

import redis

from deploy.demo.following import Follower
from deploy.runtime.stages import STAGES
from tests.faults.fault_processes import StageProcess
from tests.faults.fault_system import System

_FROZEN_S = 10.0
_KAFKA_FROZEN_S = 5.0
_AWAY_S = 8.0


def disturb(system: System, follower: Follower, chance: random.Random, *, kills_per_stage: int, every_s: float) -> None:
    """Kill a process of a random stage again and again; in between, each of the servers has a bad time, too."""
    victims = [stage for stage in STAGES for _ in range(kills_per_stage)]
    chance.shuffle(victims)
    kept: dict[bytes, bytes] = {}
    troubles: list[Callable[[], None]] = [
        lambda: kept.update(_copy_and_flush(system)),
        lambda: _without_sql(system, follower),
        lambda: _freeze(system.of("analytics")[0], follower),
        lambda: _roll_back(system, kept),
        lambda: _freeze_kafka(system),
        lambda: _without_redis(system, follower),
    ]
    apart = max(1, len(victims) // (len(troubles) + 1))
    for number, stage in enumerate(victims, 1):
        system.kill_and_start(chance.choice(system.of(stage)))
        follow(follower, every_s)
        if troubles and number % apart == 0:
            troubles.pop(0)()


def _copy_and_flush(system: System) -> dict[bytes, bytes]:
    """What Redis held, before everything in it is forgotten."""
    with redis.Redis.from_url(system.redis.url) as client:
        kept = {key: client.dump(key) or b"" for key in client.keys("*")}
        client.flushall()
    return kept


def _roll_back(system: System, kept: dict[bytes, bytes]) -> None:
    """An older copy of everything comes back, as after a failover."""
    with redis.Redis.from_url(system.redis.url) as client:
        client.flushall()
        for key, value in kept.items():
            client.restore(key, 0, value)


def _without_redis(system: System, follower: Follower) -> None:
    """It comes back empty."""
    system.redis.kill()
    follow(follower, _AWAY_S)
    system.redis.start()


def _without_sql(system: System, follower: Follower) -> None:
    """Just after somebody who writes to it was killed, so that it is away while records are taken one by one."""
    for stage in ("historian", "alerts"):
        system.kill_and_start(system.of(stage)[0])
    system.postgres.stop()
    follow(follower, _AWAY_S)
    system.postgres.start()


def _freeze_kafka(system: System) -> None:
    """Connections stay, nothing answers."""
    system.kafka.freeze()
    time.sleep(_KAFKA_FROZEN_S)
    system.kafka.thaw()


def _freeze(process: StageProcess, follower: Follower) -> None:
    """Past its session timeout: others own its stores when it wakes."""
    process.wait_ready()
    process.signal(signal.SIGSTOP)
    follow(follower, _FROZEN_S)
    process.signal(signal.SIGCONT)


def follow(follower: Follower, seconds: float) -> None:
    """Let time pass, looking on."""
    until_s = time.monotonic() + seconds
    while time.monotonic() < until_s:
        follower.catch_up()
        time.sleep(0.5)
