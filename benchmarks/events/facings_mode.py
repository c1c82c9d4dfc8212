"""What a detector would see, made from the truth and the measured errors instead of from pixels.

An error on a thing is drawn from a normal variable of a lasting and a fleeting part, in the measured share: the lasting
part stays while the thing does, but for a slow drift. So a dark pack that is missed once is mostly missed again.
"""

from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from benchmarks.events.market import TIME, Condition, Market, Moment
from benchmarks.events.noise import SIZE_EDGES_PX, Noise
from benchmarks.events.places import Floats, Ints, places_of
from detector.contract import CANDIDATES, UNKNOWN_PRODUCT, FacingKind, Facings
from shelfstream.catalogue.geometry import project
from simulator.dice import hashed, unit
from simulator.store.bay_view import SIZE_WH, bay_view

_SCORE = 0.7
_SEEN_SHARE = 0.5
_CLOSE_PX = 4.0
_FIRST_LOOK_S = 60.0
_NOTHING = -1

Bools = NDArray[np.bool_]


@dataclass
class _Lasting:
    """A lasting normal variable for each of ``count`` things: new where the thing changes, else slowly drifting."""

    count: int
    _values: Floats = field(init=False)
    _drawn_for: Ints = field(init=False)

    def __post_init__(self) -> None:
        self._values, self._drawn_for = np.zeros(self.count), np.full(self.count, _NOTHING - 1, np.int64)

    def follow(self, rng: np.random.Generator, things: Ints, kept: float) -> Floats:
        """The values (N,) for what stands there now; ``kept`` is the share that has not drifted away."""
        fresh = rng.standard_normal(self.count)
        drifted = kept * self._values + np.sqrt(1 - kept**2) * rng.standard_normal(self.count)
        self._values = np.where(things != self._drawn_for, fresh, drifted)
        self._drawn_for = things.copy()
        return self._values


@dataclass(frozen=True, eq=False)
class _Found:
    """Boxes (N, 4) mm (left, foot, right, top), and of each what is named there: a row of the products' GTINs."""

    boxes: Floats
    names: Ints

    @classmethod
    def unnamed(cls, boxes: Floats) -> "_Found":
        return cls(boxes, np.full(len(boxes), UNKNOWN_PRODUCT, np.int64))


