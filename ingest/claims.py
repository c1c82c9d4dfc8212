"""Claims of cameras: taking one gives the epoch of all its frames; a newer one by somebody else ends ours."""

from collections.abc import Iterable, Mapping

from ingest.camera_manager import CameraKey
from ingest.contract import CameraClaim, read_camera_record
from shelfstream.bus.api import Partition, Producer, Reader
from shelfstream.bus.topics import CAMERAS
from shelfstream.errors import InvalidMessage, Unavailable

_ACKNOWLEDGED_WITHIN_S = 30.0


def take_claim(producer: Producer, claim: CameraClaim) -> int:
    """Append a claim and return its epoch once the bus has acknowledged it. Raises ``Unavailable``."""
    future = producer.send(claim.message())
    producer.flush(_ACKNOWLEDGED_WITHIN_S)
    try:
        return future.result(_ACKNOWLEDGED_WITHIN_S).offset
    except TimeoutError as exc:
        raise Unavailable(f"the bus did not acknowledge the claim on {claim.store}/{claim.camera}") from exc


class ClaimFollower:
    """Remembers the newest claim of each camera. Make it before the first claim is taken. Belongs to one thread."""

    def __init__(self, reader: Reader, partitions: Iterable[int]) -> None:
        self._reader = reader
        self._next = {index: reader.bounds(Partition(CAMERAS, index))[1] for index in partitions}
        self._newest: dict[CameraKey, tuple[int, CameraClaim]] = {}

    def read(self) -> None:
        """Read what was appended since the last look. Raises ``Unavailable``."""
        for index, start in self._next.items():
            partition = Partition(CAMERAS, index)
            first, end = self._reader.bounds(partition)
            for record in self._reader.read(partition, max(first, start), end) if start < end else ():
                try:
                    said = read_camera_record(record)
                except InvalidMessage:
                    continue  # whoever owns the store's state puts it with the dead letters
                if isinstance(said, CameraClaim):
                    self._newest[said.store, said.camera] = record.offset, said
            self._next[index] = end

    def superseded(self, held: Mapping[CameraKey, int]) -> dict[CameraKey, CameraClaim]:
        """Of the cameras held (with their epochs), those that somebody has claimed since, with the newer claim.

        The claimant's name does not count: a frozen process that wakes up beside its own replacement is the older.
        """
        newer = ((key, self._newest.get(key)) for key in held)
        return {key: found[1] for key, found in newer if found is not None and found[0] > held[key]}
