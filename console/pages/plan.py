"""A plan for a bay that has none: its corners are marked, what stands there is drafted, and a person corrects it."""

from collections import deque
from collections.abc import Callable

from nicegui import ui
from nicegui.events import GenericEventArguments

from analytics.plan_learning.draft import DraftPlan
from analytics.plan_learning.edits import edge_moved, merged, named, planned, removed, sized, split
from console.console_data import ConsoleData
from console.html import laying as html
from console.html.bay import picture_notice
from console.html.markup import el, icon, joined
from console.pages.layout import PageFrame, Section, Tapped, needed_desk, off_loop, store_or_leave, told_faults
from console.pages.on_picture import PictureLayers, add_camera_page, size_of
from console.setup.drafting import across_mm, corner_calibration, drafted, edges_px, marked_bay, with_draft
from console.setup.laying import inset_corners
from console.views.models import PictureNow
from console.views.outlines import Corner, outlines_of
from detector.contract import Facings
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.model import Calibration, Camera
from shelfstream.errors import Fault, Faults

_FRAMES_MOST = 12
_CORNERS = ("top left corner of the bay", "top right corner of the bay", "bottom right corner of the bay",
            "bottom left corner of the bay")  # fmt: skip
_EDGES = ("left edge of the place", "right edge of the place")


def add_plan(console_data: ConsoleData) -> None:
    """Add ``/setup/plan?store=STORE&camera=CAMERA``."""
    add_camera_page(console_data, "/setup/plan", _PlanPage)


