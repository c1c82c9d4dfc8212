"""What is drawn on a camera's picture, as SVG in the picture's own pixels."""

from collections.abc import Mapping

from analytics.contract import SlotState
from console.markup import Markup, el, joined
from console.outlines import Outline
from console.sections.states import SIGNS, state_class
from console.shelf import SlotNow
from console.views import PictureNow
from detector.contract import FacingKind, FrameFacings

_CALM = (SlotState.STOCKED, SlotState.UNKNOWN)
_BADGE_SHARE = 0.022


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
