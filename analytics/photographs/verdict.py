"""Says how a camera sees a bay, and whether that can be relied on: no proposal is better than a wrong one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analytics.photographs.align import Aligner, Alignment
from analytics.photographs.maps import corners_of
from analytics.photographs.places import Floats, PlannedFronts, SeenFronts, planned_fronts, seen_fronts
from detector.contract import Facings
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.geometry import bent, picture_from_bay, project, straightened
from shelfstream.catalogue.model import Bay, Calibration, Lens, PointPair, Product, Slot

FACING_SCORE_MIN = 0.3
_MARGIN_MIN = 3.0
"""Natural logarithms of chances: how much better the best way must be than the next different one."""

_CONFIRMED_MIN = 4
_MUCH, _MUCH_SHARE_MIN = 18.0, 0.25
_SOME, _SOME_SHARE_MIN, _EXPLAINED_MIN = 6.0, 0.4, 0.7
_WHOLE = 0.5
"""Much evidence is enough with a quarter of the places confirmed. Of a small bay there is less: then most of it must be
in sight, more of its places must be confirmed, and most of what is seen must be where the plan has it. Measured on
simulated cameras (``benchmarks.self_calibration``), mirrored pictures and shuffled plans among them."""

_CONFIRMS, _CONTRADICTS = 0.5, -0.8
_ALIKE = 0.2
"""Of a bay's evidence: another bay with no more than this less might as well be the one."""

_ONE_PLACE = 0.3
_FAR = 0.25
"""In widths of a facing: a plan that lies further off than this is not where its products are."""

_GRID = 5
_POINTS_WANTED, _LEAST_POINTS = 9, 4


@dataclass(frozen=True, eq=False)
class Proposal:
    """How one bay lies in a picture.

    ``sure``: it may be used as it is; else ``why`` says in a sentence what stands against it. ``image_from_bay`` is
    the best map that was found (to a straight picture where the ``lens`` bends), ``None`` where there is none,
    ``evidence`` what speaks for it in natural logarithms of chances, and ``margin`` how much better it is than the next
    different one. ``confirmed`` and ``contradicted`` are slots whose products were seen where the plan has them, and
    slots where another one stands. ``residual_mm``: how far facings are from their places, the middle of all.
    ``box_px``: what is planned, in the picture.
    """

    bay: str
    sure: bool
    why: str
    image_from_bay: Floats | None = None
    lens: Lens | None = None
    evidence: float = 0.0
    margin: float = 0.0
    residual_mm: float = 0.0
    confirmed: tuple[str, ...] = ()
    contradicted: tuple[str, ...] = ()
    points: tuple[PointPair, ...] = ()
    box_px: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)

    def calibration(self) -> Calibration:
        """What is written for the camera. Raises ``ValueError`` where there are too few points."""
        return Calibration(bay=self.bay, points=self.points, lens=self.lens)


def propose(
    bay: Bay, slots: Sequence[Slot], products: Mapping[str, Product], facings: Facings, size_wh: tuple[int, int]
) -> Proposal:
    """How a picture of ``size_wh`` shows a bay, by the facings in it. ``products`` of the plan are by GTIN."""
    if not slots:
        return Proposal(bay.id, sure=False, why="the plan has no slots")
    plan = planned_fronts(bay, slots, products)
    seen = seen_fronts(facings, plan, FACING_SCORE_MIN)
    aligner = Aligner(plan, seen, size_wh)
    ways = aligner.alignments()
    if not ways:
        return Proposal(bay.id, sure=False, why=_why_no_way(len(seen.boxes_px), float(seen.known.sum())))
    # A lens makes any way fit better: ways are compared without one.
    margin = ways[0].score - ways[1].score if len(ways) > 1 else np.inf
    return _proposal(plan, seen, aligner.with_lens(ways[0]), margin, size_wh)


def judge(plan: PlannedFronts, facings: Facings, size_wh: tuple[int, int], calibration: Calibration) -> Proposal:
    """What the facings of a picture say of a calibration that somebody made; nothing is moved.

    Raises ``ValueError`` where its points fix no map.
    """
    image_from_bay = picture_from_bay(calibration)
    seen = seen_fronts(facings, plan, FACING_SCORE_MIN)
    way = Aligner(plan, seen, size_wh).given(image_from_bay, calibration.lens)
    if way is None:
        why = "hardly any facing is where the plan has one"
        return Proposal(plan.bay.id, sure=False, why=why, image_from_bay=image_from_bay, lens=calibration.lens)
    told = _proposal(plan, seen, way, np.inf, size_wh)
    if told.sure and told.residual_mm > _FAR * float(np.median(plan.sizes_mm[:, 0])):
        return replace(told, sure=False, why=f"facings are {told.residual_mm:.0f} mm off their places")
    return told


