"""The simulated stores of the event benchmark: their trade, what hides their bays, and what is seen of them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice, pairwise

import numpy as np
import pytest

from benchmarks.events.difficulty import Level, difficulty_of
from benchmarks.events.facings_mode import SeenBay
from benchmarks.events.market import TIME, Condition, Market, Moment
from benchmarks.events.noise import perfect, read_noise
from benchmarks.events.pixels_mode import SeenPixels
from benchmarks.events.run import FIRST_DAY, Planned, plan_of, run_facings
from detector.contract import FacingKind, Facings
from detector.manifest import SHIPPED, read_manifest
from simulator.store.world import ROWS_DEEP, Stock

_STANDARD = difficulty_of(Level.STANDARD)


@pytest.fixture(scope="module")
def market() -> Market:
    return Market(5, _STANDARD, FIRST_DAY, 2)


def test_every_level_is_whole() -> None:
    """The file has each level's numbers, harder ones with more errors and more in the way."""
    easy, standard, hard = (difficulty_of(level) for level in (Level.EASY, Level.STANDARD, Level.HARD))
    assert easy.errors < standard.errors < hard.errors
    assert easy.sight.shoppers_per_hour < standard.sight.shoppers_per_hour < hard.sight.shoppers_per_hour
    assert easy.trade.faced_over < standard.trade.faced_over < hard.trade.faced_over


def test_a_seed_gives_the_same_store() -> None:
    """In any process: plan, trade and what stands before the bays."""
    first, again = (Market(5, _STANDARD, FIRST_DAY, 1) for _ in range(2))
    assert first.catalogue.slots == again.catalogue.slots
    assert list(first.moments(first.cameras)) == list(again.moments(again.cameras))
    at_s = TIME.seconds_at(FIRST_DAY) + 50_000
    assert _stocks(first, at_s) == _stocks(again, at_s)


def _stocks(market: Market, at_s: float) -> list[Stock]:
    return [market.trading.stock(number, at_s) for number in range(len(market.store.slots))]


def test_an_outage_is_when_the_planned_product_is_gone(market: Market) -> None:
    """From the last unit to the refill, whatever else is put there; at its borders the stock changes."""
    start, stop = TIME.seconds_at(market.starts_at), TIME.seconds_at(market.ends_at)
    outages = 0
    for number in range(len(market.store.slots)):
        for outage in market.trading.outages(number, start, stop):
            outages += 1
            assert market.trading.stock(number, outage.began_s).units == 0
            assert market.trading.stock(number, outage.began_s - 1e-4).units > 0
            if outage.ended_s < stop:
                assert market.trading.stock(number, outage.ended_s).units > 0
    assert outages > 10


def test_habits_are_told_by_the_stores_own_clock(market: Market) -> None:
    """Nothing is sold while the store is closed, and something in its first hour; staff come before it opens."""
    day = market.opening[0]
    opens = TIME.seconds_at(day.starts_at)
    moments = [
        moment
        for number in range(len(market.store.slots))
        for moment in market.trading.changes(number, TIME.seconds_at(market.starts_at), opens + 3600)
    ]
    assert any(opens <= moment <= opens + 3600 for moment in moments)
    assert all(moment >= opens - 3600 for moment in moments)


def test_stock_stays_within_its_place(market: Market) -> None:
    """No column ever holds less than nothing or more than it was built for."""
    for number, slot in enumerate(market.store.slots):
        for moment in market.trading.changes(number, 0.0, TIME.seconds_at(market.ends_at)):
            stock = market.trading.stock(number, moment)
            assert len(stock.columns) == slot.facings_wide
            assert all(0 <= units <= slot.facings_high * ROWS_DEEP for units in stock.columns)


def test_an_empty_place_gets_the_neighbours_goods_and_now_and_then_a_wrong_product() -> None:
    """Faced-over gaps and wrong refills happen, and end."""
    trade = replace(_STANDARD.trade, faced_over=1.0, in_back=0.3, wrong=0.5)
    market = Market(5, _STANDARD.model_copy(update={"trade": trade}), FIRST_DAY, 3)
    found = []
    for number, slot in enumerate(market.store.slots):
        for moment in market.trading.changes(number, 0.0, TIME.seconds_at(market.ends_at)):
            stock = market.trading.stock(number, moment)
            if stock.others:
                found.append(stock.others[0])
                assert stock.units == 0
                assert set(stock.others) == {stock.others[0]} != {slot.gtin}
    assert len(found) > 5


def test_eyes_that_never_err_see_what_is_there(market: Market) -> None:
    """Every front, named, and every empty column; nothing else."""
    camera = market.cameras[0]
    eyes = SeenBay(market, camera, perfect())
    for at in (FIRST_DAY + timedelta(hours=hours) for hours in (9, 14, 33)):
        seen = eyes.see(Moment(at, camera, Condition()))
        stocks = [
            market.trading.stock(market.store.numbers[slot.id], TIME.seconds_at(at)) for slot in market.slots_of(camera)
        ]
        assert _count(seen, FacingKind.FACING) == sum(_fronts(stock) for stock in stocks)
        assert _count(seen, FacingKind.GAP) == sum(sum(stock.empty) for stock in stocks)
        assert (seen.candidates[seen.kinds == FacingKind.FACING, 0] >= 0).all()


def _fronts(stock: Stock) -> int:
    others = stock.others or ("",) * len(stock.columns)
    return sum(stock.high if other else front for front, other in zip(stock.fronts, others, strict=True))


