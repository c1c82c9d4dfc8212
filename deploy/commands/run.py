"""``shelfstream run``: one or several stages in this process."""

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from deploy.runtime.one_box import run_store
from deploy.runtime.open import ConfigFile, config_file, settings_here
from deploy.runtime.run import check_parts, run_stages
from deploy.runtime.stages import STAGES
from shelfstream.errors import Fault, Faults

app = typer.Typer()

_STAGE_HELP = "Which: " + "; ".join(f"{name} {spec.does}" for name, spec in STAGES.items()) + ". 'all' runs them all."
_ALL = "all"


@app.command()
def run(
    stages: Annotated[list[str], typer.Argument(metavar="STAGE...", help=_STAGE_HELP)],
    catalogue: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", file_okay=False, exists=True, help="Publish this folder and follow its edits."),
    ] = None,
    config: ConfigFile = None,
) -> None:
    """Run one or several stages in this process until SIGTERM or Ctrl-C.

    Without Kafka in the settings the bus is embedded in this one process: name all stages that you want. Liveness,
    readiness and Prometheus metrics are served on process.health_port. A first signal drains, a second ends at once.

    `shelfstream run all --catalogue my-store` runs a whole store on this machine, without any server set up: what it
    keeps stands in process.data_folder, and it says where the console is. An edit of the folder holds within seconds;
    one with faults is told in the log and changes nothing. `shelfstream run analytics` is one process of several that
    share the stores between them. Started again, a process goes on where it stopped.

    Which settings hold, and from where, `shelfstream config` shows without starting anything.

    Exit codes: 0 stopped in good order, 1 crashed, 2 faults in settings, 3 stopped on purpose (the log says why),
    4 the end took longer than process.drain_within_s.
    """
    chosen = tuple(STAGES) if stages == [_ALL] else tuple(dict.fromkeys(stages))
    unknown = [stage for stage in chosen if stage not in STAGES]
    if unknown:
        raise Faults("run", [Fault(stage, f"is no stage; there are {', '.join(STAGES)}") for stage in unknown])
    if catalogue is not None:
        terminal = Console(stderr=True)
        raise typer.Exit(run_store(catalogue, chosen, config_file(config), os.environ, terminal))
    settings = settings_here(config, needed=chosen)
    check_parts(chosen, settings)
    raise typer.Exit(run_stages(chosen, settings))
