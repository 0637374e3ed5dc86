"""What is remembered between two messages of one citizen, and where it is kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from messages import Channel, Part

EARLIER_TURNS: Final = 4


@dataclass(frozen=True, slots=True)
class Play:
    """The questions of a guide, while they are asked: where somebody stands, and nothing that they typed."""

    guide: str
    code: str
    """The answers so far (`knowledge.guide_scenes`)."""
    misses: int = 0
    """Texts in a row that were no answer."""
    asleep: bool = False
    """Put aside, for another matter or by a long silence; “继续” takes it up."""
    done: bool = False
    """The notice was given; an answer can still be changed."""


@dataclass(frozen=True, slots=True)
class State:
    """The conversation's memory: small, and worth nothing after a while."""

    choices: tuple[str, ...] = ()
    """Entry ids behind the numbers that were offered last."""
    more: tuple[Part, ...] = ()
    """The rest of a long reply, shown on “更多”."""
    entry: str = ""
    """The entry answered last, for short follow-ups."""
    rated_turn: str = ""
    """The turn that “有用” and “没用” speak of; empty once rated."""
    misses: int = 0
    """Questions in a row that found no answer."""
    useless: int = 0
    """Answers in a row that were rated 没用."""
    asked: str = ""
    """The question asked last, handed to the person who takes over."""
    handoff: str = ""
    """The open hand-off, while a person has the chat."""
    play: Play | None = None
    """The guide whose questions are being asked."""
    offer: str = ""
    """The guide whose questions were offered with the last answer."""
    reason_for: str = ""
    """The hand-off that was just rated badly: the next message is taken for the reason."""
    recent: tuple[datetime, ...] = ()
    """When the citizen wrote within the last minute, for the flood limit."""
    at: datetime | None = None
    """When the state was last changed."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """One citizen on one channel."""

    channel: Channel
    user: str
    state: State = field(default_factory=State)
    last_turn: str = ""
    """The turn that produced `state`; a turn that is run again must not be applied twice."""
    last_parts: tuple[Part, ...] = ()
    """What that turn answered."""
    earlier_turns: tuple[str, ...] = ()
    """The few turns before it, newest first: that a turn was saved shows even when others came after."""

    def after(self, turn: str, state: State, parts: tuple[Part, ...]) -> Conversation:
        """Give the conversation as a turn leaves it."""
        earlier = (self.last_turn, *self.earlier_turns)[:EARLIER_TURNS] if self.last_turn else ()
        return Conversation(self.channel, self.user, state, turn, parts, earlier)


class ConversationStore(Protocol):
    """Keeps conversations; one owner at a time holds the lock of one."""

    async def lock(
        self, channel: Channel, user: str, *, owner: str, now: datetime, lease_seconds: float
    ) -> Conversation | None:
        """Take the conversation (made when new) for `owner`; None while somebody else's lease runs."""

    async def save(self, conversation: Conversation, *, owner: str) -> bool:
        """Write the conversation and give the lock back; False when the lease was lost to another owner."""

    async def release(self, channel: Channel, user: str, *, owner: str) -> None:
        """Give the lock back and change nothing else."""

    async def forget(self, channel: Channel, user: str) -> None:
        """Delete the conversation."""
