"""Settings from a file and the environment."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field, SecretStr

from shelfstream.errors import Faults
from shelfstream.settings.base import Settings
from shelfstream.settings.load import Loaded, load_settings
from shelfstream.settings.show import shown_settings


class _Delivery(Settings):
    channels: tuple[SecretStr, ...] = ()
    wait_s: float = Field(3.0, gt=0, description="how long to wait")


class _Alerts(Settings):
    raise_after_s: float = 0
    url: SecretStr | None = None
    brokers: str = "localhost:9092"
    names: frozenset[str] = frozenset()
    delivery: _Delivery = _Delivery()


_SECTIONS: dict[str, type[Settings]] = {"alerts": _Alerts, "delivery": _Delivery}


def _load(file: str | None, environ: dict[str, str], tmp_path: Path) -> Loaded:
    path = None
    if file is not None:
        path = tmp_path / "shop.yaml"
        path.write_text(file)
    return load_settings(_SECTIONS, path, environ)


def _faults(file: str | None, environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    with pytest.raises(Faults) as caught:
        _load(file, environ, tmp_path)
    return {fault.where.replace(f"{tmp_path}/", ""): fault.what for fault in caught.value.faults}


def test_defaults_hold_where_nothing_is_given(tmp_path: Path) -> None:
    """Without file and variables everything is its default, and nothing counts as given."""
    loaded = _load(None, {"PATH": "/bin"}, tmp_path)
    assert loaded.section("alerts", _Alerts) == _Alerts()
    assert not loaded.gave("alerts")


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    """Of one nested object some fields come from the file and others from variables; variables win."""
    loaded = _load(
        "alerts:\n  raise_after_s: 9\n  delivery:\n    wait_s: 4\n    channels: [a]\n",
        {"SHELFSTREAM_ALERTS__DELIVERY__WAIT_S": "5"},
        tmp_path,
    )
    alerts = loaded.section("alerts", _Alerts)
    assert (alerts.raise_after_s, alerts.delivery.wait_s) == (9, 5)
    assert [channel.get_secret_value() for channel in alerts.delivery.channels] == ["a"]
    assert loaded.gave("alerts")
    assert not loaded.gave("delivery")


def test_lists_come_as_json(tmp_path: Path) -> None:
    """A variable for a list or set holds JSON; a text that only looks like JSON stays a text."""
    environ = {
        "SHELFSTREAM_ALERTS__NAMES": '["x", "y"]',
        "SHELFSTREAM_ALERTS__BROKERS": "[::1]:9092",
        "SHELFSTREAM_ALERTS__URL": "{secret}",
        "SHELFSTREAM_DELIVERY__CHANNELS": '["json://a"]',
    }
    alerts = _load(None, environ, tmp_path).section("alerts", _Alerts)
    assert alerts.names == {"x", "y"}
    assert alerts.brokers == "[::1]:9092"
    assert alerts.url is not None
    assert alerts.url.get_secret_value() == "{secret}"


def test_all_faults_come_at_once_and_say_where(tmp_path: Path) -> None:
    """Wrong values, unknown names, missing references and misspelt variables are told together, each with its place."""
    file = (
        "alerts:\n  raise_after_s: nine\n  brokrs: x\n  delivery:\n    wait_s: -1\n    channels: ['json://${TOKEN}']\n"
        "foo: 3\nalrts:\n  x: 1\n"
    )
    environ = {
        "SHELFSTREAM_DELIVERY__WAIT_S": "soon",
        "SHELFSTREAM_DELIVERY__WAIT": "1",
        "SHELFSTREAM_ALERTS_BROKERS": "x",
        "SHELFSTREAM_ALERTS__NAMES": "one,two",
    }
    faults = _faults(file, environ, tmp_path)
    assert "did you mean brokers?" in faults.pop("shop.yaml:3 alerts.brokrs")
    assert "valid number" in faults.pop("shop.yaml:2 alerts.raise_after_s")
    assert "greater than 0" in faults.pop("shop.yaml:5 alerts.delivery.wait_s")
    assert "TOKEN, which is not set" in faults.pop("shop.yaml:6 alerts.delivery.channels.0")
    assert "must hold fields" in faults.pop("shop.yaml:7")
    assert "did you mean alerts?" in faults.pop("shop.yaml:8 alrts")
    assert "valid number" in faults.pop("SHELFSTREAM_DELIVERY__WAIT_S")
    assert "did you mean wait_s?" in faults.pop("SHELFSTREAM_DELIVERY__WAIT")
    assert "did you mean SHELFSTREAM_ALERTS__BROKERS?" in faults.pop("SHELFSTREAM_ALERTS_BROKERS")
    assert "must be JSON" in faults.pop("SHELFSTREAM_ALERTS__NAMES")
    assert faults == {}


@pytest.mark.parametrize("depth", [21, 600, 100_000])
def test_variables_nested_too_deep_are_told(depth: int, tmp_path: Path) -> None:
    """Neither a name of many parts nor a value of many brackets reaches the interpreter's depth."""
    named = "SHELFSTREAM_ALERTS" + "__X" * depth
    faults = _faults(None, {named: "1", "SHELFSTREAM_ALERTS__NAMES": "[" * depth + "]" * depth}, tmp_path)
    assert "nested too deep" in faults.pop(named)
    assert faults.pop("SHELFSTREAM_ALERTS__NAMES")
    assert faults == {}


