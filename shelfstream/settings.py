"""Settings: small frozen typed objects, one per stage, read all at once with every fault reported."""

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """Base of every settings object. Units stand in the names; secrets are ``SecretStr``; unknown names are faults."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
