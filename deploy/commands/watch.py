"""``shelfstream watch``: what the model sees on somebody's own shelf, without any configuration."""

from typing import Annotated

import typer
from rich.console import Console

from deploy.watch.run import WatchOptions, run_watch

app = typer.Typer()


@app.command()
def watch(
    source: Annotated[str, typer.Argument(help="rtsp:// or http:// URL, video file, folder of pictures, or picture.")],
    *,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="The console's port; else 8080; another one when taken.")
    ] = None,
    every_s: Annotated[float, typer.Option("--every", min=0.2, max=3600, help="Seconds between looks.")] = 1.0,
    learn_frames: Annotated[int, typer.Option("--learn", min=2, max=200, help="Frames to learn the places from.")] = 8,
    run_for_s: Annotated[
        float | None, typer.Option("--for", metavar="SECONDS", min=1, help="Stop after so long; else at Ctrl-C.")
    ] = None,
    browser: Annotated[bool, typer.Option(help="Open the console in a browser.")] = True,
) -> None:
    """See what the model sees, and be told what goes missing.

    The console opens on the camera's picture with what was detected. What stays in place over the first frames
    becomes the plan: from then on every place that goes empty is told here and in the console, and so is its return.
    Nothing is kept when it ends.

    Try `shelfstream watch rtsp://user:password@10.0.0.5/stream1`, or a video of a shelf, or a folder into which a
    camera uploads. The password is shown nowhere; what the source is called does not hold it.

    What is learned this way is for looking: names, prices and rates of sale come with a catalogue of your own
    (docs/catalogue.md), and so do history and alerts that go to people.
    """
    options = WatchOptions(source, port, every_s, learn_frames, run_for_s, browser)
    raise typer.Exit(run_watch(options, Console()))
