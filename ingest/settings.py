"""What an operator may choose about ingest. Each camera's URL and interval stand in the catalogue."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from shelfstream.settings.base import Settings

_Seconds = Annotated[float, Field(gt=0, le=3600)]


class IngestSettings(Settings):
    """Settings of one ingest process."""

    stores: tuple[str, ...] = Field((), description="Stores whose cameras this process serves; none named: all.")
    cameras: tuple[str, ...] = Field(
        (), description="Cameras that this process serves, as store/camera; none named: all of its stores."
    )
    jpeg_quality: int = Field(85, ge=40, le=100, description="JPEG quality of frames that ingest encodes itself.")
    picture_bytes_max: int = Field(3_500_000, ge=10_000, le=4_000_000, description="Largest frame on the bus.")
    picture_side_max_px: int = Field(3840, ge=64, le=16_384, description="Longer sides are shrunk to this.")
    source_bytes_max: int = Field(30_000_000, ge=10_000, description="Largest picture taken from a source.")
    open_timeout_s: _Seconds = Field(6.0, description="A camera that takes longer to connect counts as unreachable.")
    read_timeout_s: _Seconds = Field(5.0, description="A camera silent for so long is connected to again.")
    reconnect_first_s: _Seconds = Field(0.5, description="Wait before the first new attempt to connect.")
    reconnect_max_s: _Seconds = Field(30.0, description="Longest wait between attempts; each doubles the last.")
    offline_after_s: _Seconds = Field(
        15.0, description="A camera counts as offline after so long without a picture (at least three intervals)."
    )
    online_after_s: float = Field(
        3.0, ge=0, le=3600, description="A camera that was offline is online again after so long with pictures."
    )
    heartbeat_s: _Seconds = Field(10.0, description="Each camera's status is said again after so long.")
    clock_tolerance_s: _Seconds = Field(5.0, description="A camera's clock may be off by so much without being told.")
    catalogue_poll_s: _Seconds = Field(1.0, description="How often changes of the catalogue are looked for.")
    claims_poll_s: _Seconds = Field(1.0, description="How often other processes' claims are looked for.")
    drain_s: _Seconds = Field(5.0, description="At the end, how long what is under way may take.")

    @model_validator(mode="after")
    def _limits_are_in_order(self) -> Self:
        if self.reconnect_max_s < self.reconnect_first_s:
            raise ValueError("reconnect_max_s must not be less than reconnect_first_s")
        wrong = [name for name in self.cameras if name.count("/") != 1]
        if wrong:
            raise ValueError(f"cameras are named store/camera, not {', '.join(wrong)}")
        return self
