"""The conversation put to work: context in, reply out, effects carried out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, assert_never
from zoneinfo import ZoneInfo

import structlog

from bot.reception import Reception
from handlers import events, table, texts
from handlers.conversation import ConversationStore, State
from handlers.talk import (
    DeskEffect,
    Effect,
    ForgetCitizen,
    NoteConsents,
    NoteResults,
    RateTurn,
    Services,
    nobody_waits,
)
from handlers.talk import Turn as Talk
from handlers.turns import Trace, TurnStore
from handlers.words import tidy
from helpdesk.desk_store import DeskStore
from helpdesk.handoffs import HandoffStore
from knowledge.snapshot import Snapshot, Snapshots
from messages import Choices, Inbound, Part, StoreUnavailableError, Taps, Text
from wechat.consents import ConsentStore
from wechat.outbox import OutboxStore
from wechat.render import paginate

BEIJING: Final = ZoneInfo("Asia/Shanghai")
MEMORY_RULES: Final = frozenset(
    {"danger", "follow", "scan", "menu", "event", "not_text", "small_talk", "question"}
)
MEMORY_OUTCOMES: Final = frozenset({"answered", "danger", "command", "event", "ignored"})
"""What may be answered without the database, as long as it has no effect that must be stored."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Said:
    """A reply cut to one page, and why."""

    parts: tuple[Part, ...]
    trace: Trace
    state: State
    """What is to be remembered."""
    effects: tuple[Effect, ...] = ()
    """What is to be done, under the lock of the conversation."""

    @property
    def forgotten(self) -> bool:
        """Whether the citizen's data is to be deleted: nothing may be saved any more."""
        return any(isinstance(effect, ForgetCitizen) for effect in self.effects)


class Dialogue:
    """Asks the table of rules, and does what it decided."""

    def __init__(
        self,
        *,
        snapshots: Snapshots,
        turns: TurnStore,
        conversations: ConversationStore,
        handoffs: HandoffStore,
        desk: DeskStore,
        outbox: OutboxStore,
        consents: ConsentStore,
        clock: Callable[[], datetime],
        public_url: str,
        flood_limit: int,
        lasting_templates: frozenset[str] = frozenset(),
    ) -> None:
        """`lasting_templates`: ids of long-term subscriptions, whose consent no message uses up."""
        self._snapshots = snapshots
        self._turns = turns
        self._conversations = conversations
        self._handoffs = handoffs
        self._outbox = outbox
        self._consents = consents
        self._lasting_templates = lasting_templates
        self._clock = clock
        self._reception = Reception(handoffs, desk, clock)
        self._services = Services(public_url, flood_limit, self._reception.queue, self._reception.handoff)

    async def decide(self, inbound: Inbound, state: State) -> Said:
        """Decide what to say; changes nothing. A bug in a rule ends in an apology, logged."""
        snapshot = self._snapshots.current
        if snapshot is None:
            return _not_ready(inbound, state)
        try:
            answer, trace = await table.answer(self._talk(inbound, state, snapshot), self._services)
        except StoreUnavailableError:
            raise
        except Exception:
            log.exception("a rule failed", key=inbound.key)
            return Said((Text(texts.TROUBLE),), Trace(rule="trouble", outcome="refused"), state)
        first, rest = paginate(answer.parts, inbound.channel)
        after = replace(answer.state, more=rest) if rest else answer.state
        return Said(first, trace, after, answer.effects)

    async def carry_out(self, said: Said, inbound: Inbound, state: State) -> Said:
        """Do what was decided from `state`, and give it back; safe to repeat.

        When the person it was meant for has gone in between, the assistant decides anew.
        """
        for effect in said.effects:
            if not await self._carry_out(effect, inbound):
                return await self.carry_out(await self.decide(inbound, state), inbound, state)
        return said

    async def from_memory(self, inbound: Inbound) -> tuple[Part, ...] | None:
        """Answer while the database is away; None: this needs storing, so it must not be acknowledged."""
        snapshot = self._snapshots.current
        if snapshot is None or inbound.channel == "mini":
            return None
        services = replace(self._services, queue=nobody_waits)
        answer, trace = await table.answer(self._talk(inbound, State(), snapshot), services)
        if not answer.effects and trace.rule in MEMORY_RULES and answer.outcome in MEMORY_OUTCOMES:
            # Without the database nothing can be rated, chosen by number or continued.
            parts = tuple(part for part in answer.parts if not isinstance(part, Taps | Choices))
            return paginate(parts, inbound.channel)[0]
        return None if inbound.kind == "event" else (Text(texts.NOT_STORED),)

    def _talk(self, inbound: Inbound, state: State, snapshot: Snapshot) -> Talk:
        now = self._clock()
        return Talk(inbound, tidy(inbound.text), state, snapshot, now, now.astimezone(BEIJING).date())

    async def _carry_out(self, effect: Effect, inbound: Inbound) -> bool:
        """Do it; False: what the answer rested on is not so any more, and nothing was done."""
        if isinstance(effect, DeskEffect):
            return await self._reception.carry_out(effect)
        match effect:
            case RateTurn():
                await self._turns.rate(effect.key, useful=effect.useful, now=self._clock())
            case NoteConsents():
                await self._note_consents(effect, inbound)
            case NoteResults():
                for result in effect.results:
                    await self._outbox.note_result(inbound.channel, inbound.user, result, now=self._clock())
            case ForgetCitizen():
                # The turns last: while they stand, a crash in between leads to doing this again.
                for store in (self._conversations, self._handoffs, self._outbox, self._turns):
                    await store.forget(inbound.channel, inbound.user)
            case _:
                assert_never(effect)
        return True

    async def _note_consents(self, effect: NoteConsents, inbound: Inbound) -> None:
        for change in effect.changes:
            citizen = (inbound.channel, inbound.user, change.template_id)
            if change.accepted:
                lasting = change.template_id in self._lasting_templates
                await self._consents.grant(*citizen, lasting=lasting, key=inbound.key, now=self._clock())
            else:
                await self._consents.revoke(*citizen)


def _not_ready(inbound: Inbound, state: State) -> Said:
    """Answer before the knowledge base was read for the first time; leaving is always honoured."""
    if inbound.event in events.FORGET:
        return Said((), Trace(rule="unfollow", outcome="event"), state, (ForgetCitizen(),))
    parts = () if inbound.kind == "event" else (Text(texts.PREPARING),)
    return Said(parts, Trace(rule="preparing", outcome="refused"), state)
