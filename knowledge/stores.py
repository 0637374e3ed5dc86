"""Where the knowledge base is kept, and how a change is noticed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from knowledge.entries import Entry
from knowledge.files import Knowledge
from knowledge.guides import Guide
from knowledge.hall import Hall


class KnowledgeChangedError(Exception):
    """Somebody has changed the knowledge base since it was read; nothing was written."""


class KnowledgeStore(Protocol):
    """Keeps the hall, its entries, guides and gold questions. Every write raises the revision by one."""

    async def revision(self) -> int:
        """Number of the newest change; 0: nothing was ever stored."""

    async def load(self) -> tuple[int, Knowledge] | None:
        """The whole knowledge base with its revision, read consistently; None when it is empty."""

    async def replace(self, knowledge: Knowledge) -> int:
        """Replace everything in one transaction; returns the new revision."""

    async def put_entries(self, entries: Sequence[Entry]) -> int:
        """Add or replace entries by id in one transaction (all or none); returns the new revision."""

    async def exchange_entries(
        self, entries: Sequence[Entry], *, removed: Collection[str], revision: int
    ) -> int:
        """Put entries and remove others in one transaction, if `revision` is still the newest.

        Returns the new revision; raises `KnowledgeChangedError` and changes nothing otherwise.
        """

    async def put_guides(self, guides: Sequence[Guide], *, revision: int) -> int:
        """Add or replace guides by id in one transaction, if `revision` is still the newest.

        Returns the new revision; raises `KnowledgeChangedError` and changes nothing otherwise.
        """

    async def hall(self) -> tuple[int, Hall] | None:
        """The hall, with the revision it was last changed in; None when nothing was ever stored."""

    async def put_hall(self, hall: Hall, *, expected: int) -> int | None:
        """Replace the hall (not its entries and guides) in one transaction; returns the new revision.

        None, and nothing is changed, when the hall was not last changed in revision `expected`.
        """

    async def wait_for_change(self, since: int, *, timeout_seconds: float) -> bool:
        """Return True soon (well under a second) after the revision passes `since`, False at the time-out.

        Uses a change stream; polls where the server has none or the stream breaks.
        """
