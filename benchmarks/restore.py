"""``python -m benchmarks.restore``: how long analytics takes to restore many slots, and how often it beats meanwhile.

A real Kafka broker; one store, every slot with an event to be sent again, which is the worst that a crash leaves.
"""

import time
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from analytics.__main__ import stage_of
from analytics.contract import Onset, SlotLevel, SlotState, Transition
from analytics.settings import AnalyticsSettings
from analytics.slot_rules import SlotRules
from analytics.store_state.batch_update import level_message
from devstack.kafka.broker import Kafka
from shelfstream.bus.api import Partition
from shelfstream.bus.kafka.bus import KafkaBus
from shelfstream.bus.kafka.settings import KafkaSettings
from shelfstream.bus.ownership import OwnerClaim, claim
from shelfstream.bus.topics import LEVELS, TopicSizes, topic_table
from shelfstream.catalogue.model import Slot
from shelfstream.clock import SystemClock
from shelfstream.file_store import PictureStore
from shelfstream.metrics import Metrics
from shelfstream.service import StageContext
from shelfstream.sql import engine_of

_NOW = datetime.now(UTC)
_AT_ONCE = 2000


def main(slots: Annotated[int, typer.Option(min=1, help="How many slots.")] = 100_000) -> None:
    """Write so many levels, then take their partition over as a process does that was started again."""
    table = topic_table(TopicSizes(1, 1))
    with ExitStack() as stack:
        broker = stack.enter_context(Kafka(Path(".cache")))
        bus = KafkaBus(KafkaSettings(bootstrap_servers=broker.url), table)
        with closing(bus.admin()) as admin:
            admin.create(list(table.values()))
        _write(bus, slots)
        clock = SystemClock()
        parts = StageContext(
            bus, clock, PictureStore("memory://restore"), "again", None, engine_of("sqlite://"), Metrics()
        )
        stage = stage_of(AnalyticsSettings(), parts)
        beats_s: list[float] = []
        began_s = time.monotonic()
        owned = [Partition(topic, 0) for topic in stage.topics]
        state = stage.store.gained(stage.initial, owned, lambda: beats_s.append(time.monotonic()))
        ended_s = time.monotonic()
    held = sum(len(store.slots) for store in state.owned[0].stores.values())
    pauses_s = [after - before for before, after in zip([began_s, *beats_s], [*beats_s, ended_s], strict=True)]
    message = f"{held} slots in {ended_s - began_s:.1f} s, {len(beats_s)} beats, longest pause {max(pauses_s):.2f} s"
    Console().print(message, highlight=False)


def _write(bus: KafkaBus, slots: int) -> None:
    with closing(bus.producer()) as producer:
        epoch = claim(producer, Partition(LEVELS, 0), OwnerClaim(owner="before", at=_NOW))
        for first in range(0, slots, _AT_ONCE):
            numbers = range(first, min(slots, first + _AT_ONCE))
            futures = [producer.send(level_message(_level(number), epoch, 1)) for number in numbers]
            producer.flush(60)
            for future in futures:
                future.result(60)


def _level(number: int) -> SlotLevel:
    slot = Slot(store="big", id=f"s{number}", bay="b", shelf="s", gtin="04006381333931", x_min_mm=0, x_max_mm=9)
    fresh = SlotRules(AnalyticsSettings()).new_level(slot, _NOW)
    step = Transition(
        sequence=fresh.transition_sequence + 1,
        gtin=slot.gtin,
        before=SlotState.STOCKED,
        state=SlotState.OUT,
        onset=Onset(earliest=_NOW - timedelta(seconds=9), latest=_NOW, level=0.95),
        decided_at=_NOW,
        confidence=0.97,
        frames=("big/c/0-1",),
    )
    sequence = {"transition_sequence": step.sequence, "transitions": (step,), "state": SlotState.OUT, "reason": None}
    return fresh.model_copy(update=sequence)


if __name__ == "__main__":
    typer.run(main)
