"""Where what is true now stands in Redis. Braces make a store one slot of a cluster.

shelf:stores               set   every store that was ever shown
shelf:{STORE}:slots        hash  slot → ``SlotLevel`` as JSON
shelf:{STORE}:out          zset  slots that are OUT → Unix seconds at which that was first seen
shelf:{STORE}:cameras      hash  camera → ``CameraStatus`` as JSON
shelf:{STORE}:facings      hash  camera → newest ``FrameFacings`` as JSON
shelf:{STORE}:meta         hash  ``owner_epoch``, ``writes`` (a counter), ``written_at`` (ISO 8601)
shelf:{STORE}:changes      channel: one message per write, the slots that it changed as a JSON list
"""

from dataclasses import dataclass

STORES = "shelf:stores"
OWNER_EPOCH = "owner_epoch"
WRITES = "writes"
WRITTEN_AT = "written_at"


@dataclass(frozen=True, slots=True)
class StoreKeys:
    """The keys of one store."""

    store: str

    def _named(self, part: str) -> str:
        return f"shelf:{{{self.store}}}:{part}"

    @property
    def slots(self) -> str:
        """Hash of levels."""
        return self._named("slots")

    @property
    def out(self) -> str:
        """Sorted set of slots that are out."""
        return self._named("out")

    @property
    def cameras(self) -> str:
        """Hash of camera status."""
        return self._named("cameras")

    @property
    def facings(self) -> str:
        """Hash of the newest facings per camera."""
        return self._named("facings")

    @property
    def meta(self) -> str:
        """Hash that says who wrote last, how often and when."""
        return self._named("meta")

    @property
    def changes(self) -> str:
        """Channel on which every write is told."""
        return self._named("changes")
