"""``shelfstream products``: a product is added by its number and a photograph, and what it looks like is told."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from deploy.runtime.store_detector import StoreDetector, catalogue_of, facing_jpeg
from shelfstream.catalogue.adding import new_product
from shelfstream.catalogue.folder.pictures import picture_path
from shelfstream.catalogue.folder.write import write_products
from shelfstream.catalogue.model import Product

_CONFUSED = 0.1
"""A chance from which another product is worth a warning: one in ten looks would name it."""

app = typer.Typer(help="Add products by a photograph of their front.", no_args_is_help=True)
console = Console(highlight=False, soft_wrap=True)


@app.callback()
def products() -> None:
    """Add products by a photograph of their front."""


@app.command("add")
def add(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="The catalogue's folder, of one store.")],
    gtin: Annotated[str, typer.Argument(help="The number under the bar code, 8 to 14 digits.")],
    photographs: Annotated[
        list[Path], typer.Argument(exists=True, dir_okay=False, metavar="PHOTO...", help="JPEG or PNG, of its front.")
    ],
    name: Annotated[str | None, typer.Option(help="What it is called; needed for a product that is new.")] = None,
    at: Annotated[
        tuple[int, int] | None,
        typer.Option(help="A point (px) on one of its facings: the photographs show a shelf, that facing is kept."),
    ] = None,
) -> None:
    """Add a product with its photographs, or more photographs of one, and say which products it will be taken for.

    A photograph of the store's own shelf shows its print as it is there today: `--at` takes the facing out of it.

    Running stages take it up as any edit of the folder: at once under `run all --catalogue`, else by
    `shelfstream catalogue publish`.
    """
    catalogue, store = catalogue_of(folder)
    given = {str(path): path.read_bytes() if at is None else facing_jpeg(path, at) for path in photographs}
    changed, pictures = new_product(catalogue, store.id, gtin, name or "", given)
    products_now = {each.gtin: each for each in catalogue.products.values()} | {changed.gtin: changed}

    def picture(name: str) -> bytes:
        return pictures[name] if name in pictures else picture_path(folder, name).read_bytes()

    write_products(list(products_now.values()), folder, picture)
    console.print(f"{folder / 'products.csv'}: {changed.name} has {len(changed.pictures)} pictures", markup=False)
    _tell_confusions(folder, changed)


def _tell_confusions(folder: Path, product: Product) -> None:
    """For each photograph, which other products are likely too; nothing where there is none."""
    store = StoreDetector.open(folder, console)
    names = {each.gtin: each.name for each in store.catalogue.products.values()}
    table = Table("photograph", "is taken for", "chance", box=None)
    for picture in product.pictures:
        for gtin, chance in store.alike(picture):
            if gtin != product.gtin and chance >= _CONFUSED:
                table.add_row(picture, names[gtin], f"{chance:.2f}")
    if table.row_count:
        console.print(table)
        console.print("More photographs, from other angles and of what differs, help to tell them apart.")
