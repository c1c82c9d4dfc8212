"""``shelfstream catalogue``: check, publish, activate, withdraw, plans, export."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from deploy.runtime.open import targets_here
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.folder.pictures import picture_path
from shelfstream.catalogue.folder.read import CheckedFolder, check_folder
from shelfstream.catalogue.folder.write import write_folder
from shelfstream.catalogue.publish import Published, PublishTargets, activate, publish, withdraw
from shelfstream.catalogue.versions_sql import catalogue_at, planogram_history
from shelfstream.clock import Clock, SystemClock
from shelfstream.errors import Fault, Faults
from shelfstream.sql import reading

OpenTargets = Callable[[], AbstractContextManager[PublishTargets]]
Folder = Annotated[Path, typer.Argument(help="The catalogue's folder; docs/catalogue.md says how to write one.")]
StoreId = Annotated[str, typer.Argument(help="The store's id.")]
ValidFrom = Annotated[
    str | None,
    typer.Option("--valid-from", help="Hold from this time on, such as 2026-12-01T06:00+01:00; default: now."),
]


@dataclass(frozen=True)
class CatalogueCommands:
    """The commands. ``open_targets`` connects to bus, SQL and pictures as the settings say."""

    open_targets: OpenTargets
    console: Console
    clock: Clock

    def app(self) -> typer.Typer:
        """The commands as a part of the command line."""
        app = typer.Typer(help="Say which stores, cameras, bays, slots and products there are.", no_args_is_help=True)
        for command in (self.check, self.publish, self.activate, self.withdraw, self.plans, self.export):
            app.command()(command)
        return app

    def check(self, folder: Folder) -> None:
        """List every fault of a catalogue folder with its file and line; connects to nothing."""
        checked = _checked(folder, self.console)
        self.console.print(f"{folder} is good: {_summary_of(checked.catalogue)}.", highlight=False)

    def publish(self, folder: Folder, valid_from: ValidFrom = None) -> None:
        """Make a catalogue folder true, now or from a later time on. Running stages take it up by themselves."""
        begins = None if valid_from is None else _moment(valid_from)
        checked = _checked(folder, self.console)

        def picture_of(store: str, name: str) -> bytes:
            return picture_path(checked.folders[store], name).read_bytes()

        now = self.clock.now()
        with self.open_targets() as targets:
            _tell(publish(checked.catalogue, picture_of, targets, now=now, valid_from=begins), self.console)
        if begins is not None and begins > now:
            self.console.print(f"It holds from {begins.isoformat()}; then run: shelfstream catalogue activate")

    def activate(self) -> None:
        """Send to the running stages what was published for a time that has come."""
        with self.open_targets() as targets:
            changes = activate(targets, now=self.clock.now())
        self.console.print(f"{changes.sent} sent and {changes.gone} deleted on the bus.", highlight=False)

    def withdraw(self, store: StoreId) -> None:
        """End a store with everything in it, as of now. Its history stays."""
        with self.open_targets() as targets:
            _tell(withdraw(store, targets, now=self.clock.now()), self.console)

    def plans(self, store: StoreId) -> None:
        """Show which plan each bay of a store had, has and will have."""
        with self.open_targets() as targets:
            self.console.print(_plans(store, targets, self.clock.now()))

    def export(self, folder: Folder) -> None:
        """Write what holds now as a new folder that can be edited and published again."""
        if folder.exists() and any(folder.iterdir()):
            raise Faults("export", [Fault(str(folder), "is not empty; name a new folder")])
        with self.open_targets() as targets:
            catalogue = _export(folder, targets, self.clock.now())
        self.console.print(f"{folder}: {_summary_of(catalogue)}.", highlight=False)


def _checked(folder: Path, console: Console) -> CheckedFolder:
    checked = check_folder(folder)
    for warning in checked.warnings:
        console.print(f"warning: {warning}", markup=False, highlight=False)
    if checked.faults:
        raise Faults(f"catalogue in {folder}", checked.faults)
    return checked


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as exc:
        raise Faults(
            "catalogue", [Fault("--valid-from", f"{text!r} is no time; write 2026-12-01T06:00+01:00")]
        ) from exc
    if moment.tzinfo is None:
        raise Faults("catalogue", [Fault("--valid-from", f"{text!r} has no time zone; write {text}+01:00 or {text}Z")])
    return moment.astimezone(UTC)


def _summary_of(catalogue: Catalogue) -> str:
    counts = {
        "store": len(catalogue.stores),
        "camera": len(catalogue.cameras),
        "bay": len(catalogue.bays),
        "slot": len(catalogue.slots),
        "product": len(catalogue.products),
    }
    return ", ".join(f"{count} {name}{'' if count == 1 else 's'}" for name, count in counts.items())


def _tell(done: Published, console: Console) -> None:
    versions, bus = done.versions, done.bus
    console.print(
        f"{done.pictures} new pictures; {versions.begun} versions began and {versions.ended} ended; "
        f"{bus.sent} sent and {bus.gone} deleted on the bus.",
        highlight=False,
    )


def _plans(store: str, targets: PublishTargets, now: datetime) -> Table:
    table = Table("bay", "plan", "slots", "from (UTC)", "until (UTC)", "")
    with reading(targets.engine) as connection:
        bays = sorted(bay for held, bay in catalogue_at(connection, now, (store,)).bays if held == store)
        for bay in bays:
            for each in planogram_history(connection, store, bay):
                holds = each.valid_from <= now and (each.valid_to is None or now < each.valid_to)
                said = "holds now" if holds else "planned" if each.valid_from > now else ""
                until = "" if each.valid_to is None else f"{each.valid_to:%Y-%m-%d %H:%M}"
                plan = each.planogram
                table.add_row(bay, plan.version, str(len(plan.slots)), f"{each.valid_from:%Y-%m-%d %H:%M}", until, said)
    return table


def _export(folder: Path, targets: PublishTargets, now: datetime) -> Catalogue:
    with reading(targets.engine) as connection:
        catalogue = catalogue_at(connection, now)

    def picture(picture_id: str) -> bytes:
        data = targets.pictures.get(picture_id)
        if data is None:
            raise Faults("export", [Fault(picture_id, "is not in the picture store; publish its folder again")])
        return data

    write_folder(catalogue, folder, picture)
    return catalogue


app = CatalogueCommands(targets_here, Console(), SystemClock()).app()
