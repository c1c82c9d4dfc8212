"""How long pictures are kept."""

from typing import Annotated

from pydantic import Field

from shelfstream.settings.base import Settings

_HOUR_S = 3600.0


class KeeperSettings(Settings):
    """The keeper."""

    plates_keep_s: Annotated[float, Field(ge=60, le=72 * _HOUR_S)] = Field(
        900.0,
        description="how long after it came onto the bus a whole frame is gone at the latest; one is kept for two "
        "thirds of that at least, or not at all; 72 hours are the most, for privacy's sake",
    )
    evidence_keep_days: Annotated[float, Field(gt=0)] = Field(
        30.0, description="how long crops of slots are kept; as long as the events themselves"
    )
    clean_every_s: Annotated[float, Field(gt=0)] = Field(
        60.0, description="time between two rounds of forgetting; a twentieth of plates_keep_s at most"
    )
    catalogue_every_s: Annotated[float, Field(gt=0)] = Field(
        5.0, description="time between two looks for changes of the catalogue"
    )
    picture_wait_s: Annotated[float, Field(gt=0)] = Field(
        30.0, description="how long an event waits for its frame before its crop is given up"
    )
    waiting_max: Annotated[int, Field(ge=1)] = Field(2000, description="crops that may wait at once; the oldest go")
    crop_margin_share: Annotated[float, Field(ge=0, le=1)] = Field(
        0.25, description="how much of its surroundings a crop shows, as a share of the slot's size"
    )
    jpeg_quality: Annotated[int, Field(ge=30, le=100)] = Field(85, description="quality of the crops")
    picture_bytes_max: Annotated[int, Field(ge=10_000)] = Field(4_194_304, description="a larger frame is not kept")
    picture_pixels_max: Annotated[int, Field(ge=10_000)] = Field(
        50_000_000, description="a frame that claims more pixels is not kept"
    )
