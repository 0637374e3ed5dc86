"""A hand-off: a citizen waits for, or talks to, a person (转人工).

    waiting ──▶ active ──▶ closed
       ▲          │
       └──────────┘   given back, transferred, or its agent has vanished

`helpdesk.desk` has the steps between them, `helpdesk.routing` who takes which.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from messages import Channel

HandoffState = Literal["waiting", "active", "closed"]
HandoffReason = Literal["asked", "missed", "useless", "person_only", "distress"]


@dataclass(frozen=True, slots=True)
class Handoff:
    """One request for a person."""

    id: str
    """Made from the turn that opened it, so that opening twice is opening once."""
    channel: Channel
    user: str
    reason: HandoffReason
    question: str
    """What the citizen wrote last that could not be answered."""
    opened_at: datetime
    state: HandoffState = "waiting"
    department: str = ""
    """Presumed department, from the nearest entry; empty when unknown."""
    closed_at: datetime | None = None
    promised_at: datetime | None = None
    """By when an answer was promised; None: it was opened in working hours."""
    phone: str = ""
    """Number for a call-back, as the citizen gave it. Personal data."""
    agent: str = ""
    """Id of the member of staff who has the chat."""
    agent_name: str = ""
    claimed_at: datetime | None = None
    wanted: str = ""
    """Whom it is kept for until `wanted_until`: the last agent, or the one it was transferred to."""
    wanted_until: datetime | None = None
    priority: int = 0
    """Higher is taken first: chats that were begun and lost their agent."""
    messages: int = 0
    """Order number of the newest message."""
    read: int = 0
    """Up to which message the agent has read."""
    heard: int = 0
    """Order number of the citizen's newest message."""
    last_text: str = ""
    """The beginning of the newest message, for the list."""
    last_at: datetime | None = None
    outcome: str = ""
    closed_by: str = ""
    """Id of who closed it; empty: the citizen."""
    rating: int | None = None
    rating_reason: str = ""
    version: int = 0
    """Grows with each step, so that of two people who act at once one is told."""

    @property
    def talking(self) -> bool:
        """Whether the citizen talks to a person, or waits for the next one: the assistant is silent."""
        return self.state != "closed" and self.claimed_at is not None

    @property
    def unread(self) -> bool:
        """Whether the citizen wrote something that the agent has not seen."""
        return self.heard > self.read


class HandoffStore(Protocol):
    """Keeps hand-offs."""

    async def open(self, handoff: Handoff) -> Handoff:
        """Store it once; when the citizen has an open one already, that one is returned instead."""

    async def current(self, channel: Channel, user: str) -> Handoff | None:
        """The citizen's open hand-off."""

    async def get(self, handoff_id: str) -> Handoff | None:
        """One hand-off, also when it is closed."""

    async def waiting_count(self) -> int:
        """How many wait."""

    async def rate(self, handoff_id: str, *, rating: int | None = None, reason: str = "") -> bool:
        """Note the citizen's rating (once), and its reason, of a hand-off that is closed."""

    async def note_phone(self, handoff_id: str, phone: str) -> bool:
        """Note the number for a call-back; False when the hand-off is not open."""

    async def close(self, handoff_id: str, *, now: datetime) -> bool:
        """Close it; False when it was not open."""

    async def forget(self, channel: Channel, user: str) -> None:
        """Delete the citizen's hand-offs."""
