"""What the detector emits: the facings of one frame, on ``shelf.facings``.

``Facings`` is the struct of arrays that all rules work on; ``FrameFacings`` is the message that carries one.
"""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Annotated, Self, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ingest.contract import MAX_SIDE_PX, FrameHeader, Visibility, frame_id_of
from shelfstream.bus.api import Message
from shelfstream.bus.topics import FACINGS
from shelfstream.errors import InvalidMessage
from shelfstream.identifiers import Slug, key_of
from shelfstream.wire import UtcTime, Wire

MAX_FACINGS = 2000
CANDIDATES = 5
_GTIN_DIGITS_MOST = 14
UNKNOWN_PRODUCT = -1

Number = TypeVar("Number", np.float32, np.int32)

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int32]


class FacingKind(IntEnum):
    """What a detected region is."""

    FACING = 0
    GAP = 1
    OCCLUDER = 2
    TAG = 3


@dataclass(frozen=True, eq=False)
class Facings:
    """All regions seen in one frame, best score first.

    ``boxes_xyxy`` (N, 4) float32 pixels of the frame as published; ``scores`` (N,) float32 in 0…1;
    ``kinds`` (N,) int32 of ``FacingKind``; ``candidates`` (N, 5) int32, rows of ``gtins``, best first,
    ``UNKNOWN_PRODUCT`` where there is none; ``candidate_scores`` (N, 5) float32 in 0…1, for a candidate how
    likely the facing is that product. Raises ``ValueError`` when the arrays do not fit together.
    """

    boxes_xyxy: FloatArray
    scores: FloatArray
    kinds: IntArray
    candidates: IntArray
    candidate_scores: FloatArray
    gtins: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        count = len(self.scores)
        shapes = {
            "boxes_xyxy": (self.boxes_xyxy.shape, (count, 4)),
            "scores": (self.scores.shape, (count,)),
            "kinds": (self.kinds.shape, (count,)),
            "candidates": (self.candidates.shape, (count, CANDIDATES)),
            "candidate_scores": (self.candidate_scores.shape, (count, CANDIDATES)),
        }
        for name, (found, wanted) in shapes.items():
            if found != wanted:
                raise ValueError(f"{name} has shape {found}, not {wanted}")
        self._check_values()

    def _check_values(self) -> None:
        boxes = self.boxes_xyxy
        if not np.isfinite(boxes).all():
            raise ValueError("boxes_xyxy holds values that are not finite")
        if (boxes[:, 2:] < boxes[:, :2]).any():
            raise ValueError("boxes_xyxy holds boxes whose right or lower edge comes first")
        for name, scores in (("scores", self.scores), ("candidate_scores", self.candidate_scores)):
            if not ((scores >= 0) & (scores <= 1)).all():
                raise ValueError(f"{name} must lie in 0…1")
        if not np.isin(self.kinds, [kind.value for kind in FacingKind]).all():
            raise ValueError("kinds holds a kind that is not known")
        if ((self.candidates < UNKNOWN_PRODUCT) | (self.candidates >= len(self.gtins))).any():
            raise ValueError("candidates points outside gtins")

    def __len__(self) -> int:
        return len(self.scores)

    @classmethod
    def empty(cls) -> Self:
        """No regions."""
        return cls.of_boxes(np.empty((0, 4), np.float32), np.empty(0, np.float32), np.empty(0, np.int32))

    @classmethod
    def of_boxes(cls, boxes_xyxy: FloatArray, scores: FloatArray, kinds: IntArray) -> Self:
        """Regions of which no product is known yet."""
        count = len(scores)
        return cls(
            boxes_xyxy=boxes_xyxy,
            scores=scores,
            kinds=kinds,
            candidates=np.full((count, CANDIDATES), UNKNOWN_PRODUCT, np.int32),
            candidate_scores=np.zeros((count, CANDIDATES), np.float32),
        )

    def likely_gtins(self, chance_min: float) -> NDArray[np.int64]:
        """(N,) each region's product as a number, 0 where none is so likely or its name is no GTIN."""
        numbers = [int(gtin) if _is_gtin(gtin) else 0 for gtin in self.gtins]
        best = self.candidates[:, 0]
        known = (best != UNKNOWN_PRODUCT) & (self.candidate_scores[:, 0] >= chance_min)
        return np.array([*numbers, 0], np.int64)[np.where(known, best, -1)]

    def select(self, which: NDArray[np.bool_] | NDArray[np.integer]) -> "Facings":
        """The regions that a mask or an index array picks, in its order."""
        return Facings(
            boxes_xyxy=self.boxes_xyxy[which],
            scores=self.scores[which],
            kinds=self.kinds[which],
            candidates=self.candidates[which],
            candidate_scores=self.candidate_scores[which],
            gtins=self.gtins,
        )

    def of_kind(self, kind: FacingKind) -> "Facings":
        """The regions of one kind."""
        return self.select(self.kinds == kind)


