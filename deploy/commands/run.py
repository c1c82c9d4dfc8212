"""``shelfstream run``: one or several stages in this process."""

from typing import Annotated

import typer

from deploy.runtime.open import ConfigFile, settings_here
from deploy.runtime.run import check_parts, run_stages
from deploy.runtime.stages import STAGES
from shelfstream.errors import Fault, Faults

app = typer.Typer()

_STAGE_HELP = "Which: " + "; ".join(f"{name} {spec.does}" for name, spec in STAGES.items()) + ". 'all' runs them all."
_ALL = "all"


@app.command()
def run(
    stages: Annotated[list[str], typer.Argument(metavar="STAGE...", help=_STAGE_HELP)], config: ConfigFile = None
) -> None:
    """Run one or several stages in this process until SIGTERM or Ctrl-C.

    Without Kafka in the settings the bus is embedded in this one process: name all stages that you want. Liveness,
    readiness and Prometheus metrics are served on process.health_port. A first signal drains, a second ends at once.

    `shelfstream run all` runs a small store in one process; `shelfstream run analytics` is one process of several that
    share the stores between them. Started again, a process goes on where it stopped.

    Which settings hold, and from where, `shelfstream config` shows without starting anything.

    Exit codes: 0 stopped in good order, 1 crashed, 2 faults in settings, 3 stopped on purpose (the log says why),
    4 the end took longer than process.drain_within_s.
    """
    chosen = tuple(STAGES) if stages == [_ALL] else tuple(dict.fromkeys(stages))
    unknown = [stage for stage in chosen if stage not in STAGES]
    if unknown:
        raise Faults("run", [Fault(stage, f"is no stage; there are {', '.join(STAGES)}") for stage in unknown])
    settings = settings_here(config, needed=chosen)
    check_parts(chosen, settings)
    raise typer.Exit(run_stages(chosen, settings))
