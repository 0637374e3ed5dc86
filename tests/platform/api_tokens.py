"""The law of access tokens: two kinds that know nothing of each other, with lifetimes, overlap and quotas.

Source: 获取接口调用凭据 and 获取稳定版接口调用凭据 (shared/WECHAT.md 4).
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

LIFE: Final = timedelta(seconds=7200)
OVERLAP: Final = timedelta(minutes=5)
FORCED_APART: Final = timedelta(seconds=30)
BEIJING: Final = timedelta(hours=8)

OK, INVALID, EXPIRED = 0, 40001, 42001
DAY_QUOTA, MINUTE_QUOTA = 45009, 45011


@dataclass(slots=True)
class Issued:
    value: str
    app_id: str
    expires_at: datetime


@dataclass(slots=True)
class Counter:
    """Calls counted by day (Beijing) and by minute."""

    counts: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))

    def count(self, name: str, now: datetime, *, per_minute: int, per_day: int) -> int:
        """Count one call; the error code when it is one too many."""
        day, minute = f"{now + BEIJING:%Y-%m-%d}", f"{now:%Y-%m-%d %H:%M}"
        if self.counts[name, day] >= per_day:
            return DAY_QUOTA
        if self.counts[name, minute] >= per_minute:
            return MINUTE_QUOTA
        self.counts[name, day] += 1
        self.counts[name, minute] += 1
        return OK

    def today(self, name: str, now: datetime) -> int:
        return self.counts[name, f"{now + BEIJING:%Y-%m-%d}"]


@dataclass(slots=True)
class TokenLaw:
    """All tokens ever issued."""

    issued: dict[str, Issued] = field(default_factory=dict)
    killed: set[str] = field(default_factory=set)
    current: dict[tuple[str, str], str] = field(default_factory=dict)
    """By app id and kind: `stable` or `classic`."""
    forced_at: dict[str, datetime] = field(default_factory=dict)
    counter: Counter = field(default_factory=Counter)
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    classic_per_day: int = 2000
    stable_per_minute: int = 10_000
    stable_per_day: int = 500_000
    forced_per_day: int = 20

    def classic(self, app_id: str, now: datetime) -> Issued | int:
        """`cgi-bin/token`: always a new one; the one before lives five minutes more."""
        over = self.counter.count(f"classic {app_id}", now, per_minute=10_000, per_day=self.classic_per_day)
        if over:
            return over
        before = self.issued.get(self.current.get((app_id, "classic"), ""))
        if before is not None:
            before.expires_at = min(before.expires_at, now + OVERLAP)
        return self._issue(app_id, "classic", now)

    def stable(self, app_id: str, now: datetime, *, force: bool) -> Issued | int:
        """`cgi-bin/stable_token`: the same one until its last five minutes, unless forced."""
        per_minute, per_day = self.stable_per_minute, self.stable_per_day
        over = self.counter.count(f"stable {app_id}", now, per_minute=per_minute, per_day=per_day)
        if over:
            return over
        before = self.issued.get(self.current.get((app_id, "stable"), ""))
        if force:
            if app_id in self.forced_at and now - self.forced_at[app_id] < FORCED_APART:
                return MINUTE_QUOTA
            over = self.counter.count(f"forced {app_id}", now, per_minute=99, per_day=self.forced_per_day)
            if over:
                return over
            self.forced_at[app_id] = now
            if before is not None:
                self.killed.add(before.value)
            return self._issue(app_id, "stable", now)
        if before is not None and before.value not in self.killed and now < before.expires_at - OVERLAP:
            return before
        return self._issue(app_id, "stable", now)

    def check(self, value: str, now: datetime) -> int:
        known = self.issued.get(value)
        if known is None or value in self.killed:
            return INVALID
        return OK if now < known.expires_at else EXPIRED

    def owner(self, value: str) -> str:
        return self.issued[value].app_id

    def kill_all(self) -> None:
        """As when somebody resets the secret, or another program forces a new token."""
        self.killed |= set(self.issued)

    def fetches(self, app_id: str, now: datetime) -> int:
        """How often a stable token was asked for today."""
        return self.counter.today(f"stable {app_id}", now)

    def _issue(self, app_id: str, kind: str, now: datetime) -> Issued:
        value = f"{next(self.numbers)}_{kind}_".ljust(136, "T")
        token = Issued(value, app_id, now + LIFE)
        self.issued[value] = token
        self.current[app_id, kind] = value
        return token
