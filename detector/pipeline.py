"""The detector itself: a picture in, its facings and gaps out. Public: command line and console use it too."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detector.backends.base import Backend, BackendName
from detector.backends.load import load_backend
from detector.backends.prepare import SMALL_PX, Prepared, finer_scale, prepare
from detector.contract import UNKNOWN_PRODUCT, FacingKind, Facings
from detector.decode import Boxes, DecodeRules, decode
from detector.gallery.gallery import Gallery, Look
from detector.jpeg import PHOTOGRAPH_LIMITS, Image, JpegLimits, decode_jpeg, decode_photograph
from detector.manifest import SHIPPED, STRIDE_PX, RawMaps, read_manifest
from detector.masks import Masks, owners_of
from detector.naming.memory import LastLook, NamedFacings, cells_of, facing_rows, known_again, stands_still
from detector.naming.namer import SHIPPED_NAMER, Namer, NamerOptions, Names, open_namer
from detector.settings import DetectorSettings

_COARSER = (0.5, 0.25)
_LOOKS = 500
"""After so many looks at a camera's frames it is found out anew how large its facings are: lenses are zoomed, too."""
_STILL_COVERED = 0.8
_CLEARER, _CLOSE = 1.2, 0.04
"""How much more a coarser copy of a photograph must show before it is believed instead, and of how much of the picture
its facings must be, the middle of all: in a coarse copy of a whole bay, packs run together."""


class _Look(NamedTuple):
    """One pass of the network: the regions in the picture's pixels, in the network's, its maps and its picture."""

    regions: Facings
    found: Boxes
    maps: RawMaps
    prepared: Prepared
    scale: float


NO_GALLERY = Gallery()


class FrameToSee(NamedTuple):
    """A frame (H, W, 3) uint8 BGR, the gallery of its store, and what was seen of its camera before."""

    image_bgr: Image
    gallery: Gallery
    before: LastLook | None


