"""A camera's calibration: the plan over its picture, with four handles, found by the products or laid by hand."""

from nicegui import ui
from nicegui.events import GenericEventArguments, ValueChangeEventArguments

from analytics.photographs.sight import places_in_sight
from analytics.photographs.verdict import Proposal, propose_bays
from console.console_data import ConsoleData
from console.html import laying as html
from console.html.bay import picture_notice
from console.html.markup import el, icon, joined
from console.pages.layout import PageFrame, Section, off_loop, store_or_leave, told_faults
from console.pages.on_picture import PictureLayers, add_camera_page, size_of
from console.setup.laying import (
    LaidPlan,
    colours_of,
    fresh_plan,
    judged,
    laid_plan,
    outlines,
    with_plan,
)
from console.views.models import CameraNow, PictureNow, title_of
from detector.contract import Facings
from shelfstream.catalogue.model import Bay, Calibration, Camera
from shelfstream.errors import Faults, Unavailable

_LEAST_POINTS = 4


def add_calibrate(console_data: ConsoleData) -> None:
    """Add ``/setup/camera?store=STORE&camera=CAMERA``."""
    add_camera_page(console_data, "/setup/camera", _CalibratePage)


class _CalibratePage:
    """One browser's page of one camera. The picture stays until another is asked for: handles are being moved on it."""

    def __init__(self, console_data: ConsoleData, frame: PageFrame, store: str, camera: str) -> None:
        self._console_data = console_data
        self._frame = frame
        self._store = store
        self._id = camera
        self._picture: PictureNow | None = None
        self._plan: LaidPlan | None = None
        self._judging = False
        self._coverage: dict[str, float] = {}
        with ui.element("main").classes("page columns calibrate"):
            with ui.element("section").classes("card camera"):
                self._layers = PictureLayers(self._laid)
                self._table = Section("placetable")
            with ui.element("aside").classes("card side"):
                bays = {bay.id: title_of(bay) for bay in self._bays()}
                self._bay = ui.select(bays, label="Bay in the picture", on_change=self._choose)
                self._find = ui.button("Find it by its products", icon="travel_explore", on_click=self._search)
                self._again = ui.button("Take a new picture", icon="photo_camera", on_click=self._renew).props("flat")
                self._found = Section("found")
                self._standing = Section("standing")
                self._save = ui.button("Save", icon="check", on_click=self._keep)
                self._saved = Section("saved")

    @property
    def _camera(self) -> Camera:
        return self._console_data.catalogue.cameras[self._store, self._id]

    def _bays(self) -> list[Bay]:
        catalogue = self._console_data.catalogue
        return [
            bay
            for bay in catalogue.bays.values()
            if bay.store == self._store and catalogue.slots_by_bay.get((bay.store, bay.id))
        ]

    async def update(self) -> None:
        """Wait for the first picture; afterwards only the camera's state changes."""
        now = await store_or_leave(self._console_data, self._frame, self._store)
        camera = next((each for each in now.cameras if each.camera.id == self._id), None) if now is not None else None
        if camera is None:
            return
        self._layers.head.show(el("h2", camera.camera.name or camera.camera.id, el("small", camera.camera.url)))
        if self._picture is None:
            self._coverage = await off_loop(_coverage, self._console_data, self._store)
            self._layers.notice.show(picture_notice(camera))
            await self._begin(camera)

    async def _begin(self, camera: CameraNow) -> None:
        if camera.picture is None:
            return
        self._picture = camera.picture
        self._layers.notice.show(joined())
        self._layers.image.show(html.picture(camera.picture))
        calibrated = [each.bay for each in self._camera.calibrations]
        chosen = self._bay.value or next((bay for bay in calibrated if bay in self._bay.options), None)
        if chosen is None and len(self._bay.options) == 1:
            chosen = next(iter(self._bay.options))
        if chosen is not None and chosen != self._bay.value:
            self._bay.set_value(chosen)
        elif chosen is not None:
            await self._lay(chosen)

    async def _choose(self, event: ValueChangeEventArguments[str]) -> None:
        if self._plan is None or self._plan.bay != event.value:
            await self._lay(event.value)

    async def _lay(self, bay_id: str) -> None:
        """Lay a bay's plan as the camera is calibrated for it, or anyhow."""
        if self._picture is None:
            return
        catalogue, size_wh = self._console_data.catalogue, size_of(self._picture)
        bay = catalogue.bays[self._store, bay_id]
        plan = fresh_plan(catalogue, bay, size_wh)
        for calibration in self._camera.calibrations:
            if calibration.bay == bay_id:
                plan = self._laid_by(bay, calibration) or plan
        await self._put(plan)

    def _laid_by(self, bay: Bay, calibration: Calibration) -> LaidPlan | None:
        if self._picture is None:
            return None
        try:
            return laid_plan(self._console_data.catalogue, bay, calibration, size_of(self._picture))
        except ValueError:
            return None

    async def _put(self, plan: LaidPlan) -> None:
        self._plan = plan
        if self._picture is not None:
            self._layers.handles.show(html.handles(self._picture, [pair.image_px for pair in plan.handles]))
        self._draw(None)
        await self._judge()

    async def _laid(self, event: GenericEventArguments) -> None:
        """A handle was moved in the browser, which shows it there already."""
        if self._plan is None:
            return
        self._plan = self._plan.moved(int(event.args["handle"]), float(event.args["x"]), float(event.args["y"]))
        self._saved.show(joined())
        await self._judge()

    async def _judge(self) -> None:
        """Say what the facings say; handles that move on meanwhile are judged when this is done."""
        if self._judging:
            return
        self._judging = True
        plan = None
        try:
            while plan is not self._plan and self._plan is not None and self._picture is not None:
                plan = self._plan
                catalogue, size_wh = self._console_data.catalogue, size_of(self._picture)
                facings = self._picture.seen.facings()
                proposal = await off_loop(_judged, self._console_data, self._store, plan, facings, size_wh)
                self._draw(proposal)
                self._standing.show(html.standing(proposal, len(facings)))
                camera = with_plan(self._camera, plan).model_copy(update={"calibrations": (plan.calibration(),)})
                self._table.show(html.places_table(places_in_sight(catalogue, camera, size_wh), self._coverage))
        finally:
            self._judging = False

    def _draw(self, proposal: Proposal | None) -> None:
        if self._plan is None or self._picture is None:
            return
        drawn = outlines(self._console_data.catalogue, self._camera, self._plan, size_of(self._picture))
        self._layers.places.show(html.places(self._picture, drawn, colours_of(proposal, drawn)))

    async def _search(self) -> None:
        """Find the plan by the products that are seen: the bay that is chosen, or any."""
        if self._picture is None:
            return
        catalogue, store = self._console_data.catalogue, self._store
        bays = [self._bay.value] if self._bay.value else list(self._bay.options)
        self._find.props("loading")
        facings, size_wh = self._picture.seen.facings(), size_of(self._picture)
        try:
            proposals = await off_loop(propose_bays, catalogue, store, bays, facings, size_wh)
        finally:
            self._find.props(remove="loading")
        self._found.show(html.found(proposals, catalogue, store))
        best = next((each for each in proposals if len(each.points) >= _LEAST_POINTS), None)
        if best is None:
            return
        plan = self._laid_by(catalogue.bays[store, best.bay], best.calibration())
        if plan is not None:
            await self._put(plan)
            self._bay.set_value(best.bay)

    async def _renew(self) -> None:
        """Show the newest picture, the plan where it is."""
        plan, self._picture = self._plan, None
        await self.update()
        if plan is not None:
            await self._put(plan)

    async def _keep(self) -> None:
        """Write the calibration to the catalogue's folder, or show what to write."""
        if self._plan is None:
            return
        camera = with_plan(self._camera, self._plan)
        desk = self._console_data.desk
        if desk is None:
            self._saved.show(html.to_write(camera))
            return
        try:
            await off_loop(desk.put_camera, camera)
        except Faults as faults:
            self._saved.show(told_faults(faults))
            return
        self._saved.show(el("p", icon("check"), f"Written to {desk.folder}.", cls="verdict good"))


def _judged(
    console_data: ConsoleData, store: str, plan: LaidPlan, facings: Facings, size_wh: tuple[int, int]
) -> Proposal | None:
    try:
        return judged(console_data.catalogue, store, plan, facings, size_wh)
    except ValueError:
        return None


def _coverage(console_data: ConsoleData, store: str) -> dict[str, float]:
    """How much of the last week was known of each place; nothing is told of it while SQL is away."""
    try:
        return console_data.past.coverage(store)
    except Unavailable:
        return {}
