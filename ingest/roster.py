"""Which cameras this process serves, and what a change of the catalogue means for those it serves already. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shelfstream.catalogue.model import Camera

CameraKey = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Choice:
    """What the settings name; nothing named is everything."""

    stores: frozenset[str]
    cameras: frozenset[str]

    def takes(self, camera: Camera) -> bool:
        """Whether a camera is this process's."""
        in_store = not self.stores or camera.store in self.stores
        return in_store and (not self.cameras or f"{camera.store}/{camera.id}" in self.cameras)


@dataclass(frozen=True, slots=True)
class RosterChange:
    """What to do: cameras to take up, to open anew (URL or interval changed), and to let go."""

    added: tuple[Camera, ...]
    changed: tuple[Camera, ...]
    removed: tuple[CameraKey, ...]


def roster_change(serving: Mapping[CameraKey, Camera], cameras: Iterable[Camera], choice: Choice) -> RosterChange:
    """From what is served to what the catalogue and the settings ask for."""
    wanted = {(camera.store, camera.id): camera for camera in cameras if choice.takes(camera)}
    return RosterChange(
        added=tuple(camera for key, camera in wanted.items() if key not in serving),
        changed=tuple(
            camera for key, camera in wanted.items() if key in serving and _how(camera) != _how(serving[key])
        ),
        removed=tuple(key for key in serving if key not in wanted),
    )


def _how(camera: Camera) -> tuple[str, float]:
    return camera.url, camera.interval_s
