"""Who takes which waiting chat. Pure.

The order is: the higher priority first, then the one who has waited longest. A chat that is kept for somebody
(the citizen's last agent, or whom it was transferred to) is passed over by the others while that one is
present. A chat belongs to its department at first; when nobody there takes it, everybody may.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from helpdesk.handoffs import Handoff
from helpdesk.staff import Staff

DEPARTMENT_FIRST: Final = timedelta(minutes=3)
"""After this a waiting chat is everybody's."""
MINUTES_A_CHAT: Final = 5
"""What one chat takes an agent, to tell how long it is likely to take."""
KEPT_FOR_LAST: Final = timedelta(minutes=2)
"""How long a new chat is kept for the agent whom the citizen talked to last."""
SAME_MATTER: Final = timedelta(days=7)
"""An earlier chat within this time is taken for the same matter."""
PRESENT_FOR: Final = timedelta(seconds=90)
"""An agent whose page has not been heard of for so long is not there."""


@dataclass(frozen=True, slots=True)
class Queue:
    """How busy the desk is."""

    waiting: int
    agents: int
    """How many are there."""


def in_order(waiting: Sequence[Handoff]) -> list[Handoff]:
    """The queue: by priority, then oldest first."""
    return sorted(waiting, key=lambda each: (-each.priority, each.opened_at, each.id))


def may_take(handoff: Handoff, agent: Staff, *, present: Collection[str], now: datetime) -> bool:
    """Whether a waiting chat is this agent's to take."""
    kept = handoff.wanted_until is not None and now < handoff.wanted_until and handoff.wanted in present
    if handoff.wanted == agent.id:
        return True
    if kept:
        return False
    long_enough = now - handoff.opened_at >= DEPARTMENT_FIRST
    return not handoff.department or agent.covers(handoff.department) or long_enough


def next_for(
    agent: Staff, waiting: Sequence[Handoff], *, present: Collection[str], now: datetime
) -> list[Handoff]:
    """What this agent may take, in the order to try: first what is kept for them."""
    mine = [each for each in in_order(waiting) if may_take(each, agent, present=present, now=now)]
    return sorted(mine, key=lambda each: each.wanted != agent.id)


def likely_minutes(ahead: int, agents: int) -> int | None:
    """How long somebody with so many ahead is likely to wait; None: nobody is there to say."""
    return math.ceil((ahead + 1) / agents) * MINUTES_A_CHAT if agents else None
