"""The mini-program's own page: log in, ask, rate, read what came later, be forgotten.

A question is a message like any other: it goes through the same engine, table of rules and turns as one from
a chat, on a channel of its own (`app`). What a reply can't wait for is read from `/messages`.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, Field

from api.problems import FORBIDDEN, UNAUTHORIZED, UNAVAILABLE, ProblemError
from api.sessions import SIMULATED_CODE, open_session, pseudonym
from api.shapes import ONE_LINE, SOME_LINES, Strict, Told
from api.table import Answer, Call, Outcome, Route, missing
from handlers import events, texts
from handlers.turns import Trace, Turn
from knowledge.snapshot import Snapshot
from messages import Choices, Image, Inbound, Kind, Links, News, Part, Taps, Text, Transfer
from wechat.api.identity import mini_session
from wechat.api_errors import ApiError, RefusedError, SnapshotIdentityError

MOST_CHARACTERS: Final = 600
MOST_MESSAGES: Final = 50
NOBODY: Final = "simulated"
RETRY: Final = {"Retry-After": "5"}
BAD_CODES: Final = frozenset({40029, 40163, 40226})
"""The login code is wrong, was used before, or its owner is blocked by the platform (小程序登录)."""
QUESTION_RULES: Final = frozenset({"question", "choice"})
Understood = Literal["match", "ambiguous", "no_match", "other"]
Code = Annotated[str, Field(min_length=1, max_length=200, pattern=ONE_LINE)]


class Login(Strict):
    """The code of `wx.login`."""

    code: Code = Field(description="wx.login 得到的 code；开发环境可用 sim:任意名字。")


class SessionTold(Told):
    """A session."""

    token: str = Field(description="放进 Authorization: Bearer，两小时有效。")
    expires_at: AwareDatetime


class Question(Strict):
    """What a citizen says."""

    text: str = Field(
        min_length=1, max_length=MOST_CHARACTERS, pattern=SOME_LINES, description="一句话，或选项的编号。"
    )
    id: str = Field(
        "",
        pattern=r"^[A-Za-z0-9_-]{0,64}$",
        description="自己编的编号；重发同一个编号得到同一个答复，不会问两次。",
    )


class LinkTold(Told):
    """A title that opens an address."""

    title: str
    url: str


class ChoiceTold(Told):
    """One choice: sending its number or its label takes it."""

    number: int
    label: str


class EntryNamed(Told):
    """The entry that answered, or comes nearest."""

    id: str
    question: str
    department: str


class Reply(Told):
    """What the assistant says."""

    text: str = Field(description="答复的文字，段落之间空一行。")
    links: list[LinkTold]
    choices: list[ChoiceTold] = Field(description="可以选的问题。")
    taps: list[str] = Field(description="可以点的词，如 有用、没用、人工。")


class AskTold(Reply):
    """The answer to one message."""

    turn: str = Field(description="这次问答的编号，评价时用。")
    kind: Understood = Field(
        description="match 直接回答，ambiguous 反问（见 choices），no_match 没答上来，other 指令、寒暄等。"
    )
    entry: EntryNamed | None
    confidence: float | None
    rateable: bool = Field(description="能不能评价有用、没用。")
    stored: bool = Field(description="false：数据库暂时不可用，凭内存作答，没有记下。")


class Pending(Told):
    """The answer comes later."""

    turn: str
    detail: str


class Rating(Strict):
    """有用 or 没用."""

    turn: str = Field(pattern=r"^app-[0-9a-f]{40}$", description="ask 答复里的 turn。")
    useful: bool


class Rated(Told):
    """Thanks."""

    text: str


class MessageTold(Reply):
    """Something that was said without having been asked for in the same request."""

    turn: str = Field(description="答复的是哪次提问；工作人员主动说的则是另外的编号。")
    at: AwareDatetime


class MessageList(Told):
    """The oldest first."""

    items: list[MessageTold]


class MessageQuery(Strict):
    """Since when."""

    after: AwareDatetime | None = Field(None, description="只要这以后的；不写就是最近两天。")


async def log_in(call: Call) -> Answer:
    """`POST /sessions`."""
    code, key = call.sent(Login).code, call.deps.session_key
    if key is None:
        raise ProblemError(UNAVAILABLE, "小程序登录还没有配置，请联系管理员。")
    if code.startswith(SIMULATED_CODE) and not call.deps.production:
        user = pseudonym(NOBODY, code)
    else:
        user = await _known_to_the_platform(call, code)
    token, ends = open_session(user, key, now=call.now)
    return Answer(SessionTold(token=token, expires_at=ends), 201)


async def _known_to_the_platform(call: Call, code: str) -> str:
    mini = call.deps.mini
    if mini is None:
        raise ProblemError(UNAVAILABLE, "小程序登录还没有配置，请联系管理员。")
    try:
        found = await mini_session(mini, code)
    except SnapshotIdentityError as error:
        raise ProblemError(FORBIDDEN, error.advice) from None
    except RefusedError as error:
        if error.code in BAD_CODES:
            raise ProblemError(UNAUTHORIZED, "登录凭证无效或已经用过，请重新登录。") from None
        raise ProblemError(UNAVAILABLE, "微信暂时不能登录，请稍后再试。", headers=RETRY) from None
    except ApiError:
        raise ProblemError(UNAVAILABLE, "微信暂时不能登录，请稍后再试。", headers=RETRY) from None
    return pseudonym(mini.app_id, found.openid)


async def ask(call: Call) -> Answer:
    """`POST /ask`."""
    question = call.sent(Question)
    key = _key(call.citizen, question.id or secrets.token_hex(16))
    outcome = await call.deps.engine.receive(_inbound(call, key, text=question.text))
    if outcome.result == "unavailable":
        raise ProblemError(UNAVAILABLE, texts.NOT_STORED, headers=RETRY)
    if outcome.parts == (Text(texts.NOT_STORED),):
        raise ProblemError(UNAVAILABLE, texts.NOT_STORED, headers=RETRY)
    if outcome.parts == (Text(texts.STORED_FOR_LATER),):
        return _later(key, outcome)
    if not outcome.stored:
        return Answer(_told(key, outcome.parts, Trace(), call.snapshot, stored=False))
    turn = await call.deps.turns.get(key)
    if turn is None or turn.status == "running":
        return _later(key, outcome)
    return Answer(_told(key, turn.parts, turn.trace, call.snapshot, stored=True))


async def rate(call: Call) -> Answer:
    """`POST /feedback`: only of one's own answers, and once."""
    rating = call.sent(Rating)
    turn = await call.deps.turns.get(rating.turn)
    if turn is None or turn.inbound.user != call.citizen or not _rateable(turn):
        raise missing("这次问答")
    await call.deps.turns.rate(rating.turn, useful=rating.useful, now=call.now)
    name = "rated_useful" if rating.useful else "rated_useless"
    return Answer(Rated(text=texts.say(name, call.snapshot.hall)))


