"""The law of send windows (发送客服消息): what a citizen's deed allows, and for how long.

Written apart from the product: here each deed gives a purse of its own, and a message is paid from the open
purse that ends first.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

WINDOW_CLOSED, USED_UP = 45015, 45047
ALLOWED: Final = {
    ("official", "message"): (5, timedelta(hours=48)),
    ("official", "click"): (3, timedelta(minutes=1)),
    ("official", "subscribe"): (3, timedelta(minutes=1)),
    ("official", "scan"): (3, timedelta(minutes=1)),
    ("mini", "message"): (5, timedelta(hours=48)),
    ("mini", "enter"): (2, timedelta(minutes=1)),
}


@dataclass(slots=True)
class Purse:
    left: int
    ends_at: datetime


@dataclass(slots=True)
class WindowLaw:
    purses: dict[tuple[str, str], dict[str, Purse]] = field(default_factory=lambda: defaultdict(dict))

    def deed(self, app_id: str, openid: str, what: str, now: datetime, *, channel: str = "official") -> None:
        """A citizen did something; it fills the purse of that kind again."""
        count, lasts = ALLOWED[channel, what]
        self.purses[app_id, openid][what] = Purse(count, now + lasts)

    def pay(self, app_id: str, openid: str, now: datetime) -> int:
        """Pay for one message; the error code when that can't be."""
        living = [each for each in self.purses[app_id, openid].values() if now < each.ends_at]
        if not living:
            return WINDOW_CLOSED
        filled = [each for each in living if each.left > 0]
        if not filled:
            return USED_UP
        min(filled, key=lambda each: each.ends_at).left -= 1
        return 0

    def close(self, app_id: str, openid: str) -> None:
        """The citizen left, or the platform changed its mind."""
        self.purses.pop((app_id, openid), None)
