"""The scorer of the event benchmark counts what it says it counts."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from benchmarks.events.plain_events import (
    Episode,
    Opening,
    Place,
    Sure,
    Told,
    TruthRow,
    read_said,
    read_truth,
    write_rows,
)
from benchmarks.events.score import Figures, Share, Tally, score
from shelfstream.errors import Faults

_OPENS = datetime(2026, 3, 2, 7, tzinfo=UTC)
_CLOSES = _OPENS + timedelta(hours=14)


def _at(minutes: float) -> datetime:
    return _OPENS + timedelta(minutes=minutes)


def _truth(*episodes: tuple[float, float | None]) -> list[TruthRow]:
    rows: list[TruthRow] = [
        Place(place="a", camera="c"),
        Opening(camera="c", begins=_OPENS, ends=_CLOSES),
    ]
    for began, ended in episodes:
        rows.append(Episode(place="a", began_at=_at(began), ended_at=None if ended is None else _at(ended)))
    return rows


def _told(*rows: tuple[float, str]) -> list[Told]:
    return [Told.model_validate({"place": "a", "at": _at(minutes), "state": state}) for minutes, state in rows]


def _counted(tally: Tally) -> tuple[int, int, int, int]:
    return tally.found, tally.false, tally.duplicates, tally.episodes - len(tally.delays_s)


def test_the_first_report_within_an_episode_finds_it() -> None:
    """It counts with its delay from the emptying; where it is called available again, with how long that took."""
    tally = score(_truth((60, 120)), _told((63, "out"), (125, "available")))
    assert _counted(tally) == (1, 0, 0, 0)
    assert tally.delays_s == [180.0]
    assert tally.clears_s == [300.0]


def test_a_report_before_or_after_an_episode_is_false_and_the_episode_missed() -> None:
    """Nobody is told of something that is over."""
    assert _counted(score(_truth((60, 120)), _told((59, "out"), (60, "available"), (121, "out")))) == (0, 2, 0, 1)


def test_a_second_report_of_one_episode_is_a_duplicate() -> None:
    """It is neither right nor false."""
    told = _told((61, "out"), (70, "available"), (80, "out"))
    assert _counted(score(_truth((60, 120)), told)) == (1, 0, 1, 0)


def test_going_on_with_out_after_unknown_tells_nobody_twice() -> None:
    """An alert stays open while a place cannot be seen."""
    told = _told((61, "out"), (70, "unknown"), (80, "out"))
    assert _counted(score(_truth((60, 120)), told)) == (1, 0, 0, 0)


def test_an_episode_that_begins_while_the_store_is_closed_is_not_asked_for() -> None:
    """A report of it is right all the same."""
    tally = score(_truth((-60, 120)), _told((5, "out")))
    assert _counted(tally) == (1, 0, 0, 0)
    assert tally.episodes == 0


def test_what_is_not_known_counts_within_opening_hours_alone() -> None:
    """Before the first row nothing is known; after closing nobody asks."""
    tally = score(_truth(), _told((60, "available"), (13 * 60, "unknown")))
    assert tally.unknown_s == pytest.approx(2 * 3600)
    assert tally.watched_s == pytest.approx(14 * 3600)


def test_an_onset_is_right_when_the_emptying_lies_within() -> None:
    """Of reports that say when it began."""
    inside = Told(place="a", at=_at(63), state="out", earliest=_at(58), latest=_at(62))
    late = inside.model_copy(update={"earliest": _at(61)})
    assert score(_truth((60, 120)), [inside]).onsets_right == 1
    assert score(_truth((60, 120)), [late]).onsets_right == 0


@given(st.lists(st.tuples(st.floats(0, 800), st.sampled_from(["out", "available", "unknown"])), max_size=30))
def test_every_report_is_right_false_or_a_duplicate(rows: list[tuple[float, str]]) -> None:
    """Nothing is lost whatever a system says, and no episode is found twice."""
    tally = score(_truth((100, 200), (300, 350), (600, None)), _told(*rows))
    assert tally.reports == tally.found + tally.false + tally.duplicates
    assert tally.found <= 3
    assert 0 <= tally.unknown_s <= tally.watched_s


@example(0, 11)
@given(st.integers(0, 50), st.integers(1, 50))
def test_an_interval_holds_its_share(count: int, more: int) -> None:
    """Wilson's never leaves 0..1 and narrows with what was counted."""
    share, surer = Share.of(count, count + more), Share.of(10 * count, 10 * (count + more))
    assert 0 <= share.low <= share.value <= share.high <= 1
    assert surer.high - surer.low < share.high - share.low


def test_figures_of_nothing_are_no_figures() -> None:
    """Of no reports no precision is known: JSON says null, not a number."""
    assert Figures.of(Tally()).plain()["precision"] is None


def test_chances_that_are_what_they_say_are_off_by_nothing() -> None:
    """Out in three of four moments at which that was called .75 likely; a quarter off where .5 was told of the same."""
    moments = (10, 70, 80, 90)
    rows = [[Sure(place="a", at=_at(minutes), chance_out=chance) for minutes in moments] for chance in (0.75, 0.5)]
    right, wrong = (score(_truth((60, 120)), told) for told in rows)
    assert right.reliability.points() == [(0.75, 0.75, 4)]
    assert Figures.of(right).calibration_error == 0
    assert Figures.of(wrong).calibration_error == pytest.approx(0.25)


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 200)), max_size=40))
def test_every_chance_is_counted_once_and_changes_no_other_figure(told: list[tuple[float, int]]) -> None:
    """Whatever is told: bins hold all of it, errors lie within 0 and 1, and no report comes of it."""
    sure = [Sure(place="a", at=_at(minutes), chance_out=chance) for chance, minutes in told]
    tally = score(_truth((60, 120)), sure)
    assert sum(times for _, _, times in tally.reliability.points()) == len(told)
    assert not told or 0 <= tally.reliability.error <= 1
    assert (tally.reports, tally.unknown_s) == (0, tally.watched_s)


def test_plain_files_come_back_as_they_were_written(tmp_path: Path) -> None:
    """Any system can be scored by them; a line that is wrong is named."""
    truth = _truth((60, None))
    told: list[Told | Sure] = [*_told((61, "out")), Sure(place="a", at=_at(62), chance_out=0.97)]
    write_rows(tmp_path / "truth.jsonl", truth)
    write_rows(tmp_path / "said.jsonl", told)
    assert read_truth(tmp_path / "truth.jsonl") == truth
    assert read_said(tmp_path / "said.jsonl") == told
    (tmp_path / "said.jsonl").write_text('{"place": "a", "at": "2026-03-02T08:00:00", "state": "gone"}\n')
    with pytest.raises(Faults, match=r"said\.jsonl:1"):
        read_said(tmp_path / "said.jsonl")
