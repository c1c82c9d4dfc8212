"""Judges a run of the demo against the simulator's truth. No running stage imports this.

An event or alert is *true* if the shelf was as it says at some moment between the capture of the frame behind it
and its emission. *Truth* is every time of being out that touches the run and began at least 20 s before its end. Such
an episode was alerted for if an alert of its slot was raised from a frame captured while it lasted, or an earlier one
stayed open into it for as long as a new one may take; alerts that an earlier run left open count here. Otherwise it is
*missed*, unless it was under way when the run began and over within 20 s: then it is *excused*, since nobody can say
what was over before the first frames were looked at.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from analytics.contract import SlotState
from deploy.demo.observed import Observed, ObservedAlert, ObservedEvent

# How long an episode may last before it is noticed. One that begins this shortly before the end is not asked for.
SETTLE_S = 20.0
_SETTLES = timedelta(seconds=SETTLE_S)


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
    """Verdicts in the order of what they judge; ``None`` for UNKNOWN, which claims nothing about the shelf.

    ``missed`` and ``excused`` are the episodes of ``truth`` that nobody was alerted to.
    """

    events: tuple[bool | None, ...]
    alerts: tuple[bool, ...]
    truth: tuple[OutEpisode, ...]
    missed: tuple[OutEpisode, ...]
    excused: tuple[OutEpisode, ...]


def score(observed: Observed, truth: ShelfTruth, stopped_at: datetime) -> Score:
    """Judge one run that lasted from ``observed.started_at`` to ``stopped_at``."""
    started_at = observed.started_at
    touching = truth.out_episodes(started_at, stopped_at)
    episodes = tuple(episode for episode in touching if episode.began_at <= stopped_at - _SETTLES)
    alerts = observed.all_alerts
    unalerted = [
        episode for episode in episodes if not any(_covers(alert, episode, started_at, stopped_at) for alert in alerts)
    ]
    return Score(
        events=tuple(_event_true(event, truth) for event in observed.events),
        alerts=tuple(_alert_true(alert, truth) for alert in observed.alerts.values()),
        truth=episodes,
        missed=tuple(episode for episode in unalerted if _could_be_seen(episode, started_at)),
        excused=tuple(episode for episode in unalerted if not _could_be_seen(episode, started_at)),
    )


def _could_be_seen(episode: OutEpisode, started_at: datetime) -> bool:
    if episode.began_at >= started_at or episode.ended_at is None:
        return True
    return episode.ended_at >= started_at + _SETTLES


def _event_true(observed: ObservedEvent, truth: ShelfTruth) -> bool | None:
    event = observed.event
    state = event.transition.state
    if state is SlotState.UNKNOWN:
        return None
    seen_at = observed.captured_at or event.transition.decided_at
    return state in truth.states(event.slot, seen_at, max(seen_at, event.emitted_at))


def _alert_true(alert: ObservedAlert, truth: ShelfTruth) -> bool:
    return alert.state in truth.states(alert.slot, alert.evidence_at, max(alert.evidence_at, alert.raised_at))


def _covers(alert: ObservedAlert, episode: OutEpisode, started_at: datetime, stopped_at: datetime) -> bool:
    if alert.slot != episode.slot:
        return False
    ended_at = episode.ended_at or stopped_at
    if alert.evidence_at >= episode.began_at:
        return alert.evidence_at <= ended_at
    open_until = alert.cleared_at or stopped_at
    return open_until >= min(ended_at, max(episode.began_at, started_at) + _SETTLES)
