"""``shelfstream db`` on the database that the settings name."""

from rich.console import Console

from deploy.commands.db import db_app
from deploy.here import engine_here

app = db_app(engine_here, Console())
