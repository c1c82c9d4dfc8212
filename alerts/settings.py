"""What an installation may choose about its alerts."""

from base64 import b64decode
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo

from analytics.contract import SlotState
from shelfstream.bus.settings import LoopSettings
from shelfstream.identifiers import Slug
from shelfstream.settings.base import Settings

_Seconds = Annotated[float, Field(ge=0)]
_SomeSeconds = Annotated[float, Field(gt=0)]
_SECRET_BYTES_MIN = 24
MAY_RAISE = (SlotState.LOW, SlotState.OUT, SlotState.MISPLACED)


def _check_raising(states: frozenset[SlotState]) -> frozenset[SlotState]:
    wrong = sorted(states.difference(MAY_RAISE))
    if wrong:
        raise ValueError(f"{', '.join(wrong)} cannot raise an alert; OUT, LOW and MISPLACED can")
    return states


def _check_claim(claim_s: float, info: ValidationInfo) -> float:
    """A claim that ends while its message is still being sent would let another process send it, too."""
    send_within_s = info.data.get("send_within_s")
    if send_within_s is not None and claim_s <= send_within_s:
        raise ValueError(f"must be longer than send_within_s, which is {send_within_s:g}")
    return claim_s


def _check_secret(secret: SecretStr) -> SecretStr:
    """Standard Webhooks ask for 24 to 64 random bytes, in base64, after ``whsec_``."""
    try:
        encoded = secret.get_secret_value().removeprefix("whsec_").rstrip("=")
        size = len(b64decode(encoded + "=" * (-len(encoded) % 4), validate=True))
    except ValueError as exc:
        raise ValueError("is no secret: whsec_ and base64, as `openssl rand -base64 32` makes it") from exc
    if size < _SECRET_BYTES_MIN:
        raise ValueError(f"is too short: {_SECRET_BYTES_MIN} bytes at least, made by chance")
    return secret


def _check_url(url: SecretStr) -> SecretStr:
    parts = urlsplit(url.get_secret_value())
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.username or parts.fragment:
        raise ValueError("is no https:// URL of a host, without a user before it")
    return url


class WebhookSettings(Settings):
    """One program that is told of alerts."""

    url: Annotated[SecretStr, AfterValidator(_check_url)] = Field(description="where each alert is posted to")
    secrets: tuple[Annotated[SecretStr, AfterValidator(_check_secret)], ...] = Field(
        min_length=1,
        max_length=3,
        description="what signs messages, the newest first: whsec_…; while two are there both sign, so that a receiver "
        "can change over",
    )
    tags: tuple[Slug, ...] = Field((), description="what stores' routes call it")
    private_hosts: bool = Field(
        False, description="it may be at an address of one's own network, such as 10.0.0.7; else these are refused"
    )


class DeliverySettings(Settings):
    """How messages reach people."""

    channels: tuple[SecretStr, ...] = Field(
        default=(),
        description="apprise URLs, one per channel, each with the tags by which a store's routes name it: "
        "'dairy,late=mailtos://…'; none: the console's inbox alone tells of alerts",
    )
    webhooks: tuple[WebhookSettings, ...] = Field(
        default=(), description="programs that are told of each alert, signed as Standard Webhooks describe"
    )
    tell_cleared: bool = Field(default=False, description="also send a message when an alert is closed")
    console_url: str = Field(
        default="http://127.0.0.1:8080", description="where people open the console; links in messages begin with it"
    )
    link_valid_h: _SomeSeconds = Field(
        default=12.0,
        description="for how many hours a link in a message answers without a password; about as long as a shift",
    )
    picture_wait_s: _Seconds = Field(default=5.0, description="how long a message waits for its picture")
    send_within_s: _SomeSeconds = Field(default=15.0, description="a channel that takes longer has failed")
    retry_first_s: _SomeSeconds = Field(default=2.0, description="wait after a first failure; doubles with each one")
    retry_most_s: _SomeSeconds = Field(default=300.0, description="longest wait between two tries")
    bundle_most: Annotated[int, Field(ge=1, le=50)] = Field(
        default=20, description="alerts of one aisle that go out as one message, at most; 1: each alone"
    )
    bundle_wait_s: _Seconds = Field(default=30.0, description="how long an alert waits for others of its aisle")
    bundle_every_s: _Seconds = Field(
        default=300.0,
        description="how long after a message about an aisle the next one about it goes out at the earliest",
    )
    fall_back_after_s: _Seconds = Field(
        default=120.0,
        description="a message that its channel does not take for so long goes to the store's deputy, too",
    )
    give_up_after_s: _SomeSeconds = Field(
        default=6 * 3600.0, description="a message that is older is not sent any more"
    )
    claim_s: Annotated[_SomeSeconds, AfterValidator(_check_claim)] = Field(
        default=60.0,
        validate_default=True,
        description="after a crash another process sends a message again this long after it was begun; "
        "longer than send_within_s",
    )
    look_every_s: _SomeSeconds = Field(default=0.5, description="how often the outbox is looked through")


class CamerasSettings(Settings):
    """Trouble of cameras, which operators are told of."""

    tells: tuple[Slug, ...] = Field(
        ("operators",), description="tags of the channels that are told; none has it: nobody"
    )
    hold_off_s: _Seconds = Field(
        default=300.0, description="trouble that lasts so long is told, and its end once it is over for so long"
    )
    silent_after_s: _SomeSeconds = Field(
        default=60.0, description="a camera whose ingest said nothing for so long is in trouble"
    )
    look_every_s: _SomeSeconds = Field(default=10.0, description="how often cameras are looked at")


class AlertsSettings(Settings):
    """When an alert is raised, and how it is told."""

    raise_on: Annotated[frozenset[SlotState], AfterValidator(_check_raising)] = Field(
        default=frozenset({SlotState.OUT}),
        description="states that raise an alert: OUT; LOW and MISPLACED if you like",
    )
    raise_after_s: _Seconds = Field(default=0.0, description="a slot must be so for this long before it is raised")
    only_when_open: bool = Field(default=True, description="raise in opening hours only; a night's gaps at opening")
    refilled_grace_s: _Seconds = Field(
        default=900.0,
        description="after the answer 'refilled' the camera has this long to see it, or it is raised again",
    )
    later_s: _SomeSeconds = Field(
        default=1800.0, description="after the answer 'later' nothing is raised about the slot for so long"
    )
    not_empty_holds_h: _SomeSeconds = Field(
        default=24.0, description="after 'not empty' nothing is raised for so many hours, unless it is seen filled"
    )
    not_wanted_holds_days: _SomeSeconds = Field(
        default=14.0,
        description="after 'plan is wrong' or 'discontinued' nothing is raised for so many days, "
        "unless the plan says another product",
    )
    cooldown_s: _Seconds = Field(
        default=1800.0,
        description="after an alert was closed because a little was seen there, the same gap raises none for so long",
    )
    escalate_after_s: _Seconds = Field(
        default=1800.0,
        description="an alert that nobody took for so long is told to those whom store.yaml escalates to; 0: never",
    )
    acknowledged_holds_s: _SomeSeconds = Field(
        default=3600.0,
        description="an alert that was taken waits so long for its refill; after that it is open to others again and "
        "told as above",
    )
    catalogue_every_s: _SomeSeconds = Field(default=5.0, description="how often changes of the catalogue are taken up")
    delivery: DeliverySettings = DeliverySettings()
    cameras: CamerasSettings = CamerasSettings()
    loop: LoopSettings = LoopSettings()