async def show_messages(call: Call) -> Answer:
    """`GET /messages`: answers that came late, and what people at the desk said."""
    asked, oldest = call.asked(MessageQuery).after, call.now - timedelta(days=2)
    after = asked if asked is not None and asked > oldest else oldest
    found = await call.deps.outbox.of_user("app", call.citizen, after=after)
    items = [
        MessageTold(turn=each.id, at=each.created_at, **_reply(each.parts).model_dump())
        for each in found[:MOST_MESSAGES]
    ]
    return Answer(MessageList(items=items))


async def forget(call: Call) -> Answer:
    """`DELETE /me`: delete what is kept of this citizen, as when somebody unfollows."""
    key = _key(call.citizen, f"forget {secrets.token_hex(16)}")
    event = min(events.FORGET)
    outcome = await call.deps.engine.receive(_inbound(call, key, kind="event", event=event))
    if outcome.result == "unavailable" or not outcome.stored:
        raise ProblemError(UNAVAILABLE, texts.NOT_STORED, headers=RETRY)
    return Answer(None, 204)


def _key(citizen: str, name: str) -> str:
    """The key of a turn: the same for the same citizen and name, and it tells neither."""
    return "app-" + hashlib.sha256(f"{citizen}\x00{name}".encode()).hexdigest()[:40]


def _inbound(call: Call, key: str, *, kind: Kind = "text", text: str = "", event: str = "") -> Inbound:
    moment: datetime = call.now
    return Inbound(
        key=key,
        channel="app",
        user=call.citizen,
        account="api",
        kind=kind,
        at=moment.replace(microsecond=0),
        order=moment.microsecond,
        text=text,
        event=event,
    )


def _later(key: str, outcome: Outcome) -> Answer:
    said = _reply(outcome.parts).text or texts.STORED_FOR_LATER
    return Answer(Pending(turn=key, detail=said), 202, {"Retry-After": "2"})


def _told(key: str, parts: tuple[Part, ...], trace: Trace, snapshot: Snapshot, *, stored: bool) -> AskTold:
    entry = snapshot.entries.get(trace.entry)
    named = EntryNamed(id=entry.id, question=entry.question, department=entry.department) if entry else None
    return AskTold(
        turn=key,
        kind=_understood(trace),
        entry=named,
        confidence=trace.confidence,
        rateable=stored and _answered(trace),
        stored=stored,
        **_reply(parts).model_dump(),
    )


def _understood(trace: Trace) -> Understood:
    kinds: dict[str, Understood] = {
        "answered": "match",
        "asked_back": "ambiguous",
        "not_answered": "no_match",
    }
    return kinds.get(trace.outcome, "other") if trace.rule in QUESTION_RULES else "other"


def _answered(trace: Trace) -> bool:
    return trace.outcome == "answered" and bool(trace.entry)


def _rateable(turn: Turn) -> bool:
    return turn.status == "done" and _answered(turn.trace)


def _reply(parts: tuple[Part, ...]) -> Reply:
    """A reply by its kinds of parts, for a page that shows each in its own way."""
    said: list[str] = []
    links: list[LinkTold] = []
    choices: list[ChoiceTold] = []
    taps: list[str] = []
    for part in parts:
        match part:
            case Text():
                said.append(part.content)
            case Links():
                links += [LinkTold(title=each.title, url=each.url) for each in part.items]
            case News():
                links += [LinkTold(title=each.title, url=each.url) for each in part.articles]
            case Choices():
                said.append(part.heading)
                choices += [ChoiceTold(number=each.number, label=each.label) for each in part.options]
            case Taps():
                taps += part.words
            case Image() | Transfer():
                pass  # what only the chat can show
    return Reply(text="\n\n".join(each for each in said if each), links=links, choices=choices, taps=taps)


ROUTES: Final = (
    Route(
        "POST",
        "/sessions",
        "anyone",
        log_in,
        "小程序登录",
        {201: SessionTold},
        body=Login,
        rate="login",
    ),
    Route(
        "POST",
        "/ask",
        "session",
        ask,
        "提问；202 表示答复稍后到 /messages 取",
        {200: AskTold, 202: Pending},
        body=Question,
    ),
    Route("POST", "/feedback", "session", rate, "评价有用、没用", {200: Rated}, body=Rating),
    Route(
        "GET",
        "/messages",
        "session",
        show_messages,
        "取晚到的答复和工作人员的话",
        {200: MessageList},
        query=MessageQuery,
    ),
    Route("DELETE", "/me", "session", forget, "删除我的全部记录", {204: None}),
)
