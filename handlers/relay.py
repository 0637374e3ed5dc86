"""While a person has the chat, the assistant is silent: what the citizen says goes to the desk."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from handlers import texts
from handlers.talk import Answer, LeaveDesk, RateHandoff, Services, TellDesk, Turn
from handlers.words import command, ends_chat
from helpdesk.desk import STARS, citizen_line, rating_parts
from messages import Taps, Text

_RATING: Final = re.compile(r"([1-5])(?:分|星)?(?:[\s,，。:：]+(.*))?", re.DOTALL)
_REASON_LIMIT: Final = 200
_PLEASED: Final = 4
KINDS: Final = {
    "image": "［图片］",
    "voice": "［语音］",
    "video": "［视频］",
    "location": "［位置］",
    "link": "［链接］",
    "card": "［卡片］",
    "unknown": "［看不懂的消息］",
}


async def look(turn: Turn, services: Services) -> Turn:
    """See what has become of the citizen's hand-off: staff change it while the citizen says nothing."""
    if turn.state.reason_for:
        turn = replace(turn, state=replace(turn.state, reason_for=""), reason_for=turn.state.reason_for)
    if not turn.state.handoff:
        return turn
    handoff = await services.handoff(turn.inbound, turn.state.handoff)
    is_open = handoff is not None and handoff.state != "closed"
    state = replace(turn.state, handoff=handoff.id if handoff is not None and is_open else "")
    return replace(turn, state=state, handoff=handoff)


def tell_desk(turn: Turn) -> tuple[TellDesk, ...]:
    """Pass the message on to the person who has the chat, if one has."""
    handoff, inbound = turn.handoff, turn.inbound
    if handoff is None or not handoff.talking or inbound.kind == "event":
        return ()
    said = inbound.text if inbound.kind == "text" else KINDS[inbound.kind]
    line = citizen_line(inbound.key, said, turn.now, kind=inbound.kind, media_id=inbound.media_id)
    return (TellDesk(handoff.id, line),)


async def relay(turn: Turn, services: Services) -> Answer | None:  # noqa: ARG001 - one shape for all rules
    """Be silent while a person has the chat; “结束” gives the assistant back."""
    told, ends = tell_desk(turn), turn.inbound.kind == "text" and ends_chat(turn.text)
    parts = (Text(texts.CHAT_ENDED), *rating_parts())
    if turn.handoff is not None and turn.handoff.outcome == "left" and ends:  # done before a crash
        return Answer(turn.state, parts, lines=("市民结束人工服务",))
    if not told or turn.handoff is None:
        return None
    if ends:
        return Answer(turn.state, parts, (*told, LeaveDesk(turn.handoff.id)), lines=("市民结束人工服务",))
    return Answer(turn.state, effects=told, outcome="handed_over", lines=("已转给工作人员",))


async def take_rating(turn: Turn, services: Services) -> Answer | None:  # noqa: ARG001
    """Note 1 to 5 for a talk with a person that has just ended; a bad one is asked the reason for."""
    handoff = turn.handoff
    if handoff is None or handoff.state != "closed" or turn.inbound.kind != "text":
        return None
    found = _RATING.fullmatch(turn.text)
    if found is None:
        return None
    if handoff.rating not in {None, int(found.group(1))}:  # the same again: done before a crash
        return None
    rating, reason = int(found.group(1)), (found.group(2) or "").strip()[:_REASON_LIMIT]
    given = "" if turn.text in STARS else reason
    rated = RateHandoff(handoff.id, rating, given)
    if rating >= _PLEASED or given:
        return Answer(turn.state, (Text(texts.THANKS_FOR_STARS),), (rated,))
    after = replace(turn.state, reason_for=handoff.id)
    return Answer(after, (Text(texts.WHY_SO_FEW),), (rated,))


async def take_reason(turn: Turn, services: Services) -> Answer | None:  # noqa: ARG001
    """Take the message after a bad rating for its reason, unless it asks for something."""
    if not turn.reason_for or turn.inbound.kind != "text" or command(turn.text):
        return None
    noted = RateHandoff(turn.reason_for, reason=turn.inbound.text.strip()[:_REASON_LIMIT])
    return Answer(turn.state, (Text(texts.REASON_NOTED), Taps("", (texts.HUMAN,))), (noted,))
