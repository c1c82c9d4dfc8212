"""``shelfstream``: the one command. A subcommand is imported when it is asked for."""

import io
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import Any, cast

import typer
from rich.console import Console
from typer.core import TyperCommand, TyperGroup

from deploy.runtime.open import ConfigFile, remember_config
from deploy.runtime.run import EXIT_CRASHED, EXIT_FAULTS, EXIT_STOPPED
from deploy.runtime.stages import not_installed
from shelfstream.errors import Faults, StageStopped, Unavailable

_HELP = """Watches shelves and tells people what has run out.

**Try it**: `shelfstream demo` runs everything on a simulated store. `shelfstream watch SOURCE` shows what the model
sees on a camera of yours.

**Run it**: describe your store in a folder (`catalogue check`, `catalogue publish`), then `shelfstream run` the
stages that this process is to do. Settings come from a YAML file and from SHELFSTREAM_SECTION__FIELD; `shelfstream
config` shows them all.
"""


@dataclass(frozen=True, slots=True)
class Command:
    """One subcommand: the Typer application ``app`` of a module; ``extra`` is what pip calls its needs."""

    module: str
    help: str
    extra: str = "demo"


COMMANDS: Mapping[str, Command] = MappingProxyType(
    {
        "demo": Command("deploy.commands.demo", "Run everything on a simulated store and open the console."),
        "watch": Command("deploy.commands.watch", "See what the model sees on a camera, video, folder or picture."),
        "run": Command("deploy.commands.run", "Run one or several stages in this process."),
        "config": Command("deploy.commands.config", "Show the effective settings and where each comes from."),
        "catalogue": Command("deploy.commands.catalogue", "Say which stores, cameras, slots, products there are."),
        "camera": Command("deploy.commands.camera", "Add cameras by their URL."),
        "products": Command("deploy.commands.products", "Add products by a photograph of their front."),
        "audit": Command("deploy.commands.audit", "Judge a bay from photographs, against its plan."),
        "calibrate": Command("deploy.commands.calibrate", "Find out how a camera sees its bays, from a picture."),
        "planogram": Command(
            "deploy.commands.planogram", "Take plans over from space-planning programs, and give them back."
        ),
        "topics": Command("deploy.commands.topics", "Create, list and check the bus's topics."),
        "db": Command("deploy.commands.db", "Bring the SQL database to this release and check it."),
        "history": Command("deploy.commands.asking.history", "Ask what was out, where, for how long.", "analytics"),
        "replay": Command("deploy.commands.asking.replay", "Run archived facings again under other settings."),
        "detect": Command("deploy.commands.detect", "Find facings and gaps in pictures.", "detector"),
        "evaluate": Command(
            "deploy.commands.learning.evaluate", "Measure a model on labelled photographs.", "evaluate"
        ),
        "recognise": Command(
            "deploy.commands.recognise", "Name the product on pictures of single products.", "detector"
        ),
        "train": Command(
            "deploy.commands.learning.train", "Train segmenter, namer, recogniser or classifier.", "train"
        ),
        "teach": Command(
            "deploy.commands.learning.teach", "Make the model better with pictures of your own shelves.", "train"
        ),
        "export": Command(
            "detector.train_recogniser.export", "Write trained weights for the run time, also in 8 bits.", "train"
        ),
        "explain": Command(
            "deploy.commands.learning.explain", "Show why a facing was called what it was called.", "detector"
        ),
        "dead": Command("deploy.commands.asking.dead_letters", "Records that no stage could read.", "console"),
        "users": Command("deploy.commands.people.users", "Who may sign in to the console, as what.", "console"),
        "simulate": Command("deploy.commands.simulate", "Write a simulated store's pictures and truth.", "ingest"),
        "grafana": Command("deploy.commands.grafana", "Set up or export the Grafana dashboards.", "grafana"),
    }
)


class LazyCommands(TyperGroup):
    """Lists commands by the table; imports the one that is run (after Click's recipe for lazily loaded commands)."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401, ARG002 - Typer does not show its Click's types
        """Every command of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> TyperCommand | None:  # noqa: ANN401, ARG002
        """The command as it is listed: without its own options."""
        command = COMMANDS.get(cmd_name)
        return None if command is None else TyperCommand(cmd_name, help=command.help)

    def resolve_command(
        self,
        ctx: Any,  # noqa: ANN401
        args: list[str],
    ) -> tuple[str | None, TyperCommand | TyperGroup | None, list[str]]:
        """The command that is to be run. Raises ``Faults`` when what it needs is not installed."""
        name, _, rest = super().resolve_command(ctx, args)
        return name, None if name is None else _loaded(name), rest


def command_line() -> typer.Typer:
    """The command line."""
    cli = typer.Typer(
        cls=LazyCommands,
        help=_HELP,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode="markdown",
        # Its traces show local variables, and with them secrets.
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    cli.callback()(_root)
    return cli


def _root(config: ConfigFile = None) -> None:
    remember_config(config)


def _loaded(name: str) -> TyperCommand | TyperGroup:
    command = COMMANDS[name]
    try:
        app: typer.Typer = import_module(command.module).app
    except ModuleNotFoundError as exc:
        raise not_installed(f"shelfstream {name}", command.extra, exc) from exc
    found = cast("TyperCommand | TyperGroup", typer.main.get_command(app))
    found.name = name
    return found


def main() -> None:
    """Entry point. Faults and outages end in a sentence, anything else in a trace."""
    for stream in (sys.stdout, sys.stderr):
        # Names of files may hold bytes that no terminal can show: they are shown as \\xfc, and end nothing.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    complain = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        command_line()()
    except Faults as faults:
        complain.print(str(faults), style="red", markup=False)
        sys.exit(EXIT_FAULTS)
    except StageStopped as stopped:
        complain.print(str(stopped), style="red", markup=False)
        sys.exit(EXIT_STOPPED)
    except Unavailable as away:
        complain.print(f"not within reach: {away.what}", style="red", markup=False)
        sys.exit(EXIT_CRASHED)
