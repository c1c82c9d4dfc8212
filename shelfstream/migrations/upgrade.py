"""Bring a database to the schema of this release, and tell when it is not there."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from shelfstream.errors import Fault, Faults
from shelfstream.sql import reading, writing

_FOLDER = Path(__file__).parent
_LOCK_ID = 0x5348454C46  # "SHELF": any number will do that nobody else takes in the same database


def upgrade(engine: Engine) -> str:
    """Apply what is missing, all or nothing, and return the revision. Safe to call from many processes at once.

    Raises ``Unavailable`` when the database is away, ``Faults`` when it is of a newer release.
    """
    with writing(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:id)"), {"id": _LOCK_ID})
        _refuse_unknown(_revision(connection))
        command.upgrade(_config(connection), "head")
    return newest()


def downgrade(engine: Engine, revision: str) -> None:
    """Take a database back to the schema of an older release; what only newer ones hold is lost. Raises as above."""
    with writing(engine) as connection:
        _refuse_unknown(_revision(connection))
        command.downgrade(_config(connection), revision)


def require_current(engine: Engine) -> None:
    """Raise ``Faults`` unless the database has exactly this release's schema; ``Unavailable`` when it is away."""
    with reading(engine) as connection:
        found = _revision(connection)
    _refuse_unknown(found)
    if found != newest():
        what = f"is at {found or 'nothing yet'}, this release needs {newest()}; run: shelfstream db upgrade"
        raise Faults("SQL database", [Fault("schema", what)])


def newest() -> str:
    """The newest revision of this release."""
    return str(_scripts().get_current_head())


def _refuse_unknown(revision: str | None) -> None:
    known = {script.revision for script in _scripts().walk_revisions()}
    if revision is not None and revision not in known:
        what = f"is at {revision}, which this release does not know; use the release that made it, or a newer one"
        raise Faults("SQL database", [Fault("schema", what)])


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    if connection is not None:
        config.attributes["connection"] = connection
    return config


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())
