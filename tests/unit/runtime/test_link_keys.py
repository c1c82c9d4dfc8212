"""Where the key comes from that signs links in messages."""

import stat
from pathlib import Path

import pytest

from deploy.runtime.open import link_keys
from deploy.runtime.settings import read_settings
from shelfstream.errors import Faults

KEYS = '["the newest key of all, made by chance","an older key, made by chance before"]'


def test_one_process_makes_its_own_key_once(tmp_path: Path) -> None:
    """It is kept in the data folder for its owner alone, and is the same after a restart."""
    settings = read_settings(None, {"SHELFSTREAM_PROCESS__DATA_FOLDER": str(tmp_path / "data")})
    (first,) = link_keys(settings)
    (again,) = link_keys(settings)
    assert first == again
    assert len(first.get_secret_value()) >= 32
    assert stat.S_IMODE((tmp_path / "data" / "link.key").stat().st_mode) == 0o600


def test_several_processes_have_the_keys_that_they_are_given_or_none(tmp_path: Path) -> None:
    """On Kafka a key of one process's own would open no link of another's."""
    kafka = {
        "SHELFSTREAM_PROCESS__DATA_FOLDER": str(tmp_path),
        "SHELFSTREAM_KAFKA__BOOTSTRAP_SERVERS": "broker:9092",
    }
    assert link_keys(read_settings(None, kafka)) == ()
    given = link_keys(read_settings(None, {**kafka, "SHELFSTREAM_LINKS__KEYS": KEYS}))
    assert [key.get_secret_value()[:10] for key in given] == ["the newest", "an older k"]
    assert not (tmp_path / "link.key").exists()


def test_a_key_that_signs_nothing_is_a_fault_and_is_not_shown(tmp_path: Path) -> None:
    """Too short in the settings, or emptied in its file: a sentence that says what to do, without the key."""
    with pytest.raises(Faults, match="too short to sign with") as short:
        read_settings(None, {"SHELFSTREAM_LINKS__KEYS": '["hunter2"]'})
    assert "hunter2" not in str(short.value)
    (tmp_path / "link.key").write_text("")
    with pytest.raises(Faults, match="delete it, and a new one is made"):
        link_keys(read_settings(None, {"SHELFSTREAM_PROCESS__DATA_FOLDER": str(tmp_path)}))