class Detector:
    """Sees facings, gaps and products. Keeps nothing between pictures; may be used from several threads.

    ``model`` names the exact weights of both networks, ``looks_model`` those that galleries are made with.
    """

    def __init__(
        self,
        backend: Backend,
        namer: Namer,
        *,
        model: str,
        rules: DecodeRules,
        jpeg_limits: JpegLimits,
        work_pixels: int,
        most_pixels: int | None = None,
    ) -> None:
        self.model = f"{model}+{namer.model}"
        self.looks_model = namer.model
        self._backend = backend
        self._namer = namer
        self._rules = rules
        self._jpeg_limits = jpeg_limits
        self._work_pixels = work_pixels
        self._most_pixels = most_pixels or work_pixels

    def open_jpeg(self, jpeg: bytes) -> Image:
        """(H, W, 3) uint8 BGR. Raises ``InvalidMessage`` for what is no whole JPEG within the limits."""
        return decode_jpeg(jpeg, self._jpeg_limits)

    def see(self, image_bgr: Image, gallery: Gallery = NO_GALLERY) -> Facings:
        """What is in a picture (H, W, 3) uint8 BGR from any distance; boxes are in its pixels.

        Without a gallery no product is known.
        """
        return self.see_next(image_bgr, gallery, None).facings

    def see_next(self, image_bgr: Image, gallery: Gallery, before: LastLook | None) -> LastLook:
        """The same for a frame of a camera of which an earlier frame was seen: only what changed is looked at again."""
        return self.see_batch([FrameToSee(image_bgr, gallery, before)])[0]

    def see_batch(self, frames: Sequence[FrameToSee]) -> list[LastLook]:
        """The same for several frames, of which those of one size are looked at together where that is faster."""
        cells = [cells_of(frame.image_bgr) for frame in frames]
        still = [
            frame.before is not None and stands_still(frame.before, own)
            for frame, own in zip(frames, cells, strict=True)
        ]
        moved = iter(self._looks([frame for frame, at_rest in zip(frames, still, strict=True) if not at_rest]))
        return [
            self._seen(frame, own, None if at_rest else next(moved))
            for frame, own, at_rest in zip(frames, cells, still, strict=True)
        ]

    def _seen(self, frame: FrameToSee, cells: Image, looked: _Look | None) -> LastLook:
        """Names what a look found; without one nothing moved, and what was found before is there still."""
        before, gallery = frame.before, frame.gallery
        scale, looks = (1.0, 0) if before is None else (before.scale, before.looks)
        if looked is not None:
            looks = 0 if _unknown_distance(before) else looks + 1
            regions, repeats, scale = looked.regions, 0, looked.scale
        elif before is None:
            regions, repeats = Facings.empty(), 0
        elif before.gallery == gallery.name and before.named.compared.all():
            return replace(before, repeats=before.repeats + 1)
        else:
            # What moves is told by the frame that was looked at: else slow changes would never add up.
            regions, cells, repeats = before.facings, before.cells, before.repeats + 1
        rows = facing_rows(regions)
        names, named = self._names(frame.image_bgr, regions.boxes_xyxy[rows], gallery, before)
        named_regions = _with_names(regions, rows, names, gallery)
        return LastLook(cells, named_regions, rows, named, gallery.name, repeats, scale, looks)

    def see_with_masks(self, image_bgr: Image, gallery: Gallery = NO_GALLERY) -> tuple[Facings, Masks]:
        """The same, with the pixels of each region: row by row in the order of the facings."""
        look = self._best_look(image_bgr)
        cell_wh = (STRIDE_PX / look.prepared.scale_x, STRIDE_PX / look.prepared.scale_y)
        size_wh = (image_bgr.shape[1], image_bgr.shape[0])
        facings = self._all_named(look.regions, image_bgr, gallery)
        owners = owners_of(look.maps, 0, look.found)
        return facings, Masks(owners, facings.boxes_xyxy, facings.kinds, cell_wh, size_wh)

    def _best_look(self, image_bgr: Image) -> _Look:
        """A model has learned packs of some sizes: what fills a picture it sees in parts, what is tiny it misses.

        Where packs are small and the picture has more pixels it is looked at more closely; else coarser copies are
        looked at as well, and the one in which most of the picture is surely under facings counts.
        """
        best = self._look(image_bgr, 1.0)
        shown_px = math.sqrt(_usual_area(best.regions) * best.prepared.scale_x * best.prepared.scale_y)
        if 0 < shown_px < SMALL_PX:
            # In a coarse copy whole shelves of tiny packs look like one.
            return self._closer(image_bgr, best, shown_px)
        for scale in _COARSER:
            look = self._look(image_bgr, scale)
            is_close = _usual_area(look.regions) > _CLOSE * image_bgr.shape[0] * image_bgr.shape[1]
            if is_close and _surely_covered(look.regions) > _CLEARER * _surely_covered(best.regions):
                best = look
        return best

    def _closer(self, image_bgr: Image, look: _Look, shown_px: float) -> _Look:
        """A look at a larger copy, if there is one and it shows as much."""
        pixels = image_bgr.shape[0] * image_bgr.shape[1]
        scale = finer_scale(shown_px, self._work_pixels, pixels, self._most_pixels)
        if scale == 1:
            return look
        finer = self._look(image_bgr, scale)
        return finer if _surely_covered(finer.regions) > _STILL_COVERED * _surely_covered(look.regions) else look

    def _look(self, image_bgr: Image, scale: float) -> _Look:
        prepared = self._prepared(image_bgr, scale)
        return self._read(self._backend.run(prepared.image_bgr[None]), 0, prepared, image_bgr, scale)

    def _looks(self, frames: Sequence[FrameToSee]) -> list[_Look]:
        """A look at each frame: those of one size together, those of cameras that are new from the right distance."""
        known = iter(self._looks_together([frame for frame in frames if not _unknown_distance(frame.before)]))
        return [
            self._best_look(frame.image_bgr) if _unknown_distance(frame.before) else next(known) for frame in frames
        ]

    def _looks_together(self, frames: Sequence[FrameToSee]) -> list[_Look]:
        scales = [1.0 if frame.before is None else frame.before.scale for frame in frames]
        prepared = [self._prepared(frame.image_bgr, scale) for frame, scale in zip(frames, scales, strict=True)]
        order = sorted(range(len(prepared)), key=lambda place: prepared[place].image_bgr.shape)
        found: dict[int, _Look] = {}
        for _, same in itertools.groupby(order, key=lambda place: prepared[place].image_bgr.shape):
            places = list(same)
            for begin in range(0, len(places), self._backend.most_at_once):
                some = places[begin : begin + self._backend.most_at_once]
                maps = self._backend.run(np.stack([prepared[place].image_bgr for place in some]))
                for row, place in enumerate(some):
                    image = frames[place].image_bgr
                    found[place] = self._read(maps, row, prepared[place], image, scales[place])
        return [found[place] for place in range(len(prepared))]

    def _prepared(self, image_bgr: Image, scale: float) -> Prepared:
        pixels = min(self._work_pixels, image_bgr.shape[0] * image_bgr.shape[1])
        return prepare(image_bgr, max(1, round(pixels * scale**2)))

    def _read(self, maps: RawMaps, row: int, prepared: Prepared, image_bgr: Image, scale: float) -> _Look:
        found = decode(maps, row, self._rules)
        boxes = prepared.boxes_in_original(found.boxes_xyxy, (image_bgr.shape[1], image_bgr.shape[0]))
        return _Look(Facings.of_boxes(boxes, found.scores, found.kinds), found, maps, prepared, scale)

    def _names(
        self, image_bgr: Image, boxes: NDArray[np.float32], gallery: Gallery, before: LastLook | None
    ) -> tuple[Names, NamedFacings]:
        """What facings are called: as before where nothing changed and nothing was left to compare."""
        if before is None or before.gallery != gallery.name:
            names = self._namer.name(image_bgr, boxes, gallery)
            return names, NamedFacings.now(image_bgr, boxes, names.compared)
        known = known_again(before, image_bgr, boxes)
        old, new = np.flatnonzero(known >= 0), np.flatnonzero(known < 0)
        fresh = self._namer.name(image_bgr, boxes[new], gallery)
        kept = before.facings.select(before.rows[known[old]])
        order = np.argsort(np.concatenate([old, new]))
        names = Names(
            np.concatenate([kept.candidates, fresh.candidates])[order],
            np.concatenate([kept.candidate_scores, fresh.chances])[order],
            np.concatenate([np.ones(len(old), np.bool_), fresh.compared])[order],
        )
        renamed = NamedFacings.now(image_bgr, boxes[new], fresh.compared)
        return names, before.named.kept(known[old]).beside(renamed, order)

    def _all_named(self, regions: Facings, image_bgr: Image, gallery: Gallery) -> Facings:
        rows = facing_rows(regions)
        return _with_names(regions, rows, self._namer.name(image_bgr, regions.boxes_xyxy[rows], gallery), gallery)

    def open_photograph(self, data: bytes) -> Image:
        """A reference picture or other photograph, JPEG or PNG. Raises ``InvalidMessage`` for anything else."""
        return decode_photograph(data, PHOTOGRAPH_LIMITS)

    def products_like(self, look: Look, gallery: Gallery) -> list[tuple[str, float]]:
        """Products of a gallery that a reference may be taken for, with the chance of each, the likeliest first."""
        return self._namer.name_look(look, gallery)

    def look_of(self, image_bgr: Image) -> Look:
        """The look of a product by one picture of its front: what a gallery holds."""
        return self._namer.look_of(image_bgr)


