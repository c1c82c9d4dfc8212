"""Paints the packs of one shelf: what stands behind, then the facings, each with its visible side."""

from dataclasses import dataclass

from simulator.dice import unit
from simulator.packs.bodies import draw_pack
from simulator.packs.pack import Pack
from simulator.packs.sprites import Sprite
from simulator.render.canvas import Canvas
from simulator.render.instance_ids import PACK_SIDE_ID, STOCK_BEHIND_ID


@dataclass(frozen=True)
class Column:
    """One facing's place on a shelf: a stack of ``units`` of which ``full`` were planned (0 units: a gap).

    ``left_mm`` and ``foot_mm`` are where the lowest unit stands, ``back_mm`` how far behind the edge,
    ``behind`` how many rows stand behind the front one. ``slot`` names the place, for jitter that stays.
    """

    pack: Pack
    left_mm: float
    foot_mm: float
    units: int
    full: int
    back_mm: float = 0.0
    behind: int = 0
    slot: str = ""
    light: float = 1.0
    jitter_mm: float = 1.0


@dataclass(frozen=True)
class ShelfLight:
    """Light on a shelf: at its front, and how it falls off with depth (share lost per mm)."""

    front: float = 1.0
    falling: float = 0.0022


def paint_columns(canvas: Canvas, columns: list[Column], depth_mm: float, light: ShelfLight) -> dict[str, list[int]]:
    """Paint a shelf's packs through the canvas's window. Gives the facings' ids by slot."""
    eye_x = canvas.eye_px[0]

    def outer_first(column: Column) -> float:
        return -abs(canvas.front(column.left_mm + column.pack.width_mm / 2, 0)[0] - eye_x)

    ordered = sorted(columns, key=outer_first)
    for row in range(max((column.behind for column in columns), default=0), 0, -1):
        for column in ordered:
            _paint_row_behind(canvas, column, row, depth_mm, light)
    facings: dict[str, list[int]] = {}
    for column in sorted(ordered, key=lambda column: -column.back_mm):
        facings.setdefault(column.slot, []).extend(_paint_front(canvas, column, light))
    return facings


def _paint_row_behind(canvas: Canvas, column: Column, row: int, depth_mm: float, light: ShelfLight) -> None:
    back = column.back_mm + row * (column.pack.depth_mm * 1.03 + 2)
    if row > column.behind or back + column.pack.depth_mm * 0.5 > depth_mm:
        return
    level = _level(light, back) * column.light * 0.9
    sprite = _sprite(canvas, column.pack)
    stack = column.full if column.units else max(1, column.full - int(unit(column.slot, column.left_mm, row) * 2))
    for index in range(stack):
        # What is left of a product that is gone stands far back, and its place is empty all the same.
        instance = STOCK_BEHIND_ID if column.units else 0
        _paint_unit(canvas, column, sprite, index, back_mm=back, level=level, instance=instance)


def _paint_front(canvas: Canvas, column: Column, light: ShelfLight) -> list[int]:
    sprite = _sprite(canvas, column.pack)
    ids = []
    for index in range(column.units):
        instance = canvas.tally.facing(column.pack.id)
        level = _level(light, column.back_mm) * column.light * (0.96 + 0.08 * unit(column.slot, column.left_mm, index))
        whole = _paint_unit(canvas, column, sprite, index, back_mm=column.back_mm, level=level, instance=instance)
        canvas.tally.whole_px[instance - 1] = whole
        ids.append(instance)
    return ids


def _paint_unit(
    canvas: Canvas, column: Column, sprite: Sprite, index: int, *, back_mm: float, level: float, instance: int
) -> int:
    pack = column.pack
    shift = (unit(column.slot, column.left_mm, index, int(back_mm)) - 0.5) * 2 * column.jitter_mm
    left, foot = column.left_mm + shift, column.foot_mm + index * pack.height_mm * 1.005
    near = canvas.nearness(back_mm) * canvas.scale
    if sprite.side is not None:
        side = PACK_SIDE_ID if 0 < instance < STOCK_BEHIND_ID else instance
        _paint_side(canvas, pack, sprite, (left, foot, back_mm), level=level, instance=side)
    return canvas.paste(
        sprite, canvas.at(left, foot, back_mm), (pack.width_mm * near, pack.height_mm * near), level, instance
    )


def _paint_side(
    canvas: Canvas, pack: Pack, sprite: Sprite, place: tuple[float, float, float], *, level: float, instance: int
) -> None:
    """The one side (and the top, seen from above) that the camera sees of a flat-sided pack. No part of the facing."""
    left, foot, back = place
    end, top = back + pack.depth_mm, foot + pack.height_mm
    eye_x, eye_y = canvas.eye_px
    front_left, front_top = canvas.at(left, top, back)
    front_right, _ = canvas.at(left + pack.width_mm, top, back)
    if front_top > eye_y and sprite.top is not None:
        corners = [canvas.at(left, top, back), canvas.at(left + pack.width_mm, top, back)]
        corners += [canvas.at(left + pack.width_mm, top, end), canvas.at(left, top, end)]
        shade = min(1.0, level * 1.02)
        tint = (int(sprite.top[0] * shade), int(sprite.top[1] * shade), int(sprite.top[2] * shade))
        canvas.polygon(corners, tint, instance)
    x = left + pack.width_mm if front_right < eye_x else left if front_left > eye_x else None
    if x is None or sprite.side is None:
        return
    near, far = canvas.at(x, top, back), canvas.at(x, top, end)
    if abs(near[0] - far[0]) < 1.2:
        return
    low_near, low_far = canvas.at(x, foot, back), canvas.at(x, foot, end)
    quad = [near, far, low_far, low_near] if near[0] < far[0] else [far, near, low_near, low_far]
    canvas.texture(sprite.side, quad, level * 0.72, instance)


def _level(light: ShelfLight, back_mm: float) -> float:
    return max(0.16, light.front * (1 - light.falling * back_mm))


def _sprite(canvas: Canvas, pack: Pack) -> Sprite:
    return draw_pack(pack, pack.height_mm * canvas.scale)
