"""What the conversation has to do with people: who has the chat, and carrying out what concerns the desk."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import assert_never

from handlers.talk import (
    CloseHandoff,
    DeskEffect,
    LeaveDesk,
    NotePhone,
    OpenHandoff,
    RateHandoff,
    TellDesk,
)
from helpdesk.desk import leave
from helpdesk.desk_store import DeskStore
from helpdesk.handoffs import Handoff, HandoffStore
from helpdesk.routing import PRESENT_FOR, Queue
from messages import Inbound


class Reception:
    """Between the conversation and the desk's stores."""

    def __init__(self, handoffs: HandoffStore, desk: DeskStore, clock: Callable[[], datetime]) -> None:
        self._handoffs = handoffs
        self._desk = desk
        self._clock = clock

    async def queue(self) -> Queue:
        """How busy the desk is."""
        present = await self._desk.present(since=self._clock() - PRESENT_FOR)
        return Queue(await self._handoffs.waiting_count(), len(present))

    async def handoff(self, inbound: Inbound, handoff_id: str) -> Handoff | None:
        """The citizen's open hand-off, else the closed one of this id."""
        found = await self._handoffs.current(inbound.channel, inbound.user)
        return found or await self._handoffs.get(handoff_id)

    async def carry_out(self, effect: DeskEffect) -> bool:
        """Do it; safe to repeat. False: nobody has the chat any more, and nothing was done."""
        match effect:
            case TellDesk():
                return await self._desk.write(effect.handoff_id, effect.line) is not None
            case LeaveDesk():
                await self._leave(effect.handoff_id)
            case RateHandoff():
                await self._handoffs.rate(effect.handoff_id, rating=effect.rating, reason=effect.reason)
            case OpenHandoff():
                await self._handoffs.open(effect.handoff)
            case CloseHandoff():
                await self._handoffs.close(effect.handoff_id, now=self._clock())
            case NotePhone():
                await self._handoffs.note_phone(effect.handoff_id, effect.phone)
            case _:
                assert_never(effect)
        return True

    async def _leave(self, handoff_id: str) -> None:
        """Close what is still open; whoever changes it at the same time makes us look again."""
        while (found := await self._handoffs.get(handoff_id)) is not None and found.state != "closed":
            if await self._desk.save(leave(found, self._clock())) is not None:
                return
