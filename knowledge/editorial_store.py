"""Where dossiers and their revisions are kept; publishing changes the knowledge base in the same step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal, Protocol

from intents.normalise import fold
from knowledge.dossiers import Dossier, Revision, Step
from knowledge.entries import BEIJING, EntryState

PAGE_SIZE: Final = 50
Order = Literal["changed", "question", "review", "publish"]
"""Newest change first; by question; the next to be reviewed first; the next to be published first.

The last two leave out what has no such date.
"""


class EditCollisionError(Exception):
    """Somebody else saved since this dossier was read: nothing was stored, and nothing of theirs is lost."""

    def __init__(self, entry_id: str, saved_by: str, saved_at: datetime | None) -> None:
        self.entry_id = entry_id
        self.saved_by = saved_by
        """Staff id, or `IMPORT`, or `CLOCK`: the console puts the name."""
        self.saved_at = saved_at
        moment = f"（{saved_at.astimezone(BEIJING):%m月%d日 %H:%M}）" if saved_at else ""
        super().__init__(f"您打开以后，这一条又被改过{moment}。请对照新的内容再保存一次，您写的内容还在。")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which dossiers are wanted; what is empty does not narrow."""

    states: tuple[EntryState, ...] = ()
    departments: tuple[str, ...] | None = None
    """The scope of whoever asks. None: all departments; an empty tuple: none."""
    category: str = ""
    author: str = ""
    """Staff id: who wrote last, or has written in the version in work."""
    text: str = ""
    """Words that must all stand somewhere in question, alternates, keywords or answer, or be the id."""
    review_by: date | None = None
    """Only what answers citizens and is due for review by this day."""
    order: Order = "changed"


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of dossiers."""

    items: tuple[Dossier, ...]
    total: int
    page: int
    """From 1; the last page when a later one was asked for."""

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // PAGE_SIZE))


class EditorialStore(Protocol):
    """Keeps dossiers. Entries that came by seed, import or replace get theirs when first asked for."""

    async def get(self, entry_id: str, *, now: datetime) -> Dossier | None:
        """Give one dossier as it is now; what was imported meanwhile is followed first."""

    async def find(self, wanted: Wanted, *, page: int = 1, now: datetime) -> Listing:
        """Give a page of 50. What was imported meanwhile is followed first (`adopt`)."""

    async def counts(self, departments: tuple[str, ...] | None = None) -> Mapping[EntryState, int]:
        """How many dossiers there are in each state, within a scope as in `Wanted`."""

    async def save(self, step: Step) -> Dossier:
        """Make a step true: dossier, revision and, where it changes, the knowledge base; all or nothing.

        Raises `EditCollisionError` when the dossier is not the one any more that the step began with.
        """

    async def save_all(self, steps: Sequence[Step]) -> tuple[Dossier, ...]:
        """Make steps of several entries true, all or none of them, with one change of the knowledge base.

        For imports and for work on many at once; one step for each entry. Raises `EditCollisionError`.
        """

    async def revisions(self, entry_id: str, *, limit: int = 100) -> tuple[Revision, ...]:
        """The history of an entry, newest first."""

    async def revision(self, entry_id: str, number: int) -> Revision | None:
        """One revision."""

    async def others_with(self, phrasings: Sequence[str], *, except_id: str) -> Mapping[str, str]:
        """Which of these phrasings other entries have already: `phrasing_key` → id of the other entry.

        Entries in work count too; expired and withdrawn ones do not.
        """

    async def due(self, now: datetime, *, limit: int = 50) -> tuple[Dossier, ...]:
        """What was scheduled for `now` or earlier, the earliest first."""

    async def overdue(self, today: date, *, limit: int = 50) -> tuple[Dossier, ...]:
        """What still counts as published although its last day is over."""

    async def adopt(self, *, now: datetime) -> int:
        """Follow everything that came past the desk; returns how many dossiers changed.

        Costs one small read when nothing did. Safe with any number of processes.
        What a file brought and a later file lacks is forgotten if no person ever took a step with it.
        """


def phrasing_key(text: str) -> str:
    """Return what two phrasings share that are the same but for width, case, script and punctuation."""
    return fold(text)
