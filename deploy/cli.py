"""``shelfstream``: the one command. A subcommand is imported when it is asked for."""

import io
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from types import MappingProxyType

import typer
from rich.console import Console

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


_WITH_VALUE = frozenset({"--config"})
"""Options of the root that take a value."""


@dataclass(frozen=True, slots=True)
class Command:
    """One subcommand. Its module has ``app`` (a Typer) or ``register(cli)``; ``extra`` is what pip calls its needs."""

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
        "topics": Command("deploy.commands.topics", "Create, list and check the bus's topics."),
        "db": Command("deploy.commands.db", "Bring the SQL database to this release and check it."),
        "history": Command("deploy.commands.history", "Ask what was out of stock, where, for how long.", "analytics"),
        "detect": Command("deploy.commands.detect", "Find facings and gaps in pictures.", "detector"),
        "evaluate": Command("deploy.commands.evaluate", "Measure a model on labelled photographs.", "evaluate"),
        "recognise": Command(
            "deploy.commands.recognise", "Name the product on pictures of single products.", "detector"
        ),
        "train": Command("deploy.commands.train", "Train segmenter, recogniser or classifier.", "train"),
        "export": Command("deploy.commands.export", "Write trained weights for ONNX Runtime and OpenVINO.", "train"),
        "simulate": Command("deploy.commands.simulate", "Write a simulated store's pictures and truth.", "ingest"),
        "grafana": Command("deploy.commands.grafana", "Set up or export the Grafana dashboards.", "grafana"),
    }
)


def build_cli(arguments: Sequence[str]) -> typer.Typer:
    """The command line: what ``arguments`` name is imported, the other commands are only listed.

    A command whose module this release lacks is not listed. Raises ``Faults`` when what a named one needs is not
    installed.
    """
    cli = typer.Typer(
        help=_HELP,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode="markdown",
        # Its traces show local variables, and with them secrets.
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    cli.callback()(_root)
    asked = _asked(arguments)
    for name, command in COMMANDS.items():
        if find_spec(command.module) is None:
            continue
        if name == asked:
            _add(cli, name, command)
        else:
            cli.command(name, help=command.help)(_listed)
    return cli


def _root(config: ConfigFile = None) -> None:
    remember_config(config)


def _asked(arguments: Sequence[str]) -> str:
    """The subcommand: the first word that is no option, nor the value of one that stands before it."""
    words = iter(arguments)
    for word in words:
        if word in _WITH_VALUE:
            next(words, None)
        elif not word.startswith("-"):
            return word
    return ""


def _listed() -> None:
    """Stands in the list for a command that was not asked for."""


def _add(cli: typer.Typer, name: str, command: Command) -> None:
    try:
        module = import_module(command.module)
    except ModuleNotFoundError as exc:
        raise not_installed(f"shelfstream {name}", command.extra, exc) from exc
    if hasattr(module, "register"):
        module.register(cli)
        return
    app: typer.Typer = module.app
    commands = app.registered_commands
    alone = len(commands) == 1 and not app.registered_groups and app.registered_callback is None
    if alone and commands[0].callback is not None and commands[0].name in (None, name):
        cli.command(name)(commands[0].callback)
    else:
        cli.add_typer(app, name=name, help=command.help)


def main() -> None:
    """Entry point. Faults and outages end in a sentence, anything else in a trace."""
    for stream in (sys.stdout, sys.stderr):
        # Names of files may hold bytes that no terminal can show: they are shown as \\xfc, and end nothing.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    complain = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        build_cli(sys.argv[1:])()
    except Faults as faults:
        complain.print(str(faults), style="red", markup=False)
        sys.exit(EXIT_FAULTS)
    except StageStopped as stopped:
        complain.print(str(stopped), style="red", markup=False)
        sys.exit(EXIT_STOPPED)
    except Unavailable as away:
        complain.print(f"not within reach: {away.what}", style="red", markup=False)
        sys.exit(EXIT_CRASHED)
