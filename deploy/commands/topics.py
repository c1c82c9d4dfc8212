"""``shelfstream topics``: create, list and check the topics that the table in code names."""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import timedelta

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Column, Table

from deploy.here import settings_here
from deploy.open_parts import open_bus
from deploy.settings import Effective
from shelfstream.bus.seam import Admin
from shelfstream.bus.topics import TopicSpec, check_partitioning, topic_table
from shelfstream.clock import SystemClock

app = typer.Typer(help="Create, list and check the bus's topics.", no_args_is_help=True)
console = Console(highlight=False)
_MIB = 1024 * 1024


@app.command()
def create() -> None:
    """Create the topics that are missing; never alters one that exists. Sizes stand in the section 'topics'."""
    settings = settings_here()
    with _admin(settings) as admin:
        created = admin.create(list(topic_table(settings.topic_sizes).values()))
    console.print(f"created: {', '.join(created)}" if created else "nothing to create: all topics are there")


@app.command("list")
def list_topics() -> None:
    """Show every topic with how it is to be and how many partitions it has."""
    settings = settings_here()
    table = topic_table(settings.topic_sizes)
    with _admin(settings) as admin:
        counts = admin.partition_counts(table)
    shown = Table(Column("topic", no_wrap=True), "partitions", "by", "kept for", "largest message", box=SIMPLE)
    for name, spec in table.items():
        found = str(counts[name]) if name in counts else f"missing (would have {spec.partitions})"
        shown.add_row(name, found, spec.keyed_by, _kept(spec), f"{spec.max_message_bytes // _MIB} MiB")
    console.print(shown)


@app.command()
def check() -> None:
    """Say whether all topics are there and fit together; ends with 2 if not."""
    settings = settings_here()
    table = topic_table(settings.topic_sizes)
    with _admin(settings) as admin:
        check_partitioning(admin.partition_counts(table), table, table)
    console.print(f"all {len(table)} topics are there and fit together")


def _kept(spec: TopicSpec) -> str:
    if spec.retention_ms is None:
        return "newest per key"
    return str(timedelta(milliseconds=spec.retention_ms)).removesuffix(", 0:00:00")


@contextmanager
def _admin(settings: Effective) -> Iterator[Admin]:
    with ExitStack() as stack:
        bus = stack.enter_context(open_bus(settings, SystemClock()))
        yield stack.enter_context(closing(bus.admin()))
