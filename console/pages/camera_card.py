"""One camera's picture with what is drawn on it, and the maps of the bays that it sees."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from nicegui import ui
from nicegui.events import MouseEventArguments

from analytics.contract import SlotState
from console.html.bay import bay_map, drawing, picture_notice
from console.html.markup import Markup, el, icon, joined
from console.html.states import ago, chip
from console.pages.layout import Section
from console.views.build import slot_at, slots_of
from console.views.models import BayNow, CameraNow, PictureNow, SlotNow, StoreNow, title_of

OnSlot = Callable[[str], Awaitable[None]]
_LOUD = (SlotState.OUT, SlotState.LOW, SlotState.MISPLACED)


@dataclass(frozen=True, slots=True)
class CameraShown:
    """A camera's card as markup, made once for all who look. ``drawings``: without and with the detector's boxes."""

    head: Markup
    notice: Markup
    caption: Markup
    maps: Markup
    picture: PictureNow | None
    drawings: tuple[Markup, Markup]


def camera_shown(store: StoreNow, camera: CameraNow, maps: Sequence[BayNow]) -> CameraShown:
    """How a camera is shown now. ``maps``: the bays that are mapped here (each is mapped once per page)."""
    picture = camera.picture
    slots = slots_of(store, camera)
    return CameraShown(
        head=_head(camera, slots),
        notice=picture_notice(camera),
        caption=_caption(camera),
        maps=joined(*(_map(bay, named=len(camera.bays) > 1) for bay in maps)),
        picture=picture,
        drawings=(joined(), joined())
        if picture is None
        else (drawing(picture, slots, boxes=not picture.outlines), drawing(picture, slots, boxes=True)),
    )


class CameraCard:
    """Built once per camera; ``update`` changes what has changed. Taps on the maps are the page's to hear."""

    def __init__(self, on_slot: OnSlot) -> None:
        self._on_slot = on_slot
        self._image: ui.interactive_image | None = None
        self._shown: CameraShown | None = None
        self._boxes = False
        with ui.element("section").classes("card camera"):
            self._head = Section("cardhead")
            self._holder = ui.element("div").classes("picture")
            with self._holder:
                self._notice = Section("notice")
            self._caption = Section("caption")
            self._maps = Section("maps")

    def update(self, shown: CameraShown, *, boxes: bool) -> None:
        """Show the camera as it is now."""
        if shown is self._shown and boxes == self._boxes:
            return
        self._shown, self._boxes = shown, boxes
        self._head.show(shown.head)
        self._notice.show(shown.notice)
        self._caption.show(shown.caption)
        self._maps.show(shown.maps)
        if shown.picture is None:
            self._take_away_image()
            return
        image = self._shown_image(shown.picture)
        image.set_source(shown.picture.url)
        image.set_content(shown.drawings[boxes])

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
        picture = None if self._shown is None else self._shown.picture
        slot = None if picture is None else slot_at(picture, event.image_x, event.image_y)
        if slot is not None:
            await self._on_slot(slot)


def bay_card(bay: BayNow) -> Markup:
    """A bay that no camera sees: its map alone."""
    head = joined(el("h2", title_of(bay.bay)), el("small", "no camera sees this bay"))
    return joined(el("div", head, cls="cardhead"), el("div", bay_map(bay), cls="maps"))


def map_card(shown: CameraShown, camera: CameraNow) -> Markup:
    """A camera's bays without its picture, and the way to that."""
    label = "Show its picture"
    button = el("button", icon("image"), label, cls="btn", data_more=camera.camera.id)
    return joined(
        el("div", shown.head, cls="cardhead"), el("div", shown.maps, cls="maps"), el("div", button, cls="caption")
    )


def _head(camera: CameraNow, slots: Mapping[str, SlotNow]) -> Markup:
    titles = " · ".join(title_of(bay) for bay in camera.bays) or camera.camera.name or camera.camera.id
    aisles = ", ".join(dict.fromkeys(f"aisle {bay.aisle}" for bay in camera.bays if bay.aisle))
    states = [slot.state for slot in slots.values()]
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
