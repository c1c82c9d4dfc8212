"""What all messages on the bus share: JSON, a version, and a window of versions that readers accept.

A reader accepts the version before its own and the version after it, so that stages can be upgraded one
at a time. Fields that a reader does not know are ignored; a newer version may add fields, never change the
meaning of one.
"""

from datetime import UTC, datetime
from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, ValidationError
from pydantic_core import to_json

from shelfstream.errors import InvalidMessage

_SHOWN_FAULTS = 3


def _to_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as exc:
        raise ValueError("a time that UTC has no year for") from exc


UtcTime = Annotated[AwareDatetime, AfterValidator(_to_utc)]


class Wire(BaseModel):
    """Base of every message: frozen, versioned, without NaN or infinity."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False, ser_json_timedelta="float")

    VERSION: ClassVar[int] = 1

    v: int = 1

    def encode(self) -> bytes:
        """The message as JSON bytes, stamped with this class's version."""
        stamped = self if self.v == self.VERSION else self.model_copy(update={"v": self.VERSION})
        return to_json(stamped)

    @classmethod
    def decode(cls, value: bytes | None) -> Self:
        """Parse bytes from the bus.

        Raises ``InvalidMessage`` for bytes that are no such message or of a version outside the window.
        """
        if value is None:
            raise InvalidMessage(f"{cls.__name__}: empty value")
        try:
            message = cls.model_validate_json(value)
        except ValidationError as exc:
            raise InvalidMessage(f"{cls.__name__}: {summary(exc)}") from exc
        if abs(message.v - cls.VERSION) > 1:
            raise InvalidMessage(f"{cls.__name__}: version {message.v} is outside {cls.VERSION - 1}…{cls.VERSION + 1}")
        return message


def summary(exc: ValidationError) -> str:
    """The first faults in one line, without what was given: it may be long, or secret."""
    errors = exc.errors(include_url=False, include_input=False)
    message = "; ".join(
        f"{'.'.join(str(part) for part in error['loc']) or 'value'}: {error['msg']}" for error in errors[:_SHOWN_FAULTS]
    )
    more = len(errors) - _SHOWN_FAULTS
    return message if more <= 0 else f"{message}; and {more} more"
