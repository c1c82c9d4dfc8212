"""The report of an unattended run, as JSON that a script or a newcomer can check."""

from datetime import datetime
from typing import Any

from deploy.demo.observed import Observed, ObservedAlert, ObservedEvent
from deploy.demo.scoring import OutEpisode, Score


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
