"""Facings of a store's own shelves become reference pictures of products, where packshots and plan agree."""

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from analytics.photographs.photograph import judge_photograph
from analytics.photographs.shelf_references import shelf_references
from analytics.settings import AnalyticsSettings
from deploy.runtime.store_detector import StoreDetector, jpeg_of
from detector.jpeg import read_photograph
from detector.naming.memory import cut
from ingest.one_frame import frame_of_file
from ingest.settings import IngestSettings
from shelfstream.catalogue.adding import from_shelf, with_shelf_pictures
from shelfstream.catalogue.catalogue import planograms
from shelfstream.catalogue.folder.pictures import picture_path
from shelfstream.catalogue.folder.write import write_products

_EACH = 2
_SHEET_PX = 160


@dataclass(frozen=True, eq=False)
class _Found:
    chance: float
    facing_bgr: NDArray[np.uint8]


@dataclass(eq=False)
class ShelfLearning:
    """What photographs gave so far, at most two facings of each product, the surest of all."""

    store: StoreDetector
    found: dict[str, list[_Found]] = field(default_factory=lambda: defaultdict(list))
    not_sure: dict[Path, str] = field(default_factory=dict)

    @classmethod
    def of_folder(cls, folder: Path, console: Console) -> "ShelfLearning":
        """For the store of a catalogue folder. Raises ``Faults`` as ``StoreDetector.open`` does."""
        return cls(StoreDetector.open(folder, console).without_shelf_pictures())

    def look(self, photograph: Path, bays: list[str]) -> None:
        """Take what one photograph gives; one that shows none of the bays for sure gives nothing, and is told."""
        store = self.store
        image = store.detector.open_jpeg(frame_of_file(photograph, IngestSettings()))
        size_wh = (image.shape[1], image.shape[0])
        every = bays or [bay.id for bay in store.catalogue.bays.values()]
        judged = judge_photograph(store.catalogue, store.store.id, every, store.see(image), size_wh)
        if judged.why_not:
            self.not_sure[photograph] = judged.why_not
        plans = planograms(store.catalogue)
        for bay, look in judged.looks.items():
            plan = plans[store.store.id, bay]
            for each in shelf_references(plan, look, judged.findings, AnalyticsSettings().look):
                own = self.found[each.slot.gtin]
                own.append(_Found(each.chance, cut(image, each.box_xyxy)))
                own.sort(key=lambda found: -found.chance)
                del own[_EACH:]

    def keep(self) -> None:
        """Write them into the folder; those that an earlier call wrote for the same products go."""
        folder, catalogue = self.store.path, self.store.catalogue
        products = {each.gtin: each for each in catalogue.products.values()}
        new: dict[str, bytes] = {}
        gone: list[str] = []
        for gtin, found in self.found.items():
            before = products[gtin].pictures
            products[gtin], pictures = with_shelf_pictures(products[gtin], [jpeg_of(each.facing_bgr) for each in found])
            new |= pictures
            gone += [name for name in before if from_shelf(name) and name not in pictures]

        def picture(name: str) -> bytes:
            return new[name] if name in new else picture_path(folder, name).read_bytes()

        write_products(list(products.values()), folder, picture)
        for name in gone:
            picture_path(folder, name).unlink(missing_ok=True)

    def sheet(self) -> NDArray[np.uint8]:
        """(H, W, 3) of each product its packshot and beside it what the shelf gave, for a person to look over."""
        rows = []
        for gtin in sorted(self.found):
            product = self.store.catalogue.products[self.store.store.id, gtin]
            packshots = [name for name in product.pictures if not from_shelf(name)][:1]
            shown = [read_photograph(picture_path(self.store.path, name)) for name in packshots]
            shown += [each.facing_bgr for each in self.found[gtin]]
            rows.append(np.hstack([_in_square(each) for each in shown + [None] * (_EACH + 1 - len(shown))]))
        return np.vstack(rows) if rows else _in_square(None)


def _in_square(picture_bgr: NDArray[np.uint8] | None) -> NDArray[np.uint8]:
    square = np.full((_SHEET_PX, _SHEET_PX, 3), 255, np.uint8)
    if picture_bgr is None:
        return square
    scale = (_SHEET_PX - 8) / max(picture_bgr.shape[:2])
    size_wh = (max(1, round(picture_bgr.shape[1] * scale)), max(1, round(picture_bgr.shape[0] * scale)))
    left, top = (_SHEET_PX - size_wh[0]) // 2, (_SHEET_PX - size_wh[1]) // 2
    square[top : top + size_wh[1], left : left + size_wh[0]] = cv2.resize(
        picture_bgr, size_wh, interpolation=cv2.INTER_AREA
    )
    return square
