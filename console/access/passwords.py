"""Passwords as argon2id hashes (RFC 9106), checked by few at a time (each check takes some 64 MiB), and what slows down
who guesses them: so many tries in a while, by name and by name and address.
"""

import threading
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from shelfstream.errors import Fault, Faults

CHARACTERS_MIN, CHARACTERS_MAX = 10, 200
_MINUTES = 15
_BY_ADDRESS = RateLimitItemPerMinute(10, _MINUTES, "sign-in-from")
_BY_NAME = RateLimitItemPerMinute(40, _MINUTES, "sign-in-as")
_AT_ONCE = threading.Semaphore(2)
_hasher = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)


def check_new(password: str, name: str) -> None:
    """Raise ``Faults`` for a password that is no good (NIST SP 800-63B: long enough, and not the name)."""
    if not CHARACTERS_MIN <= len(password) <= CHARACTERS_MAX:
        what = f"has {len(password)} characters: from {CHARACTERS_MIN} to {CHARACTERS_MAX} are taken"
        raise Faults("account", [Fault("password", what)])
    if name.lower() in password.lower() or len(set(password)) < 4:
        raise Faults("account", [Fault("password", "is too easy to guess: it holds the name, or few characters only")])


def hashed(password: str) -> str:
    """What is kept of a password."""
    with _AT_ONCE:
        return _hasher.hash(password)


def is_right(password: str, kept: str | None) -> bool:
    """Whether a password is that of which a hash is kept. It takes as long where none is: nobody learns of names."""
    with _AT_ONCE:
        try:
            return _hasher.verify(kept or _nobodys(), password[:CHARACTERS_MAX]) and kept is not None
        except (VerificationError, InvalidHashError):
            return False


@lru_cache(maxsize=1)
def _nobodys() -> str:
    """A hash to check against where there is none: made once, when it is first needed."""
    return _hasher.hash("a password of nobody")


class Throttle:
    """Tries to sign in that failed, in this process's memory; they are forgotten after a quarter of an hour.

    A name can be tried more often from several addresses than from one: who only guesses from elsewhere keeps nobody
    out for long.
    """

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def wait_s(self, name: str, address: str, now_s: float) -> float:
        """How long to wait before the next try; 0: not at all. ``now_s``: seconds since 1970."""
        waits = [0.0]
        for item, keys in self._of(name, address):
            if not self._limiter.test(item, *keys):
                waits.append(max(1.0, self._limiter.get_window_stats(item, *keys).reset_time - now_s))
        return max(waits)

    def failed(self, name: str, address: str) -> None:
        """Somebody gave a wrong password."""
        for item, keys in self._of(name, address):
            self._limiter.hit(item, *keys)

    @staticmethod
    def _of(name: str, address: str) -> tuple[tuple[RateLimitItemPerMinute, tuple[str, ...]], ...]:
        known = name.casefold()[:64]
        return (_BY_ADDRESS, (known, address)), (_BY_NAME, (known,))
