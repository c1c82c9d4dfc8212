"""Every stage is killed again and again, one is frozen past its session, Redis is flushed: what is told stays right."""

import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis
from fault_processes import StageProcess, wait_until
from fault_system import System, running_system
from sqlalchemy import create_engine, select

from alerts.inbox import open_alerts
from analytics.contract import SlotState, StockEvent
from analytics.live import LiveReader
from analytics.tables import stock_events
from deploy.demo.following import Follower
from deploy.demo.scoring import OutEpisode, Score, score
from deploy.demo.truth import truth_of
from ingest.contract import FrameHeader, frame_message
from shelfstream.bus.dead_letters import ORIGIN, REASON
from shelfstream.bus.kafka.bus import KafkaBus
from shelfstream.bus.kafka.settings import KafkaSettings
from shelfstream.bus.records import Message, Partition
from shelfstream.bus.topics import (
    ANSWERS,
    CAMERAS,
    CATALOGUE,
    DEAD_SUFFIX,
    EVENTS,
    FACINGS,
    FRAMES,
    topic_table,
)
from shelfstream.catalogue.folder import read_folder

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.timeout(1500)]

_RUN_S = float(os.environ.get("SHELFSTREAM_FAULTS_RUN_S", "150"))
_KILL_EVERY_S = 5.0
_FROZEN_S = 10.0
# A killed process takes some seconds to be back, so what is shorter than this may honestly go unseen.
_LONG_S = 45.0
# The model overlooks a last pack or a gap now and then, disturbed or not.
_MODEL_ERRS = 0.1
_STORE = "demo-market"
_KEYS_IN_USE = {
    FRAMES: f"{_STORE}/cam-left",
    FACINGS: f"{_STORE}/cam-left",
    CAMERAS: f"{_STORE}/cam-left",
    ANSWERS: f"{_STORE}/b1-s1-01",
    EVENTS: f"{_STORE}/b1-s1-01",
    CATALOGUE: f"{_STORE}/slot/no-such-slot",
}


