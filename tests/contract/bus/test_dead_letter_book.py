"""Dead letters as an operator meets them: shown with their reasons, sent again, put away; on both buses."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine

from console.health.dead_letters import DeadLetters
from shelfstream.bus.api import Partition
from shelfstream.bus.dead_letters import Failure, dead_letter, without_value
from shelfstream.clock import SystemClock
from shelfstream.errors import Faults
from shelfstream.migrations.upgrade import upgrade
from shelfstream.sql import engine_of
from tests.contract.bus.bus_kit import Kit
from tests.contract.bus.orders import Orders, orders_settings


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """Where it is kept what was done with letters."""
    engine = engine_of(f"sqlite:///{tmp_path}/done.db")
    upgrade(engine)
    yield engine
    engine.dispose()


def _book(kit: Kit, engine: Engine) -> DeadLetters:
    return DeadLetters(kit.bus, engine, SystemClock(), [kit.left, kit.right])


def test_a_record_is_put_aside_looked_at_and_sent_again_once_it_can_be_read(kit: Kit, engine: Engine) -> None:
    """What was no order becomes one: the letter says why, goes back to where it came from, and is shown no more."""
    orders, book = Orders(kit), _book(kit, engine)
    orders.put("bad")
    orders.run(orders_settings())
    (letter,) = book.newest()
    assert letter.reason
    assert (letter.text, letter.attempts, letter.is_whole) == ("bad", "1", True)
    assert letter.origin == f"{kit.left}/0@0"
    assert book.one(letter.letter_id) == letter
    book.replay(letter.letter_id, "olga")
    assert book.newest() == []
    assert orders.left() == 1
    (again,) = [record for record in kit.everything(Partition(kit.left, 0)) if record.offset == 1]
    (first,) = [record for record in kit.everything(Partition(kit.left, 0)) if record.offset == 0]
    assert (again.key, again.value, again.headers) == (first.key, b"bad", first.headers)


def test_what_is_put_away_is_not_shown_again_and_is_done_with_once(kit: Kit, engine: Engine) -> None:
    """Two operators at once: the second one is told that there is nothing to do any more."""
    orders, book = Orders(kit), _book(kit, engine)
    orders.put("bad", "bad")
    orders.run(orders_settings())
    first, second = book.newest()
    book.drop(first.letter_id, "olga")
    assert [each.letter_id for each in book.newest()] == [second.letter_id]
    with pytest.raises(Faults, match="done with already"):
        book.replay(first.letter_id, "omar")
    assert orders.left() == 0


def test_a_letter_without_its_bytes_is_not_sent_again(kit: Kit, engine: Engine) -> None:
    """The bus refused to take the whole record: an empty one in its place would be made up."""
    orders, book = Orders(kit), _book(kit, engine)
    orders.put("bad")
    (record,) = kit.everything(Partition(kit.left, 0))
    whole = dead_letter(Failure(record, "too large", "InvalidMessage"), "g", SystemClock().now())
    kit.send(without_value(whole, "larger than the topic takes"))
    (letter,) = book.newest()
    with pytest.raises(Faults, match="not in it"):
        book.replay(letter.letter_id, "olga")
    book.drop(letter.letter_id, "olga")
    assert book.newest() == []


@pytest.mark.parametrize("named", ["", "shelf.events", "left.dead:x:1", "left.dead:0:-1", "no.such.topic.dead:0:1"])
def test_what_names_no_letter_is_told_in_a_sentence(kit: Kit, engine: Engine, named: str) -> None:
    """Nothing is sent and nothing is written for a name that somebody mistyped or made up."""
    with pytest.raises(Faults):
        _book(kit, engine).replay(named, "olga")
    assert kit.reader().bounds(Partition(kit.left, 0)) == (0, 0)


def test_of_many_letters_the_newest_are_shown_and_pictures_are_not_kept(kit: Kit, engine: Engine) -> None:
    """Of bytes that are no text only their size is known, and there are no more letters than were asked for."""
    orders, book = Orders(kit), _book(kit, engine)
    orders.put("bad", "bad", "bad")
    orders.run(orders_settings())
    (record, *_) = kit.everything(Partition(kit.left, 0))
    picture = replace(record, value=b"\xff\xd8" + bytes(100_000))
    kit.send(dead_letter(Failure(picture, "no picture", "InvalidMessage"), "g", SystemClock().now()))
    newest, before = book.newest(2)
    assert (newest.text, newest.size_bytes, before.text) == (None, 100_002, "bad")
