"""A bay and a camera's picture: the small map, what is drawn on the picture, and why it is not live."""

from collections.abc import Mapping

from analytics.contract import SlotState
from console.html.markup import Markup, el, icon, joined
from console.html.states import SIGNS, WORDS, ago, lasting, state_class
from console.views.models import BayNow, CameraNow, PictureNow, ShelfNow, SlotNow
from console.views.outlines import Outline
from detector.contract import FacingKind, FrameFacings
from ingest.contract import CameraState

_CALM = (SlotState.STOCKED, SlotState.UNKNOWN)
_BADGE_SHARE = 0.022


def bay_map(bay: BayNow) -> Markup:
    """The bay's shelves from the top down; every cell is a button that tells about its slot."""
    return el("div", *(_shelf(bay, shelf) for shelf in bay.shelves if shelf.slots), cls="baymap")


def _shelf(bay: BayNow, shelf: ShelfNow) -> Markup:
    cells: list[Markup] = []
    reached_mm = 0.0
    for slot in shelf.slots:
        if slot.slot.x_min_mm > reached_mm:
            cells.append(_empty(slot.slot.x_min_mm - reached_mm))
        cells.append(_cell(slot))
        reached_mm = max(reached_mm, slot.slot.x_max_mm)
    if bay.bay.width_mm > reached_mm:
        cells.append(_empty(bay.bay.width_mm - reached_mm))
    return el("div", *cells, cls="mapshelf")


def _cell(slot: SlotNow) -> Markup:
    message = f"{slot.name}: {WORDS[slot.state]}"
    return el(
        "button",
        "" if slot.state is SlotState.STOCKED else SIGNS[slot.state],
        cls=f"cell {state_class(slot.state)}",
        style=f"flex-grow:{slot.slot.x_max_mm - slot.slot.x_min_mm:g}",
        title=message,
        aria_label=message,
        data_slot=slot.slot.id,
    )


def _empty(width_mm: float) -> Markup:
    return el("span", cls="cell empty", style=f"flex-grow:{width_mm:g}")


def drawing(picture: PictureNow, slots: Mapping[str, SlotNow], *, boxes: bool) -> Markup:
    """Slot outlines, those that need somebody on top, and (if wanted) what the detector saw."""
    known = [(outline, slots[outline.slot]) for outline in picture.outlines if outline.slot in slots]
    calm = [_outline(*each) for each in known if each[1].state in _CALM]
    loud = [_outline(*each) for each in known if each[1].state not in _CALM]
    badges = [_badge(*each, picture.width_px) for each in known if each[1].state not in _CALM]
    return joined(*(detected(picture.seen) if boxes else ()), *calm, *loud, *badges)


def detected(seen: FrameFacings) -> tuple[Markup, ...]:
    """The detector's boxes."""
    drawn = []
    for (left, top, right, bottom), kind in zip(seen.boxes_xyxy, seen.kinds, strict=True):
        name = FacingKind(kind).name.lower()
        drawn.append(
            el(
                "rect",
                x=round(left, 1),
                y=round(top, 1),
                width=round(right - left, 1),
                height=round(bottom - top, 1),
                cls=f"seen seen-{name}",
            )
        )
    return tuple(drawn)


def _outline(outline: Outline, slot: SlotNow) -> Markup:
    points = " ".join(f"{x:g},{y:g}" for x, y in outline.corners_px)
    return el("polygon", points=points, cls=f"slot {state_class(slot.state)}", data_slot=outline.slot)


def _badge(outline: Outline, slot: SlotNow, width_px: int) -> Markup:
    """A round sign in the middle, large enough to be read on a phone."""
    x = sum(corner[0] for corner in outline.corners_px) / 4
    y = sum(corner[1] for corner in outline.corners_px) / 4
    radius = width_px * _BADGE_SHARE
    return el(
        "g",
        el("circle", cx=round(x, 1), cy=round(y, 1), r=round(radius, 1)),
        el("text", SIGNS[slot.state], x=round(x, 1), y=round(y, 1), font_size=round(radius * 1.3, 1)),
        cls=f"badge {state_class(slot.state)}",
    )


def picture_notice(camera: CameraNow) -> Markup:
    """Nothing where there is a picture and the camera is not known to be offline."""
    status = camera.status
    cls = "over" if camera.picture is not None else "over empty"
    if status is not None and status.state is CameraState.OFFLINE:
        details = (status.detail, missing_picture(camera))
        small = [el("small", detail) for detail in details if detail]
        return el("div", icon("videocam_off"), el("p", "Camera offline, for ", lasting(status.since), *small), cls=cls)
    if camera.picture is None:
        sign = "hourglass_empty" if camera.newest_at is None else "image_not_supported"
        return el("div", icon(sign), el("p", missing_picture(camera)), cls=cls)
    return joined()


def missing_picture(camera: CameraNow) -> Markup:
    """Why there is no picture of a camera, with the time of the newest one; empty where there is one."""
    if camera.picture is not None:
        return joined()
    if camera.newest_at is None:
        return joined("No picture yet")
    return joined("No picture to show: the newest one was taken ", ago(camera.newest_at))
