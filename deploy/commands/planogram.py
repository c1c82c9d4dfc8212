"""``shelfstream planogram``: plans of space-planning programs become a catalogue folder, and go back."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.table import Table

from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.checks import check_catalogue
from shelfstream.catalogue.finding import Severity
from shelfstream.catalogue.folder.pictures import picture_path
from shelfstream.catalogue.folder.read import STORE_FILE, check_folder
from shelfstream.catalogue.folder.write import write_folder
from shelfstream.catalogue.model import WEEKDAYS, CatalogueEntity, OpeningHours, Product, Store
from shelfstream.catalogue.plan_files.merge import merged, packshots_in, with_packshots
from shelfstream.catalogue.plan_files.plan import Note, NoteKind, PlanFile, SourcePlan
from shelfstream.catalogue.plan_files.product_list import read_product_list, with_listed
from shelfstream.catalogue.plan_files.read import PlanChoices, read_plan_file
from shelfstream.catalogue.plan_files.to_catalogue import entities_of, slug_of
from shelfstream.catalogue.plan_files.write import bay_plans, plan_json, plan_psa, plan_table
from shelfstream.errors import Fault, Faults

_TOLD_MOST = 60
_WRITERS = {
    ".csv": lambda plans: plan_table(plans).encode(),
    ".json": lambda plans: plan_json(plans).encode(),
    ".psa": plan_psa,
}

app = typer.Typer(help="Take plans over from space-planning programs, and give them back.", no_args_is_help=True)
console = Console(highlight=False, soft_wrap=True)


@app.command("import")
def import_plan(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="A .psa, planogram JSON, CSV or XLSX file.")
    ],
    out: Annotated[Path, typer.Option(file_okay=False, help="Catalogue folder: made, or its plan brought up to date.")],
    *,
    plans: Annotated[
        list[str] | None, typer.Option("--plan", metavar="NAME", help="Only this plan of several in the file.")
    ] = None,
    pictures: Annotated[
        Path | None,
        typer.Option(
            "--products",
            exists=True,
            help="Folder of packshots, named by GTIN, code or product; or a CSV of products with their pictures.",
        ),
    ] = None,
    columns: Annotated[
        list[str] | None,
        typer.Option("--column", metavar="WHAT=NAME", help="What a table's column holds, if not so guessed."),
    ] = None,
    unit: Annotated[
        Literal["inch", "cm", "mm", "m", "ft"] | None, typer.Option(help="Unit of lengths; default: guessed, and told.")
    ] = None,
    origin: Annotated[
        Literal["top", "bottom"] | None, typer.Option(help="Where JSON counts y from; default: guessed, and told.")
    ] = None,
    top_first: Annotated[
        bool, typer.Option("--top-first", help="A table's lowest shelf number is the top one.")
    ] = False,
    time_zone: Annotated[str, typer.Option(help="Time zone of a store that is new.")] = "UTC",
) -> None:
    """Write a catalogue folder from a plan, and tell all that was completed, guessed or left out.

    `shelfstream planogram import dairy.psa --products packshots --out my-store`. Into a folder that is there already
    the plan's bays, slots and products are written anew; the store, its cameras, other bays, prices and pictures stay
    as they are.
    """
    read = _read(file, PlanChoices(unit, origin, _said(columns or []), top_first))
    read, packshots = _with_products(read, pictures)
    before, store, notes = _held(out, time_zone)
    found: list[CatalogueEntity] = []
    for plan in _chosen(read, plans or []):
        entities, told = entities_of(read, plan, store.id, frozenset(slot.id for slot in before.slots.values()))
        found += entities
        notes += told
    found, sources = with_packshots(found, packshots)
    catalogue = merged(before, store, found)
    faults = [finding for finding in check_catalogue(catalogue) if finding.severity is Severity.FAULT]
    if faults:
        raise Faults("planogram", [Fault(str(finding.subject), finding.what) for finding in faults])
    write_folder(catalogue, out, lambda name: (sources.get(name) or picture_path(out, name)).read_bytes())
    _tell([*read.notes, *notes], found, out)


@app.command("export")
def export_plan(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="The catalogue's folder, of one store.")],
    out: Annotated[Path, typer.Option(dir_okay=False, help="File to write: its name ends in .csv, .json or .psa.")],
    bays: Annotated[list[str] | None, typer.Option("--bay", metavar="ID", help="Only this bay.")] = None,
) -> None:
    """Write the plan of a store's bays as other programs read it. Reads nothing but the folder."""
    catalogue = _catalogue(folder)
    writer = _WRITERS.get(out.suffix.lower())
    if writer is None:
        raise Faults("planogram", [Fault("--out", f"{out.name} must end in one of {', '.join(_WRITERS)}")])
    if len(catalogue.stores) != 1:
        raise Faults("planogram", [Fault(str(folder), "holds several stores: name the folder of one")])
    known = {bay.id for bay in catalogue.bays.values()}
    unknown = [Fault("--bay", f"there is no bay {bay}; there are {', '.join(sorted(known))}") for bay in bays or []
               if bay not in known]  # fmt: skip
    if unknown:
        raise Faults("planogram", unknown)
    plans = bay_plans(catalogue, bays or [])
    out.write_bytes(writer(plans))
    console.print(f"{out}: {len(plans)} bays, {sum(len(plan.slots) for plan in plans)} slots", markup=False)


