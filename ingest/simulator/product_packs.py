"""The pack of a catalogue's product: what it looks like follows from its entry alone."""

from ingest.simulator.assortment import SHAPES
from ingest.simulator.dice import hashed
from ingest.simulator.packs import Pack, Shape
from ingest.simulator.prints import Print
from shelfstream.catalogue.model import Product

_DEFAULT_MM = (90.0, 120.0, 60.0)


def pack_of(product: Product) -> Pack:
    """The product's pack. Products of one brand and category share their body and layout; a box if unknown."""
    width, height, depth = product.width_mm, product.height_mm, product.depth_mm
    brand = product.brand or product.gtin
    return Pack(
        shape=SHAPES.get(product.category, Shape.BOX),
        width_mm=width or _DEFAULT_MM[0],
        height_mm=height or _DEFAULT_MM[1],
        depth_mm=depth or _DEFAULT_MM[2],
        print=Print(hashed("print", brand, product.category), int(product.gtin), product.brand, product.name),
        form=hashed("form", brand, product.category),
    )
