"""At most so many wrong alerts a shift: how likely an alert is to be wrong, and whether the shift has room for it.

How likely is read from what staff said of the place's alerts (a Beta posterior, of which a high quantile counts, so
that what is little known is not trusted), beginning at what they said of all the store's alerts that the eyes were as
sure of. Room: each alert adds to the chance that more of the shift's alerts are wrong than the budget says, and what
they added must stay below ``_RISK`` in sum. That sum bounds the chance whatever is answered meanwhile (between two
alerts the chance is a martingale). Alerts that were answered count as what they were, so one that comes after others
have proved right adds little.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
from scipy.special import betaincinv

from alerts.model import RaisedOnce, Said, SlotFold
from shelfstream.catalogue.hours import Interval

LOOKS_AGAIN = timedelta(minutes=10)

_RISK = 0.04
_QUANTILE = 0.85
_SURE_FROM = (0.9, 0.95, 0.98)
_FIRST_WRONG = (0.3, 0.24, 0.05, 0.03)
"""The share of wrong alerts by how sure the eyes were, before any answer: as measured (docs/events.md) or above."""
_FIRST_ANSWERS = 6.0
_PLACE_ANSWERS = 8.0
_FIRST_EXPECTED = 2.0
_FADES = 0.9
_HALF_LIFE = timedelta(days=14)
# As long as the longest shift: one a day, on the day on which clocks are put back.
_REMEMBERED = timedelta(hours=25)


@dataclass
class ShiftBook:
    """What a store's alerts were like, and those of the running shift; kept up slot by slot with ``replace``.

    ``most``: wrong alerts that the shift may have.
    """

    most: int
    shift: Interval
    _said: list[list[float]] = field(default_factory=lambda: [[0.0, 0.0] for _ in _FIRST_WRONG])
    _expected: float = 0.0
    _raised: dict[str, tuple[RaisedOnce, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, most: int, shift: Interval, folds: Iterable[SlotFold]) -> "ShiftBook":
        """The book of a store whose slots are these."""
        book = cls(most, shift)
        for fold in folds:
            book.replace(None, fold)
        return book

    def replace(self, before: SlotFold | None, after: SlotFold) -> None:
        """One slot is another than before."""
        if before is not None:
            self._count(before.said, -1.0)
        self._count(after.said, 1.0)
        raised = tuple(each for each in after.lately if each.at >= self.shift.starts_at)
        if raised:
            self._raised[after.slot] = raised
        else:
            self._raised.pop(after.slot, None)

    def waits(self, fold: SlotFold, at: datetime) -> datetime | None:
        """Until when an alert about a slot waits for the shift's budget; ``None``: there is room for it."""
        spent = sum(each.risk for raised in self._raised.values() for each in raised)
        if spent + self.risk(fold, at) <= _RISK:
            return None
        return min(at + LOOKS_AGAIN, self.shift.ends_at)

    def risk(self, fold: SlotFold, at: datetime) -> float:
        """What an alert about a slot would add to the chance that the shift has too many wrong ones."""
        chances = [_as_known(each) for raised in self._raised.values() for each in raised]
        before = chance_of_more(chances, self.most)
        return chance_of_more([*chances, self.chance_wrong(fold, at)], self.most) - before

    def chance_wrong(self, fold: SlotFold, at: datetime) -> float:
        """How likely an alert about a slot is to be wrong, on the safe side."""
        band = band_of(fold.chance)
        wrong, right = self._said[band]
        share = (_FIRST_WRONG[band] * _FIRST_ANSWERS + wrong) / (_FIRST_ANSWERS + wrong + right)
        faded = 1.0 if fold.said.at is None else 0.5 ** max(0.0, (at - fold.said.at) / _HALF_LIFE)
        wrong_here = _PLACE_ANSWERS * share + fold.said.wrong * faded
        right_here = _PLACE_ANSWERS * (1.0 - share) + fold.said.right * faded
        expected, wrong_all = self._expected, sum(each[0] for each in self._said)
        missed = (wrong_all + _FIRST_EXPECTED) / (expected + _FIRST_EXPECTED)
        return min(1.0, float(betaincinv(wrong_here, right_here, _QUANTILE)) * max(1.0, missed))

    def _count(self, said: Said, sign: float) -> None:
        self._expected = max(0.0, self._expected + sign * said.expected)
        for counted, (wrong, right) in zip(self._said, said.counts, strict=False):
            counted[0] = max(0.0, counted[0] + sign * wrong)
            counted[1] = max(0.0, counted[1] + sign * right)


def band_of(chance: float) -> int:
    """Which band of ``Said.counts`` a chance belongs to: the last is that of the surest."""
    return int(np.searchsorted(_SURE_FROM, chance, side="right"))


def chance_of_more(chances: Iterable[float], most: int) -> float:
    """The chance that more than ``most`` of independent events come about (Poisson binomial, by convolution)."""
    counts = np.zeros(most + 1)
    counts[0] = 1.0
    for chance in chances:
        moved = counts[:-1] * chance
        counts *= 1.0 - chance
        counts[1:] += moved
    return max(0.0, 1.0 - float(counts.sum()))


def with_raised(fold: SlotFold, alert_id: str, at: datetime, book: ShiftBook) -> SlotFold:
    """The slot with one more alert; those of before yesterday are forgotten."""
    kept = tuple(each for each in fold.lately if each.at > at - _REMEMBERED)
    chance_wrong, risk = book.chance_wrong(fold, at), book.risk(fold, at)
    raised = RaisedOnce(alert_id=alert_id, at=at, chance=fold.chance, chance_wrong=chance_wrong, risk=risk)
    return fold.model_copy(update={"lately": (*kept, raised)})


def with_verdict(fold: SlotFold, alert_id: str, at: datetime, *, wrong: bool) -> SlotFold:
    """The slot after staff said whether one of its alerts was right."""
    asked = next((each for each in fold.lately if each.alert_id == alert_id), None)
    if asked is None or asked.wrong is not None:
        return fold
    counts = [[0.0, 0.0] for _ in _FIRST_WRONG]
    for band, (was_wrong, was_right) in enumerate(fold.said.counts):
        counts[band] = [was_wrong * _FADES, was_right * _FADES]
    counts[band_of(asked.chance)][0 if wrong else 1] += 1.0
    lately = tuple(each.model_copy(update={"wrong": wrong}) if each is asked else each for each in fold.lately)
    expected = fold.said.expected * _FADES + asked.chance_wrong
    said = Said(counts=tuple((each[0], each[1]) for each in counts), expected=expected, at=at)
    return fold.model_copy(update={"lately": lately, "said": said})


def _as_known(raised: RaisedOnce) -> float:
    """How likely an alert of this shift was wrong, as far as is known now."""
    return raised.chance_wrong if raised.wrong is None else float(raised.wrong)
