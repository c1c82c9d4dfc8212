"""Judges a run of the demo against the simulator's truth, and reports it as JSON. No running stage imports this."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from analytics.contract import SlotState
from deploy.demo.following import Observed, ObservedAlert, ObservedEvent
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.errors import Fault, Faults
from simulator.store.truth import StoreTruth

# How long an episode may last before it is noticed. One that begins this shortly before the end is not asked for.
SETTLE_S = 20.0
_SETTLES = timedelta(seconds=SETTLE_S)

_OPTION = "--json"


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


class DemoTruth:
    """The truth about the demo's one store."""

    def __init__(self, store: StoreTruth) -> None:
        self._store = store

    def states(self, slot: str, start: datetime, stop: datetime) -> frozenset[SlotState]:
        """Every state that the slot was in at some moment from ``start`` to ``stop``."""
        return frozenset(SlotState(state.value) for state in self._store.states(slot, start, stop))

    def out_episodes(self, start: datetime, stop: datetime) -> Iterator[OutEpisode]:
        """All times of being out that touch the span; one that lasts beyond ``stop`` has no end yet."""
        for episode in self._store.out_episodes(start, stop):
            ended_at = episode.ended_at if episode.ended_at <= stop else None
            yield OutEpisode(episode.slot, episode.gtin, episode.began_at, ended_at)


def truth_of(catalogue: Catalogue) -> DemoTruth:
    """The truth behind the simulated cameras of a catalogue. Raises ``Faults`` where there is none."""
    for camera in catalogue.cameras.values():
        if camera.url.startswith("sim://"):
            return DemoTruth(StoreTruth.of_url(camera.url))
    raise Faults("demo", [Fault("cameras", "none of them is simulated, so there is no truth to compare with")])


def report(observed: Observed, score: Score) -> dict[str, Any]:
    """One run as plain values; times are ISO 8601 in UTC."""
    return {
        "frames_published": observed.frames_published,
        "frames_seen": observed.frames_seen,
        "facings_seen": observed.facings_seen,
        "first_alert_s": _rounded(observed.first_alert_s),
        "events": [_event(each, true) for each, true in zip(observed.events, score.events, strict=True)],
        "alerts": [_alert(each, true) for each, true in zip(observed.alerts.values(), score.alerts, strict=True)],
        "truth": [_episode(episode) for episode in score.truth],
        "missed": [_episode(episode) for episode in score.missed],
        "excused": [_episode(episode) for episode in score.excused],
    }


def _event(observed: ObservedEvent, true: bool | None) -> dict[str, Any]:
    event = observed.event
    onset = event.transition.onset
    seen_at = observed.captured_at or event.transition.decided_at
    return {
        "slot": event.slot,
        "product": event.transition.gtin,
        "state": event.transition.state.value,
        "reason": event.transition.reason,
        "onset": {"earliest": _at(onset.earliest), "latest": _at(onset.latest), "level": onset.level},
        "captured_at": _at(seen_at),
        "emitted_at": _at(event.emitted_at),
        "latency_s": _rounded((event.emitted_at - seen_at).total_seconds()),
        "true": true,
    }


def _alert(alert: ObservedAlert, true: bool) -> dict[str, Any]:
    return {
        "slot": alert.slot,
        "product": alert.gtin,
        "raised_at": _at(alert.raised_at),
        "cleared_at": _at(alert.cleared_at),
        "true": true,
    }


def _episode(episode: OutEpisode) -> dict[str, Any]:
    return {
        "slot": episode.slot,
        "product": episode.gtin,
        "from": _at(episode.began_at),
        "to": _at(episode.ended_at),
    }


def _at(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)


def check_writable(path: Path) -> None:
    """Raise ``Faults`` where the file could not be written: better said before the run than after it."""
    if not path.parent.is_dir():
        raise Faults("demo", [Fault(_OPTION, f"there is no folder {path.parent}")])
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise Faults("demo", [Fault(_OPTION, f"{path} may not be written")])


def write_json(path: Path, told: Mapping[str, object]) -> None:
    """Write the report. Raises ``Faults`` when that fails."""
    try:
        path.write_text(json.dumps(told, indent=2) + "\n")
    except OSError as exc:
        raise Faults("demo", [Fault(_OPTION, f"{path} cannot be written: {exc.strerror}")]) from exc
