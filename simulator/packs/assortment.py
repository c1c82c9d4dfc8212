"""What the demo's store sells, and the pack that a catalogue's product has.

Brands and products are invented. What a product looks like follows from its entry alone.
"""

from dataclasses import dataclass

from shelfstream.catalogue.model import Product
from simulator.dice import hashed
from simulator.packs.pack import Pack, Shape
from simulator.packs.prints import Print

S = Shape
_DEFAULT_MM = (90.0, 120.0, 60.0)


@dataclass(frozen=True)
class Article:
    """One product; ``high`` is how many of it are stacked."""

    brand: str
    name: str
    category: str
    shape: Shape
    size_mm: tuple[float, float, float]
    high: int
    price: str
    pack_size: str


# fmt: off
ARTICLES = (
    Article("Korvela", "Breakfast tea", "Tea", S.BOX, (128, 76, 68), 2, "2.49", "50 bags"),
    Article("Korvela", "Green tea", "Tea", S.BOX, (128, 76, 68), 2, "2.79", "50 bags"),
    Article("Solbri", "Peppermint tea", "Tea", S.BOX, (110, 110, 70), 2, "1.99", "25 bags"),
    Article("Monte Ralo", "Espresso beans", "Coffee", S.POUCH, (118, 205, 70), 1, "6.99", "500 g"),
    Article("Monte Ralo", "Filter coffee", "Coffee", S.POUCH, (118, 205, 70), 1, "5.49", "500 g"),
    Article("Nerino", "Instant coffee", "Coffee glass", S.JAR, (86, 150, 86), 1, "4.99", "200 g"),
    Article("Crampo", "Corn flakes", "Cereal", S.SLIM, (170, 238, 62), 1, "2.29", "375 g"),
    Article("Crampo", "Choco loops", "Cereal", S.SLIM, (170, 238, 62), 1, "2.99", "375 g"),
    Article("Hofgut", "Muesli berries", "Muesli", S.POUCH, (150, 225, 80), 1, "3.49", "750 g"),
    Article("Lumaya", "Strawberry jam", "Jam", S.JAR, (74, 104, 74), 2, "1.89", "340 g"),
    Article("Lumaya", "Orange jam", "Jam", S.JAR, (74, 104, 74), 2, "1.89", "340 g"),
    Article("Bienwald", "Blossom honey", "Honey", S.JAR, (82, 112, 82), 2, "4.29", "500 g"),
    Article("Nocella", "Hazelnut spread", "Spread", S.TUB, (104, 110, 104), 2, "3.79", "400 g"),
    Article("Pasta Vico", "Penne", "Pasta", S.BOX, (118, 190, 45), 1, "1.49", "500 g"),
    Article("Pasta Vico", "Fusilli", "Pasta", S.BOX, (118, 190, 45), 1, "1.49", "500 g"),
    Article("Tomasa", "Peeled tomatoes", "Tins", S.CAN, (76, 110, 76), 2, "0.99", "400 g"),
    Article("Tomasa", "Sweet corn", "Tins", S.CAN, (76, 110, 76), 2, "1.19", "340 g"),
    Article("Olivar", "Olive oil", "Oil", S.BOTTLE, (76, 240, 76), 1, "7.49", "0.5 l"),
    Article("Rizola", "Basmati rice", "Rice", S.BOX, (122, 200, 60), 1, "2.59", "1 kg"),
    Article("Verdina", "Apple juice", "Juice", S.CARTON, (92, 236, 70), 1, "1.69", "1 l"),
    Article("Verdina", "Orange juice", "Juice", S.CARTON, (92, 236, 70), 1, "1.89", "1 l"),
    Article("Zipp", "Cola", "Soft drinks", S.BOTTLE, (72, 232, 72), 1, "1.09", "0.5 l"),
    Article("Zipp", "Lemonade", "Soft drinks", S.BOTTLE, (72, 232, 72), 1, "1.09", "0.5 l"),
    Article("Knabbo", "Paprika chips", "Snacks", S.POUCH, (165, 228, 70), 1, "1.79", "175 g"),
    Article("Knabbo", "Salted chips", "Snacks", S.POUCH, (165, 228, 70), 1, "1.79", "175 g"),
    Article("Dentiva", "Mint toothpaste", "Toothpaste", S.FLAT, (188, 48, 40), 4, "1.59", "75 ml"),
    Article("Dentiva", "White toothpaste", "Toothpaste", S.FLAT, (188, 48, 40), 4, "1.99", "75 ml"),
    Article("Silka", "Repair shampoo", "Hair care", S.SQUAT, (74, 208, 48), 1, "2.95", "300 ml"),
    Article("Silka", "Volume shampoo", "Hair care", S.SQUAT, (74, 208, 48), 1, "2.95", "300 ml"),
    Article("Blanko", "Washing liquid", "Detergent", S.JUG, (150, 236, 96), 1, "5.99", "1.5 l"),
)
# fmt: on

SHAPES = {article.category: article.shape for article in ARTICLES}
"""Categories whose packs the simulator knows how to draw."""


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
