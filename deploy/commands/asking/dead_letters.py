"""``shelfstream dead``: records that no stage could read, with their reasons; send them again, or put them away."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from console.health.dead_letters import DeadLetter, DeadLetters
from deploy.runtime.open import open_bus, open_engine, settings_here
from shelfstream.clock import SystemClock
from shelfstream.migrations.upgrade import require_current

app = typer.Typer(no_args_is_help=True, help=__doc__)
_terminal = Console(soft_wrap=True, highlight=False)
_BY = "the command line"

Letters = Annotated[list[str], typer.Argument(help="As `shelfstream dead list` names them: shelf.events.dead:0:17.")]


@app.command("list")
def list_all(*, most: Annotated[int, typer.Option(min=1, max=10_000, help="The newest so many.")] = 50) -> None:
    """Show what was put aside and not dealt with yet, the newest first."""
    with _dead_letters() as letters:
        found = letters.newest(most)
    if not found:
        _terminal.print("nothing was put aside")
        return
    table = Table("letter", "when (UTC)", "stage", "why", box=None)
    for letter in found:
        table.add_row(letter.letter_id, f"{letter.buried_at:%Y-%m-%d %H:%M:%S}", letter.stage, letter.reason)
    _terminal.print(table)


@app.command()
def show(letter: Annotated[str, typer.Argument(help="As `shelfstream dead list` names it.")]) -> None:
    """Show one letter with all that is known of it, and its text where it is text."""
    with _dead_letters() as letters:
        typer.echo(json.dumps(_told(letters.one(letter)), indent=2, ensure_ascii=False))


@app.command()
def replay(letters: Letters) -> None:
    """Send records again to where they came from, once the cause is mended. Stages pass over what they know."""
    with _dead_letters() as book:
        for letter in letters:
            book.replay(letter, _BY)
            _terminal.print(f"{letter} was sent again")


@app.command()
def drop(letters: Letters) -> None:
    """Put letters away: nothing is to be done about them."""
    with _dead_letters() as book:
        for letter in letters:
            book.drop(letter, _BY)
            _terminal.print(f"{letter} was put away")


@contextmanager
def _dead_letters() -> Iterator[DeadLetters]:
    settings, clock = settings_here(), SystemClock()
    with open_engine(settings) as engine, open_bus(settings, clock) as bus:
        require_current(engine)
        yield DeadLetters(bus, engine, clock)


def _told(letter: DeadLetter) -> dict[str, object]:
    return {
        "letter": letter.letter_id,
        "put_aside_at": letter.buried_at.isoformat(),
        "stage": letter.stage,
        "reason": letter.reason,
        "error": letter.error,
        "origin": letter.origin,
        "attempts": letter.attempts,
        "bytes": letter.size_bytes,
        "can_be_sent_again": letter.is_whole,
        "text": letter.text,
    }
