"""What each camera shows of one slot now: the picture, the slot's outline, and what was recognised in it. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from console.views.models import CameraNow, PictureNow, StoreNow
from console.views.outlines import Outline
from detector.contract import FacingKind, FrameFacings
from shelfstream.catalogue.catalogue import Catalogue

_CANDIDATES = 3


@dataclass(frozen=True, slots=True)
class SeenThing:
    """Something that the detector saw in a slot. ``candidates``: what it may be, with scores, likeliest first."""

    kind: FacingKind
    score: float
    box_xyxy: tuple[float, float, float, float]
    candidates: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class SlotSight:
    """One camera's newest picture of a slot."""

    camera: CameraNow
    picture: PictureNow
    outline: Outline
    things: tuple[SeenThing, ...]


def sights_of(catalogue: Catalogue, now: StoreNow, slot: str) -> tuple[SlotSight, ...]:
    """Every camera whose newest picture shows the slot."""
    sights = []
    for camera in now.cameras:
        outlines = () if camera.picture is None else camera.picture.outlines
        outline = next((each for each in outlines if each.slot == slot), None)
        if camera.picture is not None and outline is not None:
            things = tuple(_things(catalogue, camera.picture.seen, outline))
            sights.append(SlotSight(camera, camera.picture, outline, things))
    return tuple(sights)


def _things(catalogue: Catalogue, seen: FrameFacings, outline: Outline) -> Iterator[SeenThing]:
    """What has its middle in the outline, from left to right."""
    for place in sorted(range(len(seen.boxes_xyxy)), key=lambda place: seen.boxes_xyxy[place][0]):
        left, top, right, bottom = seen.boxes_xyxy[place]
        if outline.contains((left + right) / 2, (top + bottom) / 2):
            candidates = tuple(_candidates(catalogue, seen, place))
            kind = FacingKind(seen.kinds[place])
            yield SeenThing(kind, seen.scores[place], (left, top, right, bottom), candidates)


def _candidates(catalogue: Catalogue, seen: FrameFacings, place: int) -> Iterator[tuple[str, float]]:
    if place >= len(seen.candidates):
        return
    for product, score in list(zip(seen.candidates[place], seen.candidate_scores[place], strict=True))[:_CANDIDATES]:
        gtin = seen.gtins[product]
        known = catalogue.products.get((seen.store, gtin))
        yield (gtin if known is None else known.name), score
