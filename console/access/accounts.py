"""Accounts in SQL: who may come in, by what, and until when. Of what opens something only a hash is kept.

Every method raises ``Unavailable``.
"""

import hashlib
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Column, Connection, Engine, Index, Row, String, Table, Text, delete, func, insert, select, update

from console.access.passwords import check_new, hashed, is_right
from console.access.roles import Role, Visitor
from shelfstream.errors import Fault, Faults
from shelfstream.identifiers import check_slug
from shelfstream.sql import UtcDateTime, metadata, reading, writing

TOKEN_PREFIX = "shelf_"  # noqa: S105 - marks tokens, so that scanners of repositories find those that leaked
INVITATION = "invitation"
"""Where invitations lead, below the console's address, with their code behind it."""
INVITED_FOR = timedelta(days=1)
_SEEN_EVERY = timedelta(minutes=5)


accounts = Table(
    "console_accounts",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("role", String(16), nullable=False),
    Column("stores", Text),
    Column("password", Text),
    Column("made_at", UtcDateTime, nullable=False),
)

passes = Table(
    "console_passes",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("account", String(64), nullable=False),
    Column("label", String(64), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),
    Index("ix_console_passes_account", "account"),
)


class PassKind(StrEnum):
    """What opens something: a browser's session, a link to choose a password by, a program's token."""

    SESSION = "session"
    INVITATION = "invitation"
    TOKEN = "token"  # noqa: S105 - the kind's name


@dataclass(frozen=True, slots=True)
class Account:
    """One account. ``stores``: the only ones that it sees, ``None``: all; it has no password before its first one."""

    name: str
    role: Role
    stores: frozenset[str] | None
    has_password: bool = False


@dataclass(frozen=True, slots=True)
class Pass:
    """What was given to an account, without what opens it. ``label`` says whose or which device's it is."""

    kind: PassKind
    account: str
    label: str
    ends_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class SessionTimes:
    """A session ends when it was not used for ``idle``, and at last after ``most``."""

    idle: timedelta
    most: timedelta


class Accounts:
    """The accounts of one installation."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self) -> list[Account]:
        """Every account, by name."""
        with reading(self._engine) as connection:
            return [_account(row) for row in connection.execute(select(accounts).order_by(accounts.c.name))]

    def are_there(self) -> bool:
        """Whether there is any account."""
        with reading(self._engine) as connection:
            return bool(connection.execute(select(func.count()).select_from(accounts)).scalar_one())

    def add(self, account: Account, now: datetime) -> None:
        """Add one that is new. Raises ``Faults``."""
        _check_name(account.name)
        with writing(self._engine) as connection:
            if _find(connection, account.name) is not None:
                raise Faults("account", [Fault(account.name, "is there already")])
            row = {"name": account.name, "role": account.role.value, "stores": _stores_text(account.stores)}
            connection.execute(insert(accounts).values(**row, made_at=now))

    def put(self, account: Account, now: datetime) -> None:
        """Add one or, where it is there, change it: of an account that somebody else manages. Raises ``Faults``."""
        with reading(self._engine) as connection:
            is_there = _find(connection, account.name) is not None
        if is_there:
            self.change(account)
        else:
            self.add(account, now)

    def change(self, account: Account) -> None:
        """Change role and stores; it holds for open pages at their next look. Raises ``Faults``."""
        with writing(self._engine) as connection:
            before = _needed(connection, account.name)
            if before.role is Role.ADMINISTRATOR and account.role is not Role.ADMINISTRATOR:
                _check_not_the_last(connection, account.name)
            changes = {"role": account.role.value, "stores": _stores_text(account.stores)}
            connection.execute(update(accounts).where(accounts.c.name == account.name).values(changes))

    def remove(self, name: str) -> None:
        """Remove one with all that it was given. Raises ``Faults``."""
        with writing(self._engine) as connection:
            if _needed(connection, name).role is Role.ADMINISTRATOR:
                _check_not_the_last(connection, name)
            connection.execute(delete(passes).where(passes.c.account == name))
            connection.execute(delete(accounts).where(accounts.c.name == name))

    def invite(self, name: str, now: datetime, valid: timedelta) -> str:
        """A code by which its holder chooses the account's password, once; older ones end. Raises ``Faults``."""
        with writing(self._engine) as connection:
            _needed(connection, name)
            invitations = (passes.c.account == name) & (passes.c.kind == PassKind.INVITATION.value)
            connection.execute(delete(passes).where(invitations))
            return _give(connection, PassKind.INVITATION, name, now, valid)

    def invited(self, code: str, now: datetime) -> str | None:
        """Whose invitation a code is; ``None``: it was used, has ended, or is none."""
        with reading(self._engine) as connection:
            found = _pass(connection, code, PassKind.INVITATION, now)
        return None if found is None else found.account

    def accept(self, code: str, password: str, now: datetime) -> str | None:
        """Take a first or a new password; sessions that were open end. ``None`` as above. Raises ``Faults``."""
        name = self.invited(code, now)
        if name is None:
            return None
        check_new(password, name)
        kept = hashed(password)
        with writing(self._engine) as connection:
            used = connection.execute(delete(passes).where(passes.c.hash == _hash(code)))
            if used.rowcount != 1:
                return None
            connection.execute(update(accounts).where(accounts.c.name == name).values(password=kept))
            sessions = (passes.c.account == name) & (passes.c.kind == PassKind.SESSION.value)
            connection.execute(delete(passes).where(sessions))
        return name

    def is_right(self, name: str, password: str) -> bool:
        """Whether somebody gave the account's password."""
        with reading(self._engine) as connection:
            row = connection.execute(select(accounts.c.password).where(accounts.c.name == name)).one_or_none()
        return is_right(password, None if row is None else row.password)

    def open_session(self, name: str, now: datetime, times: SessionTimes, label: str = "") -> str:
        """What a browser keeps to be known again. Sessions and invitations that have ended are swept out."""
        with writing(self._engine) as connection:
            connection.execute(delete(passes).where(passes.c.ends_at < now))
            return _give(connection, PassKind.SESSION, name, now, times.most, label=label)

    def end_session(self, session: str) -> None:
        """Somebody signs out."""
        with writing(self._engine) as connection:
            connection.execute(delete(passes).where(passes.c.hash == _hash(session)))

    def give_token(self, name: str, label: str, now: datetime, valid: timedelta) -> str:
        """What a program shows to be let in as this account. Raises ``Faults``."""
        with writing(self._engine) as connection:
            _needed(connection, name)
            return _give(connection, PassKind.TOKEN, name, now, valid, label=label)

    def take_token(self, name: str, label: str) -> bool:
        """End the tokens of a label; whether there was one."""
        tokens = (passes.c.account == name) & (passes.c.kind == PassKind.TOKEN.value) & (passes.c.label == label)
        with writing(self._engine) as connection:
            return connection.execute(delete(passes).where(tokens)).rowcount > 0

    def given(self, kinds: Iterable[PassKind] = (PassKind.TOKEN,)) -> list[Pass]:
        """What was given and has not been taken back, by account."""
        wanted = passes.c.kind.in_([kind.value for kind in kinds])
        with reading(self._engine) as connection:
            rows = connection.execute(select(passes).where(wanted).order_by(passes.c.account, passes.c.label)).all()
        return [Pass(PassKind(row.kind), row.account, row.label, row.ends_at, row.seen_at) for row in rows]

    def visitor(self, secret: str, kind: PassKind, now: datetime, idle: timedelta | None = None) -> Visitor | None:
        """Who shows a session or a token; ``None``: nobody, or not any more."""
        with reading(self._engine) as connection:
            found = _pass(connection, secret, kind, now)
            if found is None or (idle is not None and now - found.seen_at > idle):
                return None
            account = _find(connection, found.account)
        if account is None:
            return None
        if now - found.seen_at > _SEEN_EVERY:
            with writing(self._engine) as connection:
                connection.execute(update(passes).where(passes.c.hash == _hash(secret)).values(seen_at=now))
        visitor = Visitor(account.name, account.role, account.stores)
        return replace(visitor, session=secret) if kind is PassKind.SESSION else visitor


