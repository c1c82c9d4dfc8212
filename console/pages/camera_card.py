"""One camera's picture with what is drawn on it, and the maps of the bays that it sees."""

from collections.abc import Awaitable, Callable, Sequence

from nicegui import ui
from nicegui.events import MouseEventArguments

from analytics.contract import SlotState
from console.build_views import slot_at, slots_of
from console.html.bay import bay_map, drawing, picture_notice
from console.html.markup import Markup, el, icon, joined
from console.html.states import ago, chip
from console.pages.layout import Section, Tapped
from console.view_models import BayNow, CameraNow, PictureNow, StoreNow, title_of

OnSlot = Callable[[str], Awaitable[None]]
_LOUD = (SlotState.OUT, SlotState.LOW, SlotState.MISPLACED)


class CameraCard:
    """Built once per camera; ``update`` changes what has changed."""

    def __init__(self, on_slot: OnSlot) -> None:
        self._on_slot = on_slot
        self._image: ui.interactive_image | None = None
        self._picture: PictureNow | None = None
        with ui.element("section").classes("card camera"):
            self._head = Section("cardhead")
            self._holder = ui.element("div").classes("picture")
            with self._holder:
                self._notice = Section("notice")
            self._caption = Section("caption")
            self._maps = Section("maps", on_tap=self._tapped_map)

    def update(self, store: StoreNow, camera: CameraNow, maps: Sequence[BayNow], *, boxes: bool) -> None:
        """Show the camera as it is now. ``maps``: the bays that are mapped here (each is mapped once per page)."""
        self._head.show(_head(store, camera))
        self._notice.show(picture_notice(camera))
        self._caption.show(_caption(camera))
        self._maps.show(joined(*(_map(bay, named=len(camera.bays) > 1) for bay in maps)))
        picture = camera.picture
        self._picture = picture
        if picture is None:
            self._take_away_image()
            return
        image = self._shown_image(picture)
        image.set_source(picture.url)
        slots = slots_of(store, camera)
        image.set_content(drawing(picture, slots, boxes=boxes or not picture.outlines))

    def _shown_image(self, picture: PictureNow) -> ui.interactive_image:
        if self._image is None:
            size = (picture.width_px, picture.height_px)
            with self._holder:
                self._image = ui.interactive_image(size=size, on_mouse=self._tapped_picture, sanitize=False)
            self._image.move(target_index=0)
        return self._image

    def _take_away_image(self) -> None:
        """Outlines must not stay without what they are drawn on."""
        if self._image is not None:
            self._image.delete()
            self._image = None

    async def _tapped_picture(self, event: MouseEventArguments) -> None:
        slot = None if self._picture is None else slot_at(self._picture, event.image_x, event.image_y)
        if slot is not None:
            await self._on_slot(slot)

    async def _tapped_map(self, tapped: Tapped) -> None:
        if "slot" in tapped:
            await self._on_slot(tapped["slot"])


class BayCard:
    """A bay that no camera sees: its map alone."""

    def __init__(self, on_slot: OnSlot) -> None:
        self._on_slot = on_slot
        with ui.element("section").classes("card camera"):
            self._head = Section("cardhead")
            self._maps = Section("maps", on_tap=self._tapped)

    def update(self, bay: BayNow) -> None:
        """Show the bay as it is now."""
        self._head.show(joined(el("h2", title_of(bay.bay)), el("small", "no camera sees this bay")))
        self._maps.show(bay_map(bay))

    async def _tapped(self, tapped: Tapped) -> None:
        if "slot" in tapped:
            await self._on_slot(tapped["slot"])


def _head(store: StoreNow, camera: CameraNow) -> Markup:
    titles = " · ".join(title_of(bay) for bay in camera.bays) or camera.camera.name or camera.camera.id
    aisles = ", ".join(dict.fromkeys(f"aisle {bay.aisle}" for bay in camera.bays if bay.aisle))
    states = [slot.state for slot in slots_of(store, camera).values()]
    chips = [chip(state, str(states.count(state))) for state in _LOUD if state in states]
    return joined(el("h2", titles, el("small", aisles) if aisles else None), el("span", *chips, cls="chips"))


def _map(bay: BayNow, *, named: bool) -> Markup:
    return joined(el("h3", title_of(bay.bay)) if named else None, bay_map(bay))


def _caption(camera: CameraNow) -> Markup:
    name = el("span", icon("photo_camera"), camera.camera.name or camera.camera.id, cls="name")
    if camera.moved:
        link = f"setup/camera?store={camera.camera.store}&camera={camera.camera.id}"
        name = joined(name, el("a", icon("warning"), "was moved: calibrate it anew", href=link, cls="act"))
    picture = camera.picture
    if picture is None:
        return name
    taken = f"{picture.taken_at.timestamp():.1f}"
    age = el(
        "span",
        el("b", "Live", cls="live"),
        el("b", "Old picture", cls="oldpicture"),
        " taken ",
        ago(picture.taken_at),
        cls="age",
        data_taken=taken,
        data_old_after=f"{camera.old_after_s:g}",
    )
    return joined(name, age)
