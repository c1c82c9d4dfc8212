"""Troubles of cameras in SQL, and who has been told. Every method raises ``Unavailable``."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Column, ColumnElement, Engine, Row, String, Table, Text, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from alerts.cameras.troubles import CameraTrouble, TroubledCamera
from shelfstream.sql import UtcDateTime, metadata, reading, writing

_KEPT_IN_SIGHT = timedelta(days=1)

camera_troubles = Table(
    "camera_troubles",
    metadata,
    Column("store", String(64), primary_key=True),
    Column("camera", String(64), primary_key=True),
    Column("since", UtcDateTime, primary_key=True),
    Column("trouble", String(16), nullable=False),
    Column("well_since", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("told", Text, nullable=False),
    Column("told_back", Text, nullable=False),
    Column("claimed_until", UtcDateTime),
)
_columns = camera_troubles.c


@dataclass(frozen=True, slots=True)
class CameraLedger:
    """Troubles as one process sees them."""

    engine: Engine

    def unfinished(self, store: str, now: datetime) -> list[TroubledCamera]:
        """Troubles of a store that go on, and those that ended within a day."""
        lately = or_(_columns.ended_at.is_(None), _columns.ended_at > now - _KEPT_IN_SIGHT)
        query = select(camera_troubles).where(_columns.store == store, lately)
        with reading(self.engine) as connection:
            return [_trouble(row) for row in connection.execute(query.order_by(_columns.camera, _columns.since))]

    def begin(self, trouble: TroubledCamera) -> None:
        """Write one down; the same one from two processes is one."""
        row = {
            "store": trouble.store,
            "camera": trouble.camera,
            "since": trouble.since,
            "trouble": trouble.trouble.value,
        }
        try:
            with writing(self.engine) as connection:
                connection.execute(insert(camera_troubles).values(**row, told="[]", told_back="[]"))
        except IntegrityError:
            return

    def change(self, trouble: TroubledCamera) -> None:
        """Write how it stands, but for who was told."""
        values: Mapping[str, object] = {
            "trouble": trouble.trouble.value,
            "well_since": trouble.well_since,
            "ended_at": trouble.ended_at,
        }
        with writing(self.engine) as connection:
            connection.execute(update(camera_troubles).where(_is(trouble)).values(values))

    def claim(self, trouble: TroubledCamera, now: datetime, claim: timedelta) -> TroubledCamera | None:
        """Take one to tell of it, as it stands now; ``None`` when another process is just telling."""
        free = or_(_columns.claimed_until.is_(None), _columns.claimed_until < now)
        with writing(self.engine) as connection:
            taken = update(camera_troubles).where(_is(trouble), free).values(claimed_until=now + claim)
            if connection.execute(taken).rowcount != 1:
                return None
            return _trouble(connection.execute(select(camera_troubles).where(_is(trouble))).one())

    def told(self, trouble: TroubledCamera) -> None:
        """Write who has been told, and let go of it."""
        values = {
            "told": json.dumps(sorted(trouble.told)),
            "told_back": json.dumps(sorted(trouble.told_back)),
            "claimed_until": None,
        }
        with writing(self.engine) as connection:
            connection.execute(update(camera_troubles).where(_is(trouble)).values(values))


def _is(trouble: TroubledCamera) -> ColumnElement[bool]:
    return (_columns.store == trouble.store) & (_columns.camera == trouble.camera) & (_columns.since == trouble.since)


def _trouble(row: Row[tuple[object, ...]]) -> TroubledCamera:
    fields = row._asdict()
    del fields["claimed_until"]
    fields["trouble"] = CameraTrouble(fields["trouble"])
    fields["told"], fields["told_back"] = (frozenset(json.loads(fields[name])) for name in ("told", "told_back"))
    return TroubledCamera(**fields)
