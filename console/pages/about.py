"""What the API offers."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from nicegui import ui

from console.console_data import ConsoleData
from console.html.frame import Here
from console.html.markup import Markup, el, joined
from console.pages.layout import PageFrame, Section, seen_by_whom_asks


def add_about_api(console_data: ConsoleData, app: FastAPI) -> None:
    """Add ``/about/api``."""

    @ui.page("/about/api", response_timeout=20)
    async def about_api(request: Request) -> None:
        seen = seen_by_whom_asks(console_data, request)
        frame = PageFrame(seen, request, Here("about"))
        await frame.update()
        described = app.openapi()
        with ui.element("main").classes("page narrow"):
            source = el("p", "For programs: ", el("a", "openapi.json", href="openapi.json"))
            Section("pagehead").show(joined(el("h1", "The API"), source))
            Section("card apilist").show(operations(described))


def operations(described: Mapping[str, Any]) -> Markup:
    """Every operation of an OpenAPI description with its parameters."""
    rows = [
        _operation(method.upper(), path, operation)
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    ]
    return el("ul", *rows, cls="items")


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> Markup:
    parameters = [
        el("code", f"{each['name']}{'' if each.get('required') else ' (optional)'}")
        for each in operation.get("parameters", ())
    ]
    return el(
        "li",
        el("span", el("code", f"{method} {path}"), cls="what"),
        el("span", str(operation.get("summary", "")), cls="why"),
        el("span", *(joined(each, " ") for each in parameters), cls="when") if parameters else None,
        cls="item closed",
    )
