"""A process that is killed between sending a message and marking it loses nothing."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from alerts.inbox import open_alerts
from alerts.tables import alert_messages
from analytics.contract import SlotState
from shelfstream.sql import writing
from tests.unit.alerts.alert_rig import close_parts, inbox, open_parts, running, send, settings_for, until
from tests.unit.alerts.alert_samples import STORE, event

pytestmark = [pytest.mark.real, pytest.mark.slow]
_ROOT = Path(__file__).parents[3]
_CHILD = """
import sys, threading
from pathlib import Path
from tests.unit.alerts.alert_rig import open_parts, settings_for
from alerts.__main__ import build

build(settings_for(sys.argv[2]), open_parts(Path(sys.argv[1]), process="alerts-1")).run(threading.Event())
"""


@pytest.mark.parametrize("successor", ["alerts-1", "alerts-2"])
def test_a_message_is_sent_again_by_whoever_comes_after(tmp_path: Path, successor: str) -> None:
    """Killed after the service had taken the message: it comes a second time (at least once), then never again.

    The same process gives its own claim back at its start; another one waits until the claim has run out.
    """
    parts = open_parts(tmp_path)
    send(parts, event(1, SlotState.OUT).message())
    close_parts(parts)
    with inbox() as people:
        arguments = [sys.executable, "-c", _CHILD, str(tmp_path), people.url]
        with subprocess.Popen(arguments, cwd=_ROOT) as child:
            people.on_taken = lambda: os.kill(child.pid, signal.SIGKILL)
            until(lambda: child.poll() is not None)
        assert child.returncode == -signal.SIGKILL
        assert len(people.taken) == 1
        people.on_taken = lambda: None
        _claim_ends_soon(tmp_path)
        parts = open_parts(tmp_path, process=successor)
        for _ in range(2):
            with running(settings_for(people.url), parts):
                until(lambda: open_alerts(parts.engine, STORE)[0].sent_at is not None)
        assert len(open_alerts(parts.engine)) == 1
        close_parts(parts)
        assert len(people.taken) == 2
        assert people.taken[0]["message"] == people.taken[1]["message"]


def _claim_ends_soon(folder: Path) -> None:
    """Make the dead process's claim end in two seconds instead of a minute."""
    parts = open_parts(folder)
    with writing(parts.engine) as connection:
        soon = datetime.now(UTC) + timedelta(seconds=2)
        changed = connection.execute(update(alert_messages).values(claimed_until=soon))
        assert changed.rowcount == 1
    close_parts(parts)
