"""Finishes what a dead process or a lost connection left open: nothing that was acknowledged is lost."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.turns import LEASE_SECONDS, Turns
from handlers.turns import TurnStore

EVERY_SECONDS: Final = 2.0
RETRIES_OVER: Final = timedelta(seconds=20)
"""WeChat delivers three times within about 15 seconds; a reply nobody took by then leaves by itself."""

log = structlog.get_logger(__name__)


class Recovery:
    """A loop's worth of recovery; any number of processes may run it."""

    def __init__(self, *, engine: Turns, turns: TurnStore, owner: str) -> None:
        self._engine = engine
        self._turns = turns
        self._owner = owner

    async def run_once(self, now: datetime) -> float:
        """Take over abandoned turns and queue replies that nobody took; returns the next delay."""
        await self._engine.settle()
        while turn := await self._turns.take_abandoned(
            owner=self._owner, now=now, lease_seconds=LEASE_SECONDS
        ):
            log.info("taking over an abandoned turn", key=turn.inbound.key)
            await self._engine.resume(turn)
        while await self._turns.take_unclaimed(before=now - RETRIES_OVER):
            pass
        return EVERY_SECONDS