def _said(columns: Sequence[str]) -> dict[str, str]:
    """Columns as they were said: what they hold, and their names. Raises ``Faults`` for one that is said otherwise."""
    pairs = [each.partition("=") for each in columns]
    faults = [
        Fault("--column", f"{what!r}: write WHAT=NAME, such as gtin=Barcode") for what, equals, _ in pairs if not equals
    ]
    if faults:
        raise Faults("planogram", faults)
    return {what.strip(): name.strip() for what, _, name in pairs}


def _read(file: Path, choices: PlanChoices) -> PlanFile:
    """What the file says. Raises ``Faults`` for a file that is no plan."""
    read = read_plan_file(file, choices)
    faults = [Fault(f"{file} {note.where}".strip(), note.what) for note in read.notes if note.kind is NoteKind.FAULT]
    if faults:
        raise Faults("planogram", faults)
    return read


def _with_products(read: PlanFile, beside: Path | None) -> tuple[PlanFile, Mapping[str, Sequence[Path]]]:
    """The plan with what stands beside it, and packshots by GTIN. Raises ``Faults`` for a list that is none."""
    if beside is None:
        return read, {}
    if beside.is_dir():
        return read, packshots_in(sorted(beside.iterdir()), read)
    listed, notes = read_product_list(beside)
    if notes:
        raise Faults("planogram", [Fault(f"{beside} {note.where}".strip(), note.what) for note in notes])
    return with_listed(read, listed)


def _chosen(read: PlanFile, names: Sequence[str]) -> list[SourcePlan]:
    """The plans asked for; all of them where none is named. Raises ``Faults`` for a name that no plan has."""
    known = {plan.name: plan for plan in read.plans}
    unknown = [name for name in names if name not in known]
    if unknown:
        there = ", ".join(known)
        raise Faults("planogram", [Fault(name, f"is no plan of this file; there are {there}") for name in unknown])
    return [known[name] for name in names] or read.plans


def _catalogue(folder: Path) -> Catalogue:
    """What the folder holds. Raises ``Faults`` for what is wrong in it."""
    checked = check_folder(folder)
    if checked.faults:
        raise Faults(f"catalogue in {folder}", checked.faults)
    return checked.catalogue


def _held(out: Path, time_zone: str) -> tuple[Catalogue, Store, list[Note]]:
    """What the folder holds already, the store that the plan is for, and what was guessed about a new one."""
    if (out / STORE_FILE).is_file():
        catalogue = _catalogue(out)
        (store,) = catalogue.stores.values()
        return catalogue, store, []
    name = slug_of(out.resolve().name) or "store"
    always = (OpeningHours(opens="00:00", closes="24:00"),)
    store = Store(id=name, name=out.resolve().name, time_zone=time_zone, hours=dict.fromkeys(WEEKDAYS, always))
    what = f"store {name} is new: always open, time zone {time_zone}; write its own into {STORE_FILE}"
    return Catalogue(), store, [Note("", NoteKind.GUESSED, what)]


def _tell(notes: Sequence[Note], found: Sequence[CatalogueEntity], out: Path) -> None:
    table = Table("where", "", "what", box=None)
    for note in notes[:_TOLD_MOST]:
        table.add_row(note.where, note.kind.value, note.what)
    if notes:
        console.print(table)
    if len(notes) > _TOLD_MOST:
        console.print(f"… and {len(notes) - _TOLD_MOST} more")
    counts = Counter(type(entity).__name__.lower() for entity in found)
    without = sum(isinstance(entity, Product) and not entity.pictures for entity in found)
    message = f"{counts['bay']} bays, {counts['slot']} slots, {counts['product']} products"
    console.print(f"{out}: {message} ({without} of them without a picture)", markup=False)
