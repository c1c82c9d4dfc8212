"""How wrong the network is about a batch of crops."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from detector.manifest import EMBEDDING_COLUMNS, EMBEDDING_ROWS, EMBEDDING_STRIDE_PX
from detector.model.shelfnet import ShelfMaps

_TEMPERATURE = 0.1
_BOX_WEIGHT = 1.5
_AREA_WEIGHT = 1.0
_LOOKS_WEIGHT = 0.3
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
    areas_count: Tensor
    boxes_xyxy: Tensor
    products: Tensor


class Losses(NamedTuple):
    """The parts, unweighted; ``total`` is what is minimised."""

    total: Tensor
    heat: Tensor
    edges: Tensor
    areas: Tensor
    looks: Tensor


def losses_of(maps: ShelfMaps, wanted: Wanted) -> Losses:
    """All losses of a batch."""
    heat = heat_loss(maps.heat, wanted.heat, wanted.heat_counts)
    edges = edges_loss(maps.edges, wanted.edges, wanted.edges_weight)
    areas = areas_loss(maps.areas, wanted.areas, wanted.areas_count)
    looks = looks_loss(sample_embeddings(maps.embedding, wanted.boxes_xyxy), wanted.products)
    total = heat + _BOX_WEIGHT * edges + _AREA_WEIGHT * areas + _LOOKS_WEIGHT * looks
    return Losses(total, heat, edges, areas, looks)


def heat_loss(logits: Tensor, wanted: Tensor, counts: Tensor) -> Tensor:
    """Focal loss that forgives near misses of a centre (Law & Deng, arXiv 1808.01244, eq. 1)."""
    chance = logits.sigmoid().clamp(_TINY, 1 - _TINY)
    centre = wanted.ge(0.999).float() * counts
    hits = -(chance.log() * (1 - chance) ** 2 * centre).sum()
    alarms = -((1 - chance).log() * chance**2 * (1 - wanted) ** 4 * (1 - centre) * counts).sum()
    return (hits + alarms) / centre.sum().clamp(min=1)


def areas_loss(logits: Tensor, wanted: Tensor, counts: Tensor) -> Tensor:
    """Cross entropy per pixel; ``counts`` (N, 4) is 0 for the kinds that a picture's labels do not tell."""
    per_pixel = functional.binary_cross_entropy_with_logits(logits, wanted, reduction="none")
    by_kind: Tensor = (per_pixel.mean((2, 3)) * counts).mean(0)
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


def sample_embeddings(embedding: Tensor, boxes_xyxy: Tensor) -> Tensor:
    """(N, K, 384) unit vectors: the map at a 4 × 3 grid of points over each of K boxes (px) of each picture."""
    pictures, count = boxes_xyxy.shape[:2]
    rows = (torch.arange(EMBEDDING_ROWS, device=embedding.device) + 0.5) / EMBEDDING_ROWS
    columns = (torch.arange(EMBEDDING_COLUMNS, device=embedding.device) + 0.5) / EMBEDDING_COLUMNS
    left, top, right, bottom = boxes_xyxy.unbind(2)
    xs = left[..., None] + (right - left)[..., None] * columns
    ys = top[..., None] + (bottom - top)[..., None] * rows
    height, width = (side * EMBEDDING_STRIDE_PX for side in embedding.shape[2:])
    shape = (pictures, count, EMBEDDING_ROWS, EMBEDDING_COLUMNS)
    points = torch.stack(
        [(2 * xs / width - 1)[:, :, None, :].expand(shape), (2 * ys / height - 1)[..., None].expand(shape)], -1
    )
    grid = points.reshape(pictures, count * EMBEDDING_ROWS, EMBEDDING_COLUMNS, 2)
    sampled = functional.grid_sample(embedding, grid, padding_mode="border", align_corners=False)
    cells = sampled.reshape(pictures, -1, count, EMBEDDING_ROWS, EMBEDDING_COLUMNS).permute(0, 2, 3, 4, 1)
    return functional.normalize(cells.flatten(2), dim=2)


def looks_loss(embeddings: Tensor, products: Tensor) -> Tensor:
    """Supervised contrast (Khosla et al., arXiv 2004.11362): equal prints together, others apart."""
    known = products.flatten() >= 0
    vectors, labels = embeddings.flatten(0, 1)[known], products.flatten()[known]
    if len(labels) < 2:
        return embeddings.sum() * 0
    itself = torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    likeness = (vectors @ vectors.T / _TEMPERATURE).masked_fill(itself, float("-inf"))
    log_share = likeness.log_softmax(1).masked_fill(itself, 0)
    same = (labels[:, None] == labels[None]) & ~itself
    partners = same.sum(1)
    with_partner = partners > 0
    if not bool(with_partner.any()):
        return embeddings.sum() * 0
    per_facing = -(log_share * same).sum(1)[with_partner] / partners[with_partner]
    return per_facing.mean()
