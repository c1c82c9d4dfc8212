"""The simulated camera as a source."""

import pytest

from ingest.sources.captured import BadAddress
from ingest.sources.open import open_source
from shelfstream.clock import ManualClock
from tests.unit.ingest.ingest_samples import START, decoded, opening

_URL = "sim://demo-market/cam-left?seed=7"


def test_a_simulated_camera_gives_a_picture_of_the_clocks_time() -> None:
    """The JPEG is of the moment at which it was asked for, which is both its times."""
    source = open_source(_URL, {}, opening(ManualClock(START)))
    captured = source.read(1)
    assert captured is not None
    assert captured.captured_at == captured.received_at == START
    assert isinstance(captured.picture, bytes)
    assert decoded(captured.picture).shape == (720, 1280, 3)


@pytest.mark.parametrize("url", ["sim://demo-market/no-such-camera", f"{_URL}&spede=3"])
def test_what_the_simulator_does_not_know_is_a_bad_address(url: str) -> None:
    """A wrong camera or option is told, as for every source."""
    with pytest.raises(BadAddress, match="simulator"):
        open_source(url, {}, opening(ManualClock(START)))
