"""Labelled pictures of products: a folder per product, or a COCO file whose categories are products."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from detector.jpeg import Image, read_photograph
from detector.recognise.packshot import Packshot, cut_out
from shelfstream.errors import Fault, Faults, InvalidMessage

SUFFIXES = frozenset({".jpg", ".jpeg", ".png"})
_LABELS = "annotations.json"
_SPARED_FROM = 3


@dataclass(frozen=True, slots=True)
class LabelledPicture:
    """One picture of one product; ``box_xywh`` (px) where the product is only a part of the picture.

    ``outlines`` are polygons around it (x, y, x, y … in px of the picture) where they are known.
    """

    product: str
    path: Path
    box_xywh: tuple[float, float, float, float] | None = None
    split: str = ""
    outlines: tuple[tuple[float, ...], ...] = ()

    def picture(self) -> Image:
        """(H, W, 3) uint8 BGR. Raises ``Faults`` for what is no picture."""
        try:
            picture = read_photograph(self.path)
        except InvalidMessage as exc:
            raise Faults("pictures", [Fault(str(self.path), exc.reason)]) from exc
        if self.box_xywh is None:
            return picture
        left, top, width, height = (round(edge) for edge in self.box_xywh)
        return picture[max(top, 0) : top + height, max(left, 0) : left + width]

    def packshot(self) -> Packshot | None:
        """The product without what is around it, by its outlines or off the white that it stands on; else None."""
        picture = self.picture()
        if not self.outlines or self.box_xywh is None:
            return cut_out(picture)
        corner = np.maximum(np.round(self.box_xywh[:2]), 0)
        rings = [np.round(np.reshape(ring, (-1, 2)) - corner).astype(np.int32) for ring in self.outlines]
        mask = np.zeros(picture.shape[:2], np.uint8)
        cv2.fillPoly(mask, rings, 255)
        return Packshot(picture, mask) if mask.any() else None


def examples_in(folder: Path, split: str = "") -> list[LabelledPicture]:
    """All examples of a folder; of one ``split`` where its COCO file names splits. Raises ``Faults`` for none."""
    found = list(_coco(folder, split) if (folder / _LABELS).is_file() else _per_product(folder))
    if not found:
        message = f"holds no folder per product with JPEG or PNG pictures in it, and no {_LABELS}"
        raise Faults("pictures", [Fault(str(folder), f"{message} with split {split}" if split else message)])
    return found


def _per_product(folder: Path) -> Iterator[LabelledPicture]:
    for product in sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else ():
        for path in sorted(product.rglob("*")):
            if path.suffix.lower() in SUFFIXES:
                yield LabelledPicture(product.name, path)


def _coco(folder: Path, split: str) -> Iterator[LabelledPicture]:
    try:
        labels: dict[str, Any] = json.loads((folder / _LABELS).read_text())
        names = {category["id"]: category["name"] for category in labels["categories"]}
        images = {image["id"]: image for image in labels["images"]}
        for label in labels["annotations"]:
            image = images[label["image_id"]]
            if split in ("", image.get("split", "")):
                left, top, width, height = label["bbox"]
                box = (float(left), float(top), float(width), float(height))
                path = folder / image["file_name"]
                rings = _rings(label.get("segmentation"))
                yield LabelledPicture(names[label["category_id"]], path, box, image.get("split", ""), rings)
    except (KeyError, ValueError, TypeError) as exc:
        raise Faults("pictures", [Fault(str(folder / _LABELS), f"is no COCO file: {exc!r}")]) from exc


def _rings(segmentation: Any) -> tuple[tuple[float, ...], ...]:  # noqa: ANN401 - what a file holds
    """Polygons of at least three corners; run lengths are not read."""
    if not isinstance(segmentation, list):
        return ()
    rings = [segmentation] if segmentation and not isinstance(segmentation[0], list) else segmentation
    return tuple(tuple(float(edge) for edge in ring) for ring in rings if len(ring) >= 6 and len(ring) % 2 == 0)


def learn_and_validate(folder: Path, share: float, seed: int) -> tuple[list[LabelledPicture], list[LabelledPicture]]:
    """(to learn from, to validate with): the splits train and val of a COCO file that has them, else by chance."""
    every = examples_in(folder)
    if {"train", "val"} <= {example.split for example in every}:
        learn = [example for example in every if example.split == "train"]
        products = {example.product for example in learn}
        return learn, [example for example in every if example.split == "val" and example.product in products]
    return held_out(every, share, seed)


def held_out(
    examples: Sequence[LabelledPicture], share: float, seed: int
) -> tuple[list[LabelledPicture], list[LabelledPicture]]:
    """(to learn from, to validate with): of each product that share by chance, of three pictures at least one."""
    rng = np.random.default_rng(seed)
    learn: list[LabelledPicture] = []
    validate: list[LabelledPicture] = []
    for product in sorted({example.product for example in examples}):
        own = [example for example in examples if example.product == product]
        least = 1 if len(own) >= _SPARED_FROM else 0
        count = min(max(round(share * len(own)), least), len(own) - 1)
        order = rng.permutation(len(own))
        validate += [own[place] for place in order[:count]]
        learn += [own[place] for place in order[count:]]
    return learn, validate
