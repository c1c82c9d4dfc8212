"""``shelfstream products``: known by their number and photographs, a person's or those that the own shelf gives."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from deploy.overlay import write_drawing
from deploy.runtime.shelf_learning import ShelfLearning
from deploy.runtime.store_detector import StoreDetector, catalogue_of, facing_jpeg
from shelfstream.catalogue.adding import new_product
from shelfstream.catalogue.folder.pictures import picture_path
from shelfstream.catalogue.folder.write import write_products
from shelfstream.catalogue.model import Product
from shelfstream.identifiers import shown_name

_SEVERAL = 2
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


@app.command("learn")
def learn(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="The catalogue's folder, of one store.")],
    photographs: Annotated[
        list[Path], typer.Argument(exists=True, dir_okay=False, metavar="PHOTO...", help="Of bays as they are planned.")
    ],
    *,
    bays: Annotated[
        list[str] | None, typer.Option("--bay", metavar="ID", help="A bay that may be in sight; default: any.")
    ] = None,
    sheet: Annotated[
        Path | None, typer.Option(dir_okay=False, help="PNG of what was found beside the packshots, to look over.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write no catalogue.")] = False,
) -> None:
    """Take facings from the store's own shelves as more pictures of their products: prints as they are today.

    A facing is taken where the plan says what belongs there and the packshots alone agree; at most two of a product,
    which the next call replaces. Best after a planogram was laid or checked.
    """
    learning = ShelfLearning.of_folder(folder, console)
    for path in track(photographs, "looking", console=console, disable=len(photographs) < _SEVERAL, transient=True):
        learning.look(path, bays or [])
    for path, why in learning.not_sure.items():
        console.print(f"{shown_name(path.name)}: nothing is taken from it: {why}", style="yellow", markup=False)
    if sheet is not None:
        write_drawing(sheet, learning.sheet())
    taken = sum(len(found) for found in learning.found.values())
    if taken and not dry_run:
        learning.keep()
    done = "would be kept" if dry_run else "are kept"
    console.print(f"{taken} facings of {len(learning.found)} products {done} as pictures of them", markup=False)
    if not taken:
        raise typer.Exit(1)


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
