"""The questions of a guide played in the chat (一事多情景), to the one-time notice at their end.

A citizen may tap, type a number or their own words, ask something else in between, go back, leave, or ask for
a person at any point. Nothing that they typed is kept: the state holds which branch was taken (`Play.code`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from handlers import texts
from handlers.conversation import Play
from handlers.question import answer_question
from handlers.talk import Answer, Services, Turn
from handlers.words import chosen_number, command
from intents.guards import guard
from intents.normalise import normalise
from knowledge.guide_reading import bare, read_answer
from knowledge.guide_scenes import StaleAnswersError, Walk, back, begin, branches, notice, resume, take
from knowledge.guides import Guide, Question
from messages import Choice, Choices, Link, Links, Part, Taps, Text

_CONTROLS: Final = (
    ("back", re.compile(r"(返回|回到|退回|回)?(上一步|上一题|上一个|上一问)|返回|后退|改一下|选错了|答错了")),
    ("restart", re.compile(r"重新(开始|来|选|答|填)(一遍|一次)?|从头(开始|来)|重来")),
    ("quit", re.compile(r"退出|不办了?|算了|结束|不问了?|停|不想答了?|取消")),
    ("continue", re.compile(r"继续(问|办|答)?|接着(来|问|办)|接着")),
)
_ACCEPT: Final = re.compile(
    r"(看看?)?(我|我这种情况|我的情况)?(该|要|需要|得|都要)*(带|准备)些?(什么|啥|哪些)(材料|东西|证件|资料)?"
)
_WISH: Final = re.compile(r"^(?:我|我们)?(?:要|想|来|想要|需要)?(?:办理|办一下|办个|办|申请|申办)?")
_MISSES_FOR_HELP: Final = 2


@dataclass(frozen=True, slots=True)
class _Stand:
    """Where somebody stands in a guide."""

    guide: Guide
    walk: Walk
    play: Play


def start_guide(turn: Turn, services: Services, guide: Guide, *, why: str, lead: str = "") -> Answer:
    """Ask the first question of a guide."""
    play = Play(guide.id, begin(guide).code)
    state = replace(turn.state, choices=(), more=(), offer="", misses=0, asked=f"办理：{guide.title}")
    said = lead or texts.guide_lead(guide)
    return _proceed(replace(turn, state=state), services, _Stand(guide, begin(guide), play), said, why)


async def play_guide(turn: Turn, services: Services) -> Answer | None:
    """Go on with the questions that are being asked, or begin where they were offered or named."""
    if turn.inbound.kind != "text":
        return None
    play = turn.state.play
    guide = turn.snapshot.guide(play.guide) if play else None
    control = _control(turn.text)
    if play is None or guide is None or not guide.has_scenes:
        return _gone(turn) if play and control else _begin(turn, services)
    try:
        stand = _Stand(guide, resume(guide, play.code), play)
    except StaleAnswersError:
        return start_guide(turn, services, guide, why="指南更新过，从头再问", lead=texts.GUIDE_CHANGED)
    if control:
        return _controlled(turn, services, stand, control)
    if play.done or play.asleep:
        return _begin(turn, services) or (None if play.done else _reminded(turn, stand))
    return await _answered(turn, services, stand)


def _gone(turn: Turn) -> Answer:
    state = replace(turn.state, play=None)
    return Answer(state, (Text(texts.GUIDE_GONE),), outcome="not_answered", lines=("指南已停用",))


def _control(text: str) -> str:
    said = bare(text)
    return next((name for name, pattern in _CONTROLS if pattern.fullmatch(said)), "")


def _begin(turn: Turn, services: Services) -> Answer | None:
    """Start the guide that was offered and accepted, or that is called by its name."""
    offered = turn.snapshot.guide(turn.state.offer) if turn.state.offer else None
    number = None if turn.state.choices else chosen_number(turn.text)
    if offered and (number == 1 or turn.text == texts.OFFER or _ACCEPT.fullmatch(bare(turn.text))):
        return start_guide(turn, services, offered, why=f"情景问答：{offered.title}")
    named = _named(turn)
    return start_guide(turn, services, named, why=f"说出了指南的名称：{named.title}") if named else None


def _named(turn: Turn) -> Guide | None:
    """The guide that is called by its name; “我要办护照” calls 办护照, the bare 护照 is too wide a word."""
    said, wished = normalise(turn.text), _WISH.sub("", turn.text)
    for guide in turn.snapshot.guides.values():
        names = (guide.title, *guide.names) if guide.has_scenes else ()
        if any(turn.text == name or said == normalise(name) for name in names):
            return guide
        if wished != turn.text and wished in {_WISH.sub("", name) for name in names}:
            return guide
    return None


def _controlled(turn: Turn, services: Services, stand: _Stand, control: str) -> Answer | None:
    guide, walk = stand.guide, stand.walk
    if control == "restart":
        return start_guide(turn, services, guide, why="重新开始")
    if control == "back":
        said = "" if walk.taken else texts.NO_EARLIER_QUESTION
        return _proceed(turn, services, replace(stand, walk=back(guide, walk)), said, "返回上一问")
    if stand.play.done:
        return None
    if control == "continue":
        return _proceed(turn, services, stand, "", "接着问")
    return Answer(replace(turn.state, play=None), (Text(texts.GUIDE_LEFT),), lines=("退出情景问答",))


def _reminded(turn: Turn, stand: _Stand) -> Answer | None:
    """Remind of questions left long ago, when something like an answer comes."""
    if turn.state.choices:
        return None
    question = stand.walk.question
    number = chosen_number(turn.text)
    if question is None or (number is None and _read(turn, stand.guide, question) is None):
        return None
    parts = (
        Text(texts.guide_asleep(stand.guide, stand.walk)),
        Taps("", (texts.CONTINUE, texts.RESTART, texts.QUIT)),
    )
    return Answer(turn.state, parts, outcome="asked_back", lines=("情景问答搁置太久，先问要不要接着来",))


async def _answered(turn: Turn, services: Services, stand: _Stand) -> Answer | None:
    """Take the text as an answer, else as another matter, else ask again."""
    question = stand.walk.question
    if question is None:
        return None
    count = len(_options(stand.guide, question))
    number = chosen_number(turn.text) if question.kind in {"single", "place", "yes_no"} else None
    place = number - 1 if number is not None else _read(turn, stand.guide, question)
    if place is not None and (number is None or 0 <= place < count):
        walk = take(stand.guide, stand.walk, place)
        label = walk.taken[-1][1].label
        return _proceed(turn, services, replace(stand, walk=walk), "", f"情景问答：{question.text}{label}")
    if number is not None:
        return _again(turn, services, stand, texts.guide_number_wrong(count))
    if command(turn.text) or guard(turn.text):
        return None  # thanks, a rating, a person, what the hall does not discuss: the other rules know
    return _begin(turn, services) or await _interrupted(turn, services, stand)


async def _interrupted(turn: Turn, services: Services, stand: _Stand) -> Answer | None:
    """Answer what is clearly another question, and come back; ask again otherwise."""
    found = await answer_question(turn, services)
    if found is not None and found.outcome == "answered" and stand.walk.question is not None:
        play = replace(stand.play, misses=0)
        parts = (*found.parts, *_question_parts(stand, texts.guide_back_to(stand.walk.question)))
        return replace(found, state=replace(found.state, play=play), parts=parts)
    if found is not None and found.outcome == "asked_back" and stand.play.misses:
        return replace(found, state=replace(found.state, play=replace(stand.play, asleep=True)))
    missed = stand.play.misses + 1
    said = texts.NOT_AN_ANSWER if missed < _MISSES_FOR_HELP else texts.NOT_AN_ANSWER_AGAIN
    return _again(turn, services, stand, said)


def _again(turn: Turn, services: Services, stand: _Stand, said: str) -> Answer:
    """Ask once more; from the second time on with the way to a person."""
    missed = stand.play.misses + 1
    answer = _proceed(turn, services, stand, said, "没有听懂这个回答")
    state = replace(answer.state, play=replace(stand.play, misses=missed))
    more = (Taps("", (texts.HUMAN,)),) if missed >= _MISSES_FOR_HELP else ()
    return replace(answer, state=state, parts=(*answer.parts, *more))


def _proceed(turn: Turn, services: Services, stand: _Stand, said: str, why: str) -> Answer:
    """Ask what comes next, or give the notice."""
    lead = (Text(said),) if said else ()
    walk = stand.walk
    play = Play(stand.guide.id, walk.code, done=walk.question is None)
    state = replace(turn.state, play=play, choices=(), more=(), offer="")
    if walk.question is not None:
        parts = (*lead, *_question_parts(stand, texts.guide_question(walk, walk.question)))
        return Answer(state, parts, outcome="asked_back", lines=(why,))
    rated = replace(state, rated_turn=turn.inbound.key)
    return Answer(rated, (*lead, *_notice_parts(turn, services, stand)), outcome="answered", lines=(why,))


def _read(turn: Turn, guide: Guide, question: Question) -> int | None:
    return read_answer(guide, question, turn.text, turn.today)


def _options(guide: Guide, question: Question) -> tuple[str, ...]:
    """The labels that are offered, in the order of their numbers."""
    if question.kind == "several":
        labels = tuple(each.label for each in question.options)
        return (*labels, question.none) if question.none else labels
    return tuple(each.label for each in branches(guide, question))


def _question_parts(stand: _Stand, heading: str) -> tuple[Part, ...]:
    question = stand.walk.question
    if question is None:
        return ()
    match question.kind:
        case "number":
            return (Text(heading if question.hint else f"{heading}\n{texts.NUMBER_HINT}"),)
        case "date":
            return (Text(heading if question.hint else f"{heading}\n{texts.DATE_HINT}"),)
        case "several":
            footer = texts.SEVERAL_FOOTER
        case _:
            footer = "" if stand.walk.taken else texts.FIRST_FOOTER
    options = tuple(
        Choice(number, label) for number, label in enumerate(_options(stand.guide, question), start=1)
    )
    return (Choices(heading, options, footer),)


def _notice_parts(turn: Turn, services: Services, stand: _Stand) -> tuple[Part, ...]:
    guide, walk = stand.guide, stand.walk
    found = notice(guide, walk)
    department = turn.snapshot.departments.get(found.department)
    said = (
        texts.notice_head(found),
        texts.notice_materials(found),
        texts.notice_facts(found, department),
        texts.notice_steps(found),
        texts.sample_notice(turn.snapshot.hall),
    )
    online = (Link("网上办理", found.online_url),) if found.online_url else ()
    page = Link("打开这份告知单（可打印）", f"{services.public_url}/guides/{guide.id}/notice/{walk.code}")
    return (
        *(Text(each) for each in said if each),
        Links((page, *online)),
        Taps(texts.WRONG_ANSWER_LEAD, (texts.BACK, texts.RESTART)),
        Taps(texts.WAS_IT_USEFUL, (texts.USEFUL, texts.USELESS)),
    )