@pytest.fixture(scope="module")
def system(kafka_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """All stages run and are ready."""
    with running_system(kafka_cache, tmp_path_factory.mktemp("system")) as made:
        for process in made.stages:
            process.start()
        for process in made.stages:
            process.wait_ready(180)
        yield made


@pytest.fixture(scope="module")
def bus(system: System) -> Iterator[KafkaBus]:
    """The bus as somebody outside of all stages reaches it."""
    with closing(KafkaBus(KafkaSettings(bootstrap_servers=system.kafka.url), topic_table())) as made:
        yield made


@pytest.fixture(scope="module")
def follower(bus: KafkaBus) -> Iterator[Follower]:
    """Whoever looks at the bus from outside, from the disturbed time's start on."""
    with closing(Follower(bus, datetime.now(UTC))) as made:
        yield made


@pytest.fixture(scope="module")
def scored(system: System, bus: KafkaBus, follower: Follower) -> Score:
    """The run: disturbed for a while, left alone until everything has settled, stopped, and judged."""
    _send(bus, _junk())
    _disturb(system, follower, random.Random(20260301))
    for process in system.stages:
        if not process.running:
            process.start()
        process.wait_ready(120)
    _follow(follower, 30.0)
    stopped_at = datetime.now(UTC)
    for process in system.of("ingest"):
        process.stop()
    _follow(follower, 5.0)
    system.stop()
    follower.catch_up()
    return score(follower.observed, truth_of(read_folder(system.catalogue_folder)), stopped_at)


def _junk() -> list[Message]:
    """Bytes that are no message, a version from the future and a picture cut short, under keys that are in use."""
    now = datetime.now(UTC)
    header = FrameHeader(
        store=_STORE,
        camera="cam-left",
        epoch=0,
        sequence=0,
        captured_at=now,
        received_at=now,
        width_px=64,
        height_px=64,
    )
    junk = [frame_message(header, b"\xff\xd8\xff\xe0 cut short"), frame_message(header, b"GIF89a")]
    for topic, key in _KEYS_IN_USE.items():
        junk += [Message(topic, key, b"\x00\xff no message"), Message(topic, key, b'{"v": 99}')]
    return junk


def _send(bus: KafkaBus, messages: list[Message]) -> None:
    with closing(bus.producer()) as producer:
        futures = [producer.send(message) for message in messages]
        producer.flush(30)
        for future in futures:
            future.result(30)


def _disturb(system: System, follower: Follower, chance: random.Random) -> None:
    """Kill a random process every few seconds; half way, freeze an owner and flush Redis."""
    ends_s = time.monotonic() + _RUN_S
    half_s = ends_s - _RUN_S / 2
    while time.monotonic() < ends_s:
        if half_s is not None and time.monotonic() > half_s:
            half_s = float("inf")
            _freeze(system.of("analytics")[0], follower)
            with redis.Redis.from_url(system.redis.url) as client:
                client.flushall()
        victim = chance.choice(system.stages)
        victim.kill()
        victim.start()
        _follow(follower, _KILL_EVERY_S)


def _freeze(process: StageProcess, follower: Follower) -> None:
    """Past its session timeout: others own its stores when it wakes."""
    if not process.running:
        process.start()
    process.wait_ready()
    process.signal(signal.SIGSTOP)
    _follow(follower, _FROZEN_S)
    process.signal(signal.SIGCONT)


def _follow(follower: Follower, seconds: float) -> None:
    until_s = time.monotonic() + seconds
    while time.monotonic() < until_s:
        follower.catch_up()
        time.sleep(0.5)


def _lasted_s(episode: OutEpisode) -> float:
    ended_at = episode.ended_at or episode.began_at + timedelta(seconds=_LONG_S)
    return (ended_at - episode.began_at).total_seconds()


def test_every_long_gap_was_alerted(scored: Score, follower: Follower) -> None:
    """No OUT episode that began in this time and could outlast a restart is missed, whatever was killed when."""
    assert scored.truth
    begun = [episode for episode in scored.missed if episode.began_at >= follower.observed.started_at]
    missed = [episode for episode in begun if _lasted_s(episode) >= _LONG_S]
    assert len(missed) <= _MODEL_ERRS * len(scored.truth)


def test_no_gap_is_invented(scored: Score, system: System, follower: Follower) -> None:
    """Killing and freezing makes nobody run to a full shelf: where an alert was raised, something was missing."""
    assert scored.alerts
    truth = truth_of(read_folder(system.catalogue_folder))
    full = frozenset({SlotState.STOCKED})
    alerts = follower.observed.alerts.values()
    invented = [each for each in alerts if truth.states(each.slot, each.evidence_at, each.raised_at) == full]
    assert len(invented) <= _MODEL_ERRS * len(alerts)


def test_no_event_is_lost_or_told_in_two_ways(scored: Score, follower: Follower) -> None:
    """Transitions of a slot are numbered without a gap, each starts where the last one ended."""
    assert scored.events
    by_slot: dict[str, list[StockEvent]] = {}
    for noted in follower.observed.events:
        by_slot.setdefault(noted.event.slot, []).append(noted.event)
    for events in by_slot.values():
        ordered = sorted((event.transition for event in events), key=lambda each: each.sequence)
        sequences = [each.sequence for each in ordered]
        assert sequences == list(range(sequences[0], sequences[0] + len(sequences)))
        assert [each.before for each in ordered[1:]] == [each.state for each in ordered[:-1]]


def test_history_holds_every_event_once(scored: Score, system: System, follower: Follower) -> None:
    """SQL has exactly the events of the log."""
    assert scored.events
    engine = create_engine(system.postgres.url)
    with engine.connect() as connection:
        kept = set(connection.scalars(select(stock_events.c.event_id)))
    assert {noted.event.event_id for noted in follower.observed.events} <= kept


def test_open_alerts_are_the_slots_that_are_out(scored: Score, system: System, follower: Follower) -> None:
    """After all that, the ledger and the newest transitions agree, and no slot has two open alerts."""
    assert scored.events
    engine = create_engine(system.postgres.url)
    opened = [alert.slot for alert in open_alerts(engine)]
    newest: dict[str, StockEvent] = {}
    for noted in follower.observed.events:
        newest[noted.event.slot] = noted.event
    out = {slot for slot, event in newest.items() if event.transition.state is SlotState.OUT}
    known = {slot for slot, event in newest.items() if event.transition.state is not SlotState.UNKNOWN}
    assert len(opened) == len(set(opened))
    assert {slot for slot in opened if slot in known} == out


def test_redis_shows_what_the_log_says(scored: Score, system: System, follower: Follower) -> None:
    """Flushed in the middle, Redis is whole again: each slot's state is that of its newest transition."""
    assert scored.events
    with redis.Redis.from_url(system.redis.url) as client:
        shown = {slot: level.state for slot, level in LiveReader(client).slots(_STORE).items()}
    newest = {noted.event.slot: noted.event.transition.state for noted in follower.observed.events}
    assert {slot: shown.get(slot) for slot in newest} == newest


def test_killed_stages_end_in_peace_when_asked(scored: Score, system: System) -> None:
    """The last stop, by SIGTERM, ended every process with exit code 0."""
    assert scored.events
    wait_until(lambda: not any(process.running for process in system.stages), "all stages to stop", 30)
    assert {process.name: process.exit_code for process in system.stages} == {
        process.name: 0 for process in system.stages
    }


@pytest.mark.parametrize("topic", sorted(_KEYS_IN_USE))
def test_junk_becomes_dead_letters(scored: Score, bus: KafkaBus, topic: str) -> None:
    """Each piece of junk stands among its topic's dead letters with a reason and its origin, and stopped nobody."""
    assert scored.events
    dead = topic + DEAD_SUFFIX
    with closing(bus.admin()) as admin, closing(bus.reader()) as reader:
        partitions = [Partition(dead, index) for index in range(admin.partition_counts([dead])[dead])]
        letters = [record for each in partitions for record in reader.read(each, *reader.bounds(each))]
    assert all(letter.header(REASON) for letter in letters)
    sent = [message for message in _junk() if message.topic == topic]
    assert len({letter.header(ORIGIN) for letter in letters}) == len(sent)
