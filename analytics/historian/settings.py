"""How the historian works."""

from typing import Annotated

from pydantic import Field

from shelfstream.settings.base import Settings


class HistorianSettings(Settings):
    """The historian."""

    batch_max_events: Annotated[int, Field(ge=1, le=10_000)] = Field(
        500, description="most events that are written in one transaction"
    )
    retry_after_s: Annotated[float, Field(gt=0)] = Field(
        120.0, description="how long one batch may wait for SQL before the process restarts"
    )
    rolls_up_every_s: Annotated[float, Field(gt=0)] = Field(
        300.0, description="how often availability is rolled up by hour and day"
    )
