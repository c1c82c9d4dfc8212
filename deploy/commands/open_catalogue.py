"""``shelfstream catalogue`` on what the settings name."""

from rich.console import Console

from deploy.commands.catalogue import CatalogueCommands
from deploy.here import outlets_here
from shelfstream.clock import SystemClock

app = CatalogueCommands(outlets_here, Console(), SystemClock()).app()
