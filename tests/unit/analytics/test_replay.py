"""What-if: a store's time again says what the running stage said, and under other settings what differs."""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from analytics.archive.archive import Archive
from analytics.contract import SlotState, StockEvent
from analytics.replay.compare import Stretch, differences, in_time, stretches
from analytics.replay.inputs import archived_inputs, catalogue_records
from analytics.replay.rerun import Rerun, replay_steps
from analytics.settings import AnalyticsSettings, BeliefSettings
from shelfstream.bus.api import Record
from shelfstream.bus.topics import FACINGS
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.model import CatalogueEntity
from shelfstream.catalogue.records import read_change
from shelfstream.catalogue.versions_sql import write_versions
from shelfstream.clock import ManualClock
from shelfstream.file_store import FileStore, archive_at
from shelfstream.migrations.upgrade import upgrade
from shelfstream.sql import engine_of, writing
from tests.unit.analytics.analytics_rig import Rig, distinct, events, make_bus, publish, records
from tests.unit.analytics.analytics_shelf import GTINS, SETTINGS, SLOTS, START, STORE, entities, frame, slot

END = START + timedelta(minutes=10)


@pytest.fixture
def engine() -> Iterator[Engine]:
    """A database in which the store's catalogue holds from the start."""
    found = engine_of("sqlite://")
    upgrade(found)
    hold(found, entities(), START)
    yield found
    found.dispose()


def hold(engine: Engine, found: list[CatalogueEntity], moment: datetime) -> None:
    """Let a catalogue hold from a moment on."""
    with writing(engine) as connection:
        write_versions(connection, (STORE,), Catalogue.of(found), moment, moment)


