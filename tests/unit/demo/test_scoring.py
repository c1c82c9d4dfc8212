"""The demo's scorer: what counts as true, and what as missed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from analytics.contract import Onset, SlotState, StockEvent, Transition
from deploy.demo.following import Observed, ObservedAlert, ObservedEvent
from deploy.demo.score import OutEpisode, report, score

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
GTIN = "04006381333931"


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


@dataclass
class OneSlot:
    """Truth of slot ``s1``: out during the given episode, stocked otherwise."""

    began_s: float
    ended_s: float

    def states(self, slot: str, start: datetime, stop: datetime) -> frozenset[SlotState]:
        out = start <= at(self.ended_s) and stop >= at(self.began_s)
        stocked = start < at(self.began_s) or stop > at(self.ended_s)
        return frozenset(
            state for state, held in ((SlotState.OUT, out), (SlotState.STOCKED, stocked)) if held and slot == "s1"
        )

    def out_episodes(self, start: datetime, stop: datetime) -> Iterable[OutEpisode]:
        if start <= at(self.ended_s) and stop >= at(self.began_s):
            yield OutEpisode("s1", GTIN, at(self.began_s), at(self.ended_s) if at(self.ended_s) <= stop else None)


def event(state: SlotState, captured_s: float, emitted_s: float) -> ObservedEvent:
    onset = Onset(earliest=at(captured_s - 5), latest=at(captured_s), level=0.9)
    transition = Transition(
        sequence=1,
        gtin=GTIN,
        before=SlotState.STOCKED,
        state=state,
        onset=onset,
        decided_at=at(captured_s),
        confidence=1,
    )
    told = StockEvent(event_id="e1", store="demo", slot="s1", bay="b1", transition=transition, emitted_at=at(emitted_s))
    return ObservedEvent(told, at(captured_s))


def alert(evidence_s: float, raised_s: float, cleared_s: float | None = None) -> ObservedAlert:
    cleared_at = None if cleared_s is None else at(cleared_s)
    return ObservedAlert("a1", "demo", "s1", GTIN, SlotState.OUT, at(evidence_s), at(raised_s), cleared_at)


def observed(
    events: Iterable[ObservedEvent] = (),
    alerts: Iterable[ObservedAlert] = (),
    earlier: Iterable[ObservedAlert] = (),
) -> Observed:
    raised, before = ({each.alert_id: each for each in given} for given in (alerts, earlier))
    return Observed(START, events=list(events), alerts=raised, earlier=before)


@pytest.mark.parametrize(
    ("captured_s", "emitted_s", "true"), [(35, 36, True), (29, 31, True), (10, 11, False), (61, 62, False)]
)
def test_an_event_is_true_if_the_shelf_was_so_between_capture_and_emission(
    captured_s: float, emitted_s: float, true: bool
) -> None:
    """OUT is true while the slot is out, and if it went out between capture and emission; false before and after."""
    seen = observed([event(SlotState.OUT, captured_s, emitted_s)])
    assert score(seen, OneSlot(30, 60), at(100)).events == (true,)


def test_unknown_claims_nothing() -> None:
    """UNKNOWN is neither true nor false."""
    seen = observed([event(SlotState.UNKNOWN, 35, 36)])
    assert score(seen, OneSlot(30, 60), at(100)).events == (None,)


@pytest.mark.parametrize(
    ("alerts", "missed"),
    [
        ([], 1),
        ([alert(32, 33, 62)], 0),
        ([alert(59, 63)], 0),
        ([alert(10, 11, 31)], 1),
        ([alert(10, 11, 55)], 0),
        ([alert(61, 62)], 1),
    ],
)
def test_an_episode_is_missed_unless_an_alert_belongs_to_it(alerts: list[ObservedAlert], missed: int) -> None:
    """Raised from a frame of the episode, or an earlier one that stayed open into it: else it was missed."""
    assert len(score(observed(alerts=alerts), OneSlot(30, 60), at(100)).missed) == missed


def test_an_episode_of_the_last_seconds_is_not_asked_for() -> None:
    """What began less than 20 s before the end stands neither in truth nor in missed."""
    result = score(observed(), OneSlot(85, 120), at(100))
    assert (result.truth, result.missed) == ((), ())


@pytest.mark.parametrize(("ended_s", "missed", "excused"), [(5, 0, 1), (25, 1, 0), (200, 1, 0)])
def test_what_ended_right_after_the_start_is_excused(ended_s: float, missed: int, excused: int) -> None:
    """An episode under way at the start stands in truth; not told, it is missed if it lasted long enough to be seen."""
    result = score(observed(), OneSlot(-60, ended_s), at(100))
    assert (len(result.truth), len(result.missed), len(result.excused)) == (1, missed, excused)


@pytest.mark.parametrize(("cleared_s", "missed"), [(None, 0), (50, 0), (21, 0), (5, 1)])
@pytest.mark.parametrize("began_s", [-60, 0])
def test_what_an_earlier_run_alerted_for_is_not_missed(began_s: float, cleared_s: float | None, missed: int) -> None:
    """An alert left open covers what it stays open into, and is none of this run's."""
    seen = observed(earlier=[alert(-90, -89, cleared_s)])
    result = score(seen, OneSlot(began_s, 60), at(100))
    assert (len(result.truth), len(result.missed), result.alerts) == (1, missed, ())


def test_what_was_told_is_not_excused() -> None:
    """Of a short episode at the start that somebody was alerted to, nothing is left to excuse."""
    result = score(observed(alerts=[alert(3, 4)]), OneSlot(-60, 5), at(100))
    assert (len(result.truth), result.missed, result.excused) == (1, (), ())


def test_a_false_alert_is_called_false() -> None:
    """An alert for a slot that was stocked all the time from capture to raising is not true."""
    assert score(observed(alerts=[alert(10, 11, 20)]), OneSlot(30, 60), at(100)).alerts == (False,)


def test_the_report_names_every_figure() -> None:
    """The report holds counts, events, alerts, truth and missed with latencies and plain times."""
    seen = observed([event(SlotState.OUT, 35, 36.5)], [alert(35, 37)])
    told = report(seen, score(seen, OneSlot(30, 60), at(100)))
    assert told["first_alert_s"] == 37
    assert told["events"][0]["latency_s"] == 1.5
    assert told["events"][0]["true"] is True
    assert told["alerts"][0]["cleared_at"] is None
    assert told["truth"][0]["to"] == at(60).isoformat()
    assert (told["missed"], told["excused"]) == ([], [])
