"""One run: a simulated store over some days, its frames given to every system, and each scored."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from typing import Protocol

from benchmarks.events.difficulty import Difficulty
from benchmarks.events.facings_mode import SeenBay
from benchmarks.events.market import TIME, Market, Moment
from benchmarks.events.noise import Noise
from benchmarks.events.pixels_mode import SeenPixels
from benchmarks.events.plain_events import Episode, Opening, Place, Sure, Told, TruthRow
from benchmarks.events.score import Tally, score
from benchmarks.events.systems import system_of
from detector.contract import Facings

FIRST_DAY = datetime(2026, 3, 2, tzinfo=UTC)


@dataclass(frozen=True)
class Planned:
    """What to run: a seed's store, which of its weeks, for how many days."""

    seed: int
    week: int
    days: int

    @property
    def name(self) -> str:
        """Stands in the places of both files."""
        return f"s{self.seed}w{self.week}"


@dataclass(frozen=True)
class Ran:
    """What came of it: the truth, and of each system what it told and how that scores."""

    name: str
    truth: list[TruthRow]
    told: dict[str, list[Told | Sure]]
    tallies: dict[str, Tally] = field(default_factory=dict)


def run_facings(planned: Planned, difficulty: Difficulty, noise: Noise, systems: Sequence[str]) -> Ran:
    """Run in facings mode: what is seen is made from the truth and the measured errors."""
    market = _market(planned, difficulty)
    return _run(planned, market, {camera: SeenBay(market, camera, noise) for camera in market.cameras}, systems)


def run_pixels(planned: Planned, difficulty: Difficulty, systems: Sequence[str]) -> Ran:
    """Run one camera of the same store in pixels mode: pictures are rendered and the shipped detector looks at them."""
    market = _market(planned, difficulty)
    camera = market.cameras[0]
    return _run(planned, market, {camera: SeenPixels(market, camera)}, systems)


class _Eyes(Protocol):
    def see(self, moment: Moment, /) -> Facings: ...


def _market(planned: Planned, difficulty: Difficulty) -> Market:
    return Market(planned.seed * 1000 + planned.week, difficulty, FIRST_DAY, planned.days)


def _run(planned: Planned, market: Market, eyes: Mapping[str, _Eyes], systems: Sequence[str]) -> Ran:
    running = {name: system_of(name, market, planned.name) for name in systems}
    moments = enumerate(market.moments(tuple(eyes)))
    for at, together in groupby(moments, key=lambda each: each[1].at):
        for sequence, moment in together:
            facings = eyes[moment.camera].see(moment)
            for system in running.values():
                system.take(moment, sequence, facings)
        for system in running.values():
            system.pass_time(at)
    told = {name: system.told for name, system in running.items()}
    truth = list(truth_of(market, tuple(eyes), planned.name))
    return Ran(planned.name, truth, told, {system: score(truth, rows) for system, rows in told.items()})


def truth_of(market: Market, cameras: Sequence[str], run: str) -> Iterator[TruthRow]:
    """What the scorer has to know of a store."""
    for camera in cameras:
        for slot in market.slots_of(camera):
            yield Place(place=f"{run}/{slot.id}", camera=f"{run}/{camera}")
        for each in market.opening:
            yield Opening(camera=f"{run}/{camera}", begins=each.starts_at, ends=each.ends_at)
    start, stop = TIME.seconds_at(market.starts_at), TIME.seconds_at(market.ends_at)
    for camera in cameras:
        for slot in market.slots_of(camera):
            for outage in market.trading.outages(market.store.numbers[slot.id], start, stop):
                ended = TIME.wall_at(outage.ended_s) if outage.ended_s < stop else None
                yield Episode(place=f"{run}/{slot.id}", began_at=TIME.wall_at(outage.began_s), ended_at=ended)


def plan_of(seeds: Sequence[int], difficulty: Difficulty, camera_days_min: int, days: int = 7) -> list[Planned]:
    """Weeks of each seed's stores, as many as it takes."""
    weeks = -(-camera_days_min // (days * difficulty.bays * len(seeds)))
    return [Planned(seed, week, days) for week in range(weeks) for seed in seeds]


def tallied(runs: Sequence[Ran]) -> dict[str, Tally]:
    """The counts of each system over all runs."""
    total: dict[str, Tally] = {}
    for run in runs:
        for name, tally in run.tallies.items():
            total.setdefault(name, Tally()).add(tally)
    return total
