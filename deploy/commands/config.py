"""``shelfstream config``: the effective settings."""

from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from deploy.runtime.open import ConfigFile, settings_here
from deploy.runtime.settings import SHARED, stage_classes
from deploy.runtime.stages import STAGES
from shelfstream.errors import Fault, Faults
from shelfstream.settings.show import DEFAULT, ShownSetting, shown_settings

app = typer.Typer()


@app.command()
def config(
    stage: Annotated[str | None, typer.Option("--stage", help="Only what this stage's process uses.")] = None,
    describe: Annotated[bool, typer.Option("--describe", help="Say what each setting is for.")] = False,
    config: ConfigFile = None,
) -> None:
    """Show the effective settings and where each comes from; secrets are masked.

    A setting comes from SHELFSTREAM_<SECTION>__<FIELD>, else from the file named by --config or SHELFSTREAM_CONFIG,
    else it is the default. ${NAME} and ${file:/path} in a value stand for a variable's or a file's contents.
    """
    if stage is not None and stage not in STAGES:
        raise Faults("config", [Fault(stage, f"is no stage; there are {', '.join(STAGES)}")])
    effective = settings_here(config, needed=tuple(stage_classes()) if stage is None else (stage,))
    console = Console(highlight=False, soft_wrap=True)
    if effective.kafka is None:
        console.print(f"# the bus is embedded, in {effective.bus_path}; anything given for kafka changes that")
    shared = [section for section in SHARED if section != "kafka" or effective.kafka is not None]
    wanted = [*shared, *(effective.stages if stage is None else (stage,))]
    for section in wanted:
        for shown in shown_settings(effective.loaded, section):
            console.print(_line(shown, describe=describe))


def _line(shown: ShownSetting, *, describe: bool) -> Text:
    style = "dim" if shown.where == DEFAULT else ""
    line = Text.assemble((f"{shown.name}: {shown.value}", style), (f"  # {shown.where}", "dim"))
    if describe and shown.description:
        line.append(f"\n    {shown.description}", "italic")
    return line
