"""Brings a plan into a catalogue that is there: what the plan says is new, what people added stays."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.model import Bay, CatalogueEntity, Product, Slot, Store
from shelfstream.catalogue.plan_files.plan import PlanFile
from shelfstream.catalogue.plan_files.to_catalogue import slug_of

_PICTURES = frozenset({".jpg", ".jpeg", ".png"})
_OF_PEOPLE = {
    Product: ("price", "sales_per_day", "pictures"),
    Bay: ("name", "aisle", "walking_order", "reset"),
    Slot: ("presentation_min",),
}
"""Fields that no plan says, or that people say better."""


def merged(before: Catalogue, store: Store, found: Sequence[CatalogueEntity]) -> Catalogue:
    """The catalogue with a plan's bays, slots and products in the place of those that it had under the same ids."""
    bays = {entity.id for entity in found if isinstance(entity, Bay)}
    kept = [
        entity
        for entity in before.entities()
        if not isinstance(entity, Store)
        and not (isinstance(entity, Bay) and entity.id in bays)
        and not (isinstance(entity, Slot) and entity.bay in bays)
    ]
    return Catalogue.of([store, *kept, *(_as_known(entity, before) for entity in found)])


def _as_known(entity: CatalogueEntity, before: Catalogue) -> CatalogueEntity:
    key = (entity.store, entity.id) if not isinstance(entity, Store) else ("", "")
    known = before.products.get(key) or before.bays.get(key) or before.slots.get(key)
    if known is None or type(known) is not type(entity):
        return entity
    fields = _OF_PEOPLE[type(known)]
    added = {name: value for name in fields if (value := getattr(known, name)) not in (None, "", ())}
    if isinstance(entity, Product) and entity.pictures:
        added["pictures"] = entity.pictures
    return entity.model_copy(update=added)


def packshots_in(files: Sequence[Path], plan: PlanFile) -> dict[str, tuple[Path, ...]]:
    """The packshots of a plan's products by GTIN, among the files of a folder.

    A packshot is called by the product's GTIN, its code in the plan, or its name; ``NAME-2`` and so on are more of it.
    """
    by_name: dict[str, list[Path]] = {}
    for path in files:
        if path.suffix.lower() in _PICTURES:
            by_name.setdefault(slug_of(path.stem), []).append(path)
    found: dict[str, tuple[Path, ...]] = {}
    for product in plan.products.values():
        names = (product.gtin, product.gtin.lstrip("0"), product.code, product.name)
        found[product.gtin] = next((paths for name in names if (paths := _all_of(slug_of(name), by_name))), ())
    return found


def with_packshots(
    found: Sequence[CatalogueEntity], packshots: Mapping[str, Sequence[Path]]
) -> tuple[list[CatalogueEntity], dict[str, Path]]:
    """The entities, products with the names of their packshots (given by GTIN), and where these lie."""
    shown: list[CatalogueEntity] = []
    sources: dict[str, Path] = {}
    for entity in found:
        if not isinstance(entity, Product):
            shown.append(entity)
            continue
        paths = packshots.get(entity.gtin, ())
        pictures = {f"{entity.gtin}-{number}{path.suffix.lower()}": path for number, path in enumerate(paths, 1)}
        sources |= pictures
        shown.append(entity.model_copy(update={"pictures": tuple(pictures)}) if pictures else entity)
    return shown, sources


def _all_of(name: str, by_name: Mapping[str, list[Path]]) -> tuple[Path, ...]:
    """Every packshot of a name: the one itself and those that are numbered after it."""
    if not name:
        return ()
    found = list(by_name.get(name, []))
    for number in range(1, 10):
        found += by_name.get(f"{name}-{number}", [])
    return tuple(found)
