"""The web application: API, pictures, static files and pages in one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from nicegui import app as pages_app
from nicegui import ui
from starlette.staticfiles import StaticFiles

from alerts.links import AnswerLinks
from console.access.gate import Doorkeeper, Gate
from console.access.oidc import Oidc
from console.access.sign_in import add_sign_in
from console.api.answer_link import add_answer_links
from console.api.inbox import add_inbox
from console.api.routes import add_api, add_error_answers, add_pictures
from console.console_data import ConsoleData
from console.links import Forwarded, address
from console.pages.about import add_about_api
from console.pages.calibrate import add_calibrate
from console.pages.explorer import add_explorer
from console.pages.health import add_health
from console.pages.history import add_history
from console.pages.live_pages import LivePages
from console.pages.plan import add_plan
from console.pages.setup import add_setup
from console.pages.slot import add_slot
from console.pages.store_now import add_store_now
from console.pages.teach import add_teach
from shelfstream.secrets import KnownSecrets

_STATIC = Path(__file__).parent / "static"
_DESCRIPTION = "What is on the shelves now, what was out, and the alerts about it. See docs/console.md."


def add_pages(console_data: ConsoleData, app: FastAPI) -> LivePages:
    """Add every page, and return what tells the open ones; ``app`` is what the API's page describes."""
    live = LivePages(console_data)
    add_store_now(console_data, live)
    add_slot(console_data)
    add_history(console_data)
    add_explorer(console_data)
    add_setup(console_data)
    add_calibrate(console_data)
    add_plan(console_data)
    add_teach(console_data, app)
    add_health(console_data)
    add_about_api(console_data, app)
    return live


def make_app(
    console_data: ConsoleData,
    secrets: KnownSecrets,
    links: AnswerLinks | None = None,
    doorkeeper: Doorkeeper | None = None,
    oidc: Oidc | None = None,
) -> FastAPI:
    """The application. NiceGUI keeps its pages per process, so that a process can have one console.

    Without ``links`` nobody answers without the console's own pages; without a ``doorkeeper`` nobody has to sign in;
    with ``oidc`` one may by an identity provider as well.
    """
    # FastAPI's own documentation pages load scripts from a CDN; /about/api shows the same from here.
    title = f"{console_data.settings.title} API"
    if doorkeeper is not None:
        console_data = console_data.ended_by(doorkeeper.is_still)
    app = FastAPI(title=title, description=_DESCRIPTION, docs_url=None, redoc_url=None, openapi_url=None)
    add_error_answers(app, secrets)
    add_api(app, console_data)
    _add_description(app)
    add_pictures(app, console_data)
    add_inbox(app, console_data)
    if links is not None:
        add_answer_links(app, console_data, links)
    if doorkeeper is not None:
        add_sign_in(app, console_data.settings.title, doorkeeper, oidc)
    app.mount("/static", StaticFiles(directory=_STATIC), name="static")
    live = add_pages(console_data, app)
    ui.run_with(
        app,
        title=console_data.settings.title,
        favicon=_STATIC / "favicon.svg",
        dark=None,
        tailwind=False,
        binding_refresh_interval=None,
        show_welcome_message=False,
        reconnect_timeout=10.0,
    )
    _start_quietly(app, live)
    app.add_middleware(Gate, doorkeeper=doorkeeper)
    app.add_middleware(Forwarded)
    return app


def _add_description(app: FastAPI) -> None:
    """Add ``/openapi.json``, which says where the API is for whoever asks."""

    @app.get("/openapi.json", include_in_schema=False)
    def description() -> dict[str, Any]:
        return {**app.openapi(), "servers": [{"url": address("")}]}


def _start_quietly(app: FastAPI, live: LivePages) -> None:
    """Start and stop NiceGUI with the application, without its search for the server through all live objects.

    That search (``gc.get_objects``) holds on to tuples that other threads are just making, which then fail with a
    ``SystemError``: in one process with the other stages it would bring these down.
    """

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with pages_app.router.lifespan_context(pages_app):
            telling = asyncio.create_task(live.run())
            yield
            telling.cancel()

    app.router.lifespan_context = lifespan
