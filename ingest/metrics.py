"""What ingest tells Prometheus. ``camera`` labels are ``store/camera``."""

from shelfstream.metrics import Counter, Gauge

_CAMERA = ("camera",)

FRAMES_PUBLISHED = Counter(
    "shelfstream_ingest_frames_published_total",
    "Frames of a camera that the bus has acknowledged",
    "If it stands still while the camera is online, look at the bus",
    _CAMERA,
)
FRAMES_DROPPED = Counter(
    "shelfstream_ingest_frames_dropped_total",
    "Frames that gave way to a newer one because the bus was slow or away, or that it refused",
    "If it keeps growing, the bus or the way to it is too slow for these cameras' intervals and sizes",
    _CAMERA,
)
BAD_PICTURES = Counter(
    "shelfstream_ingest_bad_pictures_total",
    "Pictures of a camera that could not be used",
    "If it keeps growing, look at the camera's network and firmware; its status says what is wrong with them",
    _CAMERA,
)
SOURCE_LOSSES = Counter(
    "shelfstream_ingest_source_losses_total",
    "How often a camera could not be connected to or was lost",
    "If it keeps growing, look at the camera's power, network and password; its status says what happened",
    _CAMERA,
)
FEED_CRASHES = Counter(
    "shelfstream_ingest_feed_crashes_total",
    "How often the code that serves one camera failed; it was started again and the others went on",
    "This is a bug: report it with the traceback in the log",
    _CAMERA,
)
CAMERA_ONLINE = Gauge(
    "shelfstream_ingest_camera_online",
    "Whether a camera is online (1) or offline (0), after the hold-off",
    "If it is 0, its slots become unknown; the camera's status says why",
    _CAMERA,
)
CLOCK_OFFSET_S = Gauge(
    "shelfstream_ingest_camera_clock_offset_seconds",
    "How far a camera's clock is ahead of ours where that is out of tolerance, else 0",
    "Set the camera's clock or its time server; nothing but the shown capture time depends on it",
    _CAMERA,
)
CAMERAS_HELD = Gauge(
    "shelfstream_ingest_cameras",
    "Cameras that this process serves",
    "If it is less than the catalogue's, another process has claimed some: see the log",
)
