"""What an operator may choose about the console."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from shelfstream.settings.base import Settings


class ConsoleSettings(Settings):
    """The web side. There is no sign-in yet, so it listens on this machine alone unless ``host`` says otherwise."""

    host: str = Field("127.0.0.1", description="address to listen on; whoever reaches it may read and answer")
    port: Annotated[int, Field(ge=0, le=65535)] = Field(8080, description="port to listen on; 0 takes any free one")
    port_fallback: bool = Field(True, description="take another port when this one is in use, instead of stopping")
    catalogue_folder: Path | None = Field(
        None,
        description="the catalogue's folder, to which pages write cameras and products; none: they show what to write",
    )
    recalibrate: Literal["propose", "take"] = Field(
        "propose",
        description="a camera that was moved: a person calibrates it on its page, or what is sure is taken (needs "
        "catalogue_folder)",
    )
    teaching_folder: Path | None = Field(
        None, description="folder of pictures that people label on a page, for `shelfstream teach`; none: no such page"
    )
    manifest: Path | None = Field(
        None, description="weights for photographs that are sent here (detector.manifest); none: those that are shipped"
    )
    title: str = Field("Shelfstream", description="name shown in the pages' head")
    refresh_s: Annotated[float, Field(gt=0, le=60)] = Field(
        1.0, description="how often what is shown is read again, however many people look"
    )
    catalogue_every_s: Annotated[float, Field(gt=0, le=600)] = Field(
        2.0, description="how often changes of the catalogue are taken up"
    )
    picture_old_after_s: Annotated[float, Field(gt=0)] = Field(
        15.0, description="a picture older than this (or than five of its camera's intervals) is shown as old"
    )
    analytics_old_after_s: Annotated[float, Field(gt=0)] = Field(
        20.0, description="when analytics has written nothing for this long, the pages say so"
    )
    answer_within_s: Annotated[float, Field(gt=0, le=60)] = Field(
        10.0, description="how long an answer may take until the bus has it"
    )
    answered_by: str = Field("console", max_length=64, description="what answers given here are signed with (a role)")
    cleared_shown: Annotated[int, Field(ge=0, le=500)] = Field(
        20, description="how many alerts that are closed the inbox still shows"
    )
    history_days_max: Annotated[int, Field(ge=1, le=3660)] = Field(
        400, description="longest stretch of history that one question may be about, in days"
    )