def test_faults_never_tell_what_was_given(tmp_path: Path) -> None:
    """A secret put at the wrong place is not repeated in the fault."""
    faults = _faults(None, {"SHELFSTREAM_ALERTS__RAISE_AFTER_S": "hunter2"}, tmp_path)
    assert "hunter2" not in str(faults)


@pytest.mark.parametrize("file", ["", "# nothing but a comment\n", "---\n"])
def test_an_empty_file_is_good(file: str, tmp_path: Path) -> None:
    """A file without content leaves the defaults."""
    assert _load(file, {}, tmp_path).section("alerts", _Alerts) == _Alerts()


@pytest.mark.parametrize("file", ["- a\n", "alerts: [", "a: &x 1\nb: *x\n", "\x00"])
def test_a_spoilt_file_is_a_fault(file: str, tmp_path: Path) -> None:
    """What is no mapping of sections is told as a fault with its place, not as a crash."""
    assert all(where.startswith("shop.yaml") for where in _faults(file, {}, tmp_path))


def test_a_missing_file_is_a_fault(tmp_path: Path) -> None:
    """A file that is not there is told by its name."""
    with pytest.raises(Faults, match=r"nowhere\.yaml"):
        load_settings(_SECTIONS, tmp_path / "nowhere.yaml", {})


def test_foreign_variables_are_left_alone(tmp_path: Path) -> None:
    """Variables of others with our prefix, such as those Kubernetes sets for a service, are no faults."""
    environ = {
        "SHELFSTREAM_CACHE": "/x",
        "SHELFSTREAM_ALERTS_BROKERS": "tcp://10.0.0.1:80",
        "SHELFSTREAM_ALERTS__URL": "",
    }
    assert _load(None, environ, tmp_path).section("alerts", _Alerts) == _Alerts()


def test_sections_of_what_is_not_installed_are_not_read(tmp_path: Path) -> None:
    """One file serves all machines: a section whose stage is not installed here is passed over."""
    path = tmp_path / "shop.yaml"
    path.write_text("console:\n  port: 80\n")
    loaded = load_settings(_SECTIONS, path, {}, unread={"console"})
    assert set(loaded.sections) == set(_SECTIONS)


def test_references_are_filled_in(tmp_path: Path) -> None:
    """``${NAME}`` and ``${file:…}`` are filled in, anywhere in a text; a doubled dollar writes one literally."""
    secret = tmp_path / "secret"
    secret.write_text("from-file\n")
    loaded = _load(
        "alerts:\n  brokers: ${HOST}:9092,$${HOST}\n" + f"  url: https://u:${{file:{secret}}}@h\n",
        {"HOST": "kafka"},
        tmp_path,
    )
    alerts = loaded.section("alerts", _Alerts)
    assert alerts.brokers == "kafka:9092,${HOST}"
    assert alerts.url is not None
    assert alerts.url.get_secret_value() == "https://u:from-file@h"


def test_shown_settings_hide_secrets_and_tell_origins(tmp_path: Path) -> None:
    """What is shown names the origin of each value, shows references as given, and no secret in any form."""
    loaded = _load(
        "alerts:\n  url: https://u:hunter2@h\n  brokers: ${BROKERS}\n"
        "  delivery:\n    channels: [hunter2, '${TOKEN}']\n",
        {"BROKERS": "kafka:hunter2", "TOKEN": "hunter2", "SHELFSTREAM_ALERTS__DELIVERY__WAIT_S": "5"},
        tmp_path,
    )
    shown = {each.name: each for each in shown_settings(loaded, "alerts")}
    assert "hunter2" not in str(shown.values())
    assert shown["alerts.brokers"].value == '"${BROKERS}"'
    assert shown["alerts.url"].where.endswith("shop.yaml:2")
    assert shown["alerts.delivery.wait_s"].where == "SHELFSTREAM_ALERTS__DELIVERY__WAIT_S"
    assert shown["alerts.delivery.wait_s"].description == "how long to wait"
    assert shown["alerts.raise_after_s"].where == "default"


_NAMES = st.text(st.characters(categories=["L", "N", "P"], exclude_characters="$"), max_size=20)


@given(st.floats(min_value=0.001, max_value=1e6), st.lists(_NAMES, max_size=4))
@settings(max_examples=40)
def test_file_and_environment_mean_the_same(
    tmp_path_factory: pytest.TempPathFactory, wait_s: float, names: list[str]
) -> None:
    """Whatever values are given, it makes no difference whether by file or by variables."""
    folder = tmp_path_factory.mktemp("same")
    by_file = folder / "a.yaml"
    by_file.write_text(
        json.dumps({"alerts": {"names": names, "delivery": {"wait_s": wait_s}}}, ensure_ascii=False), encoding="utf-8"
    )
    environ = {
        "SHELFSTREAM_ALERTS__NAMES": json.dumps(names),
        "SHELFSTREAM_ALERTS__DELIVERY__WAIT_S": repr(wait_s),
    }
    first = load_settings(_SECTIONS, by_file, {}).section("alerts", _Alerts)
    assert first == load_settings(_SECTIONS, None, environ).section("alerts", _Alerts)
    assert first.names == set(names)
