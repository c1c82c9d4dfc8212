"""``shelfstream export``: trained weights in the forms that backends run."""

import typer

from detector.export import main

app = typer.Typer()
app.command("export")(main)
