"""The belief filter: a hidden state per slot, moved by time and by what is seen (a discrete Bayes filter).

The four hidden states are STOCKED, LOW, OUT and MISPLACED, in the order of ``HIDDEN``. Between two frames, belief leans
towards the long-run prior: a jump process that, at a constant rate, draws the state anew. What is seen multiplies it by
the sensor model's likelihoods. All slots of a bay move together, as rows of arrays; no row depends on the others.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from analytics.contract import Belief, SlotState
from analytics.observe import APPEARANCES, Appearance
from analytics.settings import BeliefSettings, Likelihoods, SensorSettings
from shelfstream.answers import AnswerKind

HIDDEN = (SlotState.STOCKED, SlotState.LOW, SlotState.OUT, SlotState.MISPLACED)
PLACE_OF = MappingProxyType({state: place for place, state in enumerate(HIDDEN)})

Floats = NDArray[np.float64]

_ANSWERED: Mapping[AnswerKind, frozenset[SlotState]] = MappingProxyType(
    {
        AnswerKind.REFILLED: frozenset({SlotState.STOCKED}),
        AnswerKind.NOT_EMPTY: frozenset({SlotState.STOCKED, SlotState.LOW}),
    }
)
"""What an answer says; kinds that are not here say nothing about the shelf."""


class BeliefFilter:
    """Moves chances (S, 4) of S slots. Each result is a distribution per row, whatever comes in."""

    def __init__(self, settings: BeliefSettings, sensor: SensorSettings) -> None:
        self._settings = settings
        long_run = settings.prior
        self._prior = np.array([long_run.stocked, long_run.low, long_run.out, long_run.misplaced])
        rows = (sensor.stocked, sensor.low, sensor.out, sensor.misplaced)
        # One row per appearance: how likely each hidden state makes it. A dark slot speaks for none.
        self._likelihoods = np.array([[_likelihood(row, seen) for row in rows] for seen in APPEARANCES])
        self._independent_after_s = np.array(
            [
                settings.blank_independent_after_s if seen is Appearance.BLANK else settings.independent_after_s
                for seen in APPEARANCES
            ]
        )
        self._speaks_for = tuple(HIDDEN[index] for index in self._likelihoods.argmax(axis=1).tolist())

    @property
    def prior(self) -> Belief:
        """What is believed of a slot that was never seen."""
        return belief_of(self._prior.tolist())

    def relaxed(self, chances: Floats, elapsed_s: Floats) -> Floats:
        """Chances after times (S,) without evidence; a time below zero counts as none."""
        kept = np.exp(-np.maximum(0.0, elapsed_s) / self._settings.memory_s)[:, None]
        return _normalised(kept * chances + (1 - kept) * self._prior, 0.0)

    def seen(self, chances: Floats, appearances: NDArray[np.intp], elapsed_s: Floats) -> Floats:
        """Chances after a look, ``elapsed_s`` (S,) after the one before: a look that follows fast weighs less.

        ``appearances`` (S,) are places in ``APPEARANCES``.
        """
        weight = np.minimum(1.0, np.abs(elapsed_s) / self._independent_after_s[appearances])
        return _normalised(chances * self._likelihoods[appearances] ** weight[:, None], self._settings.floor)

    def answered(self, belief: Belief, kind: AnswerKind) -> Belief | None:
        """Belief after a person's answer, ``None`` if the answer says nothing about the shelf."""
        said = _ANSWERED.get(kind)
        if said is None:
            return None
        weights = np.array([self._settings.answer_weight if state in said else 1.0 for state in HIDDEN])
        return belief_of(_normalised(chances_of([belief]) * weights, self._settings.floor)[0].tolist())

    def speaks_for(self, appearance: int) -> SlotState:
        """The state that an appearance, by its place in ``APPEARANCES``, speaks for most."""
        return self._speaks_for[appearance]


def says_something(kind: AnswerKind) -> bool:
    """Whether an answer of this kind says anything about the shelf."""
    return kind in _ANSWERED


def chances_of(beliefs: Sequence[Belief]) -> Floats:
    """Beliefs as chances (S, 4)."""
    rows = [(each.stocked, each.low, each.out, each.misplaced) for each in beliefs]
    return np.array(rows, dtype=np.float64).reshape(-1, len(HIDDEN))


def belief_of(chances: Sequence[float]) -> Belief:
    """One row of chances as a belief."""
    stocked, low, out, misplaced = chances
    return Belief(stocked=stocked, low=low, out=out, misplaced=misplaced)


def likeliest_of(belief: Belief) -> tuple[SlotState, float]:
    """The state believed most, and how much."""
    chances = chances_of([belief])[0].tolist()
    best = max(range(len(HIDDEN)), key=chances.__getitem__)
    return HIDDEN[best], chances[best]


def _likelihood(row: Likelihoods, seen: Appearance) -> float:
    if seen is Appearance.DARK:
        return 1.0
    return float(getattr(row, Appearance.BARE if seen is Appearance.BLANK else seen))


def _normalised(chances: Floats, floor: float) -> Floats:
    raised = np.maximum(floor, chances / chances.sum(axis=1, keepdims=True))
    return np.asarray(np.minimum(1.0, raised / raised.sum(axis=1, keepdims=True)), dtype=np.float64)
