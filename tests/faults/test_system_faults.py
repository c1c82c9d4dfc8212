"""Every stage is killed ten times in under a simulated hour, each server has a bad time: what is told stays right.

The reference is the same recorded log, gone through one undisturbed process of each stage. So nothing here depends on
how well the model sees: it errs in both in the same way.
"""

import os
import random
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis
from sqlalchemy import create_engine, select

from alerts.inbox import open_alerts
from analytics.contract import SlotState, StockEvent
from analytics.historian.tables import stock_events
from analytics.live.reader import LiveReader
from deploy.demo.following import Follower
from deploy.demo.score import DemoTruth, OutEpisode, score, truth_of
from detector.contract import FrameFacings
from detector.pipeline import open_detector
from detector.settings import DetectorSettings
from shelfstream.bus.api import Message
from shelfstream.bus.dead_letters import ORIGIN, REASON
from shelfstream.bus.kafka.bus import KafkaBus
from shelfstream.bus.kafka.settings import KafkaSettings
from shelfstream.bus.topics import CAMERAS, CATALOGUE, DEAD_SUFFIX, EVENTS, FACINGS, FRAMES, topic_table
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.folder.read import read_folder
from tests.faults import fault_recording as recording
from tests.faults import fault_reference as reference
from tests.faults.fault_disturbing import disturb, follow
from tests.faults.fault_junk import junk, keys_in_use
from tests.faults.fault_processes import wait_until
from tests.faults.fault_system import DETECTOR_THREADS, System, running_system

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.timeout(1800)]

_KILLS_PER_STAGE = int(os.environ.get("SHELFSTREAM_FAULTS_KILLS", "10"))
_SPEED = 10.0
_KILL_EVERY_S = 3.5
_SETTLES_S = 30.0
# A killed process takes some seconds to be back, so what is shorter than this may honestly go unseen.
_LONG = timedelta(seconds=45)
_STORE = "demo-market"


@dataclass(frozen=True)
class Run:
    """A disturbed run that has ended: what was seen of it from outside, and when it ran."""

    follower: Follower
    ready_at: datetime
    stopped_at: datetime
    catalogue: Catalogue

    @property
    def truth(self) -> DemoTruth:
        return truth_of(self.catalogue)

    @property
    def events(self) -> list[StockEvent]:
        return [noted.event for noted in self.follower.observed.events]

    def matched(self, follower: Follower) -> set[OutEpisode]:
        """Episodes long enough to be seen in spite of restarts for which somebody was alerted in a run."""
        scored = score(follower.observed, self.truth, self.stopped_at)
        unalerted = {*scored.missed, *scored.excused}
        return {each for each in scored.truth if self.lasted(each) >= _LONG and each not in unalerted}

    def lasted(self, episode: OutEpisode) -> timedelta:
        """How much of an episode lay in this run."""
        return (episode.ended_at or self.stopped_at) - max(episode.began_at, self.ready_at)


