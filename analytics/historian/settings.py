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
    hours_kept_days: Annotated[int, Field(ge=2, le=10_000)] = Field(
        30, description="for how many days it is kept what was amiss by the hour; days and sums are kept for ever"
    )
    rolls_up_every_s: Annotated[float, Field(gt=0)] = Field(
        300.0, description="how often availability is rolled up by hour and day"
    )