class _PlanPage:
    """One browser's draft. Until it is saved it is this page's alone."""

    def __init__(self, console_data: ConsoleData, frame: PageFrame, store: str, camera: str) -> None:
        self._console_data = console_data
        self._frame = frame
        self._store, self._id = store, camera
        self._picture: PictureNow | None = None
        self._seen: deque[tuple[str, Facings]] = deque(maxlen=_FRAMES_MOST)
        self._corners: list[Corner] = []
        self._calibration: Calibration | None = None
        self._draft: DraftPlan | None = None
        self._chosen = ""
        with ui.element("main").classes("page columns calibrate"):
            with ui.element("section").classes("card camera"):
                self._layers = PictureLayers(self._laid, self._tapped)
            with ui.element("aside").classes("card side"):
                self._marking = ui.element("div").classes("steps")
                with self._marking:
                    self._mark_form()
                self._editing = ui.element("div").classes("steps")
                with self._editing:
                    self._edit_form()
                self._said = Section("saved")
        self._editing.set_visibility(False)

    def _mark_form(self) -> None:
        # Fields without limits: one with limits changes what was typed, unsaid; the rules say what is wrong.
        Section("hint").show(el("p", "Drag the handles to the bay's corners: the ends of its boards, floor and top."))
        self._name = ui.input("What the bay is called", placeholder="Breakfast")
        self._width = ui.number("How wide it is, cm", value=100)
        self._height = ui.number("How high it is, cm", value=180)
        ui.button("Draft the plan", icon="auto_fix_high", on_click=self._make)

    def _edit_form(self) -> None:
        Section("hint").show(el("p", "Tap a place to correct it; drag its edges in the picture."))
        self._summary = Section("standing")
        products = self._console_data.catalogue.products.values()
        names = {product.gtin: product.name for product in products if product.store == self._store}
        self._product = ui.select(names, label="Product", with_input=True)
        self._new_name = ui.input("Its name, where it is not in the list")
        self._wide = ui.number("Facings side by side", value=1)
        self._high = ui.number("Facings above each other", value=1)
        with ui.element("div").classes("fields"):
            ui.button("Apply", icon="check", on_click=self._apply)
            ui.button("Split", icon="vertical_split", on_click=self._editing_by(split)).props("flat")
            ui.button("Join with the right one", icon="merge", on_click=self._editing_by(merged)).props("flat")
            ui.button("Leave out", icon="delete", on_click=self._editing_by(removed)).props("flat")
        ui.button("Save the plan", icon="save", on_click=self._keep)

    async def update(self) -> None:
        """Collect what is seen until there is a draft."""
        now = await store_or_leave(self._console_data, self._frame, self._store)
        camera = next((each for each in now.cameras if each.camera.id == self._id), None) if now is not None else None
        if camera is None or self._draft is not None:
            return
        self._layers.head.show(el("h2", camera.camera.name or camera.camera.id, el("small", "a bay without a plan")))
        self._layers.notice.show(picture_notice(camera))
        if camera.picture is not None:
            self._take(camera.picture)

    def _take(self, picture: PictureNow) -> None:
        if self._seen and self._seen[-1][0] == picture.frame_id:
            return
        if self._picture is not None and size_of(self._picture) != size_of(picture):
            self._seen.clear()
            self._corners = []
        self._picture = picture
        self._seen.append((picture.frame_id, picture.seen.facings()))
        self._layers.image.show(html.picture(picture))
        if not self._corners:
            self._corners = inset_corners(size_of(picture))
            self._layers.handles.show(html.handles(picture, self._corners, _CORNERS))

    async def _laid(self, event: GenericEventArguments) -> None:
        number, spot = int(event.args["handle"]), (float(event.args["x"]), float(event.args["y"]))
        if self._draft is None:
            self._corners[number] = spot
        elif self._calibration is not None and self._chosen:
            at_mm = across_mm(self._calibration, spot)
            self._edit(lambda draft: edge_moved(draft, self._chosen, number, at_mm), handles=False)

    async def _make(self) -> None:
        """Make the draft of what was seen since this page was opened."""
        if self._picture is None:
            return
        catalogue = self._console_data.catalogue
        try:
            bay = marked_bay(
                catalogue, self._store, str(self._name.value or ""), float(self._width.value or 0),
                float(self._height.value or 0),
            )  # fmt: skip
            calibration = corner_calibration(bay, self._corners)
            frames = [facings for _, facings in self._seen]
            draft = await off_loop(drafted, catalogue, bay, calibration, frames)
        except Faults as faults:
            self._said.show(told_faults(faults))
            return
        self._calibration, self._draft = calibration, draft
        self._marking.set_visibility(False)
        self._editing.set_visibility(True)
        self._said.show(joined())
        self._layers.handles.show(joined())
        self._choose(draft.slots[0].id if draft.slots else "")

    async def _tapped(self, tapped: Tapped) -> None:
        if "slot" in tapped:
            self._choose(tapped["slot"])

    def _choose(self, slot_id: str) -> None:
        self._chosen = slot_id
        draft = self._draft
        slot = None if draft is None else next((each for each in draft.slots if each.id == slot_id), None)
        if draft is not None and slot is not None:
            new = next((each for each in draft.unnamed if each.gtin == slot.gtin), None)
            self._product.set_value(None if new is not None else slot.gtin)
            self._new_name.set_value("" if new is None else new.name)
            self._wide.set_value(slot.facings_wide)
            self._high.set_value(slot.facings_high)
        self._draw(handles=True)

    async def _apply(self) -> None:
        """Take over product and facings of the place that is chosen."""
        gtin, name = self._product.value, str(self._new_name.value or "")
        wide, high = int(self._wide.value or 0), int(self._high.value or 0)

        def change(draft: DraftPlan) -> DraftPlan:
            changed = sized(draft, self._chosen, wide, high)
            return planned(changed, self._chosen, gtin) if gtin else named(changed, self._chosen, name)

        self._edit(change)

    def _editing_by(self, step: Callable[[DraftPlan, str], DraftPlan]) -> Callable[[], None]:
        return lambda: self._edit(lambda draft: step(draft, self._chosen))

    def _edit(self, step: Callable[[DraftPlan], DraftPlan], *, handles: bool = True) -> None:
        if self._draft is None:
            return
        try:
            self._draft = step(self._draft)
        except ValueError as exc:
            self._said.show(told_faults(Faults("plan", [Fault("place", str(exc))])))
            return
        self._said.show(joined())
        if all(each.id != self._chosen for each in self._draft.slots):
            self._choose(self._draft.slots[0].id if self._draft.slots else "")
        else:
            self._draw(handles=handles)

    def _as_it_would_be(self) -> tuple[Catalogue, Camera] | None:
        if self._draft is None or self._calibration is None:
            return None
        catalogue = self._console_data.catalogue
        before = catalogue.cameras[self._store, self._id]
        camera = before.model_copy(update={"calibrations": (*before.calibrations, self._calibration)})
        return with_draft(catalogue, self._draft, camera), camera

    def _draw(self, *, handles: bool) -> None:
        found = self._as_it_would_be()
        if found is None or self._draft is None or self._calibration is None or self._picture is None:
            return
        catalogue, camera = found
        alone = camera.model_copy(update={"calibrations": (self._calibration,)})
        outlines = outlines_of(catalogue, alone, *size_of(self._picture))
        new = {each.gtin for each in self._draft.unnamed}
        colours = {each.id: "undecided" if each.gtin in new else "confirmed" for each in self._draft.slots}
        colours |= {self._chosen: "chosen"} if self._chosen else {}
        self._layers.places.show(html.places(self._picture, outlines, colours))
        self._summary.show(html.draft_summary(self._draft, catalogue, self._chosen))
        if handles and self._chosen:
            edges = edges_px(self._draft, self._chosen, self._calibration)
            self._layers.handles.show(html.handles(self._picture, edges, _EDGES))

    async def _keep(self) -> None:
        """Write the plan, and the calibration that goes with it, to the catalogue's folder."""
        found = self._as_it_would_be()
        if found is None or self._draft is None:
            return
        try:
            desk = needed_desk(self._console_data)
            await off_loop(desk.put_plan, self._draft, found[1])
        except Faults as faults:
            self._said.show(told_faults(faults))
            return
        self._said.show(
            el("p", icon("check"), f"Written to {desk.folder}: it holds within seconds.", cls="verdict good")
        )
