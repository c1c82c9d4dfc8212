"""A store's time again under two kinds of settings, side by side: stock states and alerts, and what staff said."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import JsonValue

from alerts.rerun import AlertsRerun, AnswerAt, RaisedAlert
from alerts.settings import AlertsSettings
from analytics.contract import StockEvent
from analytics.replay.compare import Differences, Stretch, differences, stretches
from analytics.replay.rerun import ReplayStep, Rerun
from analytics.settings import AnalyticsSettings
from shelfstream.answers import AnswerKind
from shelfstream.catalogue.model import Store


@dataclass(frozen=True)
class Told:
    """What one run says of the time that was asked about."""

    stretches: tuple[Stretch, ...]
    alerts: tuple[RaisedAlert, ...]


class StoreRun:
    """Analytics and alerts of one store under one kind of settings."""

    def __init__(self, analytics: AnalyticsSettings, alerts: AlertsSettings) -> None:
        self._analytics = Rerun(analytics)
        self._alerts = AlertsRerun(alerts, self._store_of)
        self._events: list[StockEvent] = []
        self._stores: dict[str, Store] = {}

    def step(self, taken: ReplayStep) -> None:
        """Take in what was read up to a moment, and let time come to it."""
        self._stores.update((store.id, store) for store in taken.stores)
        events = self._analytics.step(taken)
        self._events.extend(events)
        self._alerts.step(events, taken.answers, taken.now)

    def told(self, start: datetime, stop: datetime) -> Told:
        """What it says of ``start <= t < stop``."""
        return Told(tuple(stretches(self._events, start, stop)), tuple(self._alerts.alerts(start, stop)))

    def _store_of(self, store: str) -> Store | None:
        return self._stores.get(store)


@dataclass
class WhatIf:
    """Both runs over the same steps. ``unreadable``: records that are in the archive and that no stage could read."""

    first: StoreRun
    second: StoreRun
    frames: int = 0
    unreadable: int = 0
    answers: list[AnswerAt] = field(default_factory=list)

    def run(self, steps: Iterable[ReplayStep]) -> None:
        """Take in step after step."""
        for step in steps:
            self.frames += step.frames
            self.unreadable += step.unreadable
            self.answers.extend(step.answers)
            self.first.step(step)
            self.second.step(step)

    def report(self, start: datetime, stop: datetime) -> "WhatIfReport":
        """What differs of ``start <= t < stop``."""
        first, second = self.first.told(start, stop), self.second.told(start, stop)
        return WhatIfReport(
            start,
            stop,
            differences(first.stretches, second.stretches),
            differences(first.alerts, second.alerts),
            tuple(self.answers),
            self.frames,
            self.unreadable,
        )


@dataclass(frozen=True)
class WhatIfReport:
    """What is gained and lost. The same inputs and settings give the same ``record``."""

    start: datetime
    stop: datetime
    states: Differences[Stretch]
    alerts: Differences[RaisedAlert]
    answers: tuple[AnswerAt, ...]
    frames: int
    unreadable: int

    def answers_to(self, alert: RaisedAlert) -> tuple[AnswerKind, ...]:
        """What staff said of the slot at the time."""
        return alert.answers_in(self.answers)

    def record(self, store: str, settings: Sequence[str]) -> dict[str, JsonValue]:
        """All of it, as JSON takes it."""
        return {
            "store": store,
            "from": self.start.isoformat(),
            "to": self.stop.isoformat(),
            "set": list(settings),
            "frames": self.frames,
            "unreadable": self.unreadable,
            "states": {
                "same": len(self.states.kept),
                "gained": [_stretch_record(each) for each in self.states.gained],
                "lost": [_stretch_record(each) for each in self.states.lost],
            },
            "alerts": {
                "same": [self._pair_record(*each) for each in self.alerts.kept],
                "gained": [self._alert_record(each) for each in self.alerts.gained],
                "lost": [self._alert_record(each) for each in self.alerts.lost],
            },
        }

    def _alert_record(self, alert: RaisedAlert) -> dict[str, JsonValue]:
        return {
            "slot": alert.slot,
            "gtin": alert.gtin,
            "state": alert.state.value,
            "raised_at": alert.raised_at.isoformat(),
            "closed_at": _time(alert.ended_at),
            "why_closed": alert.why,
            "answers": [kind.value for kind in self.answers_to(alert)],
        }

    def _pair_record(self, first: RaisedAlert, second: RaisedAlert) -> dict[str, JsonValue]:
        later_s = (second.raised_at - first.raised_at).total_seconds()
        return {**self._alert_record(first), "later_s": later_s}


def _stretch_record(each: Stretch) -> dict[str, JsonValue]:
    return {
        "slot": each.slot,
        "gtin": each.gtin,
        "state": each.state.value,
        "decided_at": each.decided_at.isoformat(),
        "onset": [each.onset_earliest.isoformat(), each.onset_latest.isoformat()],
        "ended_at": _time(each.ended_at),
        "confidence": round(each.confidence, 4),
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
