"""The belief filter: a hidden state per slot and camera, moved by time and by what is seen (a discrete Bayes filter).

Belief of a slot is spread over the hidden states of ``hidden``: what is there, and how a camera reads it. What one
camera shows moves what is believed to be there, and so what is expected of the others: given what is there, their
readings do not depend on each other. A reading lasts as long as what is read, so a look that says again what the one
before said tells next to nothing new: frames in a row add up to no certainty that one look could not have given.

Slots of a bay move together, as rows of arrays; no row depends on the others.
"""

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType

import numpy as np

from analytics.believing.arrivals import (
    LITTLE,
    Chances,
    arrivals_after,
    arrived_between,
    by_state,
    nothing_missing,
)
from analytics.believing.change import Change
from analytics.believing.hidden import LEVELS_MOST, HiddenSpace, level_of, levels_of, space_of
from analytics.believing.sensor import Floats, SeenAs, Sensor
from analytics.contract import AVAILABLE, Arrivals, Belief, SlotState
from analytics.settings import BeliefSettings, SensorSettings
from shelfstream.answers import AnswerKind

HIDDEN = (SlotState.STOCKED, SlotState.LOW, SlotState.OUT, SlotState.MISPLACED)
PLACE_OF = MappingProxyType({state: place for place, state in enumerate(HIDDEN)})
NOBODY = ""
"""In minds: what is believed of a slot of which people spoke before any camera saw it."""

_ANSWERED: Mapping[AnswerKind, frozenset[SlotState]] = MappingProxyType(
    {
        AnswerKind.REFILLED: frozenset({SlotState.STOCKED}),
        AnswerKind.NOT_EMPTY: frozenset({SlotState.STOCKED, SlotState.LOW}),
    }
)
"""What an answer says; kinds that are not here say nothing about the shelf."""

Minds = Mapping[str, str]
"""By camera, chances over a slot's hidden states (float32, base64). The newest stands last: it knows all that was."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What the filter has to know of a slot: planned facings, and how many must be there for it to be presentable."""

    planned: int
    need: int

    @property
    def levels(self) -> int:
        return levels_of(self.planned)

    @property
    def need_level(self) -> int:
        """The level below which the slot is LOW."""
        return level_of(self.need, self.planned)


@dataclass(frozen=True, slots=True)
class Fill:
    """The share of the planned facings that is there: on average, and between which two it lies as likely as onsets."""

    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class TakenLook:
    """One look of a slot: by which camera, when, how long after the newest look of any camera, and what it showed.

    ``missing``: how likely it makes that the product is not there.
    """

    camera: str
    at: datetime
    elapsed_s: float
    seen_as: SeenAs
    missing: float


