"""The gaps, kept at hand: grouping thousands of questions takes seconds, once and not for each reader."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from time import perf_counter
from typing import Final

import structlog

from knowledge.gaps import Gap, GapDecision, Missed, gaps_of
from knowledge.snapshot import Snapshot

WAIT_SECONDS: Final = 1.0
"""Who asks waits this long for new figures; then the ones before are shown, and the new ones come later."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Board:
    """Gaps, and what they were made of."""

    key: object
    gaps: tuple[Gap, ...]


@dataclass(slots=True)
class GapBoard:
    """Groups when something has changed, once at a time for each span of days."""

    threshold: float
    _boards: dict[int, _Board] = field(default_factory=dict)
    _tasks: dict[int, asyncio.Task[None]] = field(default_factory=dict)

    async def gaps(
        self,
        days: int,
        missed: Sequence[Missed],
        decisions: Sequence[GapDecision],
        snapshot: Snapshot,
        now: datetime,
    ) -> list[Gap]:
        """The gaps of the last `days` days; what was decided on by now is never among them."""
        key = (snapshot.revision, snapshot.today, tuple(missed), tuple(decisions))
        known = self._boards.get(days)
        if known is None or known.key != key:
            task = self._tasks.get(days)
            if task is None or task.done():
                work = self._renew(days, key, missed, decisions, snapshot, now)
                task = self._tasks[days] = asyncio.create_task(work, name=f"gaps of {days} days")
            await asyncio.wait({task}, timeout=WAIT_SECONDS if known else None)
            known = self._boards.get(days)
        settled = {each.id for each in decisions}
        fresh = known is not None and known.key == key
        return [each for each in (known.gaps if known else ()) if fresh or each.id not in settled]

    async def _renew(
        self,
        days: int,
        key: object,
        missed: Sequence[Missed],
        decisions: Sequence[GapDecision],
        snapshot: Snapshot,
        now: datetime,
    ) -> None:
        started = perf_counter()
        found = await asyncio.to_thread(
            gaps_of, missed, snapshot, decisions, now=now, threshold=self.threshold
        )
        self._boards[days] = _Board(key, tuple(found))
        log.info("gaps grouped", days=days, questions=len(missed), seconds=round(perf_counter() - started, 2))
