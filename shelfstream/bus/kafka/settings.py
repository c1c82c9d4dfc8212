"""How to reach Kafka, and how patient to be with it."""

from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from shelfstream.settings.base import Settings

_MIB = 1024 * 1024
_Seconds = Annotated[float, Field(gt=0)]


class KafkaSettings(Settings):
    """Connection, security and limits of every client. All processes of an installation share them."""

    bootstrap_servers: str = Field("127.0.0.1:9092", description="Brokers to begin with: host:port,host:port")
    client_id: str = Field("shelfstream", description="Name under which the brokers' logs and quotas know us")
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT", description="Encryption and sign-in"
    )
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = Field(
        None, description="How to sign in, with a SASL_ protocol", validate_default=True
    )
    username: str = Field("", description="Who signs in", validate_default=True)
    password: SecretStr = Field(SecretStr(""), description="The password for it")
    ssl_cafile: str | None = Field(None, description="PEM file of the authority that signed the brokers' certificates")
    ssl_certfile: str | None = Field(None, description="PEM file of our own certificate, where brokers ask for one")
    ssl_keyfile: str | None = Field(None, description="PEM file of its key")
    ssl_password: SecretStr | None = Field(None, description="Password of that key")
    replication_factor: int = Field(-1, ge=-1, description="Copies of each topic made; -1 leaves it to the broker")
    bootstrap_timeout_s: _Seconds = Field(30.0, description="How long to look for a first broker")
    request_timeout_s: _Seconds = Field(10.0, description="How long to wait for one answer")
    delivery_timeout_s: _Seconds = Field(
        12.0, description="How long to try to deliver one record", validate_default=True
    )
    # Kafka's least by default: a process that was killed and started again waits for its own predecessor's session.
    session_timeout_s: _Seconds = Field(6.0, description="Silence after which a process counts as dead")
    poll_budget_s: _Seconds = Field(300.0, description="Longest time that a batch may take before the group moves on")
    fetch_max_bytes: int = Field(48 * _MIB, ge=5 * _MIB, description="Most bytes that one fetch asks for")
    in_flight_max_bytes: int = Field(64 * _MIB, ge=5 * _MIB, description="Most bytes queued for sending at once")

    compression: Literal["zstd", "gzip", "none"] = Field(
        "zstd", description="How records are packed for sending; brokers before 2.1 know no zstd"
    )

    # Rules between fields stand at the field that is to be mended, so that all are told at once with the fields' own.

    @field_validator("sasl_mechanism", "username")
    @classmethod
    def _check_sign_in(cls, value: str | None, info: ValidationInfo) -> str | None:
        protocol = str(info.data.get("security_protocol", ""))
        if protocol.startswith("SASL_") and not value:
            raise ValueError(f"is needed to sign in with {protocol}")
        return value

    @field_validator("delivery_timeout_s")
    @classmethod
    def _check_patience(cls, value: float, info: ValidationInfo) -> float:
        if value < info.data.get("request_timeout_s", 0.0):
            raise ValueError("must not be shorter than request_timeout_s")
        return value
