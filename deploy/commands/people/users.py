"""``shelfstream users``: who may sign in to the console, as what, and programs' tokens."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine

from alerts.settings import AlertsSettings
from console.access.accounts import INVITATION, INVITED_FOR, Account, Accounts, Pass
from console.access.roles import Role
from deploy.runtime.open import open_engine, settings_here
from shelfstream.clock import SystemClock
from shelfstream.errors import Fault, Faults
from shelfstream.migrations.upgrade import require_current

app = typer.Typer(no_args_is_help=True, help=__doc__)
_terminal = Console(soft_wrap=True, highlight=False)

Name = Annotated[str, typer.Argument(help="The account's name, such as mill-road-staff: a-z, digits and -.")]
OfRole = Annotated[
    Role,
    typer.Option(
        help="staff answer alerts; managers set up and ask history, too; hq looks and asks; operators set up; "
        "administrators also manage accounts."
    ),
]
OfStores = Annotated[
    list[str] | None, typer.Option("--store", help="A store that it sees, no others; may be repeated. None: all.")
]
Label = Annotated[str, typer.Option(help="Whose or which device's the token is, such as handheld-3.")]


@app.command("list")
def list_all() -> None:
    """Show every account, and the tokens that were given."""
    with _accounts() as (accounts, _):
        _terminal.print(_table(accounts.all(), accounts.given()))


@app.command()
def add(name: Name, role: OfRole, store: OfStores = None) -> None:
    """Add an account, and print a link by which its holder chooses a password.

    The link holds once, for a day: send it to the person. Nobody else learns the password.
    """
    with _accounts() as (accounts, url):
        accounts.add(Account(name, role, _stores(store)), SystemClock().now())
        _invite(accounts, name, url)


@app.command()
def change(name: Name, role: OfRole, store: OfStores = None) -> None:
    """Give an account another role, and other stores. It holds at once."""
    with _accounts() as (accounts, _):
        accounts.change(Account(name, role, _stores(store)))


@app.command()
def invite(name: Name) -> None:
    """Print a new link by which an account's holder chooses a password: for one that was forgotten."""
    with _accounts() as (accounts, url):
        _invite(accounts, name, url)


@app.command()
def remove(name: Name) -> None:
    """Remove an account, its sessions and its tokens."""
    with _accounts() as (accounts, _):
        accounts.remove(name)


@app.command()
def token(
    name: Name,
    label: Label,
    days: Annotated[int, typer.Option(min=1, max=3660, help="For how long it holds.")] = 365,
    end: Annotated[bool, typer.Option("--end", help="End the token of that label instead.")] = False,
) -> None:
    """Print a token by which a program asks the API as this account: Authorization: Bearer TOKEN. It is shown once."""
    with _accounts() as (accounts, _):
        if not end:
            typer.echo(accounts.give_token(name, label, SystemClock().now(), timedelta(days=days)))
        elif not accounts.take_token(name, label):
            raise Faults("users", [Fault(name, f"has no token {label!r}; shelfstream users list shows them")])


@contextmanager
def _accounts() -> Iterator[tuple[Accounts, str]]:
    """The accounts that the settings lead to, and where people open the console."""
    settings = settings_here()
    alerts = settings.loaded.section("alerts", AlertsSettings)
    with open_engine(settings) as engine:
        yield _current(engine), alerts.delivery.console_url.rstrip("/")


def _current(engine: Engine) -> Accounts:
    require_current(engine)
    return Accounts(engine)


def _stores(given: list[str] | None) -> frozenset[str] | None:
    return frozenset(given) if given else None


def _invite(accounts: Accounts, name: str, url: str) -> None:
    code = accounts.invite(name, SystemClock().now(), INVITED_FOR)
    hours = round(INVITED_FOR.total_seconds() / 3600)
    typer.echo(f"{url}/{INVITATION}/{code}")
    Console(stderr=True).print(f"Send this link to {name}: it holds for {hours} hours, once.", highlight=False)


def _table(accounts: Iterable[Account], given: Iterable[Pass]) -> Table:
    tokens: dict[str, list[str]] = {}
    for each in given:
        tokens.setdefault(each.account, []).append(f"{each.label} (until {each.ends_at:%Y-%m-%d})")
    table = Table("name", "role", "stores", "password", "tokens", box=None)
    for account in accounts:
        stores = "all" if account.stores is None else ", ".join(sorted(account.stores))
        chosen = "chosen" if account.has_password else "not yet"
        table.add_row(account.name, account.role.value, stores, chosen, ", ".join(tokens.get(account.name, [])))
    return table
