"""Roles, what each may do, and who is looking: pure rules."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What somebody is to a store. ``HQ`` looks and asks, and changes nothing."""

    STAFF = "staff"
    MANAGER = "manager"
    HQ = "hq"
    OPERATOR = "operator"
    ADMINISTRATOR = "administrator"


class May(StrEnum):
    """What a role may do beyond looking at its stores as they are now and at their alerts."""

    ANSWER = "answer alerts"
    HISTORY = "ask history"
    SET_UP = "change cameras, products and plans"
    TEACH = "label pictures"
    LOOK_AFTER = "look after the system"
    MANAGE_PEOPLE = "manage accounts"


_MAY = {
    Role.STAFF: frozenset({May.ANSWER}),
    Role.MANAGER: frozenset({May.ANSWER, May.HISTORY, May.SET_UP, May.TEACH}),
    Role.HQ: frozenset({May.HISTORY}),
    Role.OPERATOR: frozenset({May.HISTORY, May.SET_UP, May.TEACH, May.LOOK_AFTER}),
    Role.ADMINISTRATOR: frozenset(May),
}


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is looking. ``stores``: the only ones that are there for this visitor; ``None``: all. ``session`` ends on
    signing out; a program that shows a token has none.
    """

    name: str
    role: Role
    stores: frozenset[str] | None = None
    session: str = ""

    def may(self, what: May) -> bool:
        """Whether this visitor may do something, in the stores that it sees."""
        return what in _MAY[self.role]

    def sees(self, store: str) -> bool:
        """Whether a store is there for this visitor."""
        return self.stores is None or store in self.stores

    def seen(self, stores: Iterable[str]) -> list[str]:
        """Those of some stores that are there for this visitor, in their order."""
        return [store for store in stores if self.sees(store)]


ANYBODY = Visitor("anybody", Role.ADMINISTRATOR)
"""Who is looking where nobody has to sign in: whoever reaches this machine's loopback address."""
