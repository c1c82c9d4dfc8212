"""A crash at any point of the loop loses no alert, invents none and changes no record."""

import threading
from pathlib import Path

import pytest

from alerts.__main__ import _loop
from alerts.contract import AlertRecord
from alerts.handler import AlertsHandler
from alerts.ledger import Ledger
from alerts.model import SlotFold
from analytics.contract import SlotState
from shelfstream.answers import AnswerKind
from shelfstream.bus.observer import LoopObserver, NullObserver, Step
from shelfstream.clock import ManualClock
from shelfstream.service import StageContext
from tests.unit.alerts.alert_rig import alert_records, close_parts, open_parts, send, settings_for, until
from tests.unit.alerts.alert_samples import answer, at, event, everybody, policy

OUT, STOCKED, UNKNOWN = SlotState.OUT, SlotState.STOCKED, SlotState.UNKNOWN
STEPS = (Step.POLLED, Step.DECODED, Step.HANDLED, Step.WAVE_SENT, Step.WAVE_ACKNOWLEDGED, Step.APPLIED, Step.ADOPTED)
MESSAGES = (
    event(1, OUT).message(),
    event(1, UNKNOWN, slot="a2").message(),
    event(2, UNKNOWN).message(),
    event(2, OUT, slot="a2").message(),
    event(3, STOCKED).message(),
    event(4, OUT).message(),
)


class Crashed(Exception):
    """Stands for kill -9: nothing of the loop runs after it."""


class CrashesAt(NullObserver):
    """Raises at the ``nth`` time that the loop reaches a step."""

    def __init__(self, step: Step, nth: int) -> None:
        self._step = step
        self._left = nth

    def at(self, step: Step) -> None:
        if step is self._step:
            self._left -= 1
            if self._left == 0:
                raise Crashed


def _run(parts: StageContext, watch: LoopObserver) -> None:
    """Read the log to its end, or crash."""
    ledger = Ledger(parts.engine, everybody("chat"), tell_cleared=True)
    handler = AlertsHandler(policy(), lambda store, slot, now: False)
    loop = _loop(settings_for(), parts, ledger, handler, watch)
    stop, crashed = threading.Event(), threading.Event()

    def run() -> None:
        try:
            loop.run(stop)
        except Crashed:
            crashed.set()

    thread = threading.Thread(target=run)
    thread.start()
    admin = parts.bus.admin()
    until(lambda: crashed.is_set() or not any(admin.lag("alerts", ("shelf.events", "shelf.answers")).values()))
    stop.set()
    thread.join()


def _ends_with(folder: Path, watch: LoopObserver) -> tuple[list[SlotFold], dict[tuple[str, int], AlertRecord]]:
    folder.mkdir()
    parts = open_parts(folder, clock=ManualClock(at(1000)))
    send(parts, *MESSAGES)
    _run(parts, watch)
    _run(parts, NullObserver())
    send(parts, answer(AnswerKind.REFILLED, slot="a2").message(), event(3, STOCKED, slot="a2").message())
    _run(parts, NullObserver())
    folds = Ledger(parts.engine, everybody(), tell_cleared=False).folds(["main-street"])
    told = {
        (step.alert_id, step.step): step.model_copy(update={"emitted_at": None}) for step in alert_records(parts.bus)
    }
    close_parts(parts)
    plain = [fold.model_copy(update={"revision": 0}) for fold in folds]
    return sorted(plain, key=lambda fold: fold.slot), told


@pytest.mark.parametrize("nth", [1, 2])
@pytest.mark.parametrize("step", STEPS)
def test_a_crash_between_any_two_steps_changes_nothing(tmp_path: Path, step: Step, nth: int) -> None:
    """Ledger and records, whole, are those of an undisturbed run; only times of emission may differ."""
    folds, told = _ends_with(tmp_path / "undisturbed", NullObserver())
    crashed_folds, crashed_told = _ends_with(tmp_path / "crashed", CrashesAt(step, nth))
    assert crashed_folds == folds
    assert crashed_told == told
    assert len(told) == 5
