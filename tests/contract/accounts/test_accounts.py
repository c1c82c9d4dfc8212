"""Accounts are kept, what opens them is not, and there is always somebody who can let others in."""

from datetime import timedelta

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, text

from console.access.accounts import Account, Accounts, PassKind, passes
from console.access.accounts import accounts as accounts_table
from console.access.roles import Role
from shelfstream.errors import Faults
from shelfstream.sql import metadata, reading
from tests.unit.alerts.alert_samples import NOON
from tests.unit.console.access_rig import PASSWORD, TIMES

ANN = Account("ann", Role.STAFF, frozenset({"a", "b"}))
BOSS = Account("boss", Role.ADMINISTRATOR, None)
DAY = timedelta(days=1)


@pytest.fixture
def people(engine: Engine) -> Accounts:
    """An administrator and a member of staff."""
    made = Accounts(engine)
    assert not made.are_there()
    for each in (ANN, BOSS):
        made.add(each, NOON)
    return made


def test_migration_makes_the_tables_that_the_code_declares(engine: Engine) -> None:
    """Autogenerate would find no difference."""
    ours = {accounts_table.name, passes.name}

    def only_ours(_object: object, name: str | None, kind: str, reflected: bool, _other: object) -> bool:
        return kind != "table" or name in ours

    with reading(engine) as connection:
        options = {"compare_type": True, "include_object": only_ours}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []


def test_accounts_come_back_as_they_were_made(people: Accounts) -> None:
    """Role and stores, and whether a password was chosen."""
    assert people.all() == [ANN, BOSS]
    people.change(Account("ann", Role.HQ, None))
    assert people.accept(people.invite("ann", NOON, DAY), PASSWORD, NOON) == "ann"
    assert people.all()[0] == Account("ann", Role.HQ, None, has_password=True)
    assert people.is_right("ann", PASSWORD)
    assert not people.is_right("ann", PASSWORD + "!")
    assert not people.is_right("boss", "")
    assert not people.is_right("nobody", PASSWORD)


@pytest.mark.parametrize("name", ["", "Ann Smith", "a/b", "x" * 65])
def test_a_name_that_is_none_is_a_fault(people: Accounts, name: str) -> None:
    """Names go into addresses and files."""
    with pytest.raises(Faults):
        people.add(Account(name, Role.STAFF, None), NOON)


def test_a_name_is_taken_once_and_needed(people: Accounts) -> None:
    """Each fault says what to do."""
    with pytest.raises(Faults, match="is there already"):
        people.add(ANN, NOON)
    for act in (people.remove, lambda name: people.invite(name, NOON, DAY)):
        with pytest.raises(Faults, match="is no account"):
            act("carl")


def test_the_last_administrator_stays(people: Accounts) -> None:
    """Whoever removes or changes it could let nobody in any more; with a second one, it can go."""
    with pytest.raises(Faults, match="last administrator"):
        people.remove("boss")
    with pytest.raises(Faults, match="last administrator"):
        people.change(Account("boss", Role.HQ, None))
    people.change(Account("ann", Role.ADMINISTRATOR, None))
    people.remove("boss")
    assert [each.name for each in people.all()] == ["ann"]


def test_an_invitation_holds_once_and_the_newest_alone(people: Accounts) -> None:
    """A link that was sent twice, used, or is a day old leads nowhere."""
    old, code = people.invite("ann", NOON, DAY), people.invite("ann", NOON, DAY)
    assert (people.invited(old, NOON), people.invited(code, NOON)) == (None, "ann")
    assert people.invited(code, NOON + DAY) is None
    assert people.accept(code, PASSWORD, NOON) == "ann"
    assert people.accept(code, PASSWORD, NOON) is None


def test_a_new_password_ends_the_sessions_of_the_old_one(people: Accounts) -> None:
    """Whoever had it is out; another account's session goes on."""
    sessions = [people.open_session(name, NOON, TIMES) for name in ("ann", "boss")]
    people.accept(people.invite("ann", NOON, DAY), PASSWORD, NOON)
    found = [people.visitor(each, PassKind.SESSION, NOON) for each in sessions]
    assert [None if each is None else each.name for each in found] == [None, "boss"]


def test_a_session_lives_while_it_is_used(people: Accounts) -> None:
    """Until it is idle for too long, or its last day has come; what opens it is no token."""
    session = people.open_session("ann", NOON, TIMES)
    for hours in (10, 20, 30):
        visitor = people.visitor(session, PassKind.SESSION, NOON + timedelta(hours=hours), TIMES.idle)
        assert visitor is not None
        assert (visitor.name, visitor.role, visitor.stores, visitor.session) == ("ann", ANN.role, ANN.stores, session)
    assert people.visitor(session, PassKind.SESSION, NOON + timedelta(hours=43), TIMES.idle) is None
    assert people.visitor(session, PassKind.TOKEN, NOON) is None
    assert people.visitor(session, PassKind.SESSION, NOON + TIMES.most) is None


def test_tokens_are_told_by_their_label_and_taken_back_by_it(people: Accounts) -> None:
    """Which there are, and until when, can be seen; what they are cannot."""
    token = people.give_token("ann", "handheld-3", NOON, DAY)
    (given,) = people.given()
    assert (given.account, given.label, given.ends_at) == ("ann", "handheld-3", NOON + DAY)
    visitor = people.visitor(token, PassKind.TOKEN, NOON)
    assert visitor is not None
    assert visitor.session == ""
    assert people.take_token("ann", "handheld-3")
    assert not people.take_token("ann", "handheld-3")
    assert people.visitor(token, PassKind.TOKEN, NOON) is None


def test_nothing_that_opens_anything_is_kept(engine: Engine, people: Accounts) -> None:
    """Who reads the database, or a copy of it, can sign in as nobody."""
    code = people.invite("ann", NOON, DAY)
    secrets = [people.give_token("ann", "x", NOON, DAY), people.open_session("ann", NOON, TIMES), code, PASSWORD]
    people.accept(people.invite("boss", NOON, DAY), PASSWORD, NOON)
    with reading(engine) as connection:
        rows = [
            str(tuple(row))
            for table in ("console_accounts", "console_passes")
            for row in connection.execute(text(f"SELECT * FROM {table}"))  # noqa: S608 - two names of ours
        ]
    assert len(rows) == 5
    assert not any(secret in row for row in rows for secret in secrets)
    assert sum("$argon2id$" in row for row in rows) == 1
