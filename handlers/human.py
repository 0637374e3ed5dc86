"""The way to a person: open, repeat and cancel a hand-off. The desk itself comes with its own issue."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime

from handlers import texts
from handlers.hours import calendar_of, spoken
from handlers.talk import Answer, CloseHandoff, NotePhone, OpenHandoff, Services, Turn
from handlers.words import call_back_number, command
from helpdesk.handoffs import Handoff, HandoffReason
from messages import Taps, Text

REFERENCE_LENGTH = 6


def reference(handoff_id: str) -> str:
    """Make the short code that the citizen and the agent can say to each other."""
    return hashlib.blake2b(handoff_id.encode(), digest_size=8).hexdigest()[:REFERENCE_LENGTH].upper()


async def hand_over(turn: Turn, services: Services) -> Answer | None:
    """Open a hand-off when the citizen asks for a person."""
    if turn.inbound.kind != "text":
        return None
    name = command(turn.text)
    if name == "cancel_human":
        return _cancel(turn)
    if name != "human":
        return None
    return await open_handoff(turn, services, reason="missed" if turn.state.misses else "asked")


async def open_handoff(turn: Turn, services: Services, *, reason: HandoffReason) -> Answer:
    """Store the request and say what happens next; a second request joins the first."""
    state, hall = turn.state, turn.snapshot.hall
    if turn.handoff is not None and turn.handoff.state == "active":
        return Answer(state, (Text(texts.PERSON_IS_HERE),), outcome="handed_over")
    if state.handoff:
        said = texts.handoff_again(hall, reference(state.handoff))
        return Answer(state, (Text(said),), outcome="handed_over")
    entry = turn.snapshot.entries.get(state.entry)
    department = entry.department if entry else ""
    promised_at = _promise(turn, department)
    handoff = Handoff(
        id=turn.inbound.key,
        channel=turn.inbound.channel,
        user=turn.inbound.user,
        reason=reason,
        question=state.asked or turn.text,
        opened_at=turn.now,
        department=department,
        promised_at=promised_at,
    )
    if promised_at is not None:
        said = texts.message_taken(hall, spoken(promised_at, turn.now), reference(handoff.id))
    else:
        said = texts.handoff_opened(hall, await services.queue(), reference(handoff.id))
    parts = (Text(said), Taps("", (texts.CANCEL_HUMAN,)))
    after = replace(state, handoff=handoff.id, misses=0, choices=())
    return Answer(after, parts, (OpenHandoff(handoff),), outcome="handed_over", lines=("登记人工服务",))


def _promise(turn: Turn, department: str) -> datetime | None:
    """By when an answer comes, counted in working time; None while people are at work."""
    calendar = calendar_of(turn.snapshot.hall, department)
    if calendar.is_open(turn.now):
        return None
    return calendar.add_working(turn.now, turn.snapshot.hall.hours_for(department).reply_minutes)


async def take_phone(turn: Turn, services: Services) -> Answer | None:  # noqa: ARG001 - one shape for all rules
    """Note the number of somebody who waits and wants to be called (“回电 13800000000”)."""
    phone = call_back_number(turn.text) if turn.inbound.kind == "text" else None
    if phone is None:
        return None
    if not turn.state.handoff:
        parts = (Text(texts.PHONE_WITHOUT_HANDOFF), Taps("", (texts.HUMAN,)))
        return Answer(turn.state, parts, outcome="command")
    if not phone:
        return Answer(turn.state, (Text(texts.ASK_PHONE),))
    noted = NotePhone(turn.state.handoff, phone)
    return Answer(turn.state, (Text(texts.phone_noted(phone)),), (noted,))


def _cancel(turn: Turn) -> Answer:
    hall = turn.snapshot.hall
    if not turn.state.handoff:
        return Answer(turn.state, (Text(texts.say("no_handoff", hall)),))
    after = replace(turn.state, handoff="")
    return Answer(after, (Text(texts.say("handoff_cancelled", hall)),), (CloseHandoff(turn.state.handoff),))
