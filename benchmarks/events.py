"""How often events are right and how soon: ``python -m benchmarks.events``.

Rendered pictures of the demo's simulated store go through the shipped detector and analytics, moment by moment, and
are scored against the simulator's truth, beside the rule that most systems use: empty in N frames in a row.
"""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import quantiles
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from analytics.contract import SlotState
from analytics.observe import Appearance, observe
from analytics.plans.planner import Planner
from analytics.settings import AnalyticsSettings
from benchmarks.simulated_store import SimulatedRun, SimulatedStore
from deploy.demo.score import truth_of

_EMPTY = frozenset({Appearance.GAP, Appearance.BARE})
_START = datetime(2026, 3, 2, 9, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Report:
    """Somebody's claim that a slot has run out."""

    slot: str
    at: datetime


@dataclass(frozen=True)
class Figures:
    """How a system did: of its reports the true ones, of the episodes the reported ones, and their delays."""

    reports: int
    true: int
    episodes: int
    found: int
    delays_s: tuple[float, ...]


def reports_of(run: SimulatedRun) -> list[Report]:
    """Our own: every event OUT."""
    return [
        Report(event.slot, event.transition.decided_at)
        for event in run.events
        if event.transition.state is SlotState.OUT
    ]


def counted(run: SimulatedRun, planner: Planner, frames_in_a_row: int) -> list[Report]:
    """The peer: a slot is out when it looked empty in so many frames in a row, and back when it does not."""
    settings = AnalyticsSettings().look
    rows: dict[str, int] = {}
    reports = []
    for frame in run.frames:
        for bay in planner.plan.bays(frame.store, frame.camera):
            size_wh = (frame.width_px, frame.height_px)
            found = observe(bay, frame.facings(), size_wh, frame.visibility, settings).named()
            for slot, look in zip(bay.slots, found, strict=True):
                rows[slot.id] = rows.get(slot.id, 0) + 1 if look in _EMPTY else 0
                if rows[slot.id] == frames_in_a_row:
                    reports.append(Report(slot.id, frame.received_at))
    return reports


def judge(run: SimulatedRun, reports: Iterable[Report], stopped_at: datetime, settle_s: float) -> Figures:
    """Compare reports with the truth; episodes shorter than ``settle_s`` within the run are not asked for."""
    truth = truth_of(run.catalogue)
    in_order = sorted(reports, key=lambda report: report.at)
    true = sum(SlotState.OUT in truth.states(report.slot, report.at, report.at) for report in in_order)
    episodes = [
        (episode.slot, episode.began_at, episode.ended_at or stopped_at)
        for episode in truth.out_episodes(_START, stopped_at)
        if episode.began_at > _START
    ]
    asked = [each for each in episodes if each[2] - each[1] >= timedelta(seconds=settle_s)]
    delays = []
    for slot, began_at, ended_at in asked:
        times = [report.at for report in in_order if report.slot == slot and began_at <= report.at <= ended_at]
        if times:
            delays.append((times[0] - began_at).total_seconds())
    return Figures(len(in_order), true, len(asked), len(delays), tuple(delays))


def _row(name: str, figures: Figures) -> Sequence[str]:
    precision = figures.true / figures.reports if figures.reports else float("nan")
    recall = figures.found / figures.episodes if figures.episodes else float("nan")
    delays = figures.delays_s
    p50, p95 = (quantiles(delays, n=20)[9], quantiles(delays, n=20)[18]) if len(delays) > 1 else (delays or (0.0,)) * 2
    shown = (f"{precision:.3f}", f"{recall:.3f}", f"{p50:.1f}", f"{p95:.1f}")
    return (name, f"{figures.true}/{figures.reports}", f"{figures.found}/{figures.episodes}", *shown)


def main(
    minutes: Annotated[float, typer.Option(help="Minutes of the shelf's life (an hour each at the demo's speed).")] = 5,
    every_s: Annotated[float, typer.Option(help="Seconds between two frames of a camera.")] = 2.0,
    settle_s: Annotated[float, typer.Option(help="Episodes shorter than this are not asked for.")] = 20.0,
) -> None:
    """Score events of the shipped detector and belief on the simulated store, beside counting frames."""
    console = Console()
    steps = round(minutes * 60 / every_s)
    with ExitStack() as stack:
        store = SimulatedStore(_START, stack)
        for sequence in track(range(steps), "looking at the shelves", console=console):
            store.step(sequence, every_s)
        planner = store.planner()
        stopped_at = _START + timedelta(seconds=steps * every_s)
        table = Table("OUT reports", "true", "episodes found", "precision", "recall", "delay p50 s", "p95 s")
        table.add_row(*_row("Shelfstream", judge(store.run, reports_of(store.run), stopped_at, settle_s)))
        for frames in (1, 3):
            reports = counted(store.run, planner, frames)
            table.add_row(*_row(f"empty in {frames} in a row", judge(store.run, reports, stopped_at, settle_s)))
    console.print(table)


if __name__ == "__main__":
    typer.run(main)
