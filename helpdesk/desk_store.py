"""Where the desk keeps what is said, who waits, and who is there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from helpdesk.desk import DeskMessage, Line, Step
from helpdesk.handoffs import Handoff


class DeskStore(Protocol):
    """Keeps the desk. Each call is one change as a whole, whatever process makes it."""

    async def write(self, handoff_id: str, line: Line, *, agent: str = "") -> DeskMessage | None:
        """Store one line of an open hand-off, and its outbox item with it: both or neither.

        The same id again gives what is stored. With `agent`, only while that one has the chat; without, only
        while the citizen talks to people at all. None: it is not so (any more), and nothing was stored.
        """

    async def save(self, step: Step, *, capacity: int | None = None) -> Handoff | None:
        """Carry out a step; None: somebody was faster, or the agent has `capacity` chats already."""

    async def messages(self, handoff_id: str, *, after: int = 0, limit: int = 500) -> tuple[DeskMessage, ...]:
        """What was said, in order, after some order number."""

    async def waiting(self, *, limit: int = 200) -> tuple[Handoff, ...]:
        """The queue in its order."""

    async def active(self, agent: str = "", *, limit: int = 500) -> tuple[Handoff, ...]:
        """The chats of an agent, or of everybody; oldest first."""

    async def mark_read(self, handoff_id: str, *, agent: str, order: int) -> None:
        """Note how far the agent has read."""

    async def replies(self) -> tuple[str, ...]:
        """The hall's canned replies, in their order."""

    async def save_replies(self, replies: Sequence[str]) -> None:
        """Keep other canned replies."""

    async def be_present(self, agent: str, now: datetime) -> None:
        """Note that an agent's page was heard of."""

    async def leave(self, agent: str) -> None:
        """Note that an agent has gone."""

    async def present(self, *, since: datetime) -> frozenset[str]:
        """Agents whose page was heard of since."""

    async def abandoned(self, *, since: datetime) -> Sequence[Handoff]:
        """Active chats whose agent has not been heard of since."""
