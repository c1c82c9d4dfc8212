"""The detector itself: a picture in, its facings and gaps out. Public: command line and console use it too."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detector.backends.base import Backend
from detector.backends.load import load_backend
from detector.contract import UNKNOWN_PRODUCT, FacingKind, Facings
from detector.decode import Boxes, DecodeRules, decode
from detector.gallery.gallery import Gallery, embeddings_at, match
from detector.gallery.reference_look import embed_reference
from detector.jpeg import PHOTOGRAPH_LIMITS, Image, JpegLimits, decode_jpeg, decode_photograph
from detector.manifest import SHIPPED, STRIDE_PX, LooksFit, RawMaps, read_manifest
from detector.masks import Masks, owners_of
from detector.prepare import Prepared, prepare
from detector.settings import DetectorSettings

_SCALES = (1.0, 0.5, 0.25)
_CLEARER, _CLOSE = 1.2, 0.04
"""How much more a coarser copy of a photograph must show before it is believed instead, and of how much of the picture
its facings must be, the middle of all: in a coarse copy of a whole bay, packs run together."""


class Detector:
    """Sees facings, gaps and products. Keeps nothing between pictures; may be used from several threads.

    ``model`` names the exact weights.
    """

    def __init__(
        self,
        backend: Backend,
        *,
        model: str,
        rules: DecodeRules,
        looks_fit: LooksFit,
        jpeg_limits: JpegLimits,
        work_pixels: int,
    ) -> None:
        self.model = model
        self._backend = backend
        self._rules = rules
        self._looks_fit = looks_fit
        self._jpeg_limits = jpeg_limits
        self._work_pixels = work_pixels

    def open_jpeg(self, jpeg: bytes) -> Image:
        """(H, W, 3) uint8 BGR. Raises ``InvalidMessage`` for what is no whole JPEG within the limits."""
        return decode_jpeg(jpeg, self._jpeg_limits)

    def see(self, image_bgr: Image, gallery: Gallery | None = None) -> Facings:
        """What is in a picture (H, W, 3) uint8 BGR; boxes are in its pixels. Without a gallery no product is known."""
        return self._see(image_bgr, gallery, 1.0)[0]

    def see_photograph(self, image_bgr: Image, gallery: Gallery | None = None) -> Facings:
        """The same for a picture from any distance.

        A model has learned packs of some sizes: of those that fill a picture it sees parts. Coarser copies are looked
        at as well, and the one in which most of the picture is surely under facings counts.
        """
        return self._best_look(image_bgr, gallery)[0]

    def see_with_masks(self, image_bgr: Image, gallery: Gallery | None = None) -> tuple[Facings, Masks]:
        """The same, with the pixels of each region: row by row in the order of the facings."""
        facings, found, maps, prepared = self._best_look(image_bgr, gallery)
        cell_wh = (STRIDE_PX / prepared.scale_x, STRIDE_PX / prepared.scale_y)
        size_wh = (image_bgr.shape[1], image_bgr.shape[0])
        return facings, Masks(owners_of(maps, 0, found), facings.boxes_xyxy, facings.kinds, cell_wh, size_wh)

    def _best_look(self, image_bgr: Image, gallery: Gallery | None) -> tuple[Facings, Boxes, RawMaps, Prepared]:
        best = self._see(image_bgr, gallery, _SCALES[0])
        for scale in _SCALES[1:]:
            look = self._see(image_bgr, gallery, scale)
            is_close = _usual_area(look[0]) > _CLOSE * image_bgr.shape[0] * image_bgr.shape[1]
            if is_close and _surely_covered(look[0]) > _CLEARER * _surely_covered(best[0]):
                best = look
        return best

    def _see(self, image_bgr: Image, gallery: Gallery | None, scale: float) -> tuple[Facings, Boxes, RawMaps, Prepared]:
        pixels = min(self._work_pixels, image_bgr.shape[0] * image_bgr.shape[1])
        prepared = prepare(image_bgr, max(1, round(pixels * scale**2)))
        maps = self._backend.run(prepared.image_bgr[None])
        found = decode(maps, 0, self._rules)
        boxes = prepared.boxes_in_original(found.boxes_xyxy, (image_bgr.shape[1], image_bgr.shape[0]))
        facings = Facings.of_boxes(boxes, found.scores, found.kinds)
        return self._named(facings, found, maps, gallery), found, maps, prepared

    def _named(self, facings: Facings, found: Boxes, maps: RawMaps, gallery: Gallery | None) -> Facings:
        if gallery is None or not gallery.gtins:
            return facings
        candidates, chances = match(embeddings_at(maps.embedding[0], found.boxes_xyxy), gallery, self._looks_fit)
        no_product = found.kinds != FacingKind.FACING
        candidates[no_product] = UNKNOWN_PRODUCT
        chances[no_product] = 0
        return replace(facings, candidates=candidates, candidate_scores=chances, gtins=gallery.gtins)

    def open_photograph(self, data: bytes) -> Image:
        """A reference picture or other photograph, JPEG or PNG. Raises ``InvalidMessage`` for anything else."""
        return decode_photograph(data, PHOTOGRAPH_LIMITS)

    def products_like(self, look: NDArray[np.float32], gallery: Gallery) -> list[tuple[str, float]]:
        """Products of a gallery that a look (384,) may be, with the chance of each, the likeliest first."""
        candidates, chances = match(look[None], gallery, self._looks_fit)
        pairs = zip(candidates[0].tolist(), chances[0].tolist(), strict=True)
        return [(gallery.gtins[place], chance) for place, chance in pairs if place != UNKNOWN_PRODUCT]

    def look_of(self, image_bgr: Image) -> NDArray[np.float32]:
        """(384,) unit vector of a product by one picture of its front: what a gallery holds."""
        return embed_reference(image_bgr, self._backend)


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
    return Detector(
        backend,
        model=manifest.model,
        rules=rules,
        looks_fit=manifest.looks_fit,
        jpeg_limits=limits,
        work_pixels=settings.work_pixels or manifest.work_pixels,
    )