class BeliefFilter:
    """Moves minds of slots. Each result is a distribution, whatever comes in."""

    def __init__(self, settings: BeliefSettings, sensor: SensorSettings) -> None:
        self._settings = settings
        model = Sensor(sensor)
        spaces = [space_of(levels) for levels in range(1, LEVELS_MOST + 1)]
        self._change = {space.levels: Change(space, settings.change, model) for space in spaces}
        self._likelihoods = {space.levels: model.likelihoods(space) for space in spaces}

    def prior(self, slot: Watched) -> Belief:
        """What is believed of a slot that was never seen."""
        return self._belief(self._change[slot.levels].prior, slot)

    def seen(
        self,
        minds: Sequence[Minds],
        slots: Sequence[Watched],
        camera: str,
        looks: Sequence[SeenAs],
        elapsed_s: Sequence[tuple[float, float]],
    ) -> list[tuple[dict[str, str], Belief]]:
        """Minds after a look of one camera, and what they believe of the stock.

        ``elapsed_s``: since the newest look of any camera, and since the newest of this one.
        """
        moved: list[tuple[dict[str, str], Belief]] = [({}, self.prior(slot)) for slot in slots]
        for levels, rows in _groups([slot.levels for slot in slots]):
            before = [self._before(minds[row], levels, camera, elapsed_s[row]) for row in rows]
            weights = np.array([self._weight(elapsed_s[row][1]) for row in rows])
            likely = self._likelihoods[levels][:, [looks[row] for row in rows]].T
            after = _kept(np.array(before) * likely ** weights[:, None], self._settings.floor)
            for row, chances in zip(rows, after, strict=True):
                newest = {name: mind for name, mind in minds[row].items() if name not in (camera, NOBODY)}
                moved[row] = ({**newest, camera: packed(chances)}, self._belief(chances, slots[row]))
        return moved

    def answered(self, minds: Minds, slot: Watched, kind: AnswerKind) -> tuple[dict[str, str], Belief] | None:
        """Minds after a person's answer, ``None`` if the answer says nothing about the shelf.

        That the place looked empty and is not is remembered: its camera reads it so, for as long as it stays.
        """
        said = _ANSWERED.get(kind)
        if said is None:
            return None
        space = space_of(slot.levels)
        states = [_state_of(stock, space, slot.need_level) for stock in range(space.stocks)]
        weights = np.array([self._settings.answer_weight if state in said else 1.0 for state in states])
        name, chances = self._newest(minds, slot.levels)
        after = _kept((chances * weights[space.stock])[None], self._settings.floor)[0]
        return {**{other: mind for other, mind in minds.items() if other != name}, name: packed(after)}, self._belief(
            after, slot
        )

    def arrivals(self, arrivals: Arrivals, minds: tuple[Minds, Minds], slot: Watched, look: TakenLook) -> Arrivals:
        """Since when the product may be missing, after a look that moved ``minds`` from the first to the second."""
        if look.seen_as <= SeenAs.FOUR and look.missing < LITTLE:
            return nothing_missing(look.at)
        space = space_of(slot.levels)
        after = by_state(self._newest(minds[1], slot.levels)[1])
        name, newest = self._newest(minds[0], slot.levels)
        later = self._change[slot.levels].stock_after(look.elapsed_s)
        before = by_state(newest)
        moved = Chances(before, before @ later, after, later)
        return arrivals_after(arrivals, space, moved, look.at, same_camera=name == look.camera)

    def went_missing(self, arrivals: Arrivals, minds: Minds, slot: Watched) -> tuple[datetime, datetime] | None:
        """Between which moments the product went missing, at ``interval_level``; ``None`` where nobody knows."""
        after = by_state(self._newest(minds, slot.levels)[1])
        return arrived_between(arrivals, space_of(slot.levels), after, self._settings.interval_level)

    def speaks_for(self, look: SeenAs, slot: Watched) -> SlotState:
        """The state that a look speaks for most."""
        if look is SeenAs.WRONG:
            return SlotState.MISPLACED
        if look > SeenAs.FOUR:
            return SlotState.OUT
        return SlotState.STOCKED if look + 1 >= slot.need_level else SlotState.LOW

    def fill(self, minds: Minds, slot: Watched) -> Fill | None:
        """How full the slot is believed to be; ``None`` where nothing was seen."""
        if not minds:
            return None
        *levels, misplaced = (self._newest(minds, slot.levels)[1] @ space_of(slot.levels).by_stock).tolist()
        levels[0] += misplaced
        tail = (1 - self._settings.interval_level) / 2
        heaped, low, high, mean = 0.0, 0, slot.levels, 0.0
        for level, chance in enumerate(levels):
            low = level if heaped < tail else low
            high = level if heaped < 1 - tail else high
            heaped += chance
            mean += level * chance
        return Fill(mean / heaped / slot.levels, low / slot.levels, high / slot.levels)

    def _before(self, minds: Minds, levels: int, camera: str, elapsed_s: tuple[float, float]) -> Floats:
        """Chances just before a camera's look: what is there by all cameras, how this one reads it by its own."""
        change = self._change[levels]
        name, newest = self._newest(minds, levels)
        now = newest @ change.after(elapsed_s[0]) if name else newest
        if name == camera:
            return np.asarray(now)
        own = unpacked(minds[camera], change.prior) @ change.after(elapsed_s[1]) if camera in minds else change.prior
        by_stock = change.space.by_stock
        share = (now @ by_stock) / np.maximum(own @ by_stock, 1e-12)
        return np.asarray(own * share[change.space.stock])

    def _newest(self, minds: Minds, levels: int) -> tuple[str, Floats]:
        if not minds:
            return NOBODY, self._change[levels].prior
        name = next(reversed(list(minds)))
        return name, unpacked(minds[name], self._change[levels].prior)

    def _weight(self, elapsed_s: float) -> float:
        """A look that follows fast shows the same noise again."""
        return min(1.0, abs(elapsed_s) / self._settings.independent_after_s)

    def _belief(self, chances: Floats, slot: Watched) -> Belief:
        summed = np.minimum(1.0, chances @ _summary(slot.levels, slot.need_level))
        stocked, low, out, misplaced = summed.tolist()
        return Belief(stocked=stocked, low=low, out=out, misplaced=misplaced)


