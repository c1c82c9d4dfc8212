"""The simulated store's state: stock, sales, refills and outages as a function of time."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.store.sim_time import SimTime, SimUrl
from simulator.store.store import SimulatedStore
from simulator.store.truth import StoreTruth, TrueState
from simulator.store.world import CYCLE_S, ShelfShape, World

shapes = st.lists(st.builds(ShelfShape, st.integers(1, 6), st.integers(1, 4)), min_size=1, max_size=60)
times = st.floats(-1e9, 1e11, allow_nan=False)
seeds = st.integers(0, 2**32)


@given(seeds, shapes, times)
@settings(deadline=None)
def test_stock_is_never_negative_nor_more_than_fits(seed: int, plan: list[ShelfShape], at_s: float) -> None:
    """At any time each column holds between nothing and all its units, and shows no more fronts than planned."""
    world = World(seed, plan)
    for slot, shape in enumerate(plan):
        stock = world.stock(slot, at_s)
        assert len(stock.columns) == shape.wide
        assert all(0 <= left <= shape.capacity // shape.wide for left in stock.columns)
        assert all(0 <= front <= shape.high for front in stock.fronts)
        assert (stock.facings == 0) == (stock.units == 0)


@given(seeds, shapes, times)
@settings(deadline=None)
def test_every_outage_begins_with_the_last_sale_and_ends_full(seed: int, plan: list[ShelfShape], at_s: float) -> None:
    """Outages do not touch each other; stock goes down by one at each sale, to nothing, and back to full."""
    world = World(seed, plan)
    for slot, shape in enumerate(plan):
        outages = world.outages(slot, at_s, at_s + 3 * CYCLE_S)
        assert len(outages) >= 2
        for before, after in pairwise(outages):
            assert before.began_s < before.ended_s < after.began_s
            assert world.stock(slot, before.began_s).units == 0
            assert world.stock(slot, before.ended_s).units == shape.capacity
            moments = world.changes(slot, before.ended_s, after.began_s)
            units = [world.stock(slot, moment).units for moment in moments]
            assert units == sorted(units, reverse=True)
            assert units[-1] == 0


@given(seeds, times, st.permutations(range(8)))
@settings(deadline=None)
def test_the_order_of_questions_changes_no_answer(seed: int, at_s: float, order: list[int]) -> None:
    """Asking for times in any order gives what asking in order gives."""
    moments = [at_s + step * CYCLE_S / 3 for step in range(8)]
    plan = [ShelfShape(4, 2)] * 6
    forward = {step: World(seed, plan).stock(2, moments[step]) for step in range(8)}
    shuffled = World(seed, plan)
    assert {step: shuffled.stock(2, moments[step]) for step in order} == forward


@given(st.datetimes(datetime(2026, 1, 1), datetime(2036, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 (given with zone)
@settings(deadline=None, max_examples=60)
def test_in_any_minute_of_the_demo_several_slots_run_out_for_long_enough(start: datetime) -> None:
    """Whenever the demo starts: two sell out within 40 s, four within a minute, each for 30 to 120 s."""
    truth = StoreTruth(SimulatedStore.open(7), SimTime(60.0))
    begun = [each for each in truth.out_episodes(start, start + timedelta(seconds=60)) if each.began_at > start]
    assert len(begun) >= 4
    assert sum(each.began_at < start + timedelta(seconds=40) for each in begun) >= 2
    for each in begun:
        assert 30 <= (each.ended_at - each.began_at).total_seconds() <= 120


def test_most_slots_are_stocked_at_any_time() -> None:
    """The demo's store is a shop, not a ruin: at least seven in ten slots are stocked, and some are out."""
    truth = StoreTruth(SimulatedStore.open(7), SimTime(60.0))
    start = datetime(2026, 11, 24, tzinfo=UTC)
    for minute in range(0, 1440, 7):
        states = [slot.state for slot in truth.slots_at(start + timedelta(minutes=minute))]
        assert states.count(TrueState.STOCKED) >= 0.7 * len(states)
        assert states.count(TrueState.OUT) >= 1


def test_truth_tells_the_same_in_episodes_states_and_slots() -> None:
    """Within an episode the slot is out and nothing else; across its begin it was something else, too."""
    truth = StoreTruth(SimulatedStore.open(7), SimTime(60.0))
    start = datetime(2026, 11, 24, tzinfo=UTC)
    second = timedelta(seconds=1)
    for episode in list(truth.out_episodes(start, start + timedelta(seconds=120)))[:20]:
        assert truth.states(episode.slot, episode.began_at + second, episode.ended_at - second) == {TrueState.OUT}
        assert len(truth.states(episode.slot, episode.began_at - second, episode.began_at + second)) > 1
        assert TrueState.STOCKED in truth.states(episode.slot, episode.began_at, episode.ended_at + second)
        middle = episode.began_at + (episode.ended_at - episode.began_at) / 2
        now = next(slot for slot in truth.slots_at(middle) if slot.slot == episode.slot)
        assert now.state is TrueState.OUT
        assert now.facings_visible == 0


@given(times, st.floats(0.1, 1000), st.floats(-1e6, 1e6))
def test_wall_clock_and_simulated_time_are_each_others_inverse(wall: float, speed: float, offset: float) -> None:
    """What happens at a simulated time is seen at the wall-clock time that shows it."""
    time = SimTime(speed, offset)
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=wall % 1e9)
    assert abs((time.wall_at(time.seconds_at(now)) - now).total_seconds()) < 1e-3


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("rtsp://demo-market/cam-left", "is no simulated camera"),
        ("sim://demo-market", "is no simulated camera"),
        ("sim://demo-market/cam-left?speed=fast", "speed must be a number"),
        ("sim://demo-market/cam-left?speed=0", "speed must be more than 0"),
        ("sim://demo-market/cam-left?offset_s=inf", "offset_s must be finite"),
        ("sim://demo-market/cam-left?sped=2", "unknown option 'sped'"),
    ],
)
def test_a_wrong_url_is_refused_with_what_is_wrong(url: str, told: str) -> None:
    """Whoever writes a simulated camera's URL learns what to write instead."""
    with pytest.raises(ValueError, match=told):
        SimUrl.parse(url)
