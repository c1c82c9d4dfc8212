"""Records that crash a stage, that mean nothing, that wait, and that come too fast: the same on both buses."""

import pytest

from shelfstream.bus.dead_letters import ATTEMPTS, ORIGIN
from shelfstream.bus.observer import Tally
from shelfstream.errors import StageStopped
from tests.contract.bus.bus_kit import Kit
from tests.contract.bus.orders import Orders, orders_settings


def test_the_third_crash_at_one_record_buries_it(kit: Kit) -> None:
    """Processes that die one after the other at one record: the mark outlives them, and the third one was the last."""
    orders = Orders(kit)
    orders.put("a", "boom", "b")
    # The first crash takes the whole batch; then the record is alone, three times.
    for _ in range(4):
        with pytest.raises(ZeroDivisionError):
            orders.run(orders_settings(crashes_until_dead=3))
    orders.run(orders_settings(crashes_until_dead=3))
    assert (sorted(set(orders.applied)), orders.left()) == (["a", "b"], 0)
    (letter,) = orders.dead()
    assert (letter.value, letter.header(ATTEMPTS)) == (b"boom", b"3")


def test_retries_in_the_careful_stretch_bury_nobody(kit: Kit) -> None:
    """After a crash, a record whose target is away is retried more often than it may crash, and done in the end."""
    orders = Orders(kit, crashes=1)
    orders.put("a", "b")
    with pytest.raises(ZeroDivisionError):
        orders.run(orders_settings())
    orders.refusals = 5
    orders.run(orders_settings())
    assert (orders.applied, orders.dead(), orders.left()) == (["a", "b"], [], 0)


def test_stops_out_of_patience_in_the_careful_stretch_bury_nobody(kit: Kit) -> None:
    """After a crash, a stage that gives up again and again in the middle of a record does it in the end."""
    orders = Orders(kit, crashes=1)
    orders.put("send")
    with pytest.raises(ZeroDivisionError):
        orders.run(orders_settings())
    orders.refusals = 1_000_000
    for _ in range(4):
        with pytest.raises(StageStopped, match="rows"):
            orders.run(orders_settings(give_up_after_s=0.2))
    orders.refusals = 0
    orders.run(orders_settings())
    assert (orders.applied, orders.dead(), orders.left()) == (["send"], [], 0)


def test_a_budget_of_dead_letters_is_one_for_all_starts(kit: Kit) -> None:
    """Over the budget the stage stops; started again it stops again, until somebody raises the budget."""
    orders = Orders(kit)
    orders.put(*["bad"] * 5)
    for _ in range(2):
        with pytest.raises(StageStopped, match="more than 2 dead letters"):
            orders.run(orders_settings(dead_letters_max=2, batch_max_records=1))
    assert [letter.header(ORIGIN) for letter in orders.dead()] == [f"{kit.left}/0@{n}".encode() for n in range(2)]
    orders.run(orders_settings(dead_letters_max=5))
    assert (len(orders.dead()), orders.left()) == (5, 0)


def test_a_conflated_batch_that_reaches_far_buries_the_record_that_kills_it(kit: Kit) -> None:
    """The newest record of a key lies far beyond what a batch can hold: it is found, tried alone, and buried."""
    orders = Orders(kit)
    settings = orders_settings(conflate=True, batch_max_records=5, poll_max_records=7, crashes_until_dead=3)
    orders.put(*(f"x{n}" for n in range(40)), "boom", *(f"y{n}" for n in range(40)))
    for _ in range(4):
        with pytest.raises(ZeroDivisionError):
            orders.run(settings)
    orders.run(settings)
    (letter,) = orders.dead()
    assert (letter.value, letter.header(ATTEMPTS)) == (b"boom", b"3")
    assert ({"x39", "y39"} <= set(orders.applied), orders.left()) == (True, 0)


def test_a_key_whose_every_record_kills_is_buried_though_newer_ones_come(kit: Kit) -> None:
    """At every start newer poison waits: the record that was marked is not conflated away, and each third crash
    brings the stage one dead letter further.
    """
    orders = Orders(kit)
    settings = orders_settings(conflate=True, batch_max_records=5, poll_max_records=7, crashes_until_dead=3)
    for turn in range(9):
        orders.put("boom", "boom", f"x{turn}")
        with pytest.raises(ZeroDivisionError):
            orders.run(settings)
    assert [letter.header(ATTEMPTS) for letter in orders.dead()] == [b"3"] * 2


def test_conflation_handles_the_newest_of_each_key_and_counts_the_rest(kit: Kit) -> None:
    """Of a backlog the newest record of each key is handled; with the skipped ones that makes every record."""
    orders = Orders(kit)
    orders.put(*(f"{key}{n}" for n in range(60) for key in "xy"))
    orders.run(orders_settings(conflate=True, batch_max_records=5, poll_max_records=7))
    assert {value[0]: value for value in orders.applied} == {"x": "x59", "y": "y59"}
    assert len(orders.applied) + orders.counts[Tally.SKIPPED] == 120
    assert (len(orders.applied) < 60, orders.left()) == (True, 0)