def _is_gtin(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _GTIN_DIGITS_MOST


_Score = Annotated[float, Field(ge=0, le=1)]
# A box may overhang its frame; one far away was made by no picture, and may be more than float32 holds.
_Edge = Annotated[float, Field(ge=-MAX_SIDE_PX, le=2 * MAX_SIDE_PX)]
_Box = tuple[_Edge, _Edge, _Edge, _Edge]


class FrameFacings(Wire):
    """The facings of one frame. ``model`` and ``gallery`` name the exact weights and references that saw them."""

    store: Slug
    camera: Slug
    epoch: Annotated[int, Field(ge=0)]
    sequence: Annotated[int, Field(ge=0)]
    captured_at: UtcTime
    received_at: UtcTime
    width_px: Annotated[int, Field(ge=1, le=MAX_SIDE_PX)]
    height_px: Annotated[int, Field(ge=1, le=MAX_SIDE_PX)]
    visibility: Visibility | None = None
    model: str
    gallery: str = ""
    boxes_xyxy: Annotated[tuple[_Box, ...], Field(max_length=MAX_FACINGS)]
    scores: tuple[_Score, ...]
    kinds: tuple[int, ...]
    gtins: tuple[str, ...] = ()
    candidates: tuple[tuple[int, ...], ...] = ()
    candidate_scores: tuple[tuple[_Score, ...], ...] = ()

    @property
    def frame_id(self) -> str:
        """Id of the frame that was looked at."""
        return frame_id_of(self.store, self.camera, self.epoch, self.sequence)

    @property
    def order(self) -> tuple[int, int]:
        """Later frames of one camera compare greater."""
        return self.epoch, self.sequence

    @classmethod
    def of(cls, header: FrameHeader, facings: Facings, *, model: str, gallery: str = "") -> Self:
        """The message for what was seen in a frame; candidates are cut to those that exist."""
        return cls(
            **header.model_dump(exclude={"v"}),
            model=model,
            gallery=gallery,
            boxes_xyxy=tuple(_box(row) for row in facings.boxes_xyxy.tolist()),
            scores=tuple(round(score, 4) for score in facings.scores.tolist()),
            kinds=tuple(facings.kinds.tolist()),
            gtins=facings.gtins,
            candidates=tuple(_known(row) for row in facings.candidates.tolist()),
            candidate_scores=tuple(
                tuple(round(score, 4) for score in scores[: len(_known(row))])
                for row, scores in zip(facings.candidates.tolist(), facings.candidate_scores.tolist(), strict=True)
            ),
        )

    def facings(self) -> Facings:
        """The arrays. Raises ``InvalidMessage`` when they do not fit together."""
        try:
            return Facings(
                boxes_xyxy=np.asarray(self.boxes_xyxy, np.float32).reshape(-1, 4),
                scores=np.asarray(self.scores, np.float32),
                kinds=np.asarray(self.kinds, np.int32),
                candidates=_padded(self.candidates, len(self.scores), UNKNOWN_PRODUCT, np.int32),
                candidate_scores=_padded(self.candidate_scores, len(self.scores), 0, np.float32),
                gtins=self.gtins,
            )
        except (ValueError, OverflowError) as exc:
            raise InvalidMessage(f"facings of {self.frame_id}: {exc}") from exc

    def message(self) -> Message:
        """The facings as they go on the bus."""
        return Message(FACINGS, key_of(self.store, self.camera), self.encode())


def _box(row: list[float]) -> _Box:
    left, top, right, bottom = (round(edge, 1) for edge in row)
    return left, top, right, bottom


def _known(row: list[int]) -> tuple[int, ...]:
    return tuple(candidate for candidate in row if candidate != UNKNOWN_PRODUCT)


def _padded(rows: tuple[tuple[float, ...], ...], count: int, filler: int, dtype: type[Number]) -> NDArray[Number]:
    if len(rows) not in (0, count):
        raise ValueError(f"{len(rows)} rows of candidates for {count} facings")
    padded = np.full((count, CANDIDATES), filler, dtype)
    for index, row in enumerate(rows):
        if len(row) > CANDIDATES:
            raise ValueError(f"{len(row)} candidates for one facing; {CANDIDATES} are the most")
        padded[index, : len(row)] = row
    return padded
