"""The front edges of shelves: rails, price tags product by product or at a pitch, peg tags, promotion cards."""

from dataclasses import dataclass

from ingest.simulator import tags
from ingest.simulator.canvas import Canvas
from ingest.simulator.dice import Dice
from ingest.simulator.fixture import FixtureStyle, paint_rail
from ingest.simulator.stocking import StockedShelf


@dataclass(frozen=True)
class _Habit:
    """How a shop tags: look of tags and cards, width (mm), how far tags hang below the rail, and where they are."""

    kind: int
    promo_kind: int
    wide_mm: float
    drop_mm: float
    promoted: float
    share: float
    pitch_mm: float
    """0: one tag at each product."""
    electronic: bool


def _habit(dice: Dice) -> _Habit:
    wide = dice.between(30, 75)
    return _Habit(
        kind=dice.whole(0, 400),
        promo_kind=dice.whole(0, 400),
        wide_mm=wide,
        drop_mm=dice.pick((0.0, 0.0, 0.1, 0.2)) * wide,
        promoted=dice.pick((0.0, 0.0, 0.05, 0.25, 0.6)),
        share=dice.pick((0.0, 0.6, 0.9, 0.95, 0.98, 0.98)),
        pitch_mm=wide * dice.between(1.02, 2.6) if dice.chance(0.3) else 0.0,
        electronic=dice.chance(0.2),
    )


def paint_fronts(
    canvas: Canvas, dice: Dice, style: FixtureStyle, shelves: list[tuple[tuple[float, float], StockedShelf]]
) -> None:
    """Rails with what hangs on them, before the goods."""
    habit = _habit(dice)
    for span, shelf in shelves:
        if shelf.hung:
            _peg_tags(canvas, dice, habit, shelf)
            continue
        paint_rail(canvas, style, span, shelf.foot_mm)
        _rail_tags(canvas, dice, habit, (span, shelf), style.rail_mm)
        for index, x in enumerate(shelf.starts_mm):
            if dice.chance(habit.promoted):
                size = dice.between(1.0, 1.5) * habit.wide_mm
                card = tags.Tag(habit.promo_kind, dice.whole(0, 60), size, promotion=True)
                spot = (x + 8 + index % 3, shelf.foot_mm + dice.pick((0, 0, 25)))
                tags.paint_tag(canvas, card, spot, labelled=True)


def _rail_tags(
    canvas: Canvas, dice: Dice, habit: _Habit, place: tuple[tuple[float, float], StockedShelf], rail_mm: float
) -> None:
    span, shelf = place
    size = min(habit.wide_mm, rail_mm * 2.2)
    top = shelf.foot_mm - rail_mm * 0.08 - habit.drop_mm
    places = [x + dice.between(0, 12) for x in shelf.starts_mm]
    if habit.pitch_mm:
        count = int((span[1] - span[0]) / habit.pitch_mm)
        places = [span[0] + (number + 0.1) * habit.pitch_mm for number in range(count)]
    for x in places:
        if dice.chance(habit.share):
            tag = tags.Tag(habit.kind, dice.whole(0, 60), size, electronic=habit.electronic)
            tags.paint_tag(canvas, tag, (x, top), labelled=True)


def _peg_tags(canvas: Canvas, dice: Dice, habit: _Habit, shelf: StockedShelf) -> None:
    """The ends of the pegs that goods hang on, most with a small tag."""
    top = shelf.foot_mm + shelf.clearance_mm - 12
    size, tagged = min(habit.wide_mm, 42.0), dice.chance(0.7)
    canvas.look_at_all()
    for column in shelf.columns:
        middle = column.left_mm + column.pack.width_mm / 2
        if tagged and dice.chance(habit.share):
            tag = tags.Tag(habit.kind, dice.whole(0, 60), size, electronic=habit.electronic)
            tags.paint_tag(canvas, tag, (middle - size / 2, top), labelled=True)
        else:
            near = canvas.front(middle - 3, top), canvas.front(middle + 3, top - 8)
            canvas.polygon([near[0], (near[1][0], near[0][1]), near[1], (near[0][0], near[1][1])], (190, 190, 195))