def _check_name(name: str) -> None:
    try:
        check_slug(name)
    except ValueError as exc:
        raise Faults("account", [Fault("name", f"{exc}")]) from exc


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _give(
    connection: Connection, kind: PassKind, name: str, now: datetime, valid: timedelta, *, label: str = ""
) -> str:
    secret = (TOKEN_PREFIX if kind is PassKind.TOKEN else "") + secrets.token_urlsafe(32)
    row = {"hash": _hash(secret), "kind": kind.value, "account": name, "label": label[:64]}
    connection.execute(insert(passes).values(**row, made_at=now, seen_at=now, ends_at=now + valid))
    return secret


def _pass(connection: Connection, secret: str, kind: PassKind, now: datetime) -> Row[tuple[object, ...]] | None:
    theirs = (passes.c.hash == _hash(secret)) & (passes.c.kind == kind.value) & (passes.c.ends_at > now)
    return connection.execute(select(passes).where(theirs)).one_or_none()


def _find(connection: Connection, name: str) -> Account | None:
    row = connection.execute(select(accounts).where(accounts.c.name == name)).one_or_none()
    return None if row is None else _account(row)


def _needed(connection: Connection, name: str) -> Account:
    account = _find(connection, name)
    if account is None:
        raise Faults("account", [Fault(name, "is no account; shelfstream users list shows those that there are")])
    return account


def _check_not_the_last(connection: Connection, name: str) -> None:
    others = (accounts.c.role == Role.ADMINISTRATOR.value) & (accounts.c.name != name)
    if not connection.execute(select(func.count()).select_from(accounts).where(others)).scalar_one():
        raise Faults("account", [Fault(name, "is the last administrator: nobody could let anybody in any more")])


def _account(row: Row[tuple[object, ...]]) -> Account:
    fields = row._asdict()
    stores = None if fields["stores"] is None else frozenset(json.loads(fields["stores"]))
    return Account(fields["name"], Role(fields["role"]), stores, fields["password"] is not None)


def _stores_text(stores: frozenset[str] | None) -> str | None:
    return None if stores is None else json.dumps(sorted(stores))
