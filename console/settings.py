"""What an operator may choose about the console."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo

from console.access.roles import Role
from shelfstream.settings.base import Settings


class OidcSettings(Settings):
    """The organisation's own identity provider (OpenID Connect)."""

    issuer: Annotated[str, Field(pattern=r"^https?://")] = Field(description="its address, as its documents say it")
    client_id: str = Field(min_length=1, description="what it calls this installation")
    client_secret: SecretStr | None = Field(None, description="what proves that; none for a public client")
    redirect_url: Annotated[str, Field(pattern=r"^https?://.*/signin/oidc/back$")] = Field(
        description="where it sends people back to: the console's address and /signin/oidc/back"
    )
    title: str = Field("Sign in with your work account", description="what the button says")
    scopes: tuple[str, ...] = Field(("openid", "profile", "email"), description="what is asked for")
    name_claim: str = Field("preferred_username", description="the claim that people are called by")
    roles_claim: str = Field("groups", description="the claim that says which groups or roles somebody has")
    roles: Mapping[str, Role] = Field(min_length=1, description="role by group; of several the first here that one has")
    stores_claim: str = Field("", description="the claim that lists the stores that somebody sees; none: all")


LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def _check_sign_in(sign_in: str, info: ValidationInfo) -> str:
    if sign_in == "off" and info.data.get("host") not in LOOPBACK:
        raise ValueError("may be off on a host that only this machine reaches, such as 127.0.0.1")
    return sign_in


class ConsoleSettings(Settings):
    """The web side. It listens on this machine alone unless ``host`` says otherwise."""

    host: str = Field("127.0.0.1", description="address to listen on; 0.0.0.0: all")
    sign_in: Annotated[Literal["required", "off"], AfterValidator(_check_sign_in)] = Field(
        "required",
        description="off: whoever reaches the console may do everything; for a host of this machine alone",
    )
    oidc: OidcSettings | None = Field(None, description="an identity provider to sign in by, beside local accounts")
    session_idle_h: Annotated[float, Field(gt=0, le=720)] = Field(
        12.0, description="who does nothing for so many hours signs in again"
    )
    session_most_days: Annotated[float, Field(gt=0, le=366)] = Field(
        30.0, description="who is signed in for so many days signs in again"
    )
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
    answered_by: str = Field(
        "console", max_length=64, description="what answers are signed with where nobody signs in; else it is the role"
    )
    cleared_shown: Annotated[int, Field(ge=0, le=500)] = Field(
        20, description="how many alerts that are closed the inbox still shows"
    )
    history_days_max: Annotated[int, Field(ge=1, le=3660)] = Field(
        400, description="longest stretch of history that one question may be about, in days"
    )
