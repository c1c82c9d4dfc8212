"""Metrics of one process."""

from datetime import UTC, datetime

import pytest

from shelfstream.bus.api import Partition
from shelfstream.bus.metrics import BATCH_SECONDS, LoopMetrics
from shelfstream.bus.observer import Step, Tally
from shelfstream.clock import ManualClock
from shelfstream.metrics import Counter, Gauge, Metrics
from tests.unit.spine.spine_fakes import page_of

_SENT = Counter("shelfstream_test_sent_total", "Sent", "Nothing", ("camera",))
_AGE = Gauge("shelfstream_test_age_seconds", "Age", "Nothing", ("camera",))


def test_two_processes_share_nothing() -> None:
    """Each ``Metrics`` has its own registry: what one counts the other does not show."""
    one, other = Metrics(), Metrics()
    one.count(_SENT, 2, camera="a")
    one.count(_SENT, camera="a")
    assert one.value("shelfstream_test_sent_total", camera="a") == 3
    assert other.value("shelfstream_test_sent_total", camera="a") is None


def test_the_page_says_what_to_do() -> None:
    """The metrics page carries the meaning and the operator's action of each metric."""
    metrics = Metrics()
    metrics.set(_AGE, 1.5, camera="a")
    page = page_of(metrics)
    assert "# HELP shelfstream_test_age_seconds Age. Nothing" in page
    assert 'shelfstream_test_age_seconds{camera="a"} 1.5' in page


def test_a_line_can_be_taken_away() -> None:
    """A camera that is not ours any more leaves no figure behind."""
    metrics = Metrics()
    metrics.set(_AGE, 1, camera="a")
    metrics.set(_AGE, 2, camera="b")
    metrics.forget(_AGE, camera="a")
    assert metrics.value("shelfstream_test_age_seconds", camera="a") is None
    assert metrics.value("shelfstream_test_age_seconds", camera="b") == 2


def test_undeclared_labels_are_refused() -> None:
    """A label that the declaration does not name is a bug and is told at once."""
    with pytest.raises(ValueError, match="label"):
        Metrics().count(_SENT, shop="x")


def test_a_loop_shows_all_its_counts_from_the_start() -> None:
    """Every tally of the loop is on the page at nought before anything happened."""
    metrics = Metrics()
    LoopMetrics(metrics, "alerts", ManualClock(datetime(2026, 1, 1, tzinfo=UTC)))
    for tally in Tally:
        assert metrics.value(f"shelfstream_loop_{tally.value}_total", stage="alerts") == 0


def test_a_loop_tells_batches_commits_and_lag() -> None:
    """A batch's time runs from its closing to its commit, and the lag stands per partition."""
    metrics, clock = Metrics(), ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
    watch = LoopMetrics(metrics, "alerts", clock)
    watch.at(Step.POLLED)
    clock.advance(2)
    watch.at(Step.COMMITTED)
    watch.at(Step.COMMITTED)
    watch.count(Tally.RECORDS, 7)
    watch.lag({Partition("shelf.events", 3): 12})
    assert metrics.value(f"{BATCH_SECONDS.name}_sum", stage="alerts") == 2
    assert metrics.value(f"{BATCH_SECONDS.name}_count", stage="alerts") == 1
    assert metrics.value("shelfstream_loop_records_total", stage="alerts") == 7
    assert metrics.value("shelfstream_loop_committed_timestamp_seconds", stage="alerts") == clock.now().timestamp()
    lag = metrics.value("shelfstream_loop_lag_records", stage="alerts", topic="shelf.events", partition="3")
    assert lag == 12
