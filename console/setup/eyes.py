"""The detector in the console's own process: for photographs that are sent here, not for frames of cameras."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from console.reading import PictureSource
from detector.contract import Facings
from detector.gallery.gallery import Gallery, Look, Reference, gallery_of
from detector.pipeline import Detector, open_for_photographs
from ingest.one_frame import frame_of_bytes
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.errors import InvalidMessage, Unavailable

_WAIT_S, _AGAIN_S = 20.0, 10.0
_LIKELY = 0.2


class Eyes:
    """Any thread may use it; photographs are looked at one at a time. It is opened when it is first needed."""

    def __init__(self, pictures: PictureSource, manifest: Path | None) -> None:
        self._pictures = pictures
        self._manifest = manifest
        self._busy = threading.Lock()
        self._detector: Detector | None = None
        self._looks: dict[str, Look] = {}

    def see(self, catalogue: Catalogue, store: str, name: str, photograph: bytes) -> tuple[Facings, tuple[int, int]]:
        """What a photograph shows, the store's products named, and its width and height once it is as large as a frame.

        Raises ``Faults`` for what is no picture, and for weights that cannot be used; ``InvalidMessage`` for a picture
        that the detector does not take; ``Unavailable`` while too many are waiting.
        """
        jpeg = frame_of_bytes(photograph, name)
        with _turn(self._busy):
            detector = self._opened()
            image = detector.open_jpeg(jpeg)
            return detector.see(image, self._gallery(detector, catalogue, store)), (
                image.shape[1],
                image.shape[0],
            )

    def taken_for(
        self, catalogue: Catalogue, store: str, gtin: str, photographs: Mapping[str, bytes]
    ) -> list[tuple[str, float]]:
        """Other products of the store that photographs of one would be taken for, by GTIN, with the chance of each.

        Raises as ``see`` does.
        """
        if not any(each.pictures for each in catalogue.products.values() if each.store == store and each.gtin != gtin):
            return []
        with _turn(self._busy):
            detector = self._opened()
            others = self._gallery(detector, catalogue, store, without=gtin)
            if not others.references:
                return []
            chances: dict[str, float] = {}
            for data in photographs.values():
                look = detector.look_of(detector.open_photograph(data))
                for other, chance in detector.products_like(look, others):
                    chances[other] = max(chance, chances.get(other, 0.0))
            return sorted(
                ((each, chance) for each, chance in chances.items() if chance >= _LIKELY), key=lambda each: -each[1]
            )

    def _opened(self) -> Detector:
        if self._detector is None:
            self._detector = open_for_photographs(self._manifest)
        return self._detector

    def _gallery(self, detector: Detector, catalogue: Catalogue, store: str, without: str = "") -> Gallery:
        """The looks of a store's products; pictures that are gone or broken are left out, as the detector does."""
        references, looks = [], []
        for product in catalogue.products.values():
            if product.store != store or product.gtin == without:
                continue
            for picture in product.pictures:
                look = self._look(detector, picture)
                if look is not None:
                    references.append(Reference(product.gtin, picture))
                    looks.append(look)
        return gallery_of(references, looks)

    def _look(self, detector: Detector, picture: str) -> Look | None:
        if picture not in self._looks:
            try:
                data = self._pictures.get(picture)
                if data is None:
                    return None
                self._looks[picture] = detector.look_of(detector.open_photograph(data))
            except (InvalidMessage, ValueError):
                return None
        return self._looks[picture]


@contextmanager
def _turn(lock: threading.Lock) -> Iterator[None]:
    """Wait for a lock, and say so where that takes too long."""
    if not lock.acquire(timeout=_WAIT_S):
        raise Unavailable("other photographs are being looked at; try again", retry_after_s=_AGAIN_S)
    try:
        yield
    finally:
        lock.release()
