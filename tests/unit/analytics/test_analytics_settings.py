"""What an operator may set."""

import pytest
from pydantic import ValidationError

from analytics.evidence.settings import KeeperSettings
from analytics.settings import AnalyticsSettings, Likelihoods, PriorSettings


def test_likelihoods_and_priors_must_add_up() -> None:
    """A sensor model that is no distribution is a fault, with what it adds up to."""
    with pytest.raises(ValidationError, match=r"add up to 1\.4"):
        Likelihoods(full=0.9, partial=0.1, gap=0.1, bare=0.1, wrong=0.2)
    with pytest.raises(ValidationError, match="add up to"):
        PriorSettings(stocked=0.5, low=0.1, out=0.1, misplaced=0.1)


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
