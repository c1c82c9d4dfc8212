"""Consumer groups inside one process: who is a member, and whose each partition is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from shelfstream.bus.records import Partition


@dataclass(eq=False)
class Member:
    """One consumer in a group. ``held`` is what it may read and commit now; ``beat_s`` is when it last polled."""

    name: str
    topics: tuple[str, ...]
    beat_s: float
    held: set[Partition] = field(default_factory=set)


def range_assignment(subscriptions: Mapping[str, Sequence[str]], counts: Mapping[str, int]) -> dict[Partition, str]:
    """Give each topic's partitions to its subscribers in runs, as Kafka's range assignor does.

    Members with the same topics get the same numbers of topics with equal counts.
    """
    owners: dict[Partition, str] = {}
    for topic in sorted({topic for topics in subscriptions.values() for topic in topics}):
        members = sorted(name for name, topics in subscriptions.items() if topic in topics)
        for index in range(counts[topic]):
            owners[Partition(topic, index)] = members[index * len(members) // counts[topic]]
    return owners


class Group:
    """The members of one group and the partitions' target owners.

    A partition moves in two steps: its holder lets go of it inside its own ``poll``, then the new owner takes it in
    its own. A member that has not polled for ``poll_budget_s`` is put out; it learns of that when it comes back.
    """

    def __init__(self, counts: Mapping[str, int], poll_budget_s: float) -> None:
        self._counts = counts
        self._poll_budget_s = poll_budget_s
        self._members: dict[str, Member] = {}
        self._owners: dict[Partition, str] = {}

    def join(self, member: Member) -> None:
        """Take a member in; one of the same name before it is out."""
        self._members[member.name] = member
        self._share()

    def leave(self, member: Member) -> None:
        """Let a member go, with all that it held."""
        if self.has(member):
            del self._members[member.name]
            self._share()

    def has(self, member: Member) -> bool:
        """Whether the group still counts on this member."""
        return self._members.get(member.name) is member

    def beat(self, member: Member, now_s: float) -> None:
        """Note that a member is alive, and put out who has not been for too long."""
        member.beat_s = now_s
        late = [other for other in self._members.values() if now_s - other.beat_s > self._poll_budget_s]
        for other in late:
            self.leave(other)

    def to_release(self, member: Member) -> list[Partition]:
        """What a member holds and should let go of."""
        return sorted(partition for partition in member.held if self._owners.get(partition) != member.name)

    def to_take(self, member: Member) -> list[Partition]:
        """What is a member's by now and nobody holds any more."""
        held = {partition for other in self._members.values() for partition in other.held}
        return sorted(
            partition for partition, owner in self._owners.items() if owner == member.name and partition not in held
        )

    def _share(self) -> None:
        self._owners = range_assignment({name: it.topics for name, it in self._members.items()}, self._counts)
