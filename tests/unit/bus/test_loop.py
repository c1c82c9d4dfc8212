"""The loop: batches, signals, dead letters, stops. Time is moved by hand."""

import json

import pytest

from shelfstream.bus.api import Message
from shelfstream.bus.dead_letters import ATTEMPTS, ORIGIN, REASON
from shelfstream.bus.embedded.bus import EmbeddedProducer
from shelfstream.bus.observer import Step, Tally
from shelfstream.bus.offsets import CommitMetadata
from shelfstream.errors import StageStopped
from tests.unit.bus.loop_fakes import HOME, IN, START, Bench, quick


def test_what_comes_goes_through_in_order() -> None:
    """Records are handled, sent, applied and committed in order, and a clean stop closes the note."""
    bench = Bench()
    bench.put(*map(str, range(10)))
    bench.run(quick())
    assert bench.out() == bench.script.applied == [str(n) for n in range(10)]
    assert (bench.lag(), bench.note()) == (0, (10, CommitMetadata(open=False)))
    order = [Step.POLLED, Step.DECODED, Step.HANDLED, Step.WAVE_SENT, Step.WAVE_ACKNOWLEDGED]
    order += [Step.APPLIED, Step.ADOPTED, Step.COMMITTED]
    assert bench.script.steps[: len(order)] == order


def test_a_batch_closes_by_size() -> None:
    """By count exactly; by bytes with at most one poll too many."""
    bench = Bench()
    bench.put(*"abcdefg")
    bench.run(quick(batch_max_records=3))
    assert [values for values, _ in bench.script.batches] == [["a", "b", "c"], ["d", "e", "f"], ["g"]]
    bench = Bench()
    bench.put(*"abcdef")
    bench.run(quick(batch_max_bytes=3, poll_max_records=1))
    assert [values for values, _ in bench.script.batches] == [["a", "b"], ["c", "d"], ["e", "f"]]


def test_a_batch_closes_by_time_since_its_first_record() -> None:
    """Records that keep trickling in do not hold a batch open: time counts from the first, not from the last."""
    bench = Bench()
    bench.put("0")
    arrived = iter("123456789")

    def trickle() -> None:
        value = next(arrived, None)
        if value is not None:
            bench.put(value)

    bench.bus.waiting, bench.bus.poll_at_most_s = trickle, 0.4
    bench.run(quick(batch_max_wait_s=1), waits=12)
    sizes = [len(values) for values, _ in bench.script.batches]
    assert sizes[0] == 4
    assert sum(sizes) == 10


def test_the_time_told_is_never_later_than_what_was_read() -> None:
    """A batch that waited for an hour is handled as of its append time, and ticks begin when it has been read."""
    bench = Bench()
    bench.put(*"abc")
    bench.clock.advance(3600)
    bench.run(quick(batch_max_records=1))
    assert [now for _, now in bench.script.batches] == [START] * 3
    behind = [moment for moment in bench.script.ticks if moment < bench.clock.now() and moment == START]
    assert len(behind) <= 1
    assert bench.script.ticks[-1] > START


def test_ticks_come_when_nothing_does_and_never_go_back() -> None:
    """About one tick per interval, each later than the one before."""
    bench = Bench()
    bench.run(quick(tick_every_s=5), waits=6)
    assert len(bench.script.ticks) >= 5
    assert bench.script.ticks == sorted(set(bench.script.ticks))


def test_bytes_that_mean_nothing_become_dead_letters() -> None:
    """The rest of the batch goes on; the letter tells origin and reason and stands before the commit."""
    bench = Bench()
    bench.put("a", "bad", "b")
    bench.run(quick())
    assert bench.out() == ["a", "b"]
    (letter,) = bench.records(f"{IN}.dead")
    assert (letter.value, letter.header(ORIGIN)) == (b"bad", b"in/0@1")
    assert letter.header(REASON) == b"cannot be decoded"
    assert bench.lag() == 0
    assert bench.script.counts[Tally.DEAD_LETTERS] == 1


def test_what_only_the_handler_finds_invalid_is_singled_out() -> None:
    """A batch with one record that cannot be handled is split; that one dies, the others go on in order."""
    bench = Bench()
    bench.put("a", "odd", "b", "bad", "c")
    bench.run(quick())
    assert bench.out() == ["a", "b", "c"]
    assert bench.out(f"{IN}.dead") == ["odd", "bad"]
    assert bench.lag() == 0


def test_over_the_budget_the_stage_stops_and_takes_nothing() -> None:
    """More dead letters than allowed stop the stage with the reason; nothing of that batch is sent or committed."""
    bench = Bench()
    bench.put("bad", "a", "bad", "bad")
    with pytest.raises(StageStopped, match="cannot be decoded"):
        bench.run(quick(dead_letters_max=2))
    assert (bench.out(), bench.out(f"{IN}.dead"), bench.lag()) == ([], [], 4)
    bench.run(quick(dead_letters_max=3))
    assert (bench.out(), len(bench.out(f"{IN}.dead")), bench.lag()) == (["a"], 3, 0)


def test_a_bug_ends_the_process_and_the_third_time_the_record_dies() -> None:
    """A record that crashes the stage is found by going one by one, tried three times alone, and then buried."""
    bench = Bench()
    bench.put("a", "boom", "b")
    crashes = 0
    while bench.lag():
        try:
            bench.run(quick())
        except ZeroDivisionError:
            crashes += 1
        assert crashes < 10
    # The first crash takes the whole batch; then the record is alone, three times.
    assert crashes == 4
    assert bench.out() == ["a", "b"]
    (letter,) = bench.records(f"{IN}.dead")
    assert (letter.value, letter.header(ATTEMPTS)) == (b"boom", b"3")
    assert b"crashed" in (letter.header(REASON) or b"")


