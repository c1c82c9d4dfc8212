"""A real RTSP server with one moving picture at ``/shelf``. Runs under the system's Python, which has GStreamer.

``python3 rtsp_server.py PORT [x264|jpeg] [basic|digest USER PASSWORD]``: prints ``ready`` once it listens. Imports
nothing of the project.
"""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402 (versions must be chosen first)

_ENCODERS = {
    "x264": "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=5 ! rtph264pay name=pay0 pt=96",
    "jpeg": "jpegenc ! rtpjpegpay name=pay0 pt=26",
}


def main() -> None:
    """Serve until killed."""
    port, encoder = sys.argv[1], _ENCODERS[sys.argv[2] if len(sys.argv) > 2 else "x264"]
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(port)
    factory = GstRtspServer.RTSPMediaFactory()
    picture = "videotestsrc is-live=true pattern=ball ! video/x-raw,format=I420,width=320,height=240,framerate=10/1"
    factory.set_launch(f"( {picture} ! {encoder} )")
    factory.set_shared(True)
    if len(sys.argv) > 3:
        _ask_for_sign_in(server, factory, *sys.argv[3:6])
    server.get_mount_points().add_factory("/shelf", factory)
    if server.attach(None) == 0:
        sys.exit("the port is taken")
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    GLib.MainLoop().run()


def _ask_for_sign_in(
    server: GstRtspServer.RTSPServer, factory: GstRtspServer.RTSPMediaFactory, method: str, user: str, password: str
) -> None:
    """Let nobody in but one user."""
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "user")
    if method == "digest":
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest(user, password, token)
    else:
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
    server.set_auth(auth)
    allowed = Gst.Structure.new_empty("user")
    allowed.set_value("media.factory.access", True)
    allowed.set_value("media.factory.construct", True)
    factory.add_role_from_structure(allowed)


if __name__ == "__main__":
    main()
