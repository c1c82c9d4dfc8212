"""Fills invented fixtures for training scenes: which packs stand on which shelf, how many, and what is missing."""

from dataclasses import dataclass, replace

from simulator.dice import Dice
from simulator.packs.pack import BOXY, SIZES, Pack, Shape, random_pack, sibling
from simulator.render.columns import Column

S = Shape
THEMES: dict[str, dict[Shape, float]] = {
    "tea": {S.BOX: 6, S.SMALL: 1, S.CAN: 0.5, S.POUCH: 0.5},
    "cereal": {S.SLIM: 5, S.BOX: 1, S.POUCH: 1},
    "soap": {S.BOX: 5, S.SQUAT: 1, S.TUBE: 0.5, S.FLAT: 1},
    "toothpaste": {S.FLAT: 6, S.END: 1.5, S.BOX: 1, S.TUBE: 0.5, S.HANGING: 0.7},
    "oral care": {S.FLAT: 5, S.END: 1, S.HANGING: 0.5, S.BOX: 0.5},
    "long boxes": {S.FLAT: 3, S.END: 1, S.BOX: 2},
    "pads": {S.PILLOW: 5, S.POUCH: 1, S.BOX: 0.7, S.MULTI: 0.5},
    "noodles": {S.PILLOW: 3, S.POUCH: 3, S.TUB: 1, S.BOX: 1},
    "tobacco": {S.SMALL: 1},
    "soda": {S.BOTTLE: 5, S.CAN: 2, S.MULTI: 2},
    "water": {S.BOTTLE: 4, S.JUG: 1, S.MULTI: 1},
    "care": {S.SQUAT: 5, S.AEROSOL: 2, S.TUBE: 2, S.BOX: 1, S.JAR: 1},
    "household": {S.JUG: 2, S.SQUAT: 4, S.POUCH: 2, S.BOX: 1, S.AEROSOL: 1},
    "preserves": {S.JAR: 4, S.CAN: 3, S.BOTTLE: 2, S.POUCH: 1},
    "coffee": {S.POUCH: 4, S.JAR: 2, S.BOX: 2, S.CAN: 1},
    "paper": {S.POUCH: 4, S.MULTI: 3, S.BOX: 1},
    "bread": {S.LOAF: 5, S.POUCH: 2},
    "dairy": {S.CARTON: 4, S.TUB: 3, S.BOTTLE: 2, S.JUG: 1},
    "spreads": {S.TUB: 3, S.JAR: 3, S.BOX: 1},
    "snacks": {S.POUCH: 5, S.HANGING: 2, S.CAN: 1, S.BOX: 1},
    "medicine": {S.BOX: 5, S.JAR: 2, S.TUBE: 1, S.SMALL: 1, S.SQUAT: 1},
}


# How often a product is down to one column: the last pack in an empty place is still a facing.
_LAST_ONE = 0.05
# Share of a shelf's depth beyond which a pack counts as stock behind an empty place.
_SET_BACK_MOST = 0.6
# Share of products whose print is a photograph, where there are some.
_PHOTOGRAPHED = 0.35
# Where such stock begins: deep enough that nobody takes it for goods at the front.
_REST_FROM = 0.72
# Share of a stack left below which the place above it is a gap, and below which it may be called one.
_LOW, _MAYBE_LOW = 0.34, 0.51


@dataclass(frozen=True)
class Gap:
    """Columns of one product that are empty, side by side: a rectangle in the front plane (mm).

    It begins ``rise_mm`` above the board, where what is left of the stacks ends, and reaches to ``high_mm``. Not
    ``sure``: whether one calls that stack low enough to be a gap is a matter of taste.
    """

    pack: Pack
    left_mm: float
    right_mm: float
    high_mm: float
    rise_mm: float = 0.0
    sure: bool = True


@dataclass(frozen=True)
class StockedShelf:
    """One shelf: where its board is, how high it is up to the next, what stands on it, what is missing."""

    foot_mm: float
    clearance_mm: float
    hung: bool
    columns: list[Column]
    gaps: list[Gap]
    starts_mm: list[float]
    """Left edges of the products' places, where price tags hang."""


@dataclass(frozen=True)
class Habits:
    """How one shop keeps one aisle."""

    theme: dict[Shape, float]
    emptiness: float
    tightness_mm: float
    disorder: float
    brands: int
    runs: tuple[int, ...]
    selling: float
    """How often a column has lost front units, so that the next one stands further back."""
    holes: float = 0.0
    """How often a long stretch of a shelf is bare."""
    rests: float = 0.0
    """How often stock stands at the back of an empty place."""
    photographs: tuple[str, ...] = ()
    """Files of product photographs, of which some packs have their prints."""


