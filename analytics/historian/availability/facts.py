"""What the catalogue says of stores and products now, as plain columns: what questions filter, group and price by."""

import hashlib
from collections import Counter
from datetime import datetime

from sqlalchemy import Connection, delete, insert, or_, select

from analytics.historian.availability.tables import product_facts, store_facts
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.model import Kind
from shelfstream.catalogue.versions_sql import catalogue_at, catalogue_versions

_versions = catalogue_versions.c
_TOLD = (Kind.STORE.value, Kind.PRODUCT.value, Kind.SLOT.value)


def write_facts(connection: Connection, store: str, now: datetime) -> bool:
    """Write a store's facts anew if its catalogue is not the one that they were written by; whether they were.

    A product that is not sold any more keeps its facts: of its past is asked as well.
    """
    state = _state_of_catalogue(connection, store, now)
    written_by = connection.scalar(select(store_facts.c.catalogue).where(store_facts.c.store == store))
    if written_by == state:
        return False
    catalogue = catalogue_at(connection, now, [store])
    known = catalogue.stores.get(store)
    if known is None:
        return False
    rows = _product_rows(store, catalogue)
    connection.execute(delete(store_facts).where(store_facts.c.store == store))
    connection.execute(
        insert(store_facts).values(
            store=store, name=known.name, region=known.region, currency=known.currency, time_zone=known.time_zone,
            catalogue=state,
        )
    )  # fmt: skip
    sold = {row["gtin"] for row in rows}
    there = connection.scalars(select(product_facts.c.gtin).where(product_facts.c.store == store)).all()
    _forget(connection, store, [gtin for gtin in there if gtin in sold])
    if rows:
        connection.execute(insert(product_facts), rows)
    return True


def _state_of_catalogue(connection: Connection, store: str, now: datetime) -> str:
    """Equal exactly where what holds is: by what is in the versions that facts are made of."""
    holding = (
        select(_versions.content_hash)
        .where(_versions.store == store, _versions.kind.in_(_TOLD), _versions.valid_from <= now)
        .where(or_(_versions.valid_to.is_(None), _versions.valid_to > now))
        .order_by(_versions.kind, _versions.id)
    )
    return hashlib.sha256("\n".join(connection.scalars(holding)).encode()).hexdigest()


def _product_rows(store: str, catalogue: Catalogue) -> list[dict[str, object]]:
    slots = Counter(slot.gtin for slot in catalogue.slots.values() if slot.store == store)
    return [
        {
            "store": store, "gtin": product.gtin, "name": product.name, "category": product.category,
            "price": product.price, "sales_per_day": product.sales_per_day, "slots": slots[product.gtin],
        }
        for product in catalogue.products.values()
        if product.store == store
    ]  # fmt: skip


def _forget(connection: Connection, store: str, gtins: list[str]) -> None:
    for begin in range(0, len(gtins), 500):
        some = gtins[begin : begin + 500]
        connection.execute(delete(product_facts).where(product_facts.c.store == store, product_facts.c.gtin.in_(some)))
