"""``shelfstream db``: bring the SQL database to this release's schema, and tell where it is."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import typer
from rich.console import Console
from sqlalchemy import Engine

from deploy.runtime.open import engine_here
from shelfstream.migrations.upgrade import require_current, upgrade

OpenEngine = Callable[[], AbstractContextManager[Engine]]


def db_app(open_engine: OpenEngine, console: Console) -> typer.Typer:
    """The commands; ``open_engine`` gives an engine on the database that the settings name."""
    app = typer.Typer(help="Look after the SQL database.", no_args_is_help=True)

    @app.command("upgrade")
    def upgrade_command() -> None:
        """Create or upgrade the tables, all or nothing; safe to run again.

        On a server this is an operator's decision, before stages of a new release start; a SQLite file of one machine
        is brought to the release by whatever process starts first.
        """
        with open_engine() as engine:
            console.print(f"The database is at {upgrade(engine)}.", highlight=False)

    @app.command("check")
    def check_command() -> None:
        """Say whether the database fits this release."""
        with open_engine() as engine:
            require_current(engine)
        console.print("The database fits this release.")

    return app


app = db_app(engine_here, Console())
