"""``shelfstream topics``: what is on the bus, what is needed, and making the one the other."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Column, Table

from deploy.runtime.open import open_bus, settings_here
from deploy.runtime.settings import Effective
from shelfstream.bus.api import Admin
from shelfstream.bus.topic_check import APPLY, CREATE, TopicState, differences, kept
from shelfstream.bus.topics import TopicSpec, topic_table
from shelfstream.clock import SystemClock
from shelfstream.errors import Faults

app = typer.Typer(help="Create, list, check and mend the bus's topics.", no_args_is_help=True)
console = Console(highlight=False)
_KIB = 1024


@app.command()
def create() -> None:
    """Create the topics that are missing; never alters one that exists. Sizes stand in the section 'topics'."""
    settings = settings_here()
    with _admin(settings) as admin:
        _create(admin, topic_table(settings.topic_sizes))


@app.command("list")
def list_topics() -> None:
    """Show every topic as it is on the bus: what 'check' finds wrong there is marked."""
    settings = settings_here()
    table = topic_table(settings.topic_sizes)
    with _admin(settings) as admin:
        found = admin.states(table)
    wrong = {each.topic for each in differences(found, table, table)}
    name, mark = Column("topic", no_wrap=True), Column("", no_wrap=True)
    shown = Table(name, "partitions", "cleanup", "kept for", "largest record", mark, box=SIMPLE)
    for spec in table.values():
        shown.add_row(spec.name, *_row(found.get(spec.name)), "differs" if spec.name in wrong else "")
    console.print(shown)


@app.command()
def check() -> None:
    """Compare the topics on the bus with what is needed; ends with 2 where they differ and says what mends it."""
    settings = settings_here()
    table = topic_table(settings.topic_sizes)
    with _admin(settings) as admin:
        differing = differences(admin.states(table), table, table)
    if differing:
        raise Faults("topics on the bus", [each.fault for each in differing])
    console.print(f"all {len(table)} topics are there, fit together, and are kept as the settings say")


@app.command()
def apply() -> None:
    """Create what is missing and give every other topic the cleanup, retention and sizes that it needs.

    Partition counts are left alone: a changed count would send a store's records to another owner. Records that are
    older than a shorter retention are deleted by the broker.
    """
    settings = settings_here()
    table = topic_table(settings.topic_sizes)
    with _admin(settings) as admin:
        _create(admin, table)
        differing = differences(admin.states(table), table, table)
        changed = [each for each in differing if each.command == APPLY]
        admin.apply([table[topic] for topic in dict.fromkeys(each.topic for each in changed)])
    for each in changed:
        console.print(f"{each.topic}: {each.what}: done", soft_wrap=True)
    if rest := [each.fault for each in differing if each.command not in {APPLY, CREATE}]:
        raise Faults("topics on the bus", rest)


def _create(admin: Admin, table: Mapping[str, TopicSpec]) -> None:
    created = admin.create(list(table.values()))
    console.print(f"created: {', '.join(created)}" if created else "nothing to create: all topics are there")


def _row(found: TopicState | None) -> tuple[str, ...]:
    if found is None:
        return "missing", "", "", ""
    how_long = "newest per key" if found.cleanup == {"compact"} else kept(found.retention_ms)
    size = f"{found.largest_record_bytes // _KIB} KiB"
    return str(found.partitions), ",".join(sorted(found.cleanup)), how_long, size


@contextmanager
def _admin(settings: Effective) -> Iterator[Admin]:
    with ExitStack() as stack:
        bus = stack.enter_context(open_bus(settings, SystemClock()))
        yield stack.enter_context(closing(bus.admin()))
