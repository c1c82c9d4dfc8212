"""``shelfstream train``: the repository's own recipe."""

import typer

from detector.train.__main__ import main

app = typer.Typer()
app.command("train")(main)
