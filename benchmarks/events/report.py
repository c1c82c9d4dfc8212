"""The report of a benchmark run: one JSON for programs, a page in Markdown with plots for people."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from benchmarks.events.score import Figures, Share, Tally

NAMES = {
    "shelfstream": "Shelfstream",
    "empty_1": "empty in 1 frame",
    "empty_3": "empty in 3 frames in a row",
    "empty_5": "empty in 5 frames in a row",
    "no_facings": "no facing counted",
}
_ROWS = (
    ("precision", "precision"),
    ("recall", "recall"),
    ("false_alerts_per_camera_day", "false alerts a camera-day"),
    ("time_to_alert_p50_s", "time to alert p50, s"),
    ("time_to_alert_p95_s", "time to alert p95, s"),
    ("time_to_clear_p50_s", "time to clear p50, s"),
    ("duplicate_rate", "said twice"),
    ("onset_coverage", "onset within its interval (nominal .9)"),
    ("unknown_share", "opening time unknown"),
    ("calibration_error", "chances are off by, on average"),
)

_RELIABILITY = "![of the places that were called so sure to be out, how many were](reliability.png)"


def write_json(path: Path, about: Mapping[str, object], tallies: Mapping[str, Tally]) -> None:
    """What was run, and one entry per system."""
    told: dict[str, object] = dict(about)
    for name, tally in tallies.items():
        points = [list(point) for point in tally.reliability.points()]
        told[name] = Figures.of(tally).plain() | {"reliability": points}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(told, indent=1) + "\n")


def write_report(folder: Path, about: Mapping[str, object], tallies: Mapping[str, Tally]) -> Path:
    """Write ``report.md`` and its plots; gives the page's path."""
    folder.mkdir(parents=True, exist_ok=True)
    figures = {name: Figures.of(tally) for name, tally in tallies.items()}
    _plot_delays(tallies, folder / "delays.png")
    _plot_trade(figures, folder / "trade.png")
    _plot_reliability(tallies, folder / "reliability.png")
    page = folder / "report.md"
    page.write_text("\n".join(_lines(about, figures)) + "\n")
    return page


def _lines(about: Mapping[str, object], figures: Mapping[str, Figures]) -> list[str]:
    first = next(iter(figures.values()))
    lines = ["# How often events are right, and how soon", ""]
    lines += [f"- {name}: {value}" for name, value in about.items()]
    lines += [f"- {first.true_episodes} episodes on {first.camera_days} camera-days", ""]
    lines += ["| | " + " | ".join(NAMES.get(name, name) for name in figures) + " |", "|---" * (len(figures) + 1) + "|"]
    for key, title in _ROWS:
        lines.append(f"| {title} | " + " | ".join(_shown(getattr(each, key)) for each in figures.values()) + " |")
    return [
        *lines,
        "",
        "In brackets: 95 % intervals.",
        "",
        "![delays](delays.png)",
        "",
        "![trade](trade.png)",
        "",
        _RELIABILITY,
    ]


def _shown(value: float | Share) -> str:
    if isinstance(value, Share):
        return "–" if np.isnan(value.value) else f"{value.value:.3f} ({value.low:.3f}–{value.high:.3f})"
    return "–" if np.isnan(value) else f"{value:.3g}"


def _plot_delays(tallies: Mapping[str, Tally], path: Path) -> None:
    """How much of all episodes is reported within how many minutes."""
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    for name, tally in tallies.items():
        if tally.delays_s and tally.episodes:
            minutes = np.sort(np.array(tally.delays_s)) / 60
            axes.step(
                minutes, np.arange(1, len(minutes) + 1) / tally.episodes, where="post", label=NAMES.get(name, name)
            )
    axes.set(
        xscale="log", xlim=(0.5, 600), ylim=(0, 1), xlabel="minutes after the emptying", ylabel="episodes reported"
    )
    axes.grid(visible=True, alpha=0.3)
    axes.legend(fontsize=8)
    figure.savefig(path, dpi=120)


def _plot_trade(figures: Mapping[str, Figures], path: Path) -> None:
    """Recall over false alerts."""
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    for name, each in figures.items():
        axes.plot(
            max(each.false_alerts_per_camera_day.value, 0.01), each.recall.value, "o", label=NAMES.get(name, name)
        )
    axes.set(xscale="log", ylim=(0, 1), xlabel="false alerts a camera-day", ylabel="recall")
    axes.grid(visible=True, alpha=0.3)
    axes.legend(fontsize=8)
    figure.savefig(path, dpi=120)


def _plot_reliability(tallies: Mapping[str, Tally], path: Path) -> None:
    """Of the places that were called so sure to be out, how many were; areas of points grow with how often."""
    figure = Figure(figsize=(5, 5), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="grey", linewidth=1)
    for name, tally in tallies.items():
        points = tally.reliability.points()
        if points:
            told, out, times = map(np.array, zip(*points, strict=True))
            axes.plot(told, out, linewidth=0.8, alpha=0.6)
            axes.scatter(told, out, s=8 * np.log10(1 + times) ** 2, label=NAMES.get(name, name))
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), xlabel="chance of being out that was told", ylabel="were out")
    axes.grid(visible=True, alpha=0.3)
    axes.legend(fontsize=8)
    figure.savefig(path, dpi=120)


def seeds_of(text: str) -> Sequence[int]:
    """Seeds as ``1,2,3``. Raises ``ValueError``."""
    seeds = [int(part) for part in text.split(",") if part.strip()]
    if not seeds or len(set(seeds)) != len(seeds):
        raise ValueError("seeds are different whole numbers with commas between: 1,2,3")
    return seeds
