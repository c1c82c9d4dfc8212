"""Scores what a system said against what truly was: ``python -m benchmarks.events.score TRUTH SAID``.

A report is a row ``out`` after anything but ``out`` (going on with ``out`` after ``unknown`` tells nobody twice). It is
right when the planned product is missing from its place at that moment; the first right one of an episode finds it,
further ones are duplicates. Every episode that begins within opening hours is asked for, whoever stood before it; the
delay runs from the emptying, and an episode that nobody reported before it ended is a miss.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table
from scipy.stats import chi2

from benchmarks.events.plain_events import Episode, Opening, Place, Sure, Told, TruthRow, read_said, read_truth
from benchmarks.events.reliability import Reliability, reliability

_FOREVER = datetime.max.replace(tzinfo=UTC)
_SURE = 1.96


@dataclass
class Tally:
    """What was counted; sums over runs are the tally of all of them. Times are seconds."""

    reports: int = 0
    found: int = 0
    false: int = 0
    duplicates: int = 0
    episodes: int = 0
    camera_days: int = 0
    delays_s: list[float] = field(default_factory=list)
    clears_s: list[float] = field(default_factory=list)
    onsets: int = 0
    onsets_right: int = 0
    unknown_s: float = 0.0
    watched_s: float = 0.0
    reliability: Reliability = field(default_factory=Reliability)

    def add(self, other: "Tally") -> None:
        """Take another run's counts in."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


