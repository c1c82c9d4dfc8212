"""What an operator may set."""

import pytest
from pydantic import ValidationError

from analytics.evidence.settings import KeeperSettings
from analytics.settings import AnalyticsSettings, ChangeSettings


def test_what_is_usual_must_leave_something_for_the_rest() -> None:
    """Shares of states that fill everything are a fault, with what they come to."""
    with pytest.raises(ValidationError, match=r"come to 1\.05"):
        ChangeSettings(stocked_share=0.9, out_share=0.1, misplaced_share=0.05)


def test_the_version_follows_the_rules_alone() -> None:
    """Another threshold is another version; another timeout is not."""
    plain = AnalyticsSettings()
    assert AnalyticsSettings(redis_timeout_s=2.0).version == plain.version
    changed = plain.belief.model_copy(update={"decide_at": 0.9})
    assert plain.model_copy(update={"belief": changed}).version != plain.version


def test_plates_are_never_kept_longer_than_three_days() -> None:
    """Privacy has a limit that settings cannot move."""
    with pytest.raises(ValidationError):
        KeeperSettings(plates_keep_s=73 * 3600)
