"""How long a loop may wait: after a stop signal, and within its group's poll budget."""

import pytest

from shelfstream.bus.offsets import CommitMetadata
from shelfstream.errors import Faults, StageStopped
from tests.unit.bus.loop_fakes import IN, Bench, quick


def test_a_stop_ends_patience_within_its_time_and_loses_nothing() -> None:
    """In the middle of a batch whose target is away, a stop is waited for briefly; the batch is the next start's."""
    bench = Bench()
    bench.put("a", "b")
    bench.script.apply_refusals = 1_000_000
    bench.script.on_handle = lambda values: bench.stop.set()
    bench.run(quick(give_up_after_s=120, stop_within_s=10))
    assert bench.clock.monotonic_s() <= 12
    assert (bench.lag(), bench.note()) == (2, (0, CommitMetadata(open=False)))
    bench.script.apply_refusals, bench.script.on_handle = 0, lambda values: None
    bench.run(quick())
    assert (bench.script.applied, bench.lag()) == (["a", "b"], 0)


def test_a_stop_in_a_long_wait_is_seen_at_once() -> None:
    """Told to come back in a minute, the loop does not sleep through a stop."""
    bench = Bench()
    bench.put("a")
    bench.script.apply_refusals, bench.script.apply_retry_s = 1, 60

    def stop_soon() -> None:
        if bench.clock.monotonic_s() > 3:
            bench.stop.set()

    bench.bus.polling = stop_soon
    bench.run(quick(give_up_after_s=120, stop_within_s=5), waits=1000)
    assert bench.clock.monotonic_s() <= 10
    assert bench.lag() == 1


def test_what_comes_back_in_time_is_finished_before_the_stop() -> None:
    """A target that answers again within the stop's time gets the whole batch, once, and the batch is committed."""
    bench = Bench()
    bench.put("a", "b")
    bench.script.apply_refusals = 3
    bench.script.on_handle = lambda values: bench.stop.set()
    bench.run(quick(stop_within_s=10))
    assert (bench.out(), bench.script.applied, bench.lag()) == (["a", "b"], ["a", "b"], 0)


def test_patience_beyond_the_poll_budget_is_refused() -> None:
    """A loop that could wait for longer than its group waits for it does not start, and names the setting."""
    bench = Bench()
    with pytest.raises(Faults, match="give_up_after_s"):
        bench.loop(quick(give_up_after_s=bench.bus.poll_budget_s))


def test_a_restart_has_no_new_budget_of_dead_letters() -> None:
    """However often the stage is started again, no more letters than the budget are buried within its window."""
    bench = Bench()
    bench.put(*["bad"] * 12)
    for _ in range(4):
        with pytest.raises(StageStopped, match="more than 3 dead letters"):
            bench.run(quick(dead_letters_max=3, dead_letters_window_s=600, batch_max_records=1))
    assert (len(bench.out(f"{IN}.dead")), bench.lag()) == (3, 9)
    bench.clock.advance(600)
    with pytest.raises(StageStopped):
        bench.run(quick(dead_letters_max=3, dead_letters_window_s=600, batch_max_records=1))
    assert len(bench.out(f"{IN}.dead")) == 6
