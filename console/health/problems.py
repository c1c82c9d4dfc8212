"""What is wrong with a system, each in one sentence, and what to do about it: pure rules."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from console.health.machine import MachineNow
from console.views.models import CameraNow, StoreNow
from ingest.contract import CameraState

_FAR_BEHIND = 2_000
_WAITS_LONG = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, and what somebody can do."""

    what: str
    do: str


def problems_of(machine: MachineNow | None, stores: Iterable[StoreNow]) -> tuple[Problem, ...]:
    """What is wrong, what concerns most first. ``machine``: ``None`` for who may not look after it."""
    found = [] if machine is None else list(_of_machine(machine))
    for store in stores:
        found.extend(_of_store(store))
    return tuple(dict.fromkeys(found))


def _of_machine(machine: MachineNow) -> Iterator[Problem]:
    for trouble in machine.troubles:
        yield Problem(trouble, "Start what is away; the stages go on by themselves, and nothing is lost meanwhile.")
    for stage, records in machine.behind.items():
        if records > _FAR_BEHIND:
            yield Problem(
                f"The stage {stage} has {records:,} records to read.",
                f"If that grows, read the log of {stage}: it is down, or needs more processes.",
            )
    for backlog in machine.backlogs:
        if machine.at - backlog.oldest_at > _WAITS_LONG:
            why = f" It said: {backlog.detail}." if backlog.detail else ""
            yield Problem(
                f"{backlog.waiting} messages wait for the channel {backlog.channel}.{why}",
                "Look whether its service answers and its URL is right; messages go out once it does.",
            )
    if machine.letters:
        count = len(machine.letters)
        yield Problem(
            f"{'One record was' if count == 1 else f'{count} records were'} put aside; {machine.letters[0].reason}",
            "Mend what sent them, then send them again below, or put them away.",
        )


def _of_store(store: StoreNow) -> Iterator[Problem]:
    for trouble in store.troubles:
        yield Problem(f"{store.name}: {trouble}", "Look whether Redis and the stage analytics run.")
    if store.figures.planned == 0:
        yield Problem(f"{store.name} has no planned places.", "Lay a plan on the page Set up.")
    for camera in store.cameras:
        yield from _of_camera(store, camera)


def _of_camera(store: StoreNow, camera: CameraNow) -> Iterator[Problem]:
    name = f"{store.name}: the camera {camera.camera.name or camera.camera.id}"
    if camera.status is None:
        yield Problem(f"{name} was never heard of.", "Look whether the stage ingest runs and knows of it.")
    elif camera.status.state is not CameraState.ONLINE:
        detail = f" ({camera.status.detail})" if camera.status.detail else ""
        yield Problem(
            f"{name} is offline{detail}.", "Look at its power, its network and, on the page Set up, its address."
        )
    elif camera.moved:
        yield Problem(f"{name} was moved.", "Calibrate it anew on the page Set up, or turn it back.")
