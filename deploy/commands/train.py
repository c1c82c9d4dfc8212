"""``shelfstream train``: the repository's own recipes."""

import typer

from detector.train.__main__ import main
from detector.train_recogniser.commands import classifier, recogniser

app = typer.Typer(help="Train a model by the repository's recipes.", no_args_is_help=True)
app.command("segmenter")(main)
app.command("recogniser")(recogniser)
app.command("classifier")(classifier)
