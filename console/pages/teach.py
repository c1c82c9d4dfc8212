"""Pictures that the model learns from: a list, and a page on which a person corrects the boxes of one."""

import json
from dataclasses import asdict
from typing import Any

from fastapi import FastAPI, Request, Response
from nicegui import ui

from console.access.roles import May
from console.console_data import ConsoleData
from console.html import teaching as html
from console.html.frame import Here
from console.html.markup import el, icon, joined
from console.pages.layout import PageFrame, Section, off_loop, refused, seen_by_whom_asks, told_faults
from detector.train.label_folder import LabelledBox, PictureToLabel, TeachingFolder, boxes_of
from shelfstream.errors import Faults, InvalidMessage, Unavailable

_ANSWER_S = 10.0
_USUALLY = ("facing", "gap")


def add_teach(console_data: ConsoleData, app: FastAPI) -> None:
    """Add ``/teach`` and ``/teach?picture=NAME``, and the pictures, where a folder for them is named."""
    folder = console_data.teaching
    if folder is None:
        return

    @app.get("/teaching/{name}", include_in_schema=False)
    def image(request: Request, name: str) -> Response:
        if seen_by_whom_asks(console_data, request).teaching is None:
            return Response("no such picture", 404, {"Cache-Control": "no-store"}, "text/plain")
        try:
            data = folder.picture(name)
        except Faults:
            return Response("no such picture", 404, {"Cache-Control": "no-store"}, "text/plain")
        kind = "image/png" if name.lower().endswith(".png") else "image/jpeg"
        return Response(data, 200, {"Cache-Control": "private, max-age=60"}, kind)

    @ui.page("/teach", response_timeout=20)
    async def teach(request: Request, picture: str = "") -> None:
        seen = seen_by_whom_asks(console_data, request)
        frame = PageFrame(seen, request, Here("teach"))
        await frame.update()
        if refused(seen, May.TEACH) or seen.teaching is None:
            return
        try:
            pictures = await off_loop(folder.pictures)
        except Faults as faults:
            Section("page").show(told_faults(faults))
            return
        chosen = next((each for each in pictures if each.name == picture), None)
        if chosen is None:
            _list(pictures, folder)
        else:
            ui.add_head_html(el("script", src="static/boxes.js", defer=True))
            await _CorrectPage(seen, folder, pictures, chosen).begin()


def _list(pictures: list[PictureToLabel], folder: TeachingFolder) -> None:
    done = sum(bool(each.labelled) for each in pictures)
    with ui.element("main").classes("page"):
        told = f"{done} of {len(pictures)} pictures are labelled. Ten are a good beginning; then, where they lie: "
        command = el("code", f"shelfstream teach train --pictures {folder.path} --out FOLDER")
        Section("pagehead").show(joined(el("h1", "Teach"), el("p", told, command)))
        Section("card").show(html.picture_grid(pictures))


class _CorrectPage:
    """One browser's page of one picture. The boxes live in the browser until they are saved."""

    def __init__(
        self, console_data: ConsoleData, folder: TeachingFolder, pictures: list[PictureToLabel], chosen: PictureToLabel
    ) -> None:
        self._console_data = console_data
        self._folder = folder
        self._picture = chosen
        self._next = _after(pictures, chosen)
        with ui.element("main").classes("page columns teach"):
            with ui.element("section").classes("card camera"):
                Section("cardhead").show(el("h2", chosen.name, el("small", chosen.why)))
                with ui.element("div").classes("sheet"):
                    Section("layers").show(html.sheet(chosen))
            with ui.element("aside").classes("card side"):
                Section("tools").show(html.tools())
                Section("productrow").show(html.product_field(self._products()))
                Section("asked").show(el("p", "I looked for every"))
                with ui.element("div").classes("kindchecks"):
                    self._looked_for = {
                        kind: ui.checkbox(title, value=kind in (chosen.labelled or _USUALLY))
                        for kind, title in html.looked_for_names().items()
                    }
                with ui.element("div").classes("buttons"):
                    ui.button("Save", icon="check", on_click=self._save).props("data-save")
                    ui.button("Save, next", icon="arrow_forward", on_click=self._save_and_go).props("flat")
                    ui.button("Ask the model", icon="auto_awesome", on_click=self._propose).props("flat")
                self._said = Section("said")
                Section("helptext").show(html.help_text())

    def _products(self) -> list[tuple[str, str]]:
        products = self._console_data.catalogue.products.values()
        return sorted({(each.gtin, each.name) for each in products}, key=lambda each: each[1])

    async def begin(self) -> None:
        """Show what is labelled, or what the model sees where nobody labelled anything yet."""
        boxes = await off_loop(self._folder.boxes, self._picture.name)
        await ui.context.client.connected()
        if boxes or self._picture.labelled:
            self._put(boxes)
        else:
            await self._propose()

    async def _propose(self) -> None:
        self._said.show(el("p", "The model looks at the picture …"))
        try:
            boxes = await off_loop(self._seen)
        except (Faults, InvalidMessage, Unavailable) as away:
            self._put([])
            self._said.show(el("p", icon("error"), f"The model could not look at it: {away}"))
            return
        self._put(boxes)
        self._said.show(el("p", f"The model proposes {len(boxes)} boxes: correct what is wrong, then save."))

    def _seen(self) -> list[LabelledBox]:
        data = self._folder.picture(self._picture.name)
        facings, size_wh = self._console_data.eyes.see(
            self._console_data.catalogue, self._a_store(), self._picture.name, data
        )
        return boxes_of(facings, self._picture.width_px / size_wh[0], self._picture.height_px / size_wh[1])

    def _a_store(self) -> str:
        return next(iter(self._console_data.stores()), "")

    def _put(self, boxes: list[LabelledBox]) -> None:
        ui.run_javascript(f"labelBoxes.put({_as_json([asdict(each) for each in boxes])})")

    async def _save(self) -> bool:
        given = await ui.run_javascript("labelBoxes.read()", timeout=_ANSWER_S)
        try:
            boxes = [_box(each) for each in given]
            looked_for = [kind for kind, box in self._looked_for.items() if box.value]
            await off_loop(self._folder.save, self._picture.name, boxes, looked_for)
        except Faults as faults:
            self._said.show(told_faults(faults))
            return False
        except (KeyError, TypeError, ValueError):
            self._said.show(el("p", icon("error"), "The browser sent something that is no boxes; nothing is saved."))
            return False
        ui.run_javascript("labelBoxes.kept()")
        self._said.show(el("p", icon("check"), f"{len(boxes)} boxes are saved.", cls="verdict good"))
        return True

    async def _save_and_go(self) -> None:
        if await self._save():
            ui.navigate.to(html.address_of(self._next) if self._next else "teach")


def _box(given: dict[str, Any]) -> LabelledBox:
    """A box as the browser tells it. Raises for what is none."""
    left, top, width, height = (float(given[name]) for name in ("left", "top", "width", "height"))
    return LabelledBox(str(given["kind"]), left, top, width, height, str(given.get("product") or ""))


def _after(pictures: list[PictureToLabel], chosen: PictureToLabel) -> str:
    """The next picture that nobody looked at; empty: that was the last."""
    waiting = [each.name for each in pictures if not each.labelled and each.name != chosen.name]
    later = [name for name in waiting if name > chosen.name]
    return next(iter(later or waiting), "")


def _as_json(value: object) -> str:
    """For a script: no text of ours may end it."""
    return json.dumps(value).replace("<", "\\u003c")
