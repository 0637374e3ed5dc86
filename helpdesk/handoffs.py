"""A hand-off: a citizen waits for, or talks to, a person (转人工)."""

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


class HandoffStore(Protocol):
    """Keeps hand-offs."""

    async def open(self, handoff: Handoff) -> Handoff:
        """Store it once; when the citizen has an open one already, that one is returned instead."""

    async def current(self, channel: Channel, user: str) -> Handoff | None:
        """The citizen's open hand-off."""

    async def waiting_count(self) -> int:
        """How many wait."""

    async def note_phone(self, handoff_id: str, phone: str) -> bool:
        """Note the number for a call-back; False when the hand-off is not open."""

    async def close(self, handoff_id: str, *, now: datetime) -> bool:
        """Close it; False when it was not open."""

    async def forget(self, channel: Channel, user: str) -> None:
        """Delete the citizen's hand-offs."""
