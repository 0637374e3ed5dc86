"""How often somebody may ask: token buckets, one for each key, in this process.

Each process counts for itself: with four workers, four times as much passes. That is enough to keep one
program from using up the hall's machine; what must never be guessed (passwords) is counted in the database.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

MINUTE_SECONDS: Final = 60.0
MOST_KEYS: Final = 20_000
"""Beyond this the one that asked longest ago is forgotten, so that memory stays small."""


@dataclass(slots=True)
class Buckets:
    """Gives out `per_minute` permissions a minute to each key, all of a minute's at once if wanted."""

    per_minute: int
    _left: dict[str, tuple[float, datetime]] = field(default_factory=dict)
    """Permissions left and when that was so, the most recent last."""

    def take(self, key: str, now: datetime) -> float:
        """Take one permission. Returns 0.0, or the seconds to wait until there is one."""
        left, at = self._left.pop(key, (float(self.per_minute), now))
        passed = max(0.0, (now - at).total_seconds())
        left = min(float(self.per_minute), left + passed * self.per_minute / MINUTE_SECONDS)
        wait = 0.0 if left >= 1 else (1 - left) * MINUTE_SECONDS / self.per_minute
        self._left[key] = (left if wait else left - 1, max(now, at))
        if len(self._left) > MOST_KEYS:
            del self._left[next(iter(self._left))]
        return wait

    def empty(self, key: str, now: datetime) -> bool:
        """Whether nothing is left for a key; takes nothing."""
        left, at = self._left.get(key, (float(self.per_minute), now))
        return left + (now - at).total_seconds() * self.per_minute / MINUTE_SECONDS < 1
