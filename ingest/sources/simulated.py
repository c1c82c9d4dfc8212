"""A camera of the simulated store, asked for a picture at the clock's time.

The simulator is imported when such a camera is opened: an ingest box with real cameras never needs it.
"""

from typing import TYPE_CHECKING

from ingest.sources.address import Address
from ingest.sources.base import OpeningOptions
from ingest.sources.captured import BadAddress, Captured
from shelfstream.errors import Faults

if TYPE_CHECKING:
    from simulator.store.camera import SimCamera


class SimulatedSource:
    """Renders when asked."""

    live = True

    def __init__(self, camera: "SimCamera", opening: OpeningOptions) -> None:
        self._camera = camera
        self._clock = opening.clock

    def read(self, timeout_s: float) -> Captured | None:  # noqa: ARG002 (rendering is not waited for)
        captured_at = self._clock.now()
        jpeg = self._camera.frame_at(captured_at)
        return Captured(jpeg, captured_at, captured_at)

    def close(self) -> None:
        """Nothing is held."""


def open_simulated(address: Address, opening: OpeningOptions) -> SimulatedSource:
    """A simulated camera. Raises ``BadAddress`` when the simulator knows no such store or camera."""
    from simulator.store.camera import SimCamera  # noqa: PLC0415 (see above)

    try:
        return SimulatedSource(SimCamera(address.url, opening.clock), opening)
    except (ValueError, Faults) as exc:
        raise BadAddress(f"the simulator cannot show this: {exc}") from exc
