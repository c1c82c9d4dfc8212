"""Mail and MQTT take their messages, late ones too: from servers that refuse, are slow, or are not there yet."""

from email.message import Message
from pathlib import Path

import pytest

from alerts.inbox import channel_backlogs, open_alerts
from analytics.contract import SlotState
from tests.real.alerts.mail_and_mqtt import TOPIC, Mailbox, free_port, mail_server, mqtt_broker, subscriber
from tests.unit.alerts.alert_rig import close_parts, open_parts, running, send, settings_for, until
from tests.unit.alerts.alert_samples import event

pytestmark = pytest.mark.real


def _text_of(mail: Message) -> str:
    parts = [part.get_payload(decode=True) for part in mail.walk() if part.get_content_maintype() == "text"]
    return " ".join(part.decode() for part in parts if isinstance(part, bytes))


def test_a_mail_server_that_puts_messages_off_gets_each_one_once(tmp_path: Path) -> None:
    """Greylisting refuses the first try; both alerts come in the end, with what and where, once each."""
    mailbox, parts = Mailbox(refuses=1), open_parts(tmp_path)
    with mail_server(mailbox) as url, running(settings_for(url), parts):
        send(parts, event(1, SlotState.OUT, slot="a1").message(), event(1, SlotState.OUT, slot="b2").message())
        until(lambda: len(mailbox.taken) == 2 and channel_backlogs(parts.engine) == [])
    assert mailbox.asked == 3
    told = [_text_of(mail) for mail in mailbox.taken]
    assert sorted(slot for text in told for slot in ("a1", "b2") if slot in text) == ["a1", "b2"]
    assert all(mail["To"] and "staff@shop.example" in mail["To"] for mail in mailbox.taken)
    close_parts(parts)


def test_a_mail_server_that_is_too_slow_has_failed_and_is_tried_again(tmp_path: Path) -> None:
    """One that takes longer than a try may: the message stays in the outbox and goes once it is faster."""
    mailbox, parts = Mailbox(slow_s=9.0), open_parts(tmp_path)
    # Apprise lets five and a half seconds pass between two mails of a server: a try must be longer than that.
    with mail_server(mailbox) as url, running(settings_for(url, send_within_s=7.0, claim_s=8.0), parts):
        send(parts, event(1, SlotState.OUT).message())
        until(lambda: bool(channel_backlogs(parts.engine)) and bool(channel_backlogs(parts.engine)[0].detail))
        mailbox.slow_s = 0.0
        until(lambda: open_alerts(parts.engine)[0].sent_at is not None)
    assert mailbox.taken
    close_parts(parts)


def test_what_was_raised_while_the_broker_was_away_comes_when_it_is_there(tmp_path: Path) -> None:
    """MQTT: nobody listens at first; the message waits in the outbox, and each comes once."""
    port, parts = free_port(), open_parts(tmp_path)
    with running(settings_for(f"mqtt://127.0.0.1:{port}/{TOPIC}?qos=1", send_within_s=3.0), parts):
        send(parts, event(1, SlotState.OUT).message())
        until(lambda: bool(channel_backlogs(parts.engine)) and bool(channel_backlogs(parts.engine)[0].detail))
        with mqtt_broker(tmp_path, port), subscriber(port) as taken:
            until(lambda: len(taken) == 1)
            send(parts, event(1, SlotState.OUT, slot="b2").message())
            until(lambda: len(taken) == 2 and channel_backlogs(parts.engine) == [])
    assert "a1" in taken[0]
    assert "b2" in taken[1]
    close_parts(parts)
