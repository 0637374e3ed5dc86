"""Follow, unfollow, scan, menu; and messages that are no text."""

from __future__ import annotations

from dataclasses import replace

from handlers import texts
from handlers.conversation import State
from handlers.guided import start_guide
from handlers.human import open_handoff
from handlers.question import give_entry, offer_of
from handlers.talk import Answer, ForgetCitizen, NoteConsents, NoteResults, Services, Turn
from messages import Link, Links, Part, Taps, Text
from wechat.consents import consent_changes
from wechat.receipts import notice_results

FOLLOW, SCAN, CLICK = "subscribe", "scan", "click"
FORGET = frozenset({"unsubscribe", "user_authorization_cancellation", "user_authorization_revoke"})
"""Events after which the platform demands that the person's data be deleted (用户管理, 授权用户信息变更)."""
ENTER = "user_enter_tempsession"


async def unfollow(turn: Turn, services: Services) -> Answer | None:  # noqa: ARG001 - one shape for all rules
    """Delete what is kept of somebody who leaves or takes the permission back."""
    if turn.inbound.event not in FORGET:
        return None
    return Answer(State(), effects=(ForgetCitizen(),), outcome="event")


async def follow(turn: Turn, services: Services) -> Answer | None:
    """Greet a new follower; one who came by a scene code gets what the code opens, too."""
    if turn.inbound.event not in {FOLLOW, ENTER}:
        return None
    hall = turn.snapshot.hall
    opened = _open(turn, services, turn.inbound.event_key) if turn.inbound.event == FOLLOW else None
    if opened is None:
        parts: tuple[Part, ...] = (Text(texts.greeting(hall)), Taps("比如：", texts.examples(hall)))
        return Answer(turn.state, parts, outcome="event")
    return replace(opened, parts=(Text(texts.greeting(hall)), *opened.parts))


async def scan(turn: Turn, services: Services) -> Answer | None:
    """Open what a scene code of the wall stands for."""
    if turn.inbound.event != SCAN:
        return None
    opened = _open(turn, services, turn.inbound.event_key)
    if opened is not None:
        return opened
    return Answer(turn.state, (Text(texts.unknown_code(turn.snapshot.hall)),), outcome="event")


async def menu_click(turn: Turn, services: Services) -> Answer | None:
    """Answer a menu button: `help`, `hours`, `human`, or a code such as `qa.ID`."""
    if turn.inbound.event != CLICK:
        return None
    hall = turn.snapshot.hall
    match turn.inbound.event_key:
        case "human":
            return await open_handoff(turn, services, reason="asked")
        case "help" | "hours":
            return Answer(turn.state, (Text(texts.help_text(hall)),), outcome="event")
        case "guides":
            link = Link("全部办事指南", f"{services.public_url}/guides")
            return Answer(turn.state, (Links((link,)),), outcome="event")
        case key:
            opened = _open(turn, services, key)
    if opened is not None:
        return opened
    return Answer(turn.state, (Text(texts.help_text(hall)),), outcome="event", lines=("菜单键没有对应内容",))


async def notices(turn: Turn, services: Services) -> Answer | None:  # noqa: ARG001
    """Keep what citizens agree to be notified of, and what became of the notices that were sent."""
    changes, results = consent_changes(turn.inbound), notice_results(turn.inbound)
    if not changes and not results:
        return None
    effects = (NoteConsents(changes),) if changes else (NoteResults(results),)
    return Answer(turn.state, effects=effects, outcome="event")


async def other_event(turn: Turn, services: Services) -> Answer | None:  # noqa: ARG001
    """Events that need no words: positions, views, results of jobs, and whatever the platform adds."""
    if turn.inbound.kind != "event":
        return None
    return Answer(turn.state, outcome="ignored")


async def not_text(turn: Turn, services: Services) -> Answer | None:  # noqa: ARG001
    """Say what to do instead of a picture, a voice message, a video, a position or a link."""
    if turn.inbound.kind == "text":
        return None
    if turn.inbound.kind == "unknown":  # logged at the door; a guess at its meaning would only confuse
        return Answer(turn.state, outcome="ignored")
    if turn.inbound.kind == "location":
        said = texts.location(turn.snapshot.hall)
    else:
        said = texts.NOT_TEXT[turn.inbound.kind]
    return Answer(turn.state, (Text(said), Taps("", (texts.HUMAN,))), outcome="command")


def _open(turn: Turn, services: Services, code: str) -> Answer | None:
    """Open a code: `qa.ENTRY`, `guide.GUIDE`, `g_GUIDE` (its questions), `dept.DEPARTMENT`; else None."""
    guide = turn.snapshot.guide(code.removeprefix("g_")) if code.startswith("g_") else None
    if guide and guide.has_scenes:
        return start_guide(turn, services, guide, why=f"扫码或菜单打开：{code}")
    kind, _, name = code.partition(".")
    if kind == "qa":
        entry = turn.snapshot.live(name, turn.today)
        return give_entry(turn, services, entry, lines=(f"扫码或菜单打开：{code}",)) if entry else None
    if guide or (kind == "guide" and (guide := turn.snapshot.guide(name))):
        link = Link(f"办事指南：{guide.title}", f"{services.public_url}/guides/{guide.id}")
        state, offer = offer_of(replace(turn.state, choices=()), guide)
        parts: tuple[Part, ...] = (Text(guide.summary), Links((link,)), *offer)
        return Answer(state, parts, outcome="event", lines=(f"扫码或菜单打开：{code}",))
    if kind == "dept" and (department := turn.snapshot.departments.get(name)):
        said = texts.department(department)
        return Answer(turn.state, (Text(said),), outcome="event", lines=(f"扫码或菜单打开：{code}",))
    return None
