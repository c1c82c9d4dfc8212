"""Accounts in a SQLite of their own, and a doorkeeper that knows them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine

from console.access.accounts import Account, Accounts, SessionTimes
from console.access.gate import SESSION_COOKIE, Access, Doorkeeper
from console.access.roles import Role
from shelfstream.clock import Clock
from shelfstream.migrations.upgrade import upgrade
from shelfstream.sql import engine_of

TIMES = SessionTimes(idle=timedelta(hours=12), most=timedelta(days=30))
PASSWORD = "seven blue kettles"


@dataclass(frozen=True)
class Door:
    """A doorkeeper and what it asks."""

    keeper: Doorkeeper
    accounts: Accounts
    clock: Clock
    engine: Engine

    def session(self, name: str, role: Role, *stores: str) -> str:
        """A session of an account, which is made where it is not there."""
        account = Account(name, role, frozenset(stores) or None)
        if name in {each.name for each in self.accounts.all()}:
            self.accounts.change(account)
        else:
            self.accounts.add(account, self.clock.now())
        return self.accounts.open_session(name, self.clock.now(), TIMES)

    def cookie(self, name: str, role: Role, *stores: str) -> dict[str, str]:
        """The header by which a browser shows a session."""
        return {"Cookie": f"{SESSION_COOKIE}={self.session(name, role, *stores)}"}

    def invited(self, name: str, role: Role, *stores: str) -> str:
        """The code by which a new account's holder chooses a password."""
        self.accounts.add(Account(name, role, frozenset(stores) or None), self.clock.now())
        return self.accounts.invite(name, self.clock.now(), timedelta(days=1))


@contextmanager
def door_at(folder: Path, clock: Clock) -> Iterator[Door]:
    """A door with no accounts yet."""
    engine = engine_of(f"sqlite:///{folder}/accounts.db")
    upgrade(engine)
    accounts = Accounts(engine)
    yield Door(Doorkeeper(Access(accounts, clock, TIMES)), accounts, clock, engine)
    engine.dispose()
