"""Owner claims and fences: what a frozen owner still writes does not count."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from shelfstream.bus.ownership import Fence, OwnerClaim, claim_message, epoch_of, is_claim, stamp
from shelfstream.bus.records import Headers, Partition, Record

PARTITION = Partition("shelf.levels", 3)
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def record(offset: int, headers: Headers = ()) -> Record:
    return Record(PARTITION, offset, b"s/slot", b"{}", headers, NOW)


def claim_record(offset: int) -> Record:
    return record(offset, claim_message(PARTITION, OwnerClaim(owner="a", at=NOW)).headers)


def test_a_claim_goes_to_its_own_partition_and_its_offset_is_the_epoch() -> None:
    """A claim is a control record of the partition it claims, and its own offset is the owner's epoch."""
    message = claim_message(PARTITION, OwnerClaim(owner="a", at=NOW))
    assert (message.topic, message.partition) == ("shelf.levels", 3)
    assert is_claim(claim_record(17))
    assert epoch_of(claim_record(17)) == 17


def test_records_of_an_older_owner_are_refused_after_a_newer_claim() -> None:
    """What the first owner writes after the second one's claim is ignored; what both wrote in time counts."""
    fence = Fence()
    log = [claim_record(0), record(1, stamp(0)), claim_record(2), record(3, stamp(0)), record(4, stamp(2))]
    assert [fence.admits(found) for found in log] == [True, True, True, False, True]


def test_a_fence_taken_up_again_remembers_the_newest_owner() -> None:
    """A reader that restarts behind the newest claim still refuses the older owner."""
    assert not Fence(newest=40).admits(record(50, stamp(12)))


def test_unstamped_and_junk_stamps_are_nobodys() -> None:
    """Records without a readable stamp are admitted: they were not written by an owner."""
    assert Fence(newest=9).admits(record(10))
    assert Fence(newest=9).admits(record(10, (("owner-epoch", b"\xff"),)))


@given(st.lists(st.integers(min_value=0, max_value=50)))
def test_admitted_epochs_never_go_back(epochs: list[int]) -> None:
    """Whatever the order of writers, the epochs that a fence lets through never decrease."""
    fence = Fence()
    admitted = [epoch for offset, epoch in enumerate(epochs) if fence.admits(record(offset, stamp(epoch)))]
    assert admitted == sorted(admitted)
