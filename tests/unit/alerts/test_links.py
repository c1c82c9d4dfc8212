"""Links that answer without a password: one alert, for some hours, and nothing else opens them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from alerts.delivery.text import message_text
from alerts.links import AnswerLinks, LinkRefused
from tests.unit.alerts.alert_samples import NOON, waiting
from tests.unit.alerts.test_wording import ALERT, CATALOGUE

SHIFT = timedelta(hours=12)
OLD, NEW = SecretStr("an old key that was made by chance, once"), SecretStr("a new key that was made by chance, lately")
LINKS = AnswerLinks((OLD,))


@given(alert_id=st.text("0123456789abcdef", min_size=1, max_size=64), minutes=st.integers(0, 2 * 12 * 60))
def test_a_link_opens_its_own_alert_until_it_ends(alert_id: str, minutes: int) -> None:
    """Within its hours it leads to the alert that it was made for, and from its end on to a sentence."""
    token = LINKS.token(alert_id, NOON, SHIFT)
    at = NOON + timedelta(minutes=minutes)
    if at < NOON + SHIFT:
        assert LINKS.alert_of(token, at) == alert_id
    else:
        with pytest.raises(LinkRefused, match="has ended"):
            LINKS.alert_of(token, at)


@given(place=st.integers(0, 200), sign=st.sampled_from("AZaz09-_."))
def test_a_link_that_was_changed_opens_nothing(place: int, sign: str) -> None:
    """Another alert, a later end, another signature: each is refused."""
    token = LINKS.token("f00d", NOON, SHIFT)
    index = place % len(token)
    changed = token[:index] + sign + token[index + 1 :]
    if changed != token:
        try:
            assert LINKS.alert_of(changed, NOON) == "f00d"
            # Base64 leaves bits of its last letter unused: the same signature, spelled otherwise.
            assert index == len(token) - 1
        except LinkRefused:
            pass


@given(st.text(max_size=2000))
def test_whatever_somebody_types_is_told_in_a_sentence(token: str) -> None:
    """Nothing that is no link of ours raises anything else."""
    with pytest.raises(LinkRefused):
        LINKS.alert_of(token, NOON)


def test_keys_are_changed_without_breaking_links() -> None:
    """The new key signs; links of the old one open while it is still named, and no longer once it is gone."""
    token = LINKS.token("f00d", NOON, SHIFT)
    both = AnswerLinks((NEW, OLD))
    assert both.alert_of(token, NOON) == "f00d"
    assert AnswerLinks((NEW,)).alert_of(both.token("beef", NOON, SHIFT), NOON) == "beef"
    with pytest.raises(LinkRefused, match="no link of ours"):
        AnswerLinks((NEW,)).alert_of(token, NOON)
    with pytest.raises(ValueError, match="none was given"):
        AnswerLinks(())


def test_a_message_carries_the_link_and_without_a_key_leads_to_the_inbox() -> None:
    """The console's address, with or without its last stroke, then the page that answers."""
    told = message_text(waiting(ALERT), CATALOGUE, "https://x/shelf/", "T0KEN").body
    assert told.endswith("https://x/shelf/answer/T0KEN")
    assert message_text(waiting(ALERT), CATALOGUE, "https://x").body.endswith("https://x/alerts/f00d")
