"""Why a facing was called what it was called: the references that are nearest, where prints agree, what counted."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from detector.gallery.gallery import Gallery
from detector.gallery.prints import FACING, Agreement, compare, matched_points, print_of
from detector.jpeg import Image
from detector.naming.namer import Namer
from detector.recognise.packshot import cut_out, without_margin
from detector.recognise.saliency import overlaid, saliency_of

_SHOWN_PX = 320
_MARGIN_PX = 12
_TEXT_PX = 44
_WHITE, _BLACK, _GREEN = (255, 255, 255), (20, 20, 20), (60, 170, 40)


@dataclass(frozen=True, slots=True)
class Nearest:
    """One product that a facing may be: its chance, how like its nearest reference is, and how their prints agree."""

    gtin: str
    chance: float
    likeness: float
    agreement: Agreement


def nearest_of(namer: Namer, facing_bgr: Image, gallery: Gallery, count: int = 3) -> list[Nearest]:
    """The products that a facing (H, W, 3), cut out of a frame, most likely is, then those that it is most like."""
    if not gallery.gtins:
        return []
    look = namer.look_of_facing(facing_bgr)
    likeness = gallery.likeness(look.vector[None])[0]
    chances = dict(namer.name_look(look, gallery))
    alike = [gallery.gtins[column] for column in np.argsort(-likeness, kind="stable")]
    order = list(dict.fromkeys([*chances, *alike]))
    found = []
    for gtin in order[:count]:
        column, chance = gallery.gtins.index(gtin), chances.get(gtin, 0.0)
        agreements = [compare(look.print, reference) for reference in gallery.prints[column]]
        best = max(agreements, key=lambda each: (each.points, each.colours))
        found.append(Nearest(gtin, chance, float(likeness[column]), best))
    return found


def explanation(
    namer: Namer, facing_bgr: Image, gallery: Gallery, pictures: Sequence[tuple[str, Image]], names: dict[str, str]
) -> Image:
    """A sheet: the facing, what its likeliest name rests on, and the nearest references with the points that agree.

    ``pictures`` are the gallery's reference pictures (H, W, 3) with their products, ``names`` what to call these.
    """
    found = nearest_of(namer, facing_bgr, gallery)
    columns = [_titled(_fitted(facing_bgr), "the facing", "")]
    if not found:
        return _sheet([*columns, _titled(_fitted(facing_bgr), "none of the gallery's products", "")])
    best = gallery.gtins.index(found[0].gtin)

    def score(shown: Sequence[Image]) -> Sequence[float]:
        return [float(gallery.likeness(namer.look_of_facing(each).vector[None])[0, best]) for each in shown]

    rests_on = overlaid(facing_bgr, saliency_of(facing_bgr, score))
    columns.append(_titled(_fitted(rests_on), "what the first name rests on", "by hiding parts of it"))
    for each in found:
        picture = next(picture for gtin, picture in pictures if gtin == each.gtin)
        told = f"alike {each.likeness:.2f}, {each.agreement.points} points, colours {each.agreement.colours:.2f}"
        columns.append(
            _titled(_agreeing(facing_bgr, picture), f"{each.chance:.2f} {names.get(each.gtin, each.gtin)}", told)
        )
    return _sheet(columns)


def _agreeing(facing: Image, picture: Image) -> Image:
    """The facing above a reference, lines between points that agree."""
    pack = cut_out(picture)
    front = without_margin(picture) if pack is None else pack.image_bgr
    seen, reference = print_of(facing, FACING), print_of(front, FACING)
    upper, lower = _fitted(facing, _SHOWN_PX // 2), _fitted(front, _SHOWN_PX // 2)
    wide = max(upper.shape[1], lower.shape[1])
    both = np.full((upper.shape[0] + lower.shape[0] + _MARGIN_PX, wide, 3), 255, np.uint8)
    both[: upper.shape[0], : upper.shape[1]] = upper
    both[-lower.shape[0] :, : lower.shape[1]] = lower
    first, second = matched_points(seen, reference)
    to_upper = np.array(upper.shape[1::-1]) / np.array(seen.size_wh)
    to_lower = np.array(lower.shape[1::-1]) / np.array(reference.size_wh)
    down = np.array([0, both.shape[0] - lower.shape[0]])
    for begin, end in zip(first * to_upper, second * to_lower + down, strict=True):
        ends = [(round(float(x)), round(float(y))) for x, y in (begin, end)]
        cv2.line(both, ends[0], ends[1], _GREEN, 1, cv2.LINE_AA)
    return both


def _fitted(picture: Image, high: int = _SHOWN_PX) -> Image:
    width = max(1, round(picture.shape[1] * high / picture.shape[0]))
    how = cv2.INTER_AREA if picture.shape[0] > high else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, (min(width, 2 * high), high), interpolation=how), np.uint8)


def _titled(picture: Image, title: str, below: str) -> Image:
    wide = max(picture.shape[1], 7 * max(len(title), len(below)) + 8)
    column = np.full((_SHOWN_PX + _MARGIN_PX + _TEXT_PX, wide, 3), 255, np.uint8)
    column[_TEXT_PX : _TEXT_PX + picture.shape[0], : picture.shape[1]] = picture
    for line, text in enumerate((title, below)):
        cv2.putText(column, text, (2, 15 + 19 * line), cv2.FONT_HERSHEY_SIMPLEX, 0.42, _BLACK, 1, cv2.LINE_AA)
    return column


def _sheet(columns: Sequence[Image]) -> Image:
    gap = np.full((columns[0].shape[0], _MARGIN_PX, 3), _WHITE, np.uint8)
    return np.hstack([part for column in columns for part in (column, gap)])