def says_something(kind: AnswerKind) -> bool:
    """Whether an answer of this kind says anything about the shelf."""
    return kind in _ANSWERED


def chances_of(belief: Belief) -> list[float]:
    """A belief as chances, in the order of ``HIDDEN``."""
    return [belief.stocked, belief.low, belief.out, belief.misplaced]


def verdict_of(belief: Belief, state: SlotState) -> tuple[SlotState, float]:
    """What is to be said instead of ``state``, and how sure that is.

    Whether a product is there to be bought is decided first, then which of its states: that it is there may be sure
    while nobody can tell full from low.
    """
    chances = dict(zip(HIDDEN, chances_of(belief), strict=True))
    available = sum(chances[each] for each in AVAILABLE)
    is_there = available >= 0.5
    group, whole = [each for each in HIDDEN if (each in AVAILABLE) is is_there], max(available, 1 - available)
    best = max(group, key=chances.__getitem__)
    settled = state is not SlotState.UNKNOWN and (state in AVAILABLE) is is_there
    return best, min(1.0, chances[best] / whole if settled else whole)


@lru_cache(maxsize=64)
def _summary(levels: int, need_level: int) -> Floats:
    """(size, 4): chances times it are those of ``HIDDEN``."""
    space = space_of(levels)
    found = np.zeros((space.stocks, len(HIDDEN)))
    for stock in range(space.stocks):
        found[stock, PLACE_OF[_state_of(stock, space, need_level)]] = 1.0
    return np.asarray(found[space.stock])


def _state_of(stock: int, space: HiddenSpace, need_level: int) -> SlotState:
    if stock > space.levels:
        return SlotState.MISPLACED
    if stock == 0:
        return SlotState.OUT
    return SlotState.STOCKED if stock >= need_level else SlotState.LOW


def packed(chances: Floats) -> str:
    """Chances as a level carries them."""
    return base64.b64encode(chances.astype("<f4").tobytes()).decode()


def unpacked(mind: str, otherwise: Floats) -> Floats:
    """The chances again; ``otherwise`` for those of another plan's number of levels, or damaged ones."""
    chances = _decoded(mind)
    return otherwise if chances is None or len(chances) != len(otherwise) else chances


@lru_cache(maxsize=8192)
def _decoded(mind: str) -> Floats | None:
    """A mind is read some times between two looks; it is not to be written to."""
    try:
        raw = np.frombuffer(base64.b64decode(mind), "<f4").astype(np.float64)
    except ValueError:
        return None
    if not len(raw) or not np.isfinite(raw).all() or raw.min() < 0 or raw.sum() <= 0:
        return None
    raw /= raw.sum()
    raw.setflags(write=False)
    return raw


def _kept(chances: Floats, floor: float) -> Floats:
    """Rows that sum to one, rounded as levels carry them, so that who restores one goes on with the same."""
    shares = np.maximum(floor, chances / chances.sum(axis=1, keepdims=True)).astype("<f4").astype(np.float64)
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def _groups(levels: Sequence[int]) -> Iterator[tuple[int, list[int]]]:
    for each in sorted(set(levels)):
        yield each, [row for row, own in enumerate(levels) if own == each]
