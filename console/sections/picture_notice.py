"""What lies over a camera's picture: why it is not live, or why there is none."""

from console.markup import Markup, el, icon, joined
from console.sections.moments import ago, lasting
from console.views import CameraNow
from ingest.contract import CameraState


def picture_notice(camera: CameraNow) -> Markup:
    """Nothing where there is a picture and the camera is not known to be offline."""
    status = camera.status
    cls = "over" if camera.picture is not None else "over empty"
    if status is not None and status.state is CameraState.OFFLINE:
        details = (status.detail, missing_picture(camera))
        small = [el("small", detail) for detail in details if detail]
        return el("div", icon("videocam_off"), el("p", "Camera offline, for ", lasting(status.since), *small), cls=cls)
    if camera.picture is None:
        sign = "hourglass_empty" if camera.newest_at is None else "image_not_supported"
        return el("div", icon(sign), el("p", missing_picture(camera)), cls=cls)
    return joined()


def missing_picture(camera: CameraNow) -> Markup:
    """Why there is no picture of a camera, with the time of the newest one; empty where there is one."""
    if camera.picture is not None:
        return joined()
    if camera.newest_at is None:
        return joined("No picture yet")
    return joined("No picture to show: the newest one was taken ", ago(camera.newest_at))