def _proposal(
    plan: PlannedFronts, seen: SeenFronts, way: Alignment, margin: float, size_wh: tuple[int, int]
) -> Proposal:
    confirmed, contradicted = _slots_by_evidence(plan, way)
    standing = _Standing(
        evidence=_evidence_for(plan, way),
        margin=margin,
        confirmed=len(confirmed),
        contradicted=len(contradicted),
        planned=len(plan.slots),
        in_sight=_slots_in_sight(plan, way, size_wh),
        explained=_explained(plan, seen.centres_px, way),
    )
    points = _points(plan, way, size_wh)
    return Proposal(
        plan.bay.id,
        sure=not (why := standing.doubt()) and len(points) >= _LEAST_POINTS,
        why=why,
        image_from_bay=way.image_from_bay,
        lens=way.lens,
        evidence=standing.evidence,
        margin=margin,
        residual_mm=_residual_mm(plan, seen.boxes_px, way),
        confirmed=confirmed,
        contradicted=contradicted,
        points=points,
        box_px=_box_px(plan, way),
    )


def propose_bays(
    catalogue: Catalogue, store: str, bays: Sequence[str], facings: Facings, size_wh: tuple[int, int]
) -> list[Proposal]:
    """How a picture shows each of these bays, the likeliest first; at most one of bays that look alike is sure."""
    products = {product.gtin: product for product in catalogue.products.values() if product.store == store}
    return told_apart(
        [
            propose(
                catalogue.bays[store, bay], catalogue.slots_by_bay.get((store, bay), ()), products, facings, size_wh
            )
            for bay in bays
        ]
    )


def told_apart(proposals: Sequence[Proposal]) -> list[Proposal]:
    """Proposals of several bays for one picture, the likeliest first.

    Two bays may stand beside each other in a picture, but not in one place: there the better one stays, if it is much
    better, and none of two that are alike.
    """
    ordered = sorted(proposals, key=lambda each: (not each.sure, -each.evidence))
    found: list[Proposal] = []
    for proposal in ordered:
        rivals = [each for each in ordered if each is not proposal and each.sure and _share_place(each, proposal)]
        better = max(rivals, key=lambda each: each.evidence, default=None)
        if proposal.sure and better is not None and better.evidence > (1 - _ALIKE) * proposal.evidence - _MARGIN_MIN:
            why = f"bay {better.bay} fits the picture about as well, or better"
            found.append(replace(proposal, sure=False, why=why))
        else:
            found.append(proposal)
    return sorted(found, key=lambda each: (not each.sure, -each.evidence))


def _share_place(one: Proposal, other: Proposal) -> bool:
    left, top = np.maximum(one.box_px[:2], other.box_px[:2])
    right, bottom = np.minimum(one.box_px[2:], other.box_px[2:])
    areas = [(each.box_px[2] - each.box_px[0]) * (each.box_px[3] - each.box_px[1]) for each in (one, other)]
    return bool(max(0.0, right - left) * max(0.0, bottom - top) > _ONE_PLACE * min(areas))


def _why_no_way(facings: int, known: float) -> str:
    if facings < _CONFIRMED_MIN:
        return f"only {facings} facings are seen in the picture"
    if known < _CONFIRMED_MIN:
        return f"hardly any of the {facings} facings is recognised: give the products pictures, or a sharper picture"
    return "the products that are seen stand nowhere as the plan has them"


@dataclass(frozen=True, slots=True)
class _Standing:
    """What speaks for the best way to lay a plan over a picture, and against it."""

    evidence: float
    margin: float
    confirmed: int
    contradicted: int
    planned: int
    in_sight: int
    explained: float

    def doubt(self) -> str:
        """What stands against it in a sentence; nothing where it can be relied on."""
        if self.confirmed < _CONFIRMED_MIN or self.evidence < _SOME:
            return f"only {self.confirmed} places are confirmed by their products"
        if self.margin < _MARGIN_MIN:
            return "another way of laying the plan over the picture fits about as well"
        share = self.confirmed / max(self.in_sight, 1)
        much = self.evidence >= _MUCH and share >= _MUCH_SHARE_MIN and self.contradicted <= self.confirmed
        whole = self.in_sight >= _WHOLE * self.planned
        enough = whole and share >= _SOME_SHARE_MIN and self.contradicted <= self.confirmed / 3
        if much or (enough and self.explained >= _EXPLAINED_MIN):
            return ""
        agree = f"{self.confirmed} of {self.in_sight} places agree and {self.contradicted} show another product"
        return f"{agree}: another bay, or not the plan that stands there?"


