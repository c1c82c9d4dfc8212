"""What all messages share: whatever bytes come, they are a message or an ``InvalidMessage``."""

import pytest

from shelfstream.bus.ownership import OwnerClaim
from shelfstream.errors import InvalidMessage


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00"])
def test_a_time_that_has_no_year_in_utc_is_invalid(at: str) -> None:
    """A well-formed time at the end of the calendar is a dead letter and no crash."""
    with pytest.raises(InvalidMessage, match="at"):
        OwnerClaim.decode(f'{{"owner": "a", "at": "{at}"}}'.encode())
