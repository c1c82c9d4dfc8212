"""How wrong the network is about a batch of crops."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from detector.model.shelfnet import ShelfMaps

_BOX_WEIGHT = 1.5
_AREA_WEIGHT = 1.0
_LOG_EDGE_WEIGHT = 0.3
_AREA_WEIGHTS = (1.0, 3.0, 1.0, 2.0)
"""By kind: gaps, a twentieth of a picture, and tags count more than their size."""
_TINY = 1e-4


class Wanted(NamedTuple):
    """``detector.train.targets.Targets`` of a batch, as tensors."""

    heat: Tensor
    heat_counts: Tensor
    edges: Tensor
    edges_weight: Tensor
    areas: Tensor
    areas_counts: Tensor


class Losses(NamedTuple):
    """The parts, unweighted; ``total`` is what is minimised."""

    total: Tensor
    heat: Tensor
    edges: Tensor
    areas: Tensor


def losses_of(maps: ShelfMaps, wanted: Wanted) -> Losses:
    """All losses of a batch."""
    heat = heat_loss(maps.heat, wanted.heat, wanted.heat_counts)
    edges = edges_loss(maps.edges, wanted.edges, wanted.edges_weight)
    areas = areas_loss(maps.areas, wanted.areas, wanted.areas_counts)
    return Losses(heat + _BOX_WEIGHT * edges + _AREA_WEIGHT * areas, heat, edges, areas)


def heat_loss(logits: Tensor, wanted: Tensor, counts: Tensor) -> Tensor:
    """Focal loss that forgives near misses of a centre (Law & Deng, arXiv 1808.01244, eq. 1)."""
    chance = logits.sigmoid().clamp(_TINY, 1 - _TINY)
    centre = wanted.ge(0.999).float() * counts
    hits = -(chance.log() * (1 - chance) ** 2 * centre).sum()
    alarms = -((1 - chance).log() * chance**2 * (1 - wanted) ** 4 * (1 - centre) * counts).sum()
    return (hits + alarms) / centre.sum().clamp(min=1)


def areas_loss(logits: Tensor, wanted: Tensor, counts: Tensor) -> Tensor:
    """Cross entropy per pixel; ``counts`` is 0 for kinds and places of which a picture's labels do not tell."""
    per_pixel = functional.binary_cross_entropy_with_logits(logits, wanted, reduction="none")
    by_kind: Tensor = (per_pixel * counts).mean((0, 2, 3))
    return (by_kind * by_kind.new_tensor(_AREA_WEIGHTS)).sum()


def edges_loss(edges: Tensor, wanted: Tensor, weight: Tensor) -> Tensor:
    """Generalised IoU (Rezatofighi et al., arXiv 1902.09630) and relative error of each edge, near the centres."""
    wanted = wanted.clamp(min=_TINY)
    off = (edges.log() - wanted.clamp(min=0.05).log()).abs().sum(1)
    overlap_sides = torch.minimum(edges, wanted)
    hull_sides = torch.maximum(edges, wanted)
    overlap, hull = _area(overlap_sides), _area(hull_sides)
    union = _area(edges) + _area(wanted) - overlap
    giou = overlap / union.clamp(min=_TINY) - (hull - union) / hull.clamp(min=_TINY)
    return ((1 - giou + _LOG_EDGE_WEIGHT * off) * weight).sum() / weight.sum().clamp(min=1)


def _area(edges: Tensor) -> Tensor:
    return (edges[:, 0] + edges[:, 2]) * (edges[:, 1] + edges[:, 3])


def taught_loss(maps: ShelfMaps, taught: ShelfMaps) -> Tensor:
    """How far maps are from those of a larger network of the same pictures, whatever the labels say.

    Its chances are the labels (Hinton et al., "Distilling the Knowledge in a Neural Network", arXiv 1503.02531), and
    count where the two differ (Li et al., "Generalized Focal Loss", arXiv 2006.04388, eq. 3), since nearly all of a
    picture is no centre; edges count as far as it sees a centre there.
    """
    sure = taught.heat.sigmoid()
    apart = (sure - maps.heat.sigmoid()).square()
    centres = sure.amax(1, keepdim=True)
    heat = (apart * functional.binary_cross_entropy_with_logits(maps.heat, sure, reduction="none")).sum()
    edges = ((maps.edges.log() - taught.edges.log()).abs() * centres).sum() / maps.edges.shape[1]
    areas = areas_loss(maps.areas, taught.areas.sigmoid(), torch.ones_like(maps.areas))
    return (heat + edges) / centres.sum().clamp(min=1) + _AREA_WEIGHT * areas
