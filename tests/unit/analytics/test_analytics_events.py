"""The border of ``shelf.events``: well-formed junk is an ``InvalidMessage`` for everybody, and crashes nobody."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.contract import (
    Onset,
    SlotLevel,
    SlotState,
    StockEvent,
    Transition,
    event_id_of,
    evidence_id,
    plate_id,
    read_event,
)
from analytics.evidence.handler import KeeperHandler
from analytics.evidence.settings import KeeperSettings
from analytics.historian.__main__ import HistorianHandler
from analytics.inputs import read_input
from analytics.slot_rules import SlotRules
from detector.contract import FrameFacings
from ingest.contract import FRAME_HEADER, check_frame_id
from shelfstream.bus.api import Partition, Record
from shelfstream.bus.ownership import OwnerClaim, claim_message
from shelfstream.bus.topics import EVENTS, FACINGS, FRAMES
from shelfstream.errors import InvalidMessage
from shelfstream.file_store import check_picture_id
from tests.unit.analytics.analytics_shelf import BAY, CAMERA, GTINS, SETTINGS, SLOTS, START, STORE, frame, slot

KEY = f"{STORE}/{SLOTS[0]}"
SEQUENCE = 1_772_442_001


def plain() -> dict[str, Any]:
    """An honest event, as JSON."""
    onset = Onset(earliest=START, latest=START, level=0.98)
    step = Transition(
        sequence=SEQUENCE,
        gtin=GTINS[0],
        before=SlotState.STOCKED,
        state=SlotState.OUT,
        onset=onset,
        decided_at=START,
        confidence=0.98,
        frames=(frame(1).frame_id,),
    )
    event_id = event_id_of(STORE, SLOTS[0], SEQUENCE)
    event = StockEvent(event_id=event_id, store=STORE, slot=SLOTS[0], bay=BAY, transition=step, emitted_at=START)
    found: dict[str, Any] = json.loads(event.encode())
    return found


def record(found: dict[str, Any], key: str = KEY) -> Record:
    return Record(Partition(EVENTS, 0), 7, key.encode(), json.dumps(found).encode(), (), START)


def changed(path: str, value: object) -> dict[str, Any]:
    """The honest event with one field changed; a new sequence brings its own id."""
    found = plain()
    inner = found
    *parents, last = path.split(".")
    for name in parents:
        inner = inner[name]
    inner[last] = value
    if last == "sequence" and isinstance(value, int):
        found["event_id"] = event_id_of(STORE, SLOTS[0], value)
    return found


JUNK = [
    ("event_id", "../../etc/passwd"),
    ("event_id", "a" * 65),
    ("event_id", "a\x00b"),
    ("event_id", event_id_of(STORE, SLOTS[1], SEQUENCE)),
    ("bay", "b\x00"),
    ("transition.sequence", 2**63),
    ("transition.sequence", 2**53 + 1),
    ("transition.decided_at", "1999-12-31T23:59:59Z"),
    ("transition.onset.latest", "0001-01-01T00:00:00+05:00"),
    ("transition.onset.earliest", "9999-12-31T23:59:59Z"),
    ("emitted_at", "2200-01-01T00:00:00Z"),
    ("transition.versions", {"model": "m" * 257}),
    ("transition.frames", ["../../etc/passwd"]),
    ("transition.frames", [f"{STORE}/{CAMERA}/0-1/../2"]),
    ("transition.frames", [f"{STORE}/../0-1"]),
    ("transition.frames", [f"{STORE}/{CAMERA}/{'9' * 70}-1"]),
    ("transition.frames", ["elsewhere/c1/0-1"]),
    ("transition.frames", [f"{STORE}/{CAMERA}/0-1"] * 9),
]


@pytest.mark.parametrize(("path", "value"), JUNK)
def test_an_event_that_nobody_can_store_is_invalid(path: str, value: object) -> None:
    """Ids, frames, numbers, texts and times that SQL or the picture store refuse never reach them."""
    found = changed(path, value)
    for decode in (HistorianHandler().decode, KeeperHandler(KeeperSettings()).decode):
        with pytest.raises(InvalidMessage):
            decode(record(found))


def test_an_event_under_another_key_is_invalid_and_a_claim_is_skipped() -> None:
    """What stands under a foreign key may be another owner's; what is about the partition is no event."""
    with pytest.raises(InvalidMessage, match="under the key"):
        read_event(record(plain(), f"{STORE}/{SLOTS[1]}"))
    claim = claim_message(Partition(EVENTS, 0), OwnerClaim(owner="a", at=START))
    assert read_event(Record(Partition(EVENTS, 0), 0, claim.key.encode(), claim.value, claim.headers, START)) is None
    assert read_event(record(plain())) is not None


@given(st.lists(st.text("az09.-_/@\x00é", max_size=6), min_size=1, max_size=4).map("/".join))
def test_what_is_a_frame_id_names_a_picture(text: str) -> None:
    """Whatever passes as a frame id is the id of a plate, which leads nowhere else."""
    try:
        check_frame_id(text)
    except ValueError:
        return
    assert check_picture_id(plate_id(text)) == plate_id(text)


def test_honest_ids_are_picture_ids() -> None:
    """The longest names and numbers that there are have plates and evidence."""
    longest = f"{'s' * 64}/{'c' * 64}/{2**63 - 1}-{2**63 - 1}"
    assert check_picture_id(plate_id(check_frame_id(longest)))
    assert check_picture_id(evidence_id(STORE, plain()["event_id"], "after"))


@pytest.mark.parametrize("number", [10**19, 10**70])
def test_a_frame_whose_number_makes_no_id_is_invalid(number: int) -> None:
    """Such a frame could neither be kept nor stand in a transition, so neither the keeper nor the rules take it."""
    header = frame(1).model_dump_json(
        include={"store", "camera", "captured_at", "received_at", "width_px", "height_px"}
    )
    numbered = json.dumps({**json.loads(header), "epoch": 0, "sequence": number}).encode()
    key = f"{STORE}/{CAMERA}".encode()
    kept = Record(Partition(FRAMES, 0), 0, key, b"\xff\xd8", ((FRAME_HEADER, numbered),), START)
    with pytest.raises(InvalidMessage, match="no frame id"):
        KeeperHandler(KeeperSettings()).decode(kept)
    seen = frame(1).model_copy(update={"sequence": number})
    with pytest.raises(InvalidMessage, match="no frame id"):
        read_input(facings_record(seen))


def test_a_model_with_an_endless_name_is_invalid() -> None:
    """It would have to stand in every transition."""
    with pytest.raises(InvalidMessage, match="characters"):
        read_input(facings_record(frame(1).model_copy(update={"model": "m" * 1000})))


def facings_record(seen: FrameFacings) -> Record:
    return Record(Partition(FACINGS, 0), 0, f"{STORE}/{CAMERA}".encode(), seen.encode(), (), START)


@pytest.mark.parametrize(
    "junk",
    [
        {"transition_sequence": 2**53},
        {"last_seen_at": "9999-12-31T23:59:59Z"},
        {"sure": {"at": "2026-03-02T09:00:00Z", "frame": "../../etc/passwd"}},
    ],
)
def test_a_level_that_no_transition_can_follow_cannot_be_read(junk: dict[str, object]) -> None:
    """What is restored from the log can always go on; what cannot makes its slot UNKNOWN instead."""
    level = SlotRules(SETTINGS).new_level(slot(0), START)
    assert SlotLevel.decode(level.encode()) == level
    with pytest.raises(InvalidMessage):
        SlotLevel.decode(json.dumps({**json.loads(level.encode()), **junk}).encode())