class SeenBay:
    """One camera's eyes: asked moment by moment, in order of time."""

    def __init__(self, market: Market, camera: str, noise: Noise) -> None:
        self._market, self._noise = market, noise
        slots = market.slots_of(camera)
        self._numbers = [market.store.numbers[slot.id] for slot in slots]
        self._rng = np.random.default_rng(hashed("eyes", market.seed, camera))
        self._image_from_bay = bay_view(market.bay_of(camera)).image_from_front()
        self._px_per_mm = _px_per_mm(self._image_from_bay)
        self._half_life_s = market.difficulty.error_half_life_h * 3600
        self._places = places_of(market, slots)
        count, columns = len(self._places.slot), len(self._places.column_slot)
        self._missed_alone, self._missed_together = _Lasting(count), _Lasting(len(slots))
        self._loose, self._named = _Lasting(count), _Lasting(len(slots))
        self._gap_missed, self._ghost, self._false_gap = _Lasting(columns), _Lasting(columns), _Lasting(columns)
        self._edges = self._rng.standard_normal((count, 4))
        self._before: datetime | None = None

    def see(self, moment: Moment) -> Facings:
        """What is seen of the bay at one moment."""
        if moment.condition.dark:
            return Facings.empty()
        elapsed_s = _FIRST_LOOK_S if self._before is None else (moment.at - self._before).total_seconds()
        self._before = moment.at
        kept = float(0.5 ** (elapsed_s / self._half_life_s))
        at_s = TIME.seconds_at(moment.at)
        fronts, things = self._places.now([self._market.trading.stock(number, at_s) for number in self._numbers])
        gaps, ghosts = self._in_empty_places(fronts, things, moment.condition, kept)
        facings = self._standing(fronts, things, moment.condition, kept)
        occluders = self._occluders(moment.condition)
        parts = (
            (facings, FacingKind.FACING),
            (_Found.unnamed(ghosts), FacingKind.FACING),
            (_Found.unnamed(gaps), FacingKind.GAP),
            (_Found.unnamed(occluders), FacingKind.OCCLUDER),
        )
        boxes = self._in_picture(np.concatenate([found.boxes for found, _ in parts]), moment.condition)
        kinds = np.concatenate([np.full(len(found.boxes), kind, np.int32) for found, kind in parts])
        return _facings(boxes, kinds, np.concatenate([found.names for found, _ in parts]), self._places.gtins)

    def _standing(self, fronts: Ints, things: Ints, condition: Condition, kept: float) -> _Found:
        """The facings that stand there and are seen."""
        places, noise, errors = self._places, self._noise, condition.errors
        of_place = things[places.column]
        boxes = places.boxes(of_place)
        sides = np.tile(boxes[:, 2:] - boxes[:, :2], 2)
        classes = np.digitize(np.sqrt(sides[:, 0] * sides[:, 1]) * self._px_per_mm, SIZE_EDGES_PX)
        alike = noise.neighbours_alike
        together = self._missed_together.follow(self._rng, things[places.slot_column], kept)[places.slot]
        alone = self._missed_alone.follow(self._rng, of_place, kept)
        lasting = np.sqrt(alike) * together + np.sqrt(1 - alike) * alone
        missed = self._errs(lasting, noise.facing_lasts, np.array(noise.miss)[classes] * errors)
        loosely = self._loose.follow(self._rng, of_place, kept)
        loose = self._errs(loosely, noise.facing_lasts, np.array(noise.loose)[classes] * errors)
        seen = (places.level < fronts[places.column]) & ~missed & ~_hidden(boxes, condition)
        names = self._names(things, kept, errors)[places.slot]
        return _Found(self._jittered(boxes, sides, loose)[seen], np.where(names == _NOTHING, of_place, names)[seen])

    def _jittered(self, boxes: Floats, sides: Floats, loose: Bools) -> Floats:
        lasts = self._noise.facing_lasts
        off = np.sqrt(lasts) * self._edges + np.sqrt(1 - lasts) * self._rng.standard_normal(boxes.shape)
        spread = np.where(loose, self._noise.loose_jitter, self._noise.jitter)[:, None]
        moved = boxes + off * spread * sides
        return np.column_stack([np.minimum(moved[:, :2], moved[:, 2:]), np.maximum(moved[:, :2], moved[:, 2:])])

    def _names(self, things: Ints, kept: float, errors: float) -> Ints:
        """Of each slot (S,) how its product is named: ``_NOTHING`` right, else another or unknown.

        A print that is taken for another's is so wherever it stands side by side.
        """
        noise, first = self._noise, things[self._places.slot_column]
        luck = norm.cdf(self._named.follow(self._rng, first, kept))
        wrong = noise.misnamed * errors
        unsure = (1 - noise.named - noise.misnamed) * errors
        other = (first + 1) % len(self._places.gtins)
        return np.where(luck < wrong, other, np.where(luck < wrong + unsure, UNKNOWN_PRODUCT - 1, _NOTHING))

    def _in_empty_places(self, fronts: Ints, things: Ints, condition: Condition, kept: float) -> tuple[Floats, Floats]:
        """Gaps (N, 4) mm that are seen, true and false, and facings that are seen in empty columns."""
        noise, places, errors, rng = self._noise, self._places, condition.errors, self._rng
        state = np.where(fronts > 0, things, _NOTHING)
        missed = self._errs(self._gap_missed.follow(rng, state, kept), noise.gap_lasts, noise.gap_miss * errors)
        ghost = self._errs(self._ghost.follow(rng, state, kept), noise.facing_lasts, noise.false_facing * errors)
        false = self._errs(self._false_gap.follow(rng, state, kept), noise.gap_lasts, noise.false_gap * errors)
        clear = ~_hidden(places.column_boxes, condition)
        # An empty place is judged as a whole: its first column speaks for those beside it.
        seen = (fronts == 0) & ~missed[places.first_column] & ~ghost
        gaps = clear & (seen | ((fronts > 0) & false))
        return places.column_boxes[gaps], places.column_boxes[clear & (fronts == 0) & ghost]

    def _errs(self, lasting: Floats, share: float, rates: Floats | float) -> Bools:
        mixed = np.sqrt(share) * lasting + np.sqrt(1 - share) * self._rng.standard_normal(len(lasting))
        return np.asarray(mixed < norm.ppf(np.clip(rates, 1e-12, 0.98)))

    def _occluders(self, condition: Condition) -> Floats:
        """Boxes (N, 4) mm of those who stand there and are noticed."""
        missed, seed = self._market.difficulty.sight.occluder_missed, self._market.seed
        noticed = [each for each in condition.hidden if unit("occluder", seed, each.number) >= missed]
        boxes = [(each.x0_mm, 0.0, each.x1_mm, each.high_mm) for each in noticed]
        return np.array(boxes, np.float64).reshape(-1, 4)

    def _in_picture(self, boxes: Floats, condition: Condition) -> Floats:
        """Boxes (left, foot, right, top) mm as left, top, right, foot px."""
        off = np.array(condition.off_mm)
        low = project(self._image_from_bay, boxes[:, :2] + off)
        high = project(self._image_from_bay, boxes[:, 2:] + off)
        return np.column_stack([np.minimum(low, high), np.maximum(low, high)])


def _px_per_mm(image_from_bay: Floats) -> float:
    ends = project(image_from_bay, np.array([(0.0, 700.0), (1000.0, 700.0)]))
    return float(np.linalg.norm(ends[1] - ends[0]) / 1000.0)


def _hidden(boxes: Floats, condition: Condition) -> Bools:
    """Whether less than half of each box (mm) is to be seen past what stands before it."""
    free = np.ones(len(boxes))
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    for each in condition.hidden:
        wide = np.clip(np.minimum(boxes[:, 2], each.x1_mm) - np.maximum(boxes[:, 0], each.x0_mm), 0, None)
        high = np.clip(np.minimum(boxes[:, 3], each.high_mm) - boxes[:, 1], 0, None)
        free -= wide * high / areas
    return np.asarray(free < _SEEN_SHARE)


def _facings(boxes: Floats, kinds: NDArray[np.int32], names: Ints, gtins: tuple[str, ...]) -> Facings:
    width, height = SIZE_WH
    within = np.clip(boxes, 0, [width, height, width, height])
    keep = ((within[:, 2:] - within[:, :2]) > _CLOSE_PX).all(1)
    count = int(keep.sum())
    known = names[keep] >= 0
    candidates = np.full((count, CANDIDATES), UNKNOWN_PRODUCT, np.int32)
    candidates[:, 0] = np.where(known, names[keep], UNKNOWN_PRODUCT)
    chances = np.zeros((count, CANDIDATES), np.float32)
    chances[:, 0] = np.where(known, _SCORE, 0.0)
    scores = np.full(count, _SCORE, np.float32)
    return Facings(within[keep].astype(np.float32), scores, kinds[keep], candidates, chances, gtins)
