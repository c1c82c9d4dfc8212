"""A catalogue folder of one store, with the detector that knows its products: for commands that look at pictures."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from analytics.photographs.verdict import Proposal, propose_bays
from detector.contract import FacingKind, Facings
from detector.gallery.gallery import Gallery, Reference, gallery_of
from detector.jpeg import read_photograph
from detector.naming.memory import cut
from detector.pipeline import Detector, open_detector, open_for_photographs
from detector.settings import DetectorSettings
from shelfstream.catalogue.adding import from_shelf
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.folder.pictures import picture_path
from shelfstream.catalogue.folder.read import check_folder
from shelfstream.catalogue.model import Store
from shelfstream.errors import Fault, Faults, InvalidMessage

_MANY = 20
_QUALITY = 95


@dataclass(frozen=True, eq=False)
class StoreDetector:
    """One store as its folder has it."""

    path: Path
    catalogue: Catalogue
    store: Store
    detector: Detector
    gallery: Gallery

    @classmethod
    def open(cls, path: Path, console: Console) -> "StoreDetector":
        """Read the folder and learn its products' looks. Raises ``Faults`` for what is wrong in it."""
        catalogue, store = catalogue_of(path)
        detector = open_detector(DetectorSettings())
        return cls(path, catalogue, store, detector, _gallery(catalogue, path, detector, console))

    def see(self, image_bgr: NDArray[np.uint8]) -> Facings:
        """What is in a picture (H, W, 3), products named."""
        return self.detector.see(image_bgr, self.gallery)

    def alike(self, picture: str) -> list[tuple[str, float]]:
        """Products that one of the folder's pictures would be taken for, with the chance of each, the likeliest first.

        The picture itself does not count as a reference: any look is like itself.
        """
        known = list(zip(self.gallery.references, self.gallery.looks, strict=True))
        others = [(reference, look) for reference, look in known if reference.picture_id != picture]
        own = [look for reference, look in known if reference.picture_id == picture]
        if not others or not own:
            return []
        gallery = gallery_of([reference for reference, _ in others], [look for _, look in others])
        return self.detector.products_like(own[0], gallery)

    def without_shelf_pictures(self) -> "StoreDetector":
        """The same, products known by their packshots alone."""
        known = zip(self.gallery.references, self.gallery.looks, strict=True)
        kept = [(reference, look) for reference, look in known if not from_shelf(reference.picture_id)]
        return replace(self, gallery=gallery_of([reference for reference, _ in kept], [look for _, look in kept]))

    def propose(self, bays: Sequence[str], facings: Facings, size_wh: tuple[int, int]) -> list[Proposal]:
        """How a picture shows each of these bays, the likeliest first; at most one of bays that look alike is sure."""
        return propose_bays(self.catalogue, self.store.id, bays, facings, size_wh)


def facing_at(photograph: Path, point_xy: tuple[int, int]) -> NDArray[np.uint8]:
    """The facing (H, W, 3) of a photograph that a point (px) lies on. Raises ``Faults`` where there is none."""
    picture = photograph_of(photograph)
    facings = open_for_photographs(None).see(picture).of_kind(FacingKind.FACING)
    low, high = facings.boxes_xyxy[:, :2], facings.boxes_xyxy[:, 2:]
    there = np.flatnonzero(((low <= point_xy) & (high >= point_xy)).all(1))
    if not len(there):
        message = f"shows no facing at {point_xy[0]}, {point_xy[1]}"
        raise Faults("photograph", [Fault(str(photograph), message)])
    return cut(picture, facings.boxes_xyxy[there[0]])


def facing_jpeg(photograph: Path, point_xy: tuple[int, int]) -> bytes:
    """The same as JPEG bytes, as a product's picture is kept."""
    return jpeg_of(facing_at(photograph, point_xy))


def jpeg_of(facing_bgr: NDArray[np.uint8]) -> bytes:
    """A facing (H, W, 3) as a product's picture is kept."""
    _, encoded = cv2.imencode(".jpg", facing_bgr, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return encoded.tobytes()


def photograph_of(path: Path) -> NDArray[np.uint8]:
    """A photograph (H, W, 3). Raises ``Faults`` for what is no picture."""
    try:
        return read_photograph(path)
    except InvalidMessage as exc:
        raise Faults("photograph", [Fault(str(path), exc.reason)]) from exc


def catalogue_of(path: Path) -> tuple[Catalogue, Store]:
    """A folder's catalogue and its one store. Raises ``Faults`` for what is wrong in it."""
    checked = check_folder(path)
    if checked.faults:
        raise Faults(f"catalogue in {path}", checked.faults)
    if len(checked.catalogue.stores) != 1:
        raise Faults("catalogue", [Fault(str(path), "holds several stores: name the folder of one")])
    (store,) = checked.catalogue.stores.values()
    return checked.catalogue, store


def _gallery(catalogue: Catalogue, path: Path, detector: Detector, console: Console) -> Gallery:
    names = [(product.gtin, name) for product in catalogue.products.values() for name in product.pictures]
    if not names:
        raise Faults("catalogue", [Fault(str(path), "no product has a picture: none of them can be recognised")])
    references, looks = [], []
    for gtin, name in track(names, "learning products", console=console, disable=len(names) < _MANY, transient=True):
        try:
            looks.append(detector.look_of(read_photograph(picture_path(path, name))))
        except InvalidMessage as exc:
            raise Faults("catalogue", [Fault(f"picture {name}", exc.reason)]) from exc
        references.append(Reference(gtin, name))
    return gallery_of(references, looks)
