"""What can be the case in a slot and how a camera's eyes read it: the hidden states that belief is spread over.

A slot holds so many of its planned facings, none, or another product. Eyes err in ways that last: a pack that is missed
once is missed in the next frame, too. So part of the state is the *reading*: which of the facings are missed for as
long as they stand there, whether an empty place is seen as a gap, bare, or with a facing that is not there. And
somebody may stand before it whom nobody noticed.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

LEVELS_MOST = 4
"""Of more facings than these a slot's fill is told in so many steps."""

Ints = NDArray[np.intp]


class Reading(StrEnum):
    """How what is there is seen, for as long as it stays."""

    COUNTED = "counted"
    """The facings, but for those that are missed."""
    BARE = "bare"
    BLANK = "blank"
    """Bare, beside others that are: as when somebody stands before all of them, but for longer."""
    GAP = "gap"
    FLICKERS = "flickers"
    """Now seen, now not."""
    WRONG = "wrong"
    """As another product."""
    GHOST = "ghost"
    """As if one facing stood there."""


class Hiding(StrEnum):
    """Whether something stands before a slot that was not noticed as such."""

    NOTHING = "nothing"
    PASSING = "passing"
    PARKED = "parked"


HIDINGS = tuple(Hiding)


@dataclass(frozen=True, slots=True)
class Hidden:
    """One state: ``standing`` levels of the planned product (0: none), ``missed`` of them unseen, how it is read."""

    standing: int
    missed: int
    reading: Reading
    misplaced: bool = False


@dataclass(frozen=True)
class HiddenSpace:
    """All states of slots with so many levels. Chances are arrays over states × ``HIDINGS``, states first."""

    levels: int
    states: tuple[Hidden, ...]

    @property
    def size(self) -> int:
        """Length of an array of chances."""
        return len(self.states) * len(HIDINGS)

    @property
    def stocks(self) -> int:
        """How many different stocks there are: 0 … levels, then another product."""
        return self.levels + 2

    @cached_property
    def stock(self) -> Ints:
        """(size,): the stock of each entry."""
        found = [self.levels + 1 if state.misplaced else state.standing for state in self.states]
        return np.repeat(np.array(found, np.intp), len(HIDINGS))

    @cached_property
    def gone(self) -> Ints:
        """The places of the states without the planned product, empty or misplaced."""
        return np.array([place for place, state in enumerate(self.states) if state.misplaced or state.standing == 0])

    @cached_property
    def by_stock(self) -> NDArray[np.float64]:
        """(size, stocks): ones where an entry has a stock; chances times it are chances of stocks."""
        return np.equal.outer(self.stock, np.arange(self.stocks)).astype(np.float64)


@lru_cache(maxsize=1024)
def levels_of(planned: int) -> int:
    """In how many levels a slot with so many planned facings is told."""
    return max(1, min(planned, LEVELS_MOST))


@lru_cache(maxsize=4096)
def level_of(standing: float, planned: int) -> int:
    """The level that so many facings come to, at least 1."""
    levels = levels_of(planned)
    return int(min(levels, max(1, round(standing * levels / max(1, planned)))))


@lru_cache(maxsize=LEVELS_MOST)
def space_of(levels: int) -> HiddenSpace:
    """The states of slots with so many levels."""
    states: list[Hidden] = []
    for standing in range(1, levels + 1):
        states += [Hidden(standing, missed, Reading.COUNTED) for missed in range(standing)]
        unseen = (Reading.BARE, Reading.BLANK, Reading.GAP, Reading.FLICKERS)
        states += [Hidden(standing, standing, reading) for reading in unseen]
        states.append(Hidden(standing, 0, Reading.WRONG))
    empty = (Reading.GAP, Reading.BARE, Reading.BLANK, Reading.GHOST, Reading.FLICKERS)
    states += [Hidden(0, 0, reading) for reading in empty]
    other = (Reading.WRONG, Reading.COUNTED, Reading.BARE, Reading.BLANK)
    states += [Hidden(0, 0, reading, misplaced=True) for reading in other]
    return HiddenSpace(levels, tuple(states))