@dataclass(frozen=True)
class Share:
    """A share with its 95 % interval (Wilson, 1927)."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, count: int, total: int) -> "Share":
        """``count`` of ``total``; of none nothing is known."""
        if total == 0:
            return cls(float("nan"), 0.0, 1.0)
        share, spread = count / total, _SURE**2 / total
        middle = (share + spread / 2) / (1 + spread)
        half = _SURE * float(np.sqrt(share * (1 - share) / total + spread / (4 * total))) / (1 + spread)
        # At the ends rounding would leave the share a little outside.
        return cls(share, max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half)))


@dataclass(frozen=True)
class Figures:
    """The figures of one system."""

    precision: Share
    recall: Share
    false_alerts_per_camera_day: Share
    time_to_alert_p50_s: float
    time_to_alert_p95_s: float
    time_to_clear_p50_s: float
    duplicate_rate: float
    onset_coverage: Share
    unknown_share: float
    calibration_error: float
    camera_days: int
    true_episodes: int

    @classmethod
    def of(cls, tally: Tally) -> "Figures":
        """What the counts come to. The interval of a rate is the exact one for a Poisson count (Garwood, 1936)."""
        days = max(1, tally.camera_days)
        rate = Share(
            tally.false / days,
            float(chi2.ppf(0.025, 2 * tally.false)) / 2 / days if tally.false else 0.0,
            float(chi2.ppf(0.975, 2 * tally.false + 2)) / 2 / days,
        )
        return cls(
            precision=Share.of(tally.found, tally.found + tally.false),
            recall=Share.of(len(tally.delays_s), tally.episodes),
            false_alerts_per_camera_day=rate,
            time_to_alert_p50_s=_quantile(tally.delays_s, 0.5),
            time_to_alert_p95_s=_quantile(tally.delays_s, 0.95),
            time_to_clear_p50_s=_quantile(tally.clears_s, 0.5),
            duplicate_rate=tally.duplicates / tally.reports if tally.reports else 0.0,
            onset_coverage=Share.of(tally.onsets_right, tally.onsets),
            unknown_share=tally.unknown_s / tally.watched_s if tally.watched_s else 0.0,
            calibration_error=tally.reliability.error,
            camera_days=tally.camera_days,
            true_episodes=tally.episodes,
        )

    def plain(self) -> dict[str, object]:
        """As JSON: each figure by its name, intervals beside it as ``NAME_interval``."""
        told: dict[str, object] = {}
        for name, value in vars(self).items():
            if isinstance(value, Share):
                told[name] = _finite(value.value)
                told[f"{name}_interval"] = [value.low, value.high]
            else:
                told[name] = _finite(value)
        return told


def score(truth: Iterable[TruthRow], said: Iterable[Told | Sure]) -> Tally:
    """Count what was found, missed, invented and said twice."""
    rows = list(truth)
    camera_of = {row.place: row.camera for row in rows if isinstance(row, Place)}
    openings: dict[str, list[Opening]] = defaultdict(list)
    episodes: dict[str, list[Episode]] = defaultdict(list)
    told: dict[str, list[Told]] = defaultdict(list)
    sure: dict[str, list[Sure]] = defaultdict(list)
    for row in rows:
        if isinstance(row, Opening):
            openings[row.camera].append(row)
        elif isinstance(row, Episode):
            episodes[row.place].append(row)
    for each in said:
        if isinstance(each, Told):
            told[each.place].append(each)
        else:
            sure[each.place].append(each)
    tally = Tally(camera_days=sum(map(len, openings.values())))
    for place, camera in camera_of.items():
        watched = sorted(openings[camera], key=lambda each: each.begins)
        in_order = _in_order(episodes[place])
        tally.add(_score_place(in_order, sorted(told[place], key=lambda each: each.at), watched))
        tally.reliability += reliability(in_order, sure[place])
    return tally


def reports_of(told: Sequence[Told]) -> list[Told]:
    """Of what is told of one place, in order: the rows with which somebody learns that it ran out."""
    reports, out = [], False
    for each in told:
        if each.state == "out" and not out:
            reports.append(each)
        out = each.state == "out" or (out and each.state == "unknown")
    return reports


def _score_place(episodes: Sequence[Episode], told: Sequence[Told], watched: Sequence[Opening]) -> Tally:
    tally = Tally()
    began = [episode.began_at for episode in episodes]
    first: dict[int, Told] = {}
    for report in reports_of(told):
        tally.reports += 1
        number = bisect_right(began, report.at) - 1
        if number < 0 or report.at > (episodes[number].ended_at or _FOREVER):
            tally.false += 1
        elif number in first:
            tally.duplicates += 1
        else:
            first[number] = report
            tally.found += 1
    for number, episode in enumerate(episodes):
        found = first.get(number)
        if found is not None and found.earliest is not None and found.latest is not None:
            tally.onsets += 1
            tally.onsets_right += found.earliest <= episode.began_at <= found.latest
        if not _within(episode.began_at, watched):
            continue
        tally.episodes += 1
        if found is not None:
            tally.delays_s.append((found.at - episode.began_at).total_seconds())
            tally.clears_s.extend(_cleared(episode, told))
    tally.watched_s = sum((each.ends - each.begins).total_seconds() for each in watched)
    tally.unknown_s = _unknown_s(told, watched)
    return tally


def _cleared(episode: Episode, told: Sequence[Told]) -> list[float]:
    """How long after the refill the place was called available, if it was."""
    if episode.ended_at is None:
        return []
    later = [each for each in told if each.at >= episode.ended_at and each.state != "unknown"]
    return [(later[0].at - episode.ended_at).total_seconds()] if later and later[0].state == "available" else []


def _unknown_s(told: Sequence[Told], watched: Sequence[Opening]) -> float:
    """How much of the opening nothing was known of a place; before the first row nothing is."""
    total = timedelta()
    ends = [*(each.at for each in told), _FOREVER]
    begins = [datetime.min.replace(tzinfo=UTC), *(each.at for each in told)]
    states = ["unknown", *(each.state for each in told)]
    for begin, end, state in zip(begins, ends, states, strict=True):
        if state == "unknown":
            for opening in watched:
                total += max(timedelta(), min(end, opening.ends) - max(begin, opening.begins))
    return total.total_seconds()


def _within(moment: datetime, watched: Sequence[Opening]) -> bool:
    return any(each.begins <= moment < each.ends for each in watched)


def _in_order(episodes: Sequence[Episode]) -> list[Episode]:
    return sorted(episodes, key=lambda each: each.began_at)


def _quantile(values: Sequence[float], share: float) -> float:
    return float(np.quantile(values, share)) if values else float("nan")


def _finite(value: float) -> float | None:
    return None if isinstance(value, float) and not np.isfinite(value) else value


def table_of(figures: Mapping[str, Figures]) -> Table:
    """The figures of systems, side by side."""
    table = Table("", *figures)
    each = list(figures.values())
    table.add_row("precision", *(_shown(one.precision) for one in each))
    table.add_row("recall", *(_shown(one.recall) for one in each))
    table.add_row("false a camera-day", *(_shown(one.false_alerts_per_camera_day) for one in each))
    table.add_row("time to alert p50", *(f"{one.time_to_alert_p50_s / 60:.1f} min" for one in each))
    table.add_row("time to alert p95", *(f"{one.time_to_alert_p95_s / 60:.1f} min" for one in each))
    table.add_row("said twice", *(f"{one.duplicate_rate:.3f}" for one in each))
    table.add_row("onset within", *(_shown(one.onset_coverage) for one in each))
    table.add_row(
        "chances off by", *("–" if np.isnan(one.calibration_error) else f"{one.calibration_error:.3f}" for one in each)
    )
    table.add_row("unknown", *(f"{one.unknown_share:.3f}" for one in each))
    return table


def _shown(share: Share) -> str:
    return "–" if np.isnan(share.value) else f"{share.value:.3f}\n{share.low:.3f}–{share.high:.3f}"


def main(
    truth: Annotated[Path, typer.Argument(help="What truly was: see benchmarks/events/plain_events.py.")],
    said: Annotated[Path, typer.Argument(help="What a system said.")],
) -> None:
    """Score any system's events."""
    figures = Figures.of(score(read_truth(truth), read_said(said)))
    console = Console()
    console.print(table_of({said.stem: figures}))
    console.print(f"{figures.true_episodes} episodes on {figures.camera_days} camera-days")


if __name__ == "__main__":
    typer.run(main)
