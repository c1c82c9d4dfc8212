"""A section of the settings: a small frozen typed object, read as far as it is sound."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, create_model
from pydantic_core import ErrorDetails


class Settings(BaseModel):
    """Base of every settings object. Units stand in the names; secrets are ``SecretStr``; unknown names are faults."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def read_section(model: type[Settings], values: Mapping[str, object]) -> tuple[Settings, Sequence[ErrorDetails]]:
    """The section, and what is wrong in it: then every field that is wrong stands at its default."""
    try:
        return model.model_validate(values), ()
    except ValidationError as exc:
        errors = exc.errors(include_url=False, include_input=False)
        return _as_far_as_sound(model, values, {error["loc"][0] for error in errors if error["loc"]}), errors


def _as_far_as_sound(model: type[Settings], values: Mapping[str, object], wrong: set[int | str]) -> Settings:
    # Fields are parsed by their types alone here: rules between fields have said what they had to say.
    sound: dict[str, Any] = {
        name: (info.annotation, info)
        for name, info in model.model_fields.items()
        if name in values and name not in wrong
    }
    read = create_model(model.__name__, __base__=Settings, **sound).model_validate(
        {name: values[name] for name in sound}
    )
    return model.model_construct(**{name: getattr(read, name) for name in sound})