def random_habits(dice: Dice) -> Habits:
    """From a shelf just faced up to one after a busy Saturday."""
    theme = THEMES[dice.pick(list(THEMES))]
    emptiness = dice.pick((0.0, 0.0, 0.03, 0.07, 0.12, 0.2, 0.3))
    runs = dice.pick(((1, 1, 2), (1, 2, 2, 3, 4), (2, 3, 4, 5, 6), (4, 6, 8, 10)))
    selling = dice.pick((0.0, 0.0, 0.1, 0.3, 0.6))
    tightness = dice.pick((0.5, 1, 2, 5, 12))
    disorder, brands = dice.between(0, 1) ** 2, dice.whole(3, 14)
    holes, rests = dice.pick((0.0, 0.0, 0.01, 0.03, 0.08)), dice.pick((0.0, 0.0, 0.2, 0.5))
    return Habits(theme, emptiness, tightness, disorder, brands, runs, selling, holes, rests)


def typical_width_mm(theme: dict[Shape, float]) -> float:
    """The weighted mean width of a theme's packs."""
    total = sum(theme.values())
    return sum(weight * sum(SIZES[shape].width_mm) / 2 for shape, weight in theme.items()) / total


def stocked_shelf(
    dice: Dice, habits: Habits, span_mm: tuple[float, float], foot_mm: float, depth_mm: float
) -> StockedShelf:
    """Fill one shelf from its left to its right end; its height follows from what stands on it."""
    shapes = [dice.weighted(habits.theme) for _ in range(dice.pick((1, 1, 2)))]
    if Shape.HANGING in shapes:
        shapes = [Shape.HANGING]
    tallest = dice.pick((140.0, 180.0, 240.0, 320.0))
    hung = shapes[0] is Shape.HANGING
    filling = _Filling(dice, habits, depth_mm, (span_mm[0] + dice.between(0, 30), foot_mm))
    pack = _new_pack(dice, habits, shapes, tallest)
    stack_mm = _stack_mm(dice, pack, tallest)
    bare = dice.chance(0.3 * habits.holes)
    while filling.x_mm < span_mm[1]:
        if bare or dice.chance(habits.holes):
            reach = span_mm[1] - filling.x_mm if bare else dice.between(1, 9) * pack.width_mm
            filling.leave_bare(pack, min(reach, span_mm[1] - filling.x_mm), stack_mm)
        filling.add_run(pack, min(SIZES[pack.shape].stack, max(1, int(stack_mm / pack.height_mm))))
        if dice.chance(0.5):
            pack = sibling(pack, dice)
        else:
            pack = _fitted(dice, _new_pack(dice, habits, shapes, tallest), stack_mm)
    high = max((column.pack.height_mm * column.full for column in filling.columns), default=150.0)
    clearance = high + dice.pick((8, 12, 18, 25, 40, 80)) + (60 if hung else 0)
    columns = filling.columns
    if hung:
        columns = [_lifted(column, foot_mm + clearance - 40) for column in columns]
    return StockedShelf(foot_mm, clearance, hung, columns, filling.gaps, filling.starts)


def _new_pack(dice: Dice, habits: Habits, shapes: list[Shape], tallest: float) -> Pack:
    pack = random_pack(dice.pick(shapes), dice, tallest)
    if not habits.photographs or not dice.chance(_PHOTOGRAPHED):
        return pack
    return replace(pack, print=replace(pack.print, photograph=dice.pick(habits.photographs)))


def _fitted(dice: Dice, pack: Pack, room_mm: float) -> Pack:
    """Mostly a pack of a size that, stacked, fills the shelf's height: shelves are set to their goods."""
    most = SIZES[pack.shape].stack
    units = min(most, max(1, round(room_mm / pack.height_mm)))
    factor = room_mm / units / pack.height_mm * dice.between(0.8, 0.99)
    if dice.chance(0.2) or not 0.6 < factor < 1.6:
        return pack
    return replace(pack, width_mm=pack.width_mm * factor, height_mm=pack.height_mm * factor)


def _stack_mm(dice: Dice, pack: Pack, tallest: float) -> float:
    """How high this pack is stacked on this shelf."""
    most = SIZES[pack.shape].stack
    units = dice.whole(1, most) if pack.shape is not Shape.FLAT else dice.whole(2, most)
    return min(pack.height_mm * units * 1.02, max(tallest * 1.1, pack.height_mm * 1.02))


def _lifted(column: Column, top_mm: float) -> Column:
    return Column(
        column.pack, column.left_mm, top_mm - column.pack.height_mm, min(1, column.units), 1, column.back_mm,
        column.behind, column.slot, column.light, column.jitter_mm,
    )  # fmt: skip