def _count(seen: Facings, kind: FacingKind) -> int:
    return int((seen.kinds == kind).sum())


def test_errors_last(market: Market) -> None:
    """Of two looks a minute apart at the same shelf most errors are the same: misses are not drawn anew each time."""
    camera = market.cameras[0]
    moments = [Moment(FIRST_DAY + timedelta(hours=9, minutes=minute), camera, Condition()) for minute in range(6)]
    eyes, perfect_eyes = SeenBay(market, camera, read_noise()), SeenBay(market, camera, perfect())
    missed = [_missed(eyes.see(moment), perfect_eyes.see(moment)) for moment in moments]
    assert missed[0]
    again = [len(before & after) / max(1, len(before | after)) for before, after in pairwise(missed)]
    assert np.mean(again) > 0.6


def _missed(seen: Facings, there: Facings) -> set[tuple[int, int]]:
    """Middles of the facings that nothing seen lies near."""

    def middles(facings: Facings) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
        boxes = facings.boxes_xyxy[facings.kinds == FacingKind.FACING].astype(np.float64)
        return np.asarray((boxes[:, :2] + boxes[:, 2:]) / 2, np.float64)

    have, want = middles(seen), middles(there)
    far = np.abs(want[:, None] - have[None]).max(2).min(1) > 12
    return {(round(float(x)), round(float(y))) for x, y in want[far]}


def test_what_stands_before_a_bay_hides_it(market: Market) -> None:
    """A cage hides what is behind it; when the lights are off nothing is seen."""
    camera = market.cameras[0]
    moments = islice((each for each in market.moments([camera]) if each.condition.hidden), 1)
    hidden = next(moments)
    clear = Moment(hidden.at, camera, Condition())
    seen, all_seen = (SeenBay(market, camera, perfect()).see(moment) for moment in (hidden, clear))
    assert _count(seen, FacingKind.FACING) < _count(all_seen, FacingKind.FACING)
    dark = Moment(hidden.at, camera, Condition(dark=True))
    assert len(SeenBay(market, camera, read_noise()).see(dark)) == 0


def test_the_measured_errors_are_no_better_than_the_detectors_own_evaluation() -> None:
    """Over all sizes as many facings fit as the manifest's AP50 on photographs has it; gaps are missed in plenty."""
    noise, measured = read_noise(), read_manifest(SHIPPED)
    assert noise.model.split("+")[0] == measured.model
    fits = 1 - np.array(noise.miss) - np.array(noise.loose)
    assert fits.mean() < measured.metrics["facings-dense.facing.ap50"] + 0.05
    assert 0.3 <= noise.gap_miss <= 0.6
    assert noise.facing_lasts > 0.9


def _lit(market: Market, camera: str) -> Iterator[datetime]:
    return (each.at for each in market.moments([camera]) if not each.condition.dark and not each.condition.hidden)


@pytest.mark.slow
def test_facings_mode_is_no_better_than_pixels(market: Market) -> None:
    """On the same moments of the same store, what is made from measured errors misses no less than the shipped eyes do
    on rendered pictures: of facings and of gaps.
    """
    camera = market.cameras[0]
    moments = [Moment(at, camera, Condition()) for at in list(_lit(market, camera))[::120][:8]]
    made = _found(SeenBay(market, camera, read_noise()), market, moments)
    rendered = _found(SeenPixels(market, camera), market, moments)
    assert made[FacingKind.FACING] <= rendered[FacingKind.FACING] + 0.03
    assert made[FacingKind.GAP] <= rendered[FacingKind.GAP] + 0.1


def _found(eyes: SeenBay | SeenPixels, market: Market, moments: list[Moment]) -> dict[FacingKind, float]:
    """Shares of facings and gaps on whose middle something of the kind is seen."""
    perfect_eyes = SeenBay(market, moments[0].camera, perfect())
    found, there = dict.fromkeys((FacingKind.FACING, FacingKind.GAP), 0), dict.fromkeys(FacingKind, 0)
    for moment in moments:
        seen, whole = eyes.see(moment), perfect_eyes.see(moment)
        for kind in found:
            want, have = whole.of_kind(kind).boxes_xyxy, seen.of_kind(kind).boxes_xyxy
            middles = (want[:, :2] + want[:, 2:]) / 2
            inside = np.all((middles[:, None] >= have[None, :, :2]) & (middles[:, None] <= have[None, :, 2:]), axis=2)
            found[kind] += int(np.count_nonzero(inside.any(axis=1)))
            there[kind] += len(want)
    return {kind: count / there[kind] for kind, count in found.items()}


def test_a_run_scores_every_system_on_the_same_frames() -> None:
    """Two days of one store: our stage and the rules of others each give events, and the truth is one."""
    ran = run_facings(
        Planned(5, 0, 1), _STANDARD.model_copy(update={"bays": 1}), read_noise(), ("shelfstream", "empty_3")
    )
    assert set(ran.tallies) == {"shelfstream", "empty_3"}
    ours, theirs = ran.tallies["shelfstream"], ran.tallies["empty_3"]
    assert ours.episodes == theirs.episodes > 3
    assert ours.camera_days == theirs.camera_days == 1
    assert ours.false < theirs.false


def test_a_plan_has_the_camera_days_that_were_asked_for() -> None:
    """Whatever the number of seeds."""
    for seeds in ((1,), (1, 2, 3), tuple(range(1, 12))):
        planned = plan_of(seeds, _STANDARD, 100)
        assert sum(each.days for each in planned) * _STANDARD.bays >= 100
        assert len({each.name for each in planned}) == len(planned)
