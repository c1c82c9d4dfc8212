"""Whether a URL in the settings has a form that can work: told with all other faults, before anything is connected to.

The sentences never repeat the URL: there may be a password in it.
"""

import re
from urllib.parse import urlsplit

from fsspec import available_protocols
from pydantic import SecretStr

_REDIS = ("redis://", "rediss://", "unix:///")
# As SQLAlchemy reads it: a password may hold '/', but no '@'.
_SQL = re.compile(
    r"(?P<kind>\w+)(?:\+\w+)?://(?:[^:/@]*(?::(?P<password>[^@]*))?@)?"
    r"(?P<host>\[[^/?]*\]|[^/:?]*)(?::(?P<port>[^/?]*))?(?:[/?].*)?",
    re.DOTALL,
)
_POSTGRES = ("postgresql", "postgres")


def check_redis_url(url: SecretStr) -> SecretStr:
    """The URL itself; ``ValueError`` with a sentence for one that leads to no Redis."""
    text = url.get_secret_value()
    if not text.startswith(_REDIS) or not _has_sound_port(text):
        raise ValueError("is no redis://host:port/0, rediss:// or unix:///path URL; in a password, write / as %2F")
    return url


def check_sql_url(url: SecretStr) -> SecretStr:
    """The URL itself; ``ValueError`` with a sentence for one that leads to no database."""
    found = _SQL.fullmatch(url.get_secret_value())
    kind = "" if found is None else found["kind"]
    if found is None or not (kind in _POSTGRES or (kind == "sqlite" and not found["host"])):
        raise ValueError("is no postgresql://user:password@host/database or sqlite:///path")
    if not re.fullmatch("[0-9]*", found["port"] or ""):
        raise ValueError("has a port that is no number; in a password, write @ as %40")
    return url


def check_files_url(url: str) -> str:
    """The URL or path itself; ``ValueError`` with a sentence for a kind that nothing here knows."""
    chain = [part.partition("://")[0] for part in url.split("::")] if "://" in url or "::" in url else []
    if not set(chain).issubset(available_protocols()):
        raise ValueError("is neither a path nor a URL of a known kind, such as file:///folder or s3://bucket/folder")
    return url


def has_sql_password(url: SecretStr) -> bool:
    """Whether a database's URL holds a password."""
    found = _SQL.fullmatch(url.get_secret_value())
    return found is not None and bool(found["password"])


def _has_sound_port(url: str) -> bool:
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False
