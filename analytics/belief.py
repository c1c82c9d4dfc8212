"""The belief filter: a hidden state per slot, moved by time and by what is seen (a discrete Bayes filter).

The four hidden states are STOCKED, LOW, OUT and MISPLACED, in the order of ``HIDDEN``. Between two looks, belief leans
towards the long-run prior: a jump process that, at a constant rate, draws the state anew. A look multiplies it by
the sensor model's likelihoods. Plain floats, one slot at a time, so that a slot's result never depends on others.
"""

import math
from collections.abc import Mapping
from types import MappingProxyType

from analytics.contract import Belief, SlotState
from analytics.observe import Look
from analytics.settings import BeliefSettings, Likelihoods, PriorSettings, SensorSettings
from shelfstream.answers import AnswerKind

HIDDEN = (SlotState.STOCKED, SlotState.LOW, SlotState.OUT, SlotState.MISPLACED)

_ANSWERED: Mapping[AnswerKind, frozenset[SlotState]] = MappingProxyType(
    {
        AnswerKind.REFILLED: frozenset({SlotState.STOCKED}),
        AnswerKind.NOT_EMPTY: frozenset({SlotState.STOCKED, SlotState.LOW}),
    }
)
"""What an answer says; kinds that are not here say nothing about the shelf."""


def prior(settings: PriorSettings) -> Belief:
    """What is believed of a slot that was never seen."""
    return Belief(stocked=settings.stocked, low=settings.low, out=settings.out, misplaced=settings.misplaced)


def relaxed(belief: Belief, elapsed_s: float, settings: BeliefSettings) -> Belief:
    """Belief after a time without evidence; a time below zero counts as none."""
    kept = math.exp(-max(0.0, elapsed_s) / settings.memory_s)
    towards = _chances(prior(settings.prior))
    return _normalised([kept * p + (1 - kept) * q for p, q in zip(_chances(belief), towards, strict=True)], 0.0)


def seen(belief: Belief, look: Look, elapsed_s: float, sensor: SensorSettings, settings: BeliefSettings) -> Belief:
    """Belief after a look, ``elapsed_s`` after the one before: a look that follows fast weighs less."""
    apart_s = settings.blank_independent_after_s if look is Look.BLANK else settings.independent_after_s
    weight = min(1.0, abs(elapsed_s) / apart_s)
    likely = (_likelihood(row, look) for row in (sensor.stocked, sensor.low, sensor.out, sensor.misplaced))
    chances = [p * likelihood**weight for p, likelihood in zip(_chances(belief), likely, strict=True)]
    return _normalised(chances, settings.floor)


def answered(belief: Belief, kind: AnswerKind, settings: BeliefSettings) -> Belief | None:
    """Belief after a person's answer, ``None`` if the answer says nothing about the shelf."""
    said = _ANSWERED.get(kind)
    if said is None:
        return None
    weighed = [
        p * (settings.answer_weight if state in said else 1.0)
        for p, state in zip(_chances(belief), HIDDEN, strict=True)
    ]
    return _normalised(weighed, settings.floor)


def says_something(kind: AnswerKind) -> bool:
    """Whether an answer of this kind says anything about the shelf."""
    return kind in _ANSWERED


def chance_of(belief: Belief, state: SlotState) -> float:
    """How much one hidden state is believed."""
    return _chances(belief)[HIDDEN.index(state)]


def likeliest(belief: Belief) -> tuple[SlotState, float]:
    """The state believed most, and how much."""
    chances = _chances(belief)
    best = max(range(len(HIDDEN)), key=chances.__getitem__)
    return HIDDEN[best], chances[best]


def spoken_for(look: Look, sensor: SensorSettings) -> SlotState:
    """The state that a look speaks for most."""
    rows = (sensor.stocked, sensor.low, sensor.out, sensor.misplaced)
    return max(zip(HIDDEN, rows, strict=True), key=lambda pair: _likelihood(pair[1], look))[0]


def _likelihood(row: Likelihoods, look: Look) -> float:
    return float(getattr(row, Look.BARE if look is Look.BLANK else look))


def _chances(belief: Belief) -> tuple[float, float, float, float]:
    return belief.stocked, belief.low, belief.out, belief.misplaced


def _normalised(chances: list[float], floor: float) -> Belief:
    total = sum(chances)
    raised = [max(floor, chance / total) for chance in chances]
    total = sum(raised)
    stocked, low, out, misplaced = (min(1.0, chance / total) for chance in raised)
    return Belief(stocked=stocked, low=low, out=out, misplaced=misplaced)
