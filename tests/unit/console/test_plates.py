"""Which picture is shown."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from analytics.contract import plate_id
from console.read_models import Plates
from detector.contract import FrameFacings
from tests.unit.console.console_fakes import facings

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def seen(sequence: int) -> FrameFacings:
    """A frame."""
    return facings(sequence, NOW + timedelta(seconds=sequence))


@given(st.lists(st.tuples(st.integers(0, 30), st.sets(st.integers(0, 30)), st.integers(0, 20)), max_size=20))
def test_only_pictures_that_are_there_are_shown_and_never_an_older_one(
    looks: list[tuple[int, set[int], int]],
) -> None:
    """However detector and keeper race, what is shown has its picture and is never older than what was shown."""
    kept: set[str] = set()
    plates = Plates(kept.__contains__)
    last = -1
    for newest, arrived, forgotten in looks:
        kept |= {plate_id(seen(sequence).frame_id) for sequence in arrived}
        kept -= {plate_id(seen(sequence).frame_id) for sequence in range(forgotten)}
        shown = plates.newest(seen(newest))
        if shown is not None:
            assert plate_id(shown.frame_id) in kept
            assert shown.sequence >= last
            last = shown.sequence


def test_a_late_keeper_is_waited_for() -> None:
    """The frame before is shown until the newest one's picture is there, which then shows by itself."""
    kept = {plate_id(seen(1).frame_id)}
    plates = Plates(kept.__contains__)
    assert plates.newest(seen(1)) == seen(1)
    assert plates.newest(seen(2)) == seen(1)
    kept.add(plate_id(seen(2).frame_id))
    assert plates.newest(seen(3)) == seen(2)


def test_a_picture_that_was_deleted_is_shown_no_more() -> None:
    """The camera is offline for longer than plates are kept: then there is none, until it sends a new one."""
    kept = {plate_id(seen(1).frame_id)}
    plates = Plates(kept.__contains__)
    assert plates.newest(seen(1)) == seen(1)
    kept.clear()
    assert plates.newest(seen(1)) is None
    kept.add(plate_id(seen(2).frame_id))
    assert plates.newest(seen(2)) == seen(2)
