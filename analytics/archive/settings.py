"""How long what analytics took in is kept, and how it is written."""

from typing import Annotated

from pydantic import Field

from shelfstream.settings.base import Settings


class ArchivistSettings(Settings):
    """The archivist."""

    keep_days: Annotated[int, Field(ge=1, le=3650)] = Field(
        30, description="how many whole days back facings, camera states and answers are kept; no pictures are"
    )
    write_every_s: Annotated[float, Field(gt=0, le=60)] = Field(
        60.0, description="a file is written so long after its first record came, or sooner when there is much"
    )
    upkeep_every_s: Annotated[float, Field(gt=0)] = Field(
        600.0, description="time between two rounds of joining an hour's files and forgetting old days"
    )