@pytest.fixture(scope="module")
def system(kafka_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Servers with topics, tables and a catalogue; no stage runs yet."""
    with running_system(kafka_cache, tmp_path_factory.mktemp("system"), _SPEED) as made:
        yield made


@pytest.fixture(scope="module")
def bus(system: System) -> Iterator[KafkaBus]:
    """The bus as somebody outside of all stages reaches it."""
    with closing(KafkaBus(KafkaSettings(bootstrap_servers=system.kafka.url), topic_table())) as made:
        yield made


@pytest.fixture(scope="module")
def run(system: System, bus: KafkaBus) -> Iterator[Run]:
    """Started, disturbed, left alone until everything has settled, and stopped."""
    with closing(Follower(bus, datetime.now(UTC))) as follower:
        for process in system.stages:
            process.start()
        system.wait_ready()
        ready_at = datetime.now(UTC)
        _send(bus, junk(_STORE))
        disturb(system, follower, random.Random(20260301), kills_per_stage=_KILLS_PER_STAGE, every_s=_KILL_EVERY_S)
        system.wait_ready()
        follow(follower, _SETTLES_S)
        stopped_at = datetime.now(UTC)
        system.stop(bus)
        follower.catch_up()
        yield Run(follower, ready_at, stopped_at, read_folder(system.catalogue_folder))


@pytest.fixture(scope="module")
def all_seen(run: Run, bus: KafkaBus) -> dict[str, FrameFacings]:
    """What the detector sees in every frame that was published, undisturbed."""
    assert run.events
    detector = open_detector(DetectorSettings(threads=DETECTOR_THREADS))
    return reference.looked_at(recording.standing(bus, FRAMES), detector)


def _send(bus: KafkaBus, messages: list[Message]) -> None:
    with closing(bus.producer()) as producer:
        futures = [producer.send(message) for message in messages]
        producer.flush(30)
        for future in futures:
            future.result(30)


def test_every_frame_is_seen_as_by_an_undisturbed_detector(
    run: Run, bus: KafkaBus, all_seen: dict[str, FrameFacings]
) -> None:
    """Frames may be skipped or looked at twice, but what is said of one is what the model sees in it."""
    told = recording.facings(bus)
    assert len({each.frame_id for each in told}) >= len(all_seen) / 3
    wrong = [each.frame_id for each in told if recording.Seen.of(each) != recording.Seen.of(all_seen[each.frame_id])]
    assert wrong == []


def test_events_and_levels_are_those_of_an_undisturbed_run(run: Run, bus: KafkaBus) -> None:
    """The recorded facings and camera status, read by one process alone, give the same records, whole.

    Apart are times of emission, and when somebody found out that a slot is unseen.
    """
    catalogue = [recording.copied(record) for record in recording.standing(bus, CATALOGUE)]
    read = [record for topic in (FACINGS, CAMERAS) for record in recording.read_by(bus, "analytics", topic)]
    found = recording.events(bus)
    with closing(reference.in_memory(run.stopped_at)) as alone:
        reference.analysed(alone, catalogue, read, recording.ticks(bus), run.stopped_at)
        assert recording.once(found, run.stopped_at) == recording.once(recording.events(alone), run.stopped_at)
        assert recording.levels(bus) == recording.levels(alone)


def test_alerts_are_those_of_an_undisturbed_run(run: Run, bus: KafkaBus) -> None:
    """The recorded events, folded by one process alone, give the same steps of the same alerts."""
    events = recording.counted(bus, EVENTS)
    with closing(reference.in_memory(run.stopped_at)) as alone:
        reference.send(alone, reference.alerted(events, run.catalogue, run.stopped_at))
        told = recording.steps(alone)
    assert told
    assert recording.steps(bus) == told


def test_live_the_same_episodes_are_matched(run: Run, all_seen: dict[str, FrameFacings], bus: KafkaBus) -> None:
    """Whoever sees every frame and is never disturbed alerts for no other episodes of the truth than this system."""
    catalogue = [recording.copied(record) for record in recording.standing(bus, CATALOGUE)]
    seen = reference.read_at_once(sorted(all_seen.values(), key=lambda each: each.received_at))
    with (
        closing(reference.in_memory(run.stopped_at)) as alone,
        closing(Follower(alone, run.follower.observed.started_at)) as follower,
    ):
        reference.analysed(alone, catalogue, seen, (), run.stopped_at)
        reference.send(alone, reference.alerted(recording.counted(alone, EVENTS), run.catalogue, run.stopped_at))
        follower.catch_up()
        undisturbed = run.matched(follower)
    assert undisturbed
    assert run.matched(run.follower) == undisturbed


def test_no_event_is_lost_or_told_in_two_ways(run: Run) -> None:
    """Transitions of a slot are numbered without a gap, each starts where the last one ended."""
    by_slot: dict[str, list[StockEvent]] = {}
    for event in run.events:
        by_slot.setdefault(event.slot, []).append(event)
    assert by_slot
    for events in by_slot.values():
        ordered = sorted((event.transition for event in events), key=lambda each: each.sequence)
        sequences = [each.sequence for each in ordered]
        assert sequences == list(range(sequences[0], sequences[0] + len(sequences)))
        assert [each.before for each in ordered[1:]] == [each.state for each in ordered[:-1]]


def test_history_holds_every_event_once(run: Run, system: System) -> None:
    """SQL has exactly the events of the log."""
    engine = create_engine(system.postgres.url)
    with engine.connect() as connection:
        kept = list(connection.scalars(select(stock_events.c.event_id)))
    assert sorted(kept) == sorted(event.event_id for event in run.events)


def test_open_alerts_are_the_slots_that_are_out(run: Run, system: System) -> None:
    """After all that, the ledger and the newest transitions agree, and no slot has two open alerts."""
    engine = create_engine(system.postgres.url)
    opened = [alert.slot for alert in open_alerts(engine)]
    newest = {event.slot: event for event in run.events}
    out = {slot for slot, event in newest.items() if event.transition.state is SlotState.OUT}
    known = {slot for slot, event in newest.items() if event.transition.state is not SlotState.UNKNOWN}
    assert known
    assert len(opened) == len(set(opened))
    assert {slot for slot in opened if slot in known} == out


def test_redis_shows_what_the_log_says(run: Run, system: System) -> None:
    """Flushed in the middle, Redis is whole again: each slot's state is that of its newest transition."""
    with redis.Redis.from_url(system.redis.url) as client:
        shown = {slot: level.state for slot, level in LiveReader(client).slots(_STORE).items()}
    newest = {event.slot: event.transition.state for event in run.events}
    assert newest
    assert {slot: shown.get(slot) for slot in newest} == newest


def test_no_stage_ends_by_itself(run: Run, system: System) -> None:
    """Neither junk nor faults of others nor a lost Redis ends a process: all that ended were killed by this test."""
    assert run.events
    assert system.ended_alone == []


def test_killed_stages_end_in_peace_when_asked(run: Run, system: System) -> None:
    """The last stop, by SIGTERM, ended every process with exit code 0."""
    assert run.events
    wait_until(lambda: not any(process.running for process in system.stages), "all stages to stop", 30)
    assert {process.name: process.exit_code for process in system.stages} == {
        process.name: 0 for process in system.stages
    }


@pytest.mark.parametrize("topic", sorted(keys_in_use(_STORE)))
def test_junk_becomes_dead_letters(run: Run, bus: KafkaBus, topic: str) -> None:
    """Each piece of junk stands among its topic's dead letters with a reason and its origin, and stopped nobody."""
    assert run.events
    letters = list(recording.standing(bus, topic + DEAD_SUFFIX))
    assert all(letter.header(REASON) for letter in letters)
    sent = [message for message in junk(_STORE) if message.topic == topic]
    assert len({letter.header(ORIGIN) for letter in letters}) == len(sent)
