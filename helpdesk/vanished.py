"""Agents who have vanished: their chats go back to the queue, in front."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from helpdesk.desk import take_back
from helpdesk.desk_store import DeskStore
from helpdesk.routing import PRESENT_FOR

LOOK_SECONDS: Final = 10.0


class Vanished:
    """Looks after chats whose agent's page has not been heard of. Any number may run."""

    def __init__(self, desk: DeskStore) -> None:
        self._desk = desk

    async def run_once(self, now: datetime) -> float:
        """Take back what is abandoned; returns the seconds until the next look."""
        for handoff in await self._desk.abandoned(since=now - PRESENT_FOR):
            await self._desk.save(take_back(handoff, now))  # None: another process, or the agent, was faster
        return LOOK_SECONDS
