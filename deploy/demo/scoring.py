"""Judges a run of the demo against the simulator's truth. No running stage imports this.

An event or alert is *true* if the shelf was as it says at some moment between the capture of the frame behind it
and its emission. An episode is *missed* unless an alert of its slot was raised from a frame captured while it lasted,
or an earlier one stayed open into it for as long as a new one may take. One that was under way when the run began is
asked for only if it lasted on for as long.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from analytics.contract import SlotState
from deploy.demo.observed import Observed, ObservedAlert, ObservedEvent

# An episode that begins this shortly before the end may honestly still be unnoticed when the run stops.
SETTLE_S = 20.0


@dataclass(frozen=True, slots=True)
class OutEpisode:
    """A time in which a slot truly was out; ``ended_at`` of ``None``: it still was at the end of the run."""

    slot: str
    gtin: str
    began_at: datetime
    ended_at: datetime | None


class ShelfTruth(Protocol):
    """What the simulator knows of one store."""

    def states(self, slot: str, start: datetime, stop: datetime) -> frozenset[SlotState]:
        """Every state that the slot was in at some moment from ``start`` to ``stop``, both included."""
        ...

    def out_episodes(self, start: datetime, stop: datetime) -> Iterable[OutEpisode]:
        """All times of being out that touch the span, whole."""
        ...


@dataclass(frozen=True)
class Score:
    """Verdicts in the order of what they judge; ``None`` for UNKNOWN, which claims nothing about the shelf."""

    events: tuple[bool | None, ...]
    alerts: tuple[bool, ...]
    truth: tuple[OutEpisode, ...]
    missed: tuple[OutEpisode, ...]


def score(observed: Observed, truth: ShelfTruth, stopped_at: datetime) -> Score:
    """Judge one run that lasted from ``observed.started_at`` to ``stopped_at``."""
    settled_at = stopped_at - timedelta(seconds=SETTLE_S)
    episodes = tuple(
        episode
        for episode in truth.out_episodes(observed.started_at, stopped_at)
        if episode.began_at <= settled_at and _could_be_seen(episode, observed.started_at)
    )
    alerts = tuple(observed.alerts.values())
    return Score(
        events=tuple(_event_true(event, truth) for event in observed.events),
        alerts=tuple(_alert_true(alert, truth) for alert in alerts),
        truth=episodes,
        missed=tuple(each for each in episodes if not any(_covers(alert, each, stopped_at) for alert in alerts)),
    )


def _could_be_seen(episode: OutEpisode, started_at: datetime) -> bool:
    if episode.began_at >= started_at or episode.ended_at is None:
        return True
    return episode.ended_at >= started_at + timedelta(seconds=SETTLE_S)


def _event_true(observed: ObservedEvent, truth: ShelfTruth) -> bool | None:
    event = observed.event
    state = event.transition.state
    if state is SlotState.UNKNOWN:
        return None
    seen_at = observed.captured_at or event.transition.decided_at
    return state in truth.states(event.slot, seen_at, max(seen_at, event.emitted_at))


def _alert_true(alert: ObservedAlert, truth: ShelfTruth) -> bool:
    return alert.state in truth.states(alert.slot, alert.evidence_at, max(alert.evidence_at, alert.raised_at))


def _covers(alert: ObservedAlert, episode: OutEpisode, stopped_at: datetime) -> bool:
    if alert.slot != episode.slot:
        return False
    ended_at = episode.ended_at or stopped_at
    if alert.evidence_at >= episode.began_at:
        return alert.evidence_at <= ended_at
    open_until = alert.cleared_at or stopped_at
    return open_until >= min(ended_at, episode.began_at + timedelta(seconds=SETTLE_S))
