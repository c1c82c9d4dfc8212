"""Lists of what a store is set up with: its cameras and how they stand, its products and what they lack."""

from collections.abc import Sequence

from console.html.markup import Markup, el, icon, joined
from console.views.models import CameraNow, StoreNow, title_of
from ingest.contract import CameraState
from shelfstream.catalogue.catalogue import Catalogue

_NAMED_MOST = 5


def camera_list(now: StoreNow) -> Markup:
    """One row per camera: how it does, what it sees, and the way to its calibration."""
    head = el("h2", "Cameras")
    if not now.cameras:
        return joined(head, el("p", "None yet."))
    return joined(head, el("ul", *(_camera_row(now.id, each) for each in now.cameras), cls="items"))


def _camera_row(store: str, camera: CameraNow) -> Markup:
    sees = ", ".join(map(title_of, camera.bays))
    query = f"?store={store}&camera={camera.camera.id}"
    return el(
        "li",
        el("span", camera.camera.name or camera.camera.id, el("small", camera.camera.url), cls="what"),
        el("span", "was moved: calibrate it anew" if camera.moved else _stands(camera), cls="why"),
        el("span", f"sees {sees}" if sees else "not calibrated: nothing is known of what it sees", cls="where"),
        el(
            "a",
            icon("grid_on"),
            "Check the calibration" if sees else "Calibrate",
            href=f"setup/camera{query}",
            cls="act",
        ),
        el("a", icon("auto_fix_high"), "Draft a plan of a bay", href=f"setup/plan{query}", cls="act"),
        cls="item closed",
        data_camera=camera.camera.id,
    )


def _stands(camera: CameraNow) -> str:
    status = camera.status
    if status is None:
        return "waiting for its first picture"
    if status.state is CameraState.OFFLINE:
        return f"offline: {status.detail}" if status.detail else "offline"
    return "online"


def look_alikes(catalogue: Catalogue, store: str, alike: Sequence[tuple[str, float]]) -> Markup:
    """Which products a new one will be taken for, with the chance of each."""
    if not alike:
        return joined()
    named = ", ".join(f"{catalogue.products[store, gtin].name} ({chance:.0%})" for gtin, chance in alike)
    advice = "More photographs, from other angles and of what differs, help to tell them apart."
    return el("p", icon("warning"), f"It will be taken for {named}. {advice}")


def product_figures(catalogue: Catalogue, store: str) -> Markup:
    """How many products there are, and which of those that are planned cannot be recognised."""
    products = [product for product in catalogue.products.values() if product.store == store]
    planned = {slot.gtin for slot in catalogue.slots.values() if slot.store == store}
    blind = [each.name for each in products if not each.pictures and each.gtin in planned]
    said = [el("p", f"{len(products)}, of which {sum(bool(each.pictures) for each in products)} have photographs.")]
    if blind:
        named = ", ".join(blind[:_NAMED_MOST]) + (" …" if len(blind) > _NAMED_MOST else "")
        said.append(
            el("p", icon("warning"), f"{len(blind)} that are planned have none and cannot be recognised: {named}")
        )
    return joined(el("h2", "Products"), *said)
