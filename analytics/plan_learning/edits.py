"""What a person does to a drafted plan: pure steps, each from one draft to the next.

Every step raises ``ValueError``, with a sentence, for what would make no plan.
"""

from dataclasses import replace

from analytics.plan_learning.draft import DraftPlan
from shelfstream.catalogue.model import Product, Slot

_NARROWEST_MM = 10.0
_WIDE_MOST, _HIGH_MOST = 100, 20
"""What the catalogue takes (``Slot``)."""


def edge_moved(draft: DraftPlan, slot_id: str, side: int, x_mm: float) -> DraftPlan:
    """Move the left (``side`` 0) or right (1) edge of a place; a neighbour that it meets gives way, down to a strip."""
    slot = _slot(draft, slot_id)
    left, right = _neighbours(draft, slot)
    if side == 0:
        least = left.x_min_mm + _NARROWEST_MM if left is not None else 0.0
        at = round(min(max(x_mm, least), slot.x_max_mm - _NARROWEST_MM), 1)
        changed = [slot.model_copy(update={"x_min_mm": at})]
        if left is not None and left.x_max_mm > at:
            changed.append(left.model_copy(update={"x_max_mm": at}))
    else:
        most = right.x_max_mm - _NARROWEST_MM if right is not None else draft.bay.width_mm
        at = round(max(min(x_mm, most), slot.x_min_mm + _NARROWEST_MM), 1)
        changed = [slot.model_copy(update={"x_max_mm": at})]
        if right is not None and right.x_min_mm < at:
            changed.append(right.model_copy(update={"x_min_mm": at}))
    return _with(draft, *changed)


def split(draft: DraftPlan, slot_id: str) -> DraftPlan:
    """Make two places of one, each with half of its facings; the right one gets an id that is free."""
    slot = _slot(draft, slot_id)
    if slot.x_max_mm - slot.x_min_mm < 2 * _NARROWEST_MM:
        raise ValueError("the place is too narrow to be split")
    wide = max(1, slot.facings_wide // 2)
    share = wide / max(slot.facings_wide, 2)
    middle = round(slot.x_min_mm + (slot.x_max_mm - slot.x_min_mm) * share, 1)
    rest = max(1, slot.facings_wide - wide)
    right = slot.model_copy(update={"id": _free_id(draft, slot), "x_min_mm": middle, "facings_wide": rest})
    left = slot.model_copy(update={"x_max_mm": middle, "facings_wide": wide})
    return _with(draft, left, right)


def merged(draft: DraftPlan, slot_id: str) -> DraftPlan:
    """Make one place of two: this and the one right of it, with this one's product."""
    slot = _slot(draft, slot_id)
    _, right = _neighbours(draft, slot)
    if right is None:
        raise ValueError("there is no place right of it on its shelf")
    wide = slot.facings_wide + right.facings_wide
    joined = slot.model_copy(update={"x_max_mm": right.x_max_mm, "facings_wide": wide})
    return _tidy(_with(removed(draft, right.id), joined))


def removed(draft: DraftPlan, slot_id: str) -> DraftPlan:
    """Leave a place out."""
    slot = _slot(draft, slot_id)
    return _tidy(replace(draft, slots=tuple(each for each in draft.slots if each is not slot)))


def sized(draft: DraftPlan, slot_id: str, wide: int, high: int) -> DraftPlan:
    """Say how many facings a place has side by side and above each other."""
    if not (1 <= wide <= _WIDE_MOST and 1 <= high <= _HIGH_MOST):
        raise ValueError(f"facings: 1 to {_WIDE_MOST} side by side, and 1 to {_HIGH_MOST} above each other")
    return _with(draft, _slot(draft, slot_id).model_copy(update={"facings_wide": wide, "facings_high": high}))


def planned(draft: DraftPlan, slot_id: str, gtin: str) -> DraftPlan:
    """Say which of the store's products stands there."""
    return _tidy(_with(draft, _slot(draft, slot_id).model_copy(update={"gtin": gtin})))


def named(draft: DraftPlan, slot_id: str, name: str) -> DraftPlan:
    """Give a product that is not known yet its name."""
    gtin = _slot(draft, slot_id).gtin
    if not name.strip():
        raise ValueError("the name is missing")
    if all(each.gtin != gtin for each in draft.unnamed):
        raise ValueError("the product has a name already")
    return replace(
        draft,
        unnamed=tuple(
            Product(store=each.store, gtin=each.gtin, name=name.strip()) if each.gtin == gtin else each
            for each in draft.unnamed
        ),
    )


def _slot(draft: DraftPlan, slot_id: str) -> Slot:
    found = next((each for each in draft.slots if each.id == slot_id), None)
    if found is None:
        raise ValueError(f"there is no place {slot_id}")
    return found


def _neighbours(draft: DraftPlan, slot: Slot) -> tuple[Slot | None, Slot | None]:
    row = sorted((each for each in draft.slots if each.shelf == slot.shelf), key=lambda each: each.x_min_mm)
    place = row.index(slot)
    return (row[place - 1] if place else None), (row[place + 1] if place + 1 < len(row) else None)


def _free_id(draft: DraftPlan, slot: Slot) -> str:
    taken = {each.id for each in draft.slots}
    stem = slot.id.rpartition("-")[0]
    return next(each for number in range(1, len(taken) + 2) if (each := f"{stem}-{number:02d}") not in taken)


def _with(draft: DraftPlan, *changed: Slot) -> DraftPlan:
    """The draft with these places in it, in the order of shelves and from the left."""
    slots = {each.id: each for each in draft.slots} | {each.id: each for each in changed}
    feet = {shelf.id: shelf.y_mm for shelf in draft.bay.shelves}
    ordered = sorted(slots.values(), key=lambda each: (feet[each.shelf], each.x_min_mm))
    return replace(draft, slots=tuple(ordered))


def _tidy(draft: DraftPlan) -> DraftPlan:
    """Without products that stand nowhere any more."""
    used = {each.gtin for each in draft.slots}
    return replace(draft, unnamed=tuple(each for each in draft.unnamed if each.gtin in used))