def _with_names(regions: Facings, rows: NDArray[np.intp], names: Names, gallery: Gallery) -> Facings:
    """Regions of which the facings, at ``rows``, have their names."""
    candidates = np.full(regions.candidates.shape, UNKNOWN_PRODUCT, np.int32)
    chances = np.zeros(regions.candidate_scores.shape, np.float32)
    candidates[rows], chances[rows] = names.candidates, names.chances
    return replace(regions, candidates=candidates, candidate_scores=chances, gtins=gallery.gtins)


def _unknown_distance(before: LastLook | None) -> bool:
    """Whether it must be found out how large a camera's facings are."""
    return before is None or before.looks >= _LOOKS


def _surely_covered(facings: Facings) -> float:
    """Pixels under facings, each by the square of how sure it is."""
    seen = facings.of_kind(FacingKind.FACING)
    return float((_areas(seen) * seen.scores**2).sum())


def _usual_area(facings: Facings) -> float:
    seen = facings.of_kind(FacingKind.FACING)
    return float(np.median(_areas(seen))) if len(seen) else 0.0


def _areas(facings: Facings) -> NDArray[np.float32]:
    sides = facings.boxes_xyxy[:, 2:] - facings.boxes_xyxy[:, :2]
    return np.asarray(sides.prod(axis=1), np.float32)


def open_for_photographs(manifest: Path | None) -> Detector:
    """A detector for pictures that are looked at now and then, with these weights or those that are shipped.

    Raises ``Faults`` as ``open_detector`` does.
    """
    return open_detector(DetectorSettings(manifest=manifest))


def open_detector(settings: DetectorSettings) -> Detector:
    """The detector as the settings say. Raises ``Faults`` for weights that are missing or not what they should be."""
    path = SHIPPED if settings.manifest is None else Path(settings.manifest)
    manifest = read_manifest(path)
    backend = load_backend(settings.backend, path, threads=settings.threads, precision=settings.precision)
    rules = DecodeRules(
        score_fits=manifest.score_fits,
        min_score=settings.min_score,
        max_iou=settings.max_iou,
        max_boxes=settings.max_boxes,
    )
    limits = JpegLimits(max_bytes=settings.jpeg_max_bytes, max_pixels=settings.jpeg_max_pixels)
    on_torch = settings.backend is BackendName.TORCH
    naming = NamerOptions(settings.threads, settings.print_budget_s, on_torch, settings.precision)
    return Detector(
        backend,
        open_namer(settings.namer or SHIPPED_NAMER, naming, settings.classifier),
        model=manifest.model,
        rules=rules,
        jpeg_limits=limits,
        work_pixels=settings.work_pixels or manifest.work_pixels,
        most_pixels=settings.most_work_pixels,
    )
