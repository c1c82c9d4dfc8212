"""When a product went missing: intervals that hold the truth as often as they say."""

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from analytics.believing.belief import BeliefFilter, TakenLook, Watched
from analytics.believing.change import Change
from analytics.believing.hidden import space_of
from analytics.believing.sensor import SeenAs, Sensor
from analytics.contract import Arrivals
from analytics.settings import BeliefSettings, ChangeSettings, SensorSettings
from tests.unit.analytics.analytics_shelf import CAMERA, START

SETTINGS, SENSOR = BeliefSettings(), SensorSettings()
MINUTE_S = 60.0
_SEEN_FULL = 0
"""The first hidden state: one facing, counted, nobody before it."""


class Followed:
    """One slot of one facing as the filter follows it, a look a minute."""

    def __init__(self, settings: BeliefSettings = SETTINGS) -> None:
        self.filter = BeliefFilter(settings, SENSOR)
        self.slot = Watched(1, 1)
        self.minds: dict[str, str] = {}
        self.arrivals: Arrivals = Arrivals()
        self.minutes = 0
        self.out = 0.0

    def look(self, look: SeenAs, camera: str = CAMERA) -> None:
        ((minds, belief),) = self.filter.seen([self.minds], [self.slot], camera, [look], [(MINUTE_S, MINUTE_S)])
        self.out = belief.out + belief.misplaced
        looked = TakenLook(camera, START + timedelta(minutes=self.minutes), MINUTE_S, look, self.out)
        self.arrivals = self.filter.arrivals(self.arrivals, (self.minds, minds), self.slot, looked)
        self.minds = minds
        self.minutes += 1

    def between(self) -> tuple[float, float]:
        """In minutes of looks."""
        found = self.filter.went_missing(self.arrivals, self.minds, self.slot)
        assert found is not None
        earliest, latest = ((moment - START) / timedelta(minutes=1) for moment in found)
        return earliest, latest


@given(looks=st.lists(st.sampled_from([SeenAs.ONE, SeenAs.GAP, SeenAs.BARE, SeenAs.WRONG]), min_size=1, max_size=30))
def test_the_interval_is_in_order_and_lies_within_what_was_seen(looks: Sequence[SeenAs]) -> None:
    """Whatever is seen by two cameras in turn; and what is remembered stays small."""
    followed = Followed()
    for number, look in enumerate(looks):
        followed.look(look, f"c{number % 2}")
        earliest, latest = followed.between()
        assert 0 <= earliest <= latest <= number
        assert len(followed.arrivals.at) <= 8


def test_a_gap_after_full_looks_began_between_two_of_them() -> None:
    """Seen full at the tenth minute and as a gap from the eleventh on: it went in between."""
    followed = Followed()
    for look in [SeenAs.ONE] * 11 + [SeenAs.GAP] * 3:
        followed.look(look)
    assert followed.out > SETTINGS.decide_at
    assert followed.between() == (10, 11)


def test_a_gap_that_was_taken_for_full_once_began_where_it_showed_first() -> None:
    """Gap, full, gap, gap: one look that errs does not move the beginning behind it."""
    followed = Followed()
    for look in [SeenAs.ONE] * 11 + [SeenAs.GAP, SeenAs.ONE] + [SeenAs.GAP] * 4:
        followed.look(look)
    assert followed.out > SETTINGS.decide_at
    assert followed.between()[0] == 10


def test_a_bare_place_that_turns_into_a_gap_may_have_been_empty_before() -> None:
    """An hour bare, then gaps: it went with the first gap, or an hour ago; both are told as possible."""
    followed = Followed()
    for look in [SeenAs.ONE] * 11 + [SeenAs.BARE] * 60 + [SeenAs.GAP] * 20:
        followed.look(look)
    earliest, latest = followed.between()
    assert earliest <= 11
    assert latest <= 71


@pytest.mark.slow
def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """Slots that live and are seen as the filter takes them to: nine of ten hold the moment, mostly in two minutes."""
    rng, space = np.random.default_rng(7), space_of(1)
    settings = SETTINGS.model_copy(update={"change": ChangeSettings(sells_last_per_h=2.0)})
    model = Sensor(SENSOR)
    steps = Change(space, settings.change, model).after(MINUTE_S).cumsum(axis=1)
    looks_of = model.likelihoods(space).cumsum(axis=1)
    held: list[bool] = []
    widths: list[float] = []
    while len(held) < 150:
        followed, place, gone_at = Followed(settings), _SEEN_FULL, None
        for minute in range(120):
            followed.look(SeenAs(_drawn(rng, looks_of[place])))
            is_told = followed.out > settings.decide_at
            if gone_at is not None and is_told:
                earliest, latest = followed.between()
                held.append(earliest <= gone_at <= latest)
                widths.append(latest - earliest)
                break
            was_there, place = space.stock[place] == 1, _drawn(rng, steps[place])
            if was_there and space.stock[place] != 1:
                gone_at = minute + 0.5
            elif space.stock[place] == 1:
                gone_at = None
    assert np.mean(held) >= 0.88
    assert np.median(widths) <= 2


def _drawn(rng: np.random.Generator, heaped: NDArray[np.float64]) -> int:
    return int(np.searchsorted(heaped, rng.random() * heaped[-1]))
