"""How fresh what is shown is, and how the cameras do."""

from console.markup import Markup, el, icon, joined
from console.sections.moments import ago, lasting
from console.sections.picture_notice import missing_picture
from console.views import CameraNow, StoreNow
from ingest.contract import CameraState


def health_card(store: StoreNow) -> Markup:
    """One store: when analytics last wrote, how much is unknown, and its cameras."""
    written = "never" if store.written_at is None else ago(store.written_at)
    return joined(
        el("div", el("h2", store.name), cls="cardhead"),
        *(el("p", icon("warning"), trouble, cls="trouble") for trouble in store.troubles),
        el(
            "dl",
            el("dt", "Analytics wrote"),
            el("dd", written),
            el("dt", "Places"),
            el("dd", f"{store.figures.planned} planned, {store.figures.unknown} unknown"),
        ),
        el("ul", *(_camera(camera) for camera in store.cameras), cls="items"),
    )


def _camera(camera: CameraNow) -> Markup:
    status = camera.status
    if status is None:
        state, detail = el("span", "never heard of", cls="chip is-unknown"), None
    else:
        online = status.state is CameraState.ONLINE
        word = "online" if online else "offline"
        state = el("span", word, " ", lasting(status.since), cls="chip is-stocked" if online else "chip is-out")
        detail = status.detail or None
    return el(
        "li",
        el("span", icon("photo_camera"), camera.camera.name or camera.camera.id, cls="what"),
        state,
        el("span", *_facts(camera), el("small", detail) if detail else None, cls="why"),
        cls="item closed",
    )


def _facts(camera: CameraNow) -> list[str]:
    picture = camera.picture
    facts: list[str] = [missing_picture(camera)] if picture is None else ["Newest picture ", ago(picture.taken_at)]
    if camera.status is not None:
        facts.append(f" · {camera.status.frames_published} frames sent, {camera.status.frames_dropped} dropped")
        offset_s = camera.status.clock_offset_s
        if offset_s is not None and abs(offset_s) >= 1:
            facts.append(f" · its clock is {abs(offset_s):.0f} s {'ahead' if offset_s > 0 else 'behind'}")
    return facts