def test_after_a_crash_records_are_handled_alone_for_as_long_as_one_batch_was() -> None:
    """The careful stretch is as long as a batch can have been, and not for ever."""
    bench = Bench()
    bench.put(*"abcdef")
    bench.leave_open()
    bench.run(quick(batch_max_records=3))
    assert [values for values, _ in bench.script.batches] == [["a"], ["b"], ["c"], ["d", "e", "f"]]
    assert bench.script.steps.count(Step.ATTEMPT_MARKED) == 3


def test_unavailable_before_the_first_send_rewinds_and_computes_anew() -> None:
    """Effects refused before anything was sent: the same records are handled again, and applied once."""
    bench = Bench()
    bench.put("silent", "silent")
    bench.script.apply_refusals = 2
    bench.run(quick(), waits=8)
    assert len(bench.script.batches) == 3
    assert bench.script.applied == ["silent", "silent"]
    assert (bench.lag(), bench.script.counts[Tally.UNAVAILABLE]) == (0, 2)


def test_unavailable_after_the_first_send_repeats_the_same_bytes() -> None:
    """Once a wave may have left, the handler is not asked again: same wave, same effects, until they are through."""
    bench = Bench()
    bench.put("a", "b")
    bench.script.apply_refusals = 2
    bench.bus.refusals += ["bus"] * 3
    bench.run(quick(), waits=8)
    assert len(bench.script.batches) == 1
    assert (bench.out(), bench.script.applied, bench.lag()) == (["a", "b"], ["a", "b"], 0)


def test_patience_ends_with_a_sentence() -> None:
    """What stays away for too long in the middle of a batch stops the stage; the batch is done again later."""
    bench = Bench()
    bench.put("a")
    bench.script.apply_refusals = 1000
    with pytest.raises(StageStopped, match="rows: still away after 30 s"):
        bench.run(quick(give_up_after_s=30), waits=1000)
    assert bench.lag() == 1
    bench.script.apply_refusals = 0
    bench.run(quick())
    assert (bench.out(), bench.script.applied, bench.lag()) == (["a", "a"], ["a"], 0)


def test_state_is_there_before_the_first_record() -> None:
    """While the state cannot be restored nothing is handled; no record is skipped over that."""
    bench = Bench()
    bench.put(*"abc")
    bench.script.gained_refusals = 3
    bench.run(quick(), waits=12)
    assert bench.script.gains == [HOME]
    assert bench.out() == ["a", "b", "c"]


def test_a_stop_finishes_the_batch_in_hand() -> None:
    """Told to stop in the middle of a batch, the loop sends, applies and commits it, and reads no other."""
    bench = Bench()
    bench.put(*"abcdef")
    bench.script.on_handle = lambda values: bench.stop.set()
    bench.run(quick(batch_max_records=3))
    assert (bench.out(), bench.lag(), bench.note()) == (["a", "b", "c"], 3, (3, CommitMetadata(open=False)))


def test_conflation_keeps_the_newest_of_each_key_and_counts_the_rest() -> None:
    """A backlog of many records per key is read to its end; one record per key is handled."""
    bench = Bench()
    for n in range(40):
        bench.put(f"x{n}", key="s/x")
        bench.put(f"y{n}", key="s/y")
    bench.run(quick(conflate=True, batch_max_records=5, poll_max_records=7))
    assert sorted(bench.out()) == ["x39", "y39"]
    assert (bench.script.counts[Tally.SKIPPED], bench.lag()) == (78, 0)


def test_what_is_too_old_is_skipped_by_time() -> None:
    """Far behind, the loop jumps to what is young enough without handling what lies before."""
    bench = Bench()
    bench.put(*(f"old{n}" for n in range(50)))
    bench.clock.advance(100)
    bench.put("young")
    bench.run(quick(conflate=True, seek_when_older_than_s=60, poll_max_records=10))
    assert bench.out() == ["young"]
    assert (bench.script.counts[Tally.SKIPPED], bench.lag()) == (50, 0)


def test_an_older_owner_is_not_heard() -> None:
    """What a fenced owner writes after a newer claim never reaches the handler, now or after a restart."""
    bench = Bench()
    producer = EmbeddedProducer(bench.bus._core)
    claim, old, new = (("owner", b"1"),), (("owner-epoch", b"0"),), (("owner-epoch", b"2"),)
    sent = [("silent", claim), ("from-0", old), ("silent", claim), ("too-late", old), ("from-2", new)]
    for value, headers in sent:
        producer.send(Message(IN, "s", value.encode(), headers))
    bench.run(quick())
    assert bench.out() == ["from-0", "from-2"]
    producer.send(Message(IN, "s", b"too-late-too", old))
    bench.run(quick())
    assert bench.out() == ["from-0", "from-2"]
    assert bench.script.counts[Tally.FENCED] == 2
    assert json.loads(bench.note()[1].encode())["f"] == 2


def test_reading_again_fences_nobody_who_came_first() -> None:
    """A batch that is handled twice admits the same records twice, though a newer claim stands at its end."""
    bench = Bench()
    producer = EmbeddedProducer(bench.bus._core)
    for value, headers in (
        ("silent", (("owner", b"1"),)),
        ("silent", (("owner-epoch", b"0"),)),
        ("silent", (("owner", b"1"),)),
    ):
        producer.send(Message(IN, "s", value.encode(), headers))
    bench.script.apply_refusals = 1
    bench.run(quick(), waits=8)
    assert [values for values, _ in bench.script.batches] == [["silent"] * 3] * 2
    assert Tally.FENCED not in bench.script.counts
