"""How what is there changes by itself: sales, refills, mistakes of staff, passers-by, as a chain in continuous time."""

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from scipy.linalg import expm

from analytics.believing.hidden import HIDINGS, Hidden, HiddenSpace, Reading
from analytics.believing.sensor import Floats, Sensor
from analytics.settings import ChangeSettings

_HOUR_S = 3600.0
_KEPT = 512
_NAMES_DRIFT = 0.5
_FINE_S, _COARSE = 600.0, 1.02


class Change:
    """Chances after a time without evidence, for slots of one space."""

    def __init__(self, space: HiddenSpace, settings: ChangeSettings, sensor: Sensor) -> None:
        self.space = space
        self._settings, self._sensor = settings, sensor
        self._row = {state: number for number, state in enumerate(space.states)}
        stock = self._stock_rates()
        hiding = self._hiding_rates()
        # Both chains run side by side: the generator is their Kronecker sum.
        self._rates = np.kron(stock, np.eye(len(HIDINGS))) + np.kron(np.eye(len(space.states)), hiding)
        self._stock = stock
        self._after = lru_cache(maxsize=_KEPT)(self._matrix)
        self._stock_after = lru_cache(maxsize=_KEPT)(self._stock_matrix)
        self.prior = self._long_run()

    def after(self, elapsed_s: float) -> Floats:
        """(size, size): rows are what was, columns what is ``elapsed_s`` later; less than nothing is nothing."""
        return self._after(_rounded(max(0.0, elapsed_s)))

    def stock_after(self, elapsed_s: float) -> Floats:
        """(states, states): the same of the states alone; who stands before them changes beside that."""
        return self._stock_after(_rounded(max(0.0, elapsed_s)))

    def _stock_matrix(self, elapsed_s: float) -> Floats:
        return np.asarray(np.maximum(0.0, expm(self._stock * (elapsed_s / _HOUR_S))), np.float64)

    def _matrix(self, elapsed_s: float) -> Floats:
        return np.asarray(np.maximum(0.0, expm(self._rates * (elapsed_s / _HOUR_S))), np.float64)

    def _long_run(self) -> Floats:
        """(size,): what is believed of a slot never seen. Nobody stands before it for long."""
        shares, levels, sensor = self._settings, self.space.levels, self._sensor
        found = np.full((len(self.space.states), len(HIDINGS)), 1e-6)

        def put(states: Mapping[Hidden, float], share: float) -> None:
            for state, chance in states.items():
                found[self._row[state], 0] += share * chance

        low = 1 - shares.stocked_share - shares.out_share - shares.misplaced_share
        put(sensor.readings(levels, levels), shares.stocked_share + (low if levels == 1 else 0.0))
        for standing in range(1, levels):
            put(sensor.readings(standing, levels), low / (levels - 1))
        put(sensor.empty(), shares.out_share)
        put(sensor.misplaced(), shares.misplaced_share)
        return np.asarray(found.ravel() / found.sum())

    def _stock_rates(self) -> Floats:
        rates = np.zeros((len(self.space.states),) * 2)
        for state, row in self._row.items():
            for target, rate in self._leaves(state):
                for onto, share in target.items():
                    if onto != state:
                        rates[row, self._row[onto]] += rate * share
        rates *= self._settings.pace
        return rates - np.diag(rates.sum(1))

    def _leaves(self, state: Hidden) -> list[tuple[dict[Hidden, float], float]]:
        """Where a state goes to by itself, and how often an hour."""
        change, sensor, levels = self._settings, self._sensor, self.space.levels
        if state.misplaced:
            full = sensor.readings(levels, levels)
            emptied = 0.3 * change.cleared_per_h
            return [(full, change.cleared_per_h), (sensor.empty(), emptied), (sensor.misplaced(), change.drifts_per_h)]
        if state.standing == 0:
            return [
                *((sensor.readings(left, levels), rate) for left, rate in self._refill_rates()),
                (sensor.misplaced(), change.mistakes_per_h),
                (sensor.empty(), change.drifts_per_h),
            ]
        leaves = [
            (sensor.misplaced(), change.swaps_per_h),
            *self._drifts(state),
            (self._sold(state), change.sells_last_per_h if state.standing == 1 else change.sells_per_h),
        ]
        if state.standing > 1:
            leaves.append((self._sold_many(state), change.sells_many_per_h))
        if state.standing < levels:
            leaves.append((self._refilled(state), change.refills_per_h))
        return leaves

    def _refill_rates(self) -> list[tuple[int, float]]:
        """To which level an empty place is refilled, and how often an hour: mostly full."""
        change, levels = self._settings, self.space.levels
        short = change.refills_short if levels > 1 else 0.0
        rates = [(levels, (1 - short) * change.refills_empty_per_h)]
        return rates + [(level, short * change.refills_empty_per_h / (levels - 1)) for level in range(1, levels)]

    def _drifts(self, state: Hidden) -> list[tuple[dict[Hidden, float], float]]:
        """By other light one facing is seen that was missed, or the other way round; a name seldom changes by that."""
        sensor, levels, rate = self._sensor, self.space.levels, self._settings.drifts_per_h
        standing, missed = state.standing, state.missed
        if state.reading is Reading.WRONG:
            return [(sensor.readings(standing, levels), _NAMES_DRIFT * rate)]
        if state.reading is Reading.FLICKERS:
            return [(sensor.readings(standing, levels), rate)]
        once = float(sensor.missed_of(1)[1])
        again = [(sensor.unseen(standing, missed, levels), rate)]
        if missed < standing:
            again.append((sensor.unseen(standing, missed + 1, levels), rate * (standing - missed) * once))
        if missed > 0:
            again.append((sensor.unseen(standing, missed - 1, levels), rate * missed * (1 - once)))
        doubtful = sensor.readings(standing, levels)
        for reading, share in ((Reading.FLICKERS, 1.0), (Reading.WRONG, _NAMES_DRIFT)):
            onto = Hidden(standing, standing if reading is Reading.FLICKERS else 0, reading)
            again.append(({onto: doubtful[onto]}, rate * share))
        return again

    def _sold(self, state: Hidden) -> dict[Hidden, float]:
        """One level fewer. What was seen is still seen: the one that went was any of them."""
        left = state.standing - 1
        if left == 0:
            return self._sensor.empty()
        if state.reading in (Reading.WRONG, Reading.FLICKERS):
            return self._left(state, left)
        found: dict[Hidden, float] = {}
        unseen = state.missed / state.standing
        for missed, share in ((state.missed - 1, unseen), (state.missed, 1 - unseen)):
            if share > 0:
                for onto, part in self._sensor.unseen(left, missed, self.space.levels).items():
                    found[onto] = found.get(onto, 0.0) + share * part
        return found

    def _sold_many(self, state: Hidden) -> dict[Hidden, float]:
        """Two levels or more fewer, to any that is left alike; what is left is seen as well as it was."""
        found: dict[Hidden, float] = {}
        share = 1 / (state.standing - 1)
        for left in range(state.standing - 1):
            onto = self._sensor.empty() if left == 0 else self._left(state, left)
            for target, part in onto.items():
                found[target] = found.get(target, 0.0) + share * part
        return found

    def _left(self, state: Hidden, left: int) -> dict[Hidden, float]:
        if state.reading is Reading.WRONG:
            return {Hidden(left, 0, Reading.WRONG): 1.0}
        if state.reading is Reading.FLICKERS:
            return {Hidden(left, left, Reading.FLICKERS): 1.0}
        return self._sensor.unseen(left, min(state.missed, left), self.space.levels)

    def _refilled(self, state: Hidden) -> dict[Hidden, float]:
        """Full again. What was missed stays missed; new facings are missed as often as any."""
        levels = self.space.levels
        if state.reading is Reading.WRONG:
            return {Hidden(levels, 0, Reading.WRONG): 1.0}
        if state.reading is Reading.FLICKERS:
            return {Hidden(levels, levels, Reading.FLICKERS): 1.0}
        found: dict[Hidden, float] = {}
        for more, chance in enumerate(self._sensor.missed_of(levels - state.standing)):
            for onto, part in self._sensor.unseen(levels, state.missed + more, levels).items():
                found[onto] = found.get(onto, 0.0) + float(chance) * part
        return found

    def _hiding_rates(self) -> Floats:
        change = self._settings
        rates = np.array(
            [
                [0.0, change.passers_per_h, change.parked_per_h],
                [_HOUR_S / change.passer_stays_s, 0.0, 0.0],
                [_HOUR_S / change.parked_stays_s, 0.0, 0.0],
            ]
        )
        return rates - np.diag(rates.sum(1))


def _rounded(elapsed_s: float) -> float:
    """To the second, later to two parts in a hundred: so that few times have to be worked out."""
    if elapsed_s < _FINE_S:
        return float(round(elapsed_s, 1))
    steps = round(np.log(elapsed_s / _FINE_S) / np.log(_COARSE))
    return float(_FINE_S * _COARSE**steps)