def _evidence_for(plan: PlannedFronts, way: Alignment) -> float:
    """What speaks for a way, slot by slot; what speaks against it is counted by itself."""
    slots = len(plan.slots)
    count = np.bincount(plan.slot_of, minlength=slots)
    total = np.bincount(plan.slot_of, np.maximum(way.evidence, 0), minlength=slots)
    return float((total / np.sqrt(np.maximum(count, 1))).sum())


def _explained(plan: PlannedFronts, centres_px: Floats, way: Alignment) -> float:
    """Share of the facings over the plan that meet a front of it."""
    bay_from_image = np.asarray(np.linalg.inv(way.image_from_bay), np.float64)
    centres = project(bay_from_image, straightened(way.lens, centres_px))
    over = ((centres >= plan.boxes_mm[:, :2].min(0)) & (centres <= plan.boxes_mm[:, 2:].max(0))).all(1)
    return len(way.facings) / max(int(over.sum()), len(way.facings), 1)


def _slots_by_evidence(plan: PlannedFronts, way: Alignment) -> tuple[tuple[str, ...], tuple[str, ...]]:
    count = np.bincount(plan.slot_of, minlength=len(plan.slots))
    mean = np.bincount(plan.slot_of, way.evidence, minlength=len(plan.slots)) / np.maximum(count, 1)
    best = np.full(len(plan.slots), -np.inf)
    np.maximum.at(best, plan.slot_of[way.fronts], way.evidence[way.fronts])
    confirmed = tuple(slot.id for slot, most in zip(plan.slots, best, strict=True) if most > _CONFIRMS)
    contradicted = tuple(
        slot.id for slot, most, usual in zip(plan.slots, best, mean, strict=True)
        if most <= _CONFIRMS and usual < _CONTRADICTS
    )  # fmt: skip
    return confirmed, contradicted


def _slots_in_sight(plan: PlannedFronts, way: Alignment, size_wh: tuple[int, int]) -> int:
    centres = bent(way.lens, project(way.image_from_bay, plan.centres_mm))
    return len(set(plan.slot_of[((centres >= 0) & (centres < size_wh)).all(1)].tolist()))


def _residual_mm(plan: PlannedFronts, boxes_px: Floats, way: Alignment) -> float:
    """On the bay, between the feet of facings and of the fronts that they were taken for."""
    feet_px = straightened(way.lens, corners_of(boxes_px[way.facings])[:, 2:].mean(1))
    feet_mm = plan.corners_mm[way.fronts][:, 2:].mean(1)
    bay_from_image = np.asarray(np.linalg.inv(way.image_from_bay), np.float64)
    return float(np.median(np.linalg.norm(project(bay_from_image, feet_px) - feet_mm, axis=1)))


def _box_px(plan: PlannedFronts, way: Alignment) -> tuple[float, float, float, float]:
    corners = bent(way.lens, project(way.image_from_bay, plan.corners_mm.reshape(-1, 2)))
    (left, top), (right, bottom) = corners.min(0).tolist(), corners.max(0).tolist()
    return left, top, right, bottom


def _points(plan: PlannedFronts, way: Alignment, size_wh: tuple[int, int]) -> tuple[PointPair, ...]:
    """Spots of the bay within the picture, spread over what is planned, as a person would have chosen them."""
    low, high = plan.boxes_mm[:, :2].min(0), plan.boxes_mm[:, 2:].max(0)
    shares = np.linspace(0, 1, _GRID)
    spots = np.array([low + (high - low) * (x, y) for y in shares for x in shares]).clip(
        0, (plan.bay.width_mm, plan.bay.height_mm)
    )
    pixels = bent(way.lens, project(way.image_from_bay, spots))
    inside = np.flatnonzero(((pixels >= 0) & (pixels < size_wh)).all(1))
    chosen = _spread(pixels[inside])
    return tuple(
        PointPair(
            image_px=(round(float(x), 1), round(float(y), 1)), bay_mm=(round(float(left), 1), round(float(up), 1))
        )
        for (x, y), (left, up) in zip(pixels[inside][chosen], spots[inside][chosen], strict=True)
    )


def _spread(points: Floats) -> list[int]:
    """Rows of points (N, 2) that lie far from each other, the outermost first."""
    if not len(points):
        return []
    chosen = [int(np.linalg.norm(points - points.mean(0), axis=1).argmax())]
    while len(chosen) < min(_POINTS_WANTED, len(points)):
        apart = np.linalg.norm(points[:, None] - points[chosen][None], axis=-1).min(1)
        chosen.append(int(apart.argmax()))
    return chosen
