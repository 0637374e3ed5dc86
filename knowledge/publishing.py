"""The loop that publishes what was scheduled and marks what has expired."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from knowledge import editorial
from knowledge.dossiers import CLOCK, Dossier, EditorialError, Step
from knowledge.editorial_store import EditCollisionError, EditorialStore
from knowledge.entries import beijing_day

EVERY_SECONDS: Final = 5.0
"""The most that a scheduled entry goes out late."""


class Publisher:
    """A loop's worth of publishing; any number of processes may run it.

    Nothing is claimed: all who see the same due entry try to publish it, and the optimistic lock of the
    store lets one of them.
    """

    def __init__(self, store: EditorialStore) -> None:
        self._store = store

    async def run_once(self, now: datetime) -> float:
        """Follow imports, publish what is due, mark what is over; returns the next delay."""
        await self._store.adopt(now=now)
        for dossier in await self._store.due(now):
            await self._save(_published(dossier, now))
        for dossier in await self._store.overdue(beijing_day(now)):
            await self._save(editorial.expire(dossier, now=now))
        return EVERY_SECONDS

    async def _save(self, step: Step) -> None:
        try:
            await self._store.save(step)
        except EditCollisionError:
            return  # another process, a clerk or an import was faster; the next run sees what they left


def _published(dossier: Dossier, now: datetime) -> Step:
    """Publish it, or send it back with the reason: nobody is there to read an error."""
    try:
        return editorial.publish(dossier, CLOCK, now=now)
    except EditorialError as error:
        return editorial.request_changes(dossier, CLOCK, now=now, note=str(error))