def lived() -> tuple[list[Record], list[StockEvent]]:
    """A few minutes of a store: what the log of facings held, and what the running stage made of it."""
    clock = ManualClock(START)
    bus = make_bus(clock)
    publish(bus)
    looks: list[dict[int, str]] = [{}] * 12 + [{1: "gap"}] * 12 + [{1: "gap", 3: "wrong"}] * 20 + [{3: "partial"}] * 20
    with Rig(bus, clock) as rig:
        for number in range(int((END - START).total_seconds()) // 5):
            rig.tick_at(START + timedelta(seconds=5 * number))
            if number < len(looks):
                rig.see(frame(number, looks[number], at_s=5.0 * number))
        rig.tick_at(END)
    return records(bus, FACINGS), distinct(events(bus))


@pytest.fixture(scope="module")
def life() -> tuple[list[Record], list[StockEvent]]:
    """The same for all tests."""
    return lived()


def archived(found: list[Record]) -> FileStore:
    """These records in an archive."""
    files = archive_at(f"memory://replay-{random.SystemRandom().getrandbits(60):x}")
    Archive(files).write(found)
    return files


def rerun(files: FileStore, engine: Engine, settings: AnalyticsSettings = SETTINGS) -> list[StockEvent]:
    """What a run says of all of it."""
    run = Rerun(settings)
    steps = replay_steps(archived_inputs(files, engine, STORE, START, END), START, END)
    return [event for step in steps for event in run.step(step)]


def said(found: list[StockEvent]) -> list[tuple[object, ...]]:
    """Events without what is of one run alone: ids, numbers and times of emission."""
    plain = [(each.slot, each.transition.model_copy(update={"sequence": 1}).encode()) for each in found]
    return sorted(plain)


def test_the_same_settings_say_what_the_running_stage_said(
    life: tuple[list[Record], list[StockEvent]], engine: Engine
) -> None:
    """State, onset, time of decision, confidence and frames are those of the events that were sent at the time."""
    found, sent = life
    assert {each.transition.state for each in sent} >= {SlotState.OUT, SlotState.STOCKED, SlotState.UNKNOWN}
    assert said(rerun(archived(found), engine)) == said(sent)


def test_the_same_input_gives_the_same_bytes(life: tuple[list[Record], list[StockEvent]], engine: Engine) -> None:
    """Whole events are equal, however the archive was written; records that are there twice change nothing."""
    found, _ = life
    once = [event.encode() for event in rerun(archived(found), engine)]
    twice = archived(found)
    Archive(twice).write(found[10:30])
    assert [event.encode() for event in rerun(twice, engine)] == once


def test_a_higher_threshold_says_less_or_later(life: tuple[list[Record], list[StockEvent]], engine: Engine) -> None:
    """Against itself a run differs in nothing; of a surer one nothing is gained that is out, and all comes later."""
    files = archived(life[0])
    first = stretches(rerun(files, engine), START, END)
    same = differences(first, stretches(rerun(files, engine), START, END))
    assert (same.gained, same.lost, set(same.later_s)) == ((), (), {0.0})
    surer = AnalyticsSettings(belief=BeliefSettings(decide_at=0.99999))
    found = differences(first, stretches(rerun(files, engine, surer), START, END))
    late = [later for (one, _), later in zip(found.kept, found.later_s, strict=True) if one.state is SlotState.OUT] + [
        1.0 for each in found.lost if each.state is SlotState.OUT
    ]
    assert late
    assert min(late) > 0
    assert not [each for each in found.gained if each.state is SlotState.OUT]


def test_junk_in_the_archive_is_counted_and_left_out(
    life: tuple[list[Record], list[StockEvent]], engine: Engine
) -> None:
    """What no stage could read moves nothing, and is told."""
    found, sent = life
    junk = Record(found[5].partition, 10_000, found[5].key, b"junk", (), found[5].appended_at)
    files = archived([*found, junk])
    steps = list(replay_steps(archived_inputs(files, engine, STORE, START, END), START, END))
    assert sum(step.unreadable for step in steps) == 1
    assert sum(step.frames for step in steps) == len([each for each in found if each.value])
    assert said(rerun(files, engine)) == said(sent)


def test_the_plan_is_the_one_of_its_time(engine: Engine) -> None:
    """The catalogue comes as it held at the start and changes when it changed: what went is taken back."""
    moved = START + timedelta(minutes=5)
    kept = [each for each in entities() if each != slot(5)]
    hold(engine, [each if each != slot(1) else slot(1, gtin=GTINS[6]) for each in kept], moved)
    found = catalogue_records(engine, STORE, START, END)
    before = [read_change(each) for each in found if each.appended_at == START]
    after = [read_change(each) for each in found if each.appended_at == moved]
    assert [change.entity for change in before].count(None) == 0
    assert len(before) == len(entities())
    assert {change.subject.id: change.entity for change in after} == {
        SLOTS[1]: slot(1, gtin=GTINS[6]),
        SLOTS[5]: None,
    }
    assert catalogue_records(engine, STORE, moved, END)[0].appended_at == moved


def stretch(place: int, begins: int, lasts: int | None, state: SlotState) -> Stretch:
    """A slot in a state for some minutes."""
    at = START + timedelta(minutes=begins)
    until = None if lasts is None else at + timedelta(minutes=lasts)
    return Stretch(at, SLOTS[place], GTINS[place], state, at, at, until, 0.95)


any_stretches = st.lists(
    st.builds(
        stretch,
        st.integers(0, 2),
        st.integers(0, 50),
        st.none() | st.integers(1, 20),
        st.sampled_from([SlotState.OUT, SlotState.LOW]),
    ),
    max_size=12,
).map(lambda found: sorted(found, key=in_time))


@given(any_stretches, any_stretches)
def test_each_stretch_is_kept_lost_or_gained_once(first: list[Stretch], second: list[Stretch]) -> None:
    """Pairs say the same of the same time; what is neither paired nor in the other run is gained or lost."""
    found = differences(first, second)
    assert Counter([*(one for one, _ in found.kept), *found.lost]) == Counter(first)
    assert Counter([*(other for _, other in found.kept), *found.gained]) == Counter(second)
    assert all(one.subject == other.subject for one, other in found.kept)
    assert not [one for one in found.lost for other in found.gained if one == other and one.ended_at != one.began_at]
