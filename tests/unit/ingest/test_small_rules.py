"""Backoff, pace and roster."""

from hypothesis import given
from hypothesis import strategies as st

from ingest.camera_manager import Choice, assignment_change
from ingest.camera_worker import backoff_s, next_due_s
from shelfstream.catalogue.model import Camera

_NAMES = st.sampled_from(["a", "b", "c", "d"])
_CAMERAS = st.dictionaries(
    st.tuples(_NAMES, _NAMES), st.tuples(st.sampled_from(["file:///x", "file:///y"]), st.sampled_from([1.0, 2.0]))
)


@given(st.integers(1, 10_000), st.floats(0.01, 5), st.floats(5, 600), st.floats(0, 1))
def test_backoff_stays_between_half_and_the_cap(failures: int, first_s: float, max_s: float, jitter: float) -> None:
    """A wait is never over the cap, nor under half of what the first wait would be."""
    waited = backoff_s(failures, first_s, max_s, jitter)
    assert first_s / 2 <= waited <= max_s
    assert backoff_s(failures + 1, first_s, max_s, 0) >= backoff_s(failures, first_s, max_s, 0)


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.floats(0.01, 3600))
def test_pace_makes_up_for_nothing(due_s: float, now_s: float, interval_s: float) -> None:
    """The next picture is due in the future, at most one interval later, however late we are."""
    due = next_due_s(due_s, now_s, interval_s)
    assert due >= now_s
    assert due == now_s or due == due_s + interval_s


def _cameras(given_: dict[tuple[str, str], tuple[str, float]]) -> dict[tuple[str, str], Camera]:
    return {
        key: Camera(store=key[0], id=key[1], url=url, interval_s=interval) for key, (url, interval) in given_.items()
    }


@given(_CAMERAS, _CAMERAS, st.frozensets(_NAMES, max_size=2))
def test_a_roster_change_leads_to_what_is_wanted(
    before: dict[tuple[str, str], tuple[str, float]],
    after: dict[tuple[str, str], tuple[str, float]],
    stores: frozenset[str],
) -> None:
    """Following the change serves exactly the chosen cameras as they are now, and touches no other."""
    serving, wanted = _cameras(before), _cameras(after)
    change = assignment_change(serving, wanted.values(), Choice(stores, frozenset()))
    followed = {key: camera for key, camera in serving.items() if key not in change.removed}
    for camera in (*change.added, *change.changed):
        followed[camera.store, camera.id] = camera
    assert followed == {key: camera for key, camera in wanted.items() if not stores or key[0] in stores}
    assert all(serving[camera.store, camera.id] != camera for camera in change.changed)


def test_a_choice_of_cameras_takes_only_these() -> None:
    """Cameras are named store/camera."""
    choice = Choice(frozenset(), frozenset({"a/left"}))
    assert choice.takes(Camera(store="a", id="left", url="x"))
    assert not choice.takes(Camera(store="a", id="right", url="x"))
