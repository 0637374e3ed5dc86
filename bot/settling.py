"""The loop that counts each day once it is over, so that pages of numbers are quick and outlive the turns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from handlers.numbers import NumbersStore

MOST_DAYS: Final = 14
"""Days counted in one go; after an upgrade there may be half a year of them."""
REST_SECONDS: Final = 600.0


@dataclass(frozen=True, slots=True)
class Settling:
    """Counts days that are over."""

    numbers: NumbersStore

    async def run_once(self, now: datetime) -> float:
        """Count what there is; returns how long to rest."""
        done = await self.numbers.settle(now, most=MOST_DAYS)
        return 1.0 if done == MOST_DAYS else REST_SECONDS
