"""Links in messages that answer one alert without a password, for some hours. Public: the console opens them.

A link holds the alert and its own end, signed (HMAC-SHA-256, by itsdangerous); nothing is kept about it anywhere.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from itsdangerous import BadData, URLSafeSerializer
from pydantic import SecretStr

ANSWER = "answer"
"""Where such links lead, below the console's address."""

_SALT = "shelfstream.answer-link"
_CHARACTERS_MOST = 512


class LinkRefused(Exception):
    """Why a link answers nothing, in a sentence for whoever opened it."""


class AnswerLinks:
    """Signs links with the first of its keys and accepts those of all: a new key is put before the old one, which goes
    once the links signed with it have ended. Raises ``ValueError`` without any key.
    """

    def __init__(self, keys: Sequence[SecretStr]) -> None:
        if not keys:
            raise ValueError("links are signed with a key, and none was given")
        oldest_first = [key.get_secret_value() for key in reversed(keys)]
        self._serializer = URLSafeSerializer(
            oldest_first, salt=_SALT, signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"}
        )

    def token(self, alert_id: str, now: datetime, valid: timedelta) -> str:
        """What stands behind ``answer/`` in a link about an alert."""
        return str(self._serializer.dumps([alert_id, int((now + valid).timestamp())]))

    def alert_of(self, token: str, now: datetime) -> str:
        """Which alert a link is about. Raises ``LinkRefused``."""
        try:
            alert_id, ends_s = self._serializer.loads(token[:_CHARACTERS_MOST])
            ended = now.timestamp() >= float(ends_s)
        except (BadData, ValueError, TypeError) as exc:
            raise LinkRefused("This is no link of ours; it may have been cut on its way.") from exc
        if ended:
            raise LinkRefused("This link has ended. The alert may still be open: look into the inbox.")
        return str(alert_id)
