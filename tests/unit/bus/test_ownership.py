"""Owner claims and fences: what a frozen owner still writes does not count."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shelfstream.bus.api import Headers, Partition, Record
from shelfstream.bus.ownership import (
    Fence,
    OwnerClaim,
    RewindableFence,
    claim_message,
    epoch_of,
    is_claim,
    stamp,
)

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
    admitted = [epoch for offset, epoch in enumerate(epochs, 51) if fence.admits(record(offset, stamp(epoch)))]
    assert admitted == sorted(admitted)


@pytest.mark.parametrize("said", [b"10", b"1000000000000", b"9" * 5000])
def test_a_stamp_that_no_claim_can_have_given_is_nobodys(said: bytes) -> None:
    """An epoch at or above the record's own offset is not believed, and fences nobody out."""
    junk = record(10, (("owner-epoch", said),))
    assert epoch_of(junk) is None
    for fence in (Fence(4), RewindableFence(4)):
        assert fence.admits(junk)
        assert fence.admits(record(11, stamp(4)))


def test_what_was_remembered_of_another_log_is_forgotten() -> None:
    """A topic that was made anew begins at offset 0: the epochs of the old one do not fence its owners out."""
    fence = RewindableFence(newest=10**12)
    assert fence.admits(claim_record(3))
    fence.settle(4)
    assert fence.newest == 3
    assert fence.admits(record(5, stamp(3)))
    assert not fence.admits(record(6, stamp(1)))


@given(st.lists(st.one_of(st.none(), st.integers(0, 10**13)), max_size=20))
def test_a_new_claim_always_counts(stamped: list[int | None]) -> None:
    """Whatever stands in the log, whoever claims it next is heard."""
    fences = (Fence(), RewindableFence())
    for fence in fences:
        for offset, epoch in enumerate(stamped):
            fence.admits(record(offset, () if epoch is None else stamp(epoch)))
        end = len(stamped)
        assert fence.admits(claim_record(end))
        assert fence.admits(record(end + 1, stamp(end)))
