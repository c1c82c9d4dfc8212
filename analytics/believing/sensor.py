"""The sensor model: how often eyes read what is there in which way, and what a reading looks like in one frame."""

from collections.abc import Mapping
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, gammaln

from analytics.believing.hidden import HIDINGS, LEVELS_MOST, Hidden, HiddenSpace, Reading
from analytics.settings import SensorSettings

Floats = NDArray[np.float64]


class SeenAs(IntEnum):
    """What one frame shows of a slot: facings, told in levels, or why there are none."""

    ONE = 0
    TWO = 1
    THREE = 2
    FOUR = 3
    GAP = 4
    """A gap over all of it."""
    PART_GAP = 5
    BARE = 6
    BLANK = 7
    """Bare, and so is a slot that touches it."""
    WRONG = 8


LOOKS = len(SeenAs)
_UNSEEN: Mapping[Reading, Mapping[SeenAs, float]] = {
    Reading.BARE: {SeenAs.BARE: 0.75, SeenAs.BLANK: 0.12, SeenAs.ONE: 0.04, SeenAs.GAP: 0.03, SeenAs.PART_GAP: 0.03},
    Reading.BLANK: {SeenAs.BARE: 0.12, SeenAs.BLANK: 0.75, SeenAs.ONE: 0.04, SeenAs.GAP: 0.03, SeenAs.PART_GAP: 0.03},
    Reading.FLICKERS: {SeenAs.ONE: 0.5, SeenAs.BARE: 0.3, SeenAs.BLANK: 0.06, SeenAs.GAP: 0.05, SeenAs.PART_GAP: 0.05},
    Reading.WRONG: {SeenAs.WRONG: 0.9, SeenAs.ONE: 0.02, SeenAs.TWO: 0.02, SeenAs.THREE: 0.02, SeenAs.FOUR: 0.02},
}
_GAP = {SeenAs.BARE: 0.06, SeenAs.BLANK: 0.015, SeenAs.ONE: 0.02}
_HIDDEN = {
    SeenAs.BLANK: 0.5,
    SeenAs.BARE: 0.35,
    SeenAs.ONE: 0.02,
    SeenAs.TWO: 0.02,
    SeenAs.THREE: 0.02,
    SeenAs.FOUR: 0.02,
}
_SAME, _NEXT = 0.9, 0.04
"""A count is told right so often, and one more or less so often each."""
_BLANK = 0.14
"""How often a place in which nothing is seen is beside another one."""
_RARE = 0.002
"""What a reading hardly ever looks like."""


class Sensor:
    """By the measured errors of a detector."""

    def __init__(self, settings: SensorSettings) -> None:
        self._settings = settings

    def readings(self, standing: int, levels: int) -> dict[Hidden, float]:
        """How so many standing facings are read: each state that this can be, with its chance.

        Whether neighbours are missed goes together: a beta-binomial distribution.
        """
        sensor = self._settings
        found: dict[Hidden, float] = {}
        known = 1 - sensor.misnamed - sensor.flickering
        for missed, chance in enumerate(self.missed_of(standing)):
            for state, share in self.unseen(standing, missed, levels).items():
                found[state] = known * chance * share
        found[Hidden(standing, standing, Reading.FLICKERS)] = sensor.flickering
        found[Hidden(standing, 0, Reading.WRONG)] = sensor.misnamed
        return found

    def unseen(self, standing: int, missed: int, levels: int) -> dict[Hidden, float]:
        """Of facings of which so many are missed: how that reads. Empty places beside them may show as a gap."""
        if missed < standing:
            return {Hidden(standing, missed, Reading.COUNTED): 1.0}
        gap = self._settings.false_gap if standing == levels else self._settings.gap_seen
        return {
            Hidden(standing, missed, Reading.GAP): gap,
            Hidden(standing, missed, Reading.BARE): (1 - gap) * (1 - _BLANK),
            Hidden(standing, missed, Reading.BLANK): (1 - gap) * _BLANK,
        }

    def empty(self) -> dict[Hidden, float]:
        """How an empty place is read."""
        sensor = self._settings
        true = 1 - sensor.ghosts - sensor.flickering
        return {
            Hidden(0, 0, Reading.GAP): true * sensor.gap_seen,
            Hidden(0, 0, Reading.BARE): true * (1 - sensor.gap_seen) * (1 - _BLANK),
            Hidden(0, 0, Reading.BLANK): true * (1 - sensor.gap_seen) * _BLANK,
            Hidden(0, 0, Reading.GHOST): sensor.ghosts,
            Hidden(0, 0, Reading.FLICKERS): sensor.flickering,
        }

    def misplaced(self) -> dict[Hidden, float]:
        """How another product in its place is read."""
        noticed, missed = self._settings.wrong_noticed, float(self.missed_of(1)[1])
        return {
            Hidden(0, 0, Reading.WRONG, misplaced=True): noticed * (1 - missed),
            Hidden(0, 0, Reading.COUNTED, misplaced=True): (1 - noticed) * (1 - missed),
            Hidden(0, 0, Reading.BARE, misplaced=True): missed * (1 - _BLANK),
            Hidden(0, 0, Reading.BLANK, misplaced=True): missed * _BLANK,
        }

    def missed_of(self, facings: int) -> Floats:
        """(facings + 1,): how likely it is that 0, 1, … of so many are missed."""
        rate, together = self._settings.missed, self._settings.missed_together
        scale = 1 / together - 1
        return _beta_binomial(facings, rate * scale, (1 - rate) * scale)

    def likelihoods(self, space: HiddenSpace) -> Floats:
        """(size, looks): how often each state looks like what in one frame."""
        seen = np.array([_normal(_seen_as(state, space.levels)) for state in space.states])
        hidden = np.tile(_normal({**dict.fromkeys(SeenAs, 0.01), **_HIDDEN}), (len(space.states), 1))
        rows = np.stack([seen] + [hidden] * (len(HIDINGS) - 1), axis=1)
        return rows.reshape(space.size, LOOKS)


def _seen_as(state: Hidden, levels: int) -> dict[SeenAs, float]:
    looks = dict.fromkeys(SeenAs, _RARE)
    looks[SeenAs.WRONG] = 2 * _RARE
    counted = state.reading is Reading.COUNTED
    if counted or state.reading is Reading.GHOST:
        seen = levels if state.misplaced else 1 if state.reading is Reading.GHOST else state.standing - state.missed
        looks |= {SeenAs(level - 1): _count_share(level, seen) for level in range(1, levels + 1)}
    elif state.reading is Reading.GAP:
        whole = state.standing in (0, levels)
        looks |= {**_GAP, SeenAs.GAP: 0.8 if whole else 0.06, SeenAs.PART_GAP: 0.08 if whole else 0.82}
    else:
        looks |= _UNSEEN[state.reading]
    for level in range(levels + 1, LEVELS_MOST + 1):
        looks[SeenAs(level - 1)] = 1e-9
    return looks


def _count_share(level: int, seen: int) -> float:
    return {0: _SAME, 1: _NEXT}.get(abs(level - seen), 0.01)


def _normal(looks: Mapping[SeenAs, float]) -> Floats:
    row = np.array([looks[look] for look in SeenAs])
    return np.asarray(row / row.sum())


def _beta_binomial(count: int, first: float, second: float) -> Floats:
    hits = np.arange(count + 1)
    ways = gammaln(count + 1) - gammaln(hits + 1) - gammaln(count - hits + 1)
    return np.asarray(np.exp(ways + betaln(hits + first, count - hits + second) - betaln(first, second)))
