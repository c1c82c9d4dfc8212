"""What production mode refuses: an unencrypted or unsigned-in bus, and servers without a password."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

from pydantic import SecretStr

from shelfstream.bus.kafka.settings import KafkaSettings
from shelfstream.settings_load import Wrong
from shelfstream.settings_urls import has_sql_password

_ENCRYPTED = ("SSL", "SASL_SSL")
_CERTIFICATES = ("sslcert", "passfile", "service")


def production_faults(kafka: KafkaSettings | None, redis: SecretStr | None, sql: SecretStr | None) -> Iterator[Wrong]:
    """Everything in these settings that is not secured. SQLite and the embedded bus are files of this machine."""
    if kafka is not None:
        yield from _kafka_faults(kafka)
    if redis is not None and not urlsplit(redis.get_secret_value()).password:
        yield ("redis", "url"), "has no password; write redis://:${REDIS_PASSWORD}@host:port/0"
    if sql is not None and _is_open(sql):
        yield ("sql", "url"), "has no password; write postgresql://user:${SQL_PASSWORD}@host/database"


def _kafka_faults(kafka: KafkaSettings) -> Iterator[Wrong]:
    if kafka.security_protocol not in _ENCRYPTED:
        yield ("kafka", "security_protocol"), f"{kafka.security_protocol} is not encrypted; use SASL_SSL or SSL"
    if kafka.security_protocol.startswith("SASL_") and not kafka.password.get_secret_value():
        yield ("kafka", "password"), "is empty"
    if kafka.security_protocol == "SSL" and kafka.ssl_certfile is None:
        yield ("kafka", "ssl_certfile"), "is needed: over SSL alone a certificate of ours says who we are"


def _is_open(url: SecretStr) -> bool:
    """Whether a database server would be spoken to without any proof of who we are."""
    text = url.get_secret_value()
    if text.startswith("sqlite"):
        return False
    return not has_sql_password(url) and not any(name in parse_qs(text.partition("?")[2]) for name in _CERTIFICATES)
