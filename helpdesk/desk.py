"""The desk: what is said in a hand-off, and the steps of one. Pure; `helpdesk.desk_store` keeps it.

A step says what changes, and what is told to whom: what the citizen gets of a line leaves through the outbox;
lines of the system and private notes are for staff.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Literal

from helpdesk.handoffs import Handoff
from helpdesk.staff import Staff
from messages import Kind, Part, Taps, Text

Sender = Literal["citizen", "agent", "system", "note"]
Outcome = Literal["solved", "told", "forwarded", "absent", "left"]
OUTCOMES: Final[Mapping[Outcome, str]] = {
    "solved": "已解决",
    "told": "已告知办理方式",
    "forwarded": "转部门继续处理",
    "absent": "市民没有回应",
    "left": "市民结束了对话",
}
CHOSEN_OUTCOMES: Final[tuple[Outcome, ...]] = ("solved", "told", "forwarded", "absent")
"""What an agent may choose when closing."""

KEPT_FOR: Final = timedelta(minutes=5)
"""How long a transferred chat is kept for the person it was transferred to."""
LINE_LIMIT: Final = 600
"""Characters of one line of an agent: it must fit into one WeChat message of 2,000 bytes."""
STARS: Final = ("5 很满意", "4 满意", "3 一般", "2 不满意", "1 很不满意")


@dataclass(frozen=True, slots=True)
class Line:
    """Something to be said in a hand-off, not stored yet."""

    id: str
    """Made from what caused it, so that storing twice is storing once."""
    sender: Sender
    text: str
    at: datetime
    staff: str = ""
    name: str = ""
    kind: Kind = "text"
    media_id: str = ""
    parts: tuple[Part, ...] = ()
    """What the citizen gets of it; nothing for lines among staff."""


@dataclass(frozen=True, slots=True)
class DeskMessage:
    """One stored line of a hand-off."""

    id: str
    handoff: str
    order: int
    """1, 2, 3 … within the hand-off."""
    sender: Sender
    text: str
    at: datetime
    staff: str = ""
    name: str = ""
    kind: Kind = "text"
    media_id: str = ""
    outbox: str = ""
    """The outbox item that brings it to the citizen; empty: it is not for them."""


@dataclass(frozen=True, slots=True)
class Step:
    """A change of a hand-off as it was read: as a whole, or not at all when somebody was faster."""

    before: Handoff
    after: Handoff
    lines: tuple[Line, ...] = field(default=())


def citizen_line(key: str, text: str, now: datetime, *, kind: Kind = "text", media_id: str = "") -> Line:
    """What the citizen said; `key` is the key of the turn."""
    return Line(key, "citizen", text, now, kind=kind, media_id=media_id)


def agent_line(key: str, agent: Staff, text: str, now: datetime) -> Line:
    """What an agent answers; `key` comes with the form, so that sending it twice says it once."""
    return Line(key, "agent", text, now, agent.id, agent.name, parts=(Text(text),))


def note_line(key: str, agent: Staff, text: str, now: datetime) -> Line:
    """A private note."""
    return Line(key, "note", text, now, agent.id, agent.name)


def take(handoff: Handoff, agent: Staff, now: datetime) -> Step:
    """An agent takes a waiting chat; the citizen is told who it is."""
    after = replace(
        handoff,
        state="active",
        agent=agent.id,
        agent_name=agent.name,
        claimed_at=handoff.claimed_at or now,
        wanted="",
        wanted_until=None,
        priority=0,
    )
    said = f"您好，我是工作人员{agent.name}，现在由我为您服务。想结束人工服务，回复“结束”。"
    return _step(handoff, after, now, f"{agent.name} 接入", by=agent, told=(Text(said),))


def take_over(handoff: Handoff, supervisor: Staff, now: datetime) -> Step:
    """A supervisor takes a chat that somebody else has; the citizen is told."""
    after = replace(handoff, agent=supervisor.id, agent_name=supervisor.name)
    said = f"您好，我是工作人员{supervisor.name}，接下来由我为您服务。"
    system = f"{supervisor.name} 从 {handoff.agent_name} 接手"
    return _step(handoff, after, now, system, by=supervisor, told=(Text(said),))


def give_back(handoff: Handoff, agent: Staff, now: datetime) -> Step:
    """An agent puts a chat back into the queue."""
    return _step(handoff, _waiting(handoff), now, f"{agent.name} 放回队列", by=agent)


def take_back(handoff: Handoff, now: datetime) -> Step:
    """The agent has vanished: the chat goes back to the queue, in front, and the citizen is told."""
    said = "工作人员那边断线了，正在为您换一位，请稍等。您说过的话都在，不用重复。"
    system = f"{handoff.agent_name} 掉线，自动放回队列"
    return _step(handoff, _waiting(handoff), now, system, told=(Text(said),))


def transfer(
    handoff: Handoff, agent: Staff, now: datetime, *, to: Staff | None, department: str, place: str, note: str
) -> Step:
    """An agent hands the chat on, to a colleague or to a department (`place` is its name), with a note."""
    after = replace(
        _waiting(handoff),
        department=department or handoff.department,
        wanted=to.id if to else "",
        wanted_until=now + KEPT_FOR if to else None,
    )
    whom = to.name if to else place
    said = f"您的问题转给{whom}继续答复，请稍等。您说过的话都在，不用重复。"
    system = f"{agent.name} 转给 {whom}" + (f"：{note}" if note else "")
    return _step(handoff, after, now, system, by=agent, told=(Text(said),))


def close(handoff: Handoff, agent: Staff, outcome: Outcome, now: datetime) -> Step:
    """An agent ends the chat: the assistant is back and asks for a rating."""
    after = replace(handoff, state="closed", closed_at=now, outcome=outcome, closed_by=agent.id)
    said = "本次人工服务已结束，智能助手回来了，有事直接问我。"
    system = f"{agent.name} 结束：{OUTCOMES[outcome]}"
    return _step(handoff, after, now, system, by=agent, told=(Text(said), *rating_parts()))


def leave(handoff: Handoff, now: datetime) -> Step:
    """The citizen ends the chat; what they hear is said by the turn itself."""
    after = replace(handoff, state="closed", closed_at=now, outcome="left")
    return _step(handoff, after, now, OUTCOMES["left"])


def rating_parts() -> tuple[Part, ...]:
    """Ask for the rating: to be tapped or typed."""
    return (Taps("请给这次人工服务打分（1 到 5 分）：", STARS),)


def _waiting(handoff: Handoff) -> Handoff:
    return replace(
        handoff, state="waiting", agent="", agent_name="", wanted="", wanted_until=None, priority=1
    )


def _step(
    before: Handoff,
    after: Handoff,
    now: datetime,
    system: str,
    *,
    by: Staff | None = None,
    told: tuple[Part, ...] = (),
) -> Step:
    key = f"{before.id}:step:{before.version + 1}"
    line = Line(key, "system", system, now, by.id if by else "", by.name if by else "", parts=told)
    return Step(before, replace(after, version=before.version + 1), (line,))
