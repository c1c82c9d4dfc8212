"""The careful stretch after an unclean end: only a death of the process counts against a record."""

from collections.abc import Mapping
from itertools import pairwise

import pytest

from shelfstream.bus.api import Partition, Position
from shelfstream.bus.observer import Tally
from shelfstream.bus.offsets import CommitMetadata
from shelfstream.errors import PartitionLost, StageStopped, Unavailable
from tests.unit.bus.loop_fakes import HOME, IN, Bench, quick


def careful_bench(*values: str) -> Bench:
    bench = Bench()
    bench.put(*values)
    bench.leave_open()
    return bench


def test_retries_while_something_is_away_bury_nobody() -> None:
    """Effects refused more often than a record may crash: it is tried again and again, applied, and never a letter."""
    bench = careful_bench("silent", "b")
    bench.script.apply_refusals = 7
    bench.run(quick(), waits=20)
    assert (bench.script.applied, bench.out(f"{IN}.dead"), bench.lag()) == (["silent", "b"], [], 0)


def test_a_death_while_something_is_away_counts_for_nothing() -> None:
    """While the loop waits, the note beside the offset says no more than before: killed there, no try is counted."""
    bench = careful_bench("silent")
    bench.script.apply_refusals = 2
    trying, waiting = list[int](), list[int]()
    bench.script.on_handle = lambda values: trying.append(bench.note()[1].attempts)
    bench.bus.polling = lambda: waiting.append(bench.note()[1].attempts)
    bench.run(quick(), waits=8)
    assert trying == [1, 1, 1]
    assert set(waiting) == {0}


def test_marks_that_could_not_be_committed_count_for_nothing() -> None:
    """A bus that refuses the mark itself, again and again, brings the record no nearer to the dead letters."""
    bench, refusals = careful_bench("a"), [5]

    def refuse_marks(positions: Mapping[Partition, Position]) -> None:
        marked = HOME in positions and CommitMetadata.decode(positions[HOME].note).attempts
        if marked and refusals[0]:
            refusals[0] -= 1
            raise Unavailable("bus", retry_after_s=1)

    bench.bus.committing = refuse_marks
    bench.run(quick(), waits=20)
    assert (bench.out(), bench.out(f"{IN}.dead"), refusals) == (["a"], [], [0])


def test_stops_out_of_patience_bury_nobody() -> None:
    """A stage that gave up four times at one record takes its mark back each time, and handles the record at last."""
    bench = careful_bench("a")
    bench.script.apply_refusals = 1_000_000
    for _ in range(4):
        with pytest.raises(StageStopped):
            bench.run(quick(give_up_after_s=30), waits=1000)
        assert bench.note() == (0, CommitMetadata(open=True, attempt_offset=-1, attempts=0))
    bench.script.apply_refusals = 0
    bench.run(quick())
    assert (bench.script.applied, bench.out(f"{IN}.dead"), bench.lag()) == (["a"], [], 0)


def test_partitions_lost_in_the_middle_of_a_try_bury_nobody() -> None:
    """A member put out of its group at every try comes back, knows its own mark, and does the record in the end."""
    bench, losses = careful_bench("a"), [5]

    def lose(values: object) -> None:
        if losses[0]:
            losses[0] -= 1
            bench.put_out()

    bench.script.on_handle = lose
    bench.run(quick(), waits=20)
    assert bench.script.counts[Tally.PARTITIONS_LOST] >= 5
    assert (bench.out()[-1], bench.out(f"{IN}.dead"), bench.lag(), losses) == ("a", [], 0, [0])


def test_a_group_that_refuses_is_not_asked_without_a_break() -> None:
    """After a lost partition the loop waits a little, so that a lasting cause does not make it spin."""
    bench, asked_s = careful_bench("a"), list[float]()

    def refuse(positions: object) -> None:
        asked_s.append(bench.clock.monotonic_s())
        if len(asked_s) < 8:
            raise PartitionLost("not yet")

    bench.bus.committing = refuse
    bench.run(quick(), waits=20)
    pauses = [after - before for before, after in pairwise(asked_s[:8])]
    assert min(pauses) >= 0.5
    assert bench.out() == ["a"]


def test_a_record_that_kills_is_not_jumped_over() -> None:
    """Restarts so slow that the killer is too old at each: once marked it is tried to its end, and buried."""
    bench = careful_bench("boom")
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            bench.run(quick(conflate=True, seek_when_older_than_s=60, crashes_until_dead=3))
        bench.clock.advance(100)
        bench.put("boom")
    with pytest.raises(ZeroDivisionError):
        bench.run(quick(conflate=True, seek_when_older_than_s=60, crashes_until_dead=3))
    assert bench.out(f"{IN}.dead") == ["boom"]
    assert bench.note()[1].attempt_offset > 0


def test_a_stop_is_heeded_between_records() -> None:
    """Told to stop, the loop finishes the record in hand, and leaves the others of the batch in good order."""
    bench = careful_bench(*"abc")
    bench.script.on_handle = lambda values: bench.stop.set()
    bench.run(quick())
    assert (bench.out(), bench.lag(), bench.note()) == (["a"], 2, (1, CommitMetadata(open=False)))
