"""Send windows: how many messages may still go to a citizen, and until when.

The platform counts from what the citizen did last (发送客服消息, table of 下发额度 and 额度有效期). How it
charges a message when several windows are open is not documented: here every message counts in all of them,
so that we never send more than is allowed. Passive replies count nowhere.

Nothing is kept for this: what citizens did stands in the turns, what was sent in the outbox.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, Protocol

from messages import Channel, Kind

Cause = Literal["message", "click", "subscribe", "scan", "enter"]


@dataclass(frozen=True, slots=True)
class Window:
    """What one deed of a citizen allows us."""

    sends: int
    lasts: timedelta
    source: str


_CUSTOM: Final = "发送客服消息, API page of 2025–26; five in 48 h since the notice of 2023-06-12"
_MINI: Final = "小程序客服消息, table of 下发额度"
_MINUTE: Final = timedelta(minutes=1)
LONGEST: Final = timedelta(hours=48)

WINDOWS: Final[Mapping[Channel, Mapping[Cause, Window]]] = {
    "official": {
        "message": Window(5, LONGEST, _CUSTOM),
        "click": Window(3, _MINUTE, _CUSTOM),
        "subscribe": Window(3, _MINUTE, _CUSTOM),
        "scan": Window(3, _MINUTE, _CUSTOM),
    },
    "mini": {
        "message": Window(5, LONGEST, _MINI),
        "enter": Window(2, _MINUTE, _MINI),
    },
}

EVENT_CAUSES: Final[Mapping[str, Cause]] = {
    "click": "click",
    "scancode_push": "click",
    "scancode_waitmsg": "click",
    "subscribe": "subscribe",
    "scan": "scan",
    "user_enter_tempsession": "enter",
}
"""Of the menu's events only these three count; views and picture buttons don't."""

SAFETY: Final = timedelta(seconds=2)
"""A window is left this long before its end: the request takes time, and clocks differ."""


def cause_of(*, kind: Kind, event: str, menu_choice: str) -> Cause | None:
    """What an inbound message or event opens; None: nothing.

    A tapped choice arrives as text, but counts as a menu click (客服消息, note on 菜单消息).
    """
    if kind == "event":
        return EVENT_CAUSES.get(event)
    return "click" if menu_choice else "message"


@dataclass(frozen=True, slots=True)
class Ledger:
    """What counts for one citizen now."""

    openings: Mapping[Cause, datetime]
    """When the citizen did each thing last."""
    sends: tuple[datetime, ...] = ()
    """When messages left, or may have left."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """How much may be sent now."""

    left: int
    until: datetime | None = None
    """When the window that gives it closes."""
    used_up: bool = False
    """Nothing is left although a window is open: its count is used up."""


def allowance(ledger: Ledger, channel: Channel, now: datetime) -> Allowance:
    """Add it up: the open window with the most left decides."""
    best, used_up = Allowance(0), False
    for cause, opened_at in ledger.openings.items():
        window = WINDOWS[channel].get(cause)
        if window is None or now >= opened_at + window.lasts - SAFETY:
            continue
        left = window.sends - sum(sent_at >= opened_at for sent_at in ledger.sends)
        if left <= 0:
            used_up = True
        elif left > best.left:
            best = Allowance(left, opened_at + window.lasts)
    return best if best.left else Allowance(0, used_up=used_up)


class WindowLedger(Protocol):
    """Knows what citizens did and what was sent to them."""

    async def read(self, channel: Channel, user: str, *, now: datetime) -> Ledger:
        """What counts for one citizen now."""

    async def release(self, *, now: datetime, call_after: timedelta) -> int:
        """Let go the items that waited for a citizen who has done something since; returns how many.

        Items that have waited longer than `call_after` go to the list for phone calls, from where they are
        released in the same way.
        """
