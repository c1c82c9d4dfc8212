"""The forms of URLs that settings take."""

import pytest
from pydantic import SecretStr, ValidationError

from deploy.runtime.settings import PicturesSettings, RedisSettings, SqlSettings
from shelfstream.settings.base import Settings
from shelfstream.sql import engine_of


@pytest.mark.parametrize(
    ("settings", "urls"),
    [
        (
            RedisSettings,
            ["redis://redis", "redis://:p%2Fw@redis:6379/0", "rediss://u:p@[::1]:6380", "unix:///run/redis"],
        ),
        (
            SqlSettings,
            ["postgresql://u:p/w@db:5432/shelf", "postgres://db/shelf?sslmode=require", "postgresql:///shelf"],
        ),
        (
            SqlSettings,
            ["postgresql+psycopg://u:p@[::1]/shelf", "sqlite:///data/a.db", "sqlite:////srv/a:b@c.db", "sqlite://"],
        ),
        (PicturesSettings, ["data/pictures", "/srv/pictures", "file:///srv", "memory://x", "s3://bucket/x", ""]),
        (PicturesSettings, ["simplecache::s3://key:secret@bucket/x"]),
    ],
)
def test_urls_that_can_work_are_taken(settings: type[Settings], urls: list[str]) -> None:
    """Every form that the libraries behind understand passes, and stays as it was written."""
    for url in urls:
        taken = settings.model_validate({"url": url}).model_dump()["url"]
        assert (taken.get_secret_value() if isinstance(taken, SecretStr) else taken) == url


@pytest.mark.parametrize(
    ("settings", "urls"),
    [
        (
            RedisSettings,
            ["foo", "", "redis", "redis:6379", "http://redis", "redis://h:port", "redis://:p/w@h", "unix://"],
        ),
        (
            SqlSettings,
            ["nonsense", "", "mysql://db/shelf", "sqlite://data/a.db", "postgresql:db", "postgresql://h:p/d"],
        ),
        (SqlSettings, ["postgresql://u:p@w:x@db/shelf"]),
        (PicturesSettings, ["zzz://", "s4://bucket", "nocache::s3://bucket", "://x"]),
    ],
)
def test_urls_that_lead_nowhere_are_told(settings: type[Settings], urls: list[str]) -> None:
    """A URL of another kind or a broken one is a fault of the settings, told in words that are ours."""
    for url in urls:
        with pytest.raises(ValidationError) as caught:
            settings.model_validate({"url": url})
        (error,) = caught.value.errors()
        assert error["loc"] == ("url",)
        assert error["msg"].startswith("Value error, ")


def test_faults_of_urls_hold_no_password() -> None:
    """What is wrong with a URL is told without the URL."""
    for settings, url in (
        (RedisSettings, "redis://:hunt/er2@h"),
        (SqlSettings, "mysql://u:hunter2@h"),
        (PicturesSettings, "zzz://u:hunter2@h"),
    ):
        with pytest.raises(ValidationError) as caught:
            settings.model_validate({"url": url})
        assert "hunt" not in caught.value.errors()[0]["msg"]


@pytest.mark.parametrize("url", ["postgresql://u:p/w@db:5432/shelf", "sqlite:////srv/a:b@c.db", "sqlite://"])
def test_databases_that_pass_make_an_engine(url: str) -> None:
    """What the settings take is what the database's library takes."""
    SqlSettings.model_validate({"url": url})
    engine = engine_of(url)
    engine.dispose()
    assert engine.dialect.name == url.partition(":")[0]