class _Filling:
    """A shelf being filled, run by run."""

    def __init__(self, dice: Dice, habits: Habits, depth_mm: float, start_mm: tuple[float, float]) -> None:
        self.dice, self.habits, self.depth_mm = dice, habits, depth_mm
        self.x_mm, self.foot_mm = start_mm
        self.columns: list[Column] = []
        self.gaps: list[Gap] = []
        self.starts: list[float] = []

    def add_run(self, pack: Pack, full: int) -> None:
        """Some facings of one product side by side, or the hole where they should be."""
        dice, habits = self.dice, self.habits
        self.starts.append(self.x_mm)
        count = dice.pick(habits.runs)
        empty = dice.chance(habits.emptiness)
        low = dice.chance(0.1 + habits.disorder * 0.3)
        back = dice.between(0, 0.5) * self.depth_mm if dice.chance(0.05 + 0.15 * habits.disorder) else 0.0
        behind = dice.pick((1, 2, 3, 3))
        missing = [empty or dice.chance(habits.emptiness * 0.25) for _ in range(count)]
        if count > 1 and dice.chance(_LAST_ONE + habits.emptiness):
            last = dice.whole(0, count - 1)
            missing = [index != last for index in range(count)]
        pitch = pack.width_mm + habits.tightness_mm * dice.between(0.3, 1.5)
        if pack.shape in BOXY:
            pitch = pack.width_mm + min(habits.tightness_mm, 3) * dice.between(0.2, 1.0)
        start = self.x_mm
        left_over = [0] * count
        for index, gone in enumerate(missing):
            left = start + index * pitch
            if gone and dice.chance(0.3):
                # What is left stands alone, often further back: it is there, and the empty place around it too.
                self._column(pack, left, (dice.whole(1, full), full), dice.between(0, 0.45) * self.depth_mm, 1)
                continue
            if not gone and dice.chance(habits.selling):
                self._sold_down(pack, left, full, behind)
                continue
            units = 0 if gone else dice.whole(1, full) if low else full
            left_over[index] = units
            self._column(pack, left, (units, full), back, behind)
        self._note_gaps(pack, start, pitch, missing, full)
        self._note_low_stacks(pack, start, pitch, left_over, full)
        self.x_mm = start + count * pitch + (dice.between(0, 25) if dice.chance(0.2) else 0.0)

    def leave_bare(self, pack: Pack, reach_mm: float, stack_mm: float) -> None:
        """A stretch in which nothing is left, of the height that goods had there."""
        if reach_mm < pack.width_mm:
            return
        self.starts.append(self.x_mm)
        full = min(SIZES[pack.shape].stack, max(1, int(stack_mm / pack.height_mm)))
        count = int(reach_mm / (pack.width_mm + 2))
        for index in range(count):
            self._column(pack, self.x_mm + index * (pack.width_mm + 2), (0, full), 0.0, 0)
        # Nobody calls more than about a section one empty place; seen aslant its box would hold half the picture.
        parts = max(1, round(reach_mm / 1100))
        for part in range(parts):
            left, right = (self.x_mm + reach_mm * number / parts for number in (part, part + 1))
            self.gaps.append(Gap(pack, left, right, pack.height_mm * full))
        self.x_mm += reach_mm

    def _sold_down(self, pack: Pack, left: float, full: int, behind: int) -> None:
        """A column from which shoppers took: the front stack is lower, or gone and the next row shows."""
        taken = self.dice.whole(0, behind)
        back = taken * (pack.depth_mm * self.dice.between(0.8, 1.03) + 3)
        if back > _SET_BACK_MOST * self.depth_mm:
            back, taken = 0.0, 0
        self._column(pack, left, (self.dice.whole(1, full), full), back, behind - taken)

    def _column(self, pack: Pack, left: float, stack: tuple[int, int], back: float, behind: int) -> None:
        dice, (units, full) = self.dice, stack
        if units == 0:
            deep = dice.chance(self.habits.rests)
            back = max(0.0, _REST_FROM * self.depth_mm - pack.depth_mm)
            self.columns.append(Column(pack, left, self.foot_mm, 0, full, back, int(deep), slot="gone"))
            return
        setback = back + abs(dice.gauss(4)) + (dice.between(0, 60) if dice.chance(0.04) else 0)
        jitter = 0.6 + 2.5 * self.habits.disorder
        self.columns.append(Column(pack, left, self.foot_mm, units, full, setback, behind, jitter_mm=jitter))

    def _note_gaps(self, pack: Pack, start: float, pitch: float, missing: list[bool], full: int) -> None:
        first = None
        for index, gone in enumerate([*missing, False]):
            if gone and first is None:
                first = index
            if not gone and first is not None:
                self.gaps.append(Gap(pack, start + first * pitch, start + index * pitch, pack.height_mm * full))
                first = None

    def _note_low_stacks(self, pack: Pack, start: float, pitch: float, units: list[int], full: int) -> None:
        """The places above stacks of which little is left, equal ones side by side taken together."""
        first = 0
        for index in range(1, len(units) + 1):
            if index < len(units) and units[index] == units[first]:
                continue
            left, high = units[first], pack.height_mm * full
            if 0 < left < full and left <= _MAYBE_LOW * full:
                ends = (start + first * pitch, start + index * pitch)
                self.gaps.append(Gap(pack, *ends, high, pack.height_mm * left, left <= _LOW * full))
            first = index
