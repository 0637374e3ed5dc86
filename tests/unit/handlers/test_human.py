"""The way to a person, by the clock: what is promised in and outside working hours."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from handlers import table
from handlers.conversation import State
from handlers.hours import spoken
from handlers.talk import Answer, NotePhone, OpenHandoff, Services, Turn
from handlers.words import call_back_number, tidy
from helpdesk.calendar import BEIJING
from helpdesk.handoffs import Handoff
from helpdesk.routing import Queue
from knowledge.snapshot import build
from messages import Inbound, Text
from tests.running import SMALL_HALL

SNAPSHOT = build(1, SMALL_HALL, datetime(2026, 11, 23, tzinfo=BEIJING).date())


async def _three() -> Queue:
    return Queue(3, 2)


async def _none(inbound: Inbound, handoff_id: str) -> Handoff:
    return Handoff(handoff_id, "official", inbound.user, "asked", "", inbound.at)


SERVICES = Services("https://hall.example", 0, _three, _none)


async def said(text: str, moment: str, state: State | None = None) -> Answer:
    now = datetime.fromisoformat(moment).replace(tzinfo=BEIJING)
    inbound = Inbound("k1", "official", "o1", "gh", "text", now, text=text)
    turn = Turn(inbound, tidy(text), state or State(), SNAPSHOT, now, now.date())
    return (await table.answer(turn, SERVICES))[0]


def words(answer: Answer) -> str:
    return "\n".join(part.content for part in answer.parts if isinstance(part, Text))


async def test_in_working_hours_the_citizen_hears_how_many_wait() -> None:
    answer = await said("人工", "2026-11-23T10:00")
    assert "前面还有 3 位，大约要等 10 分钟" in words(answer)
    (opened,) = answer.effects
    assert isinstance(opened, OpenHandoff)
    assert opened.handoff.promised_at is None


async def test_on_friday_night_an_answer_is_promised_for_monday_in_working_time() -> None:
    answer = await said("人工", "2026-11-20T20:00")
    assert "预计11月23日（周一）10:00前" in words(answer)
    assert "回电" in words(answer)
    (opened,) = answer.effects
    assert isinstance(opened, OpenHandoff)
    assert opened.handoff.promised_at == datetime(2026, 11, 23, 10, tzinfo=BEIJING)


async def test_a_call_is_noted_for_who_waits_and_explained_to_who_does_not() -> None:
    waiting = State(handoff="h1")
    answer = await said("回电 13800000000", "2026-11-20T20:00", waiting)
    assert answer.effects == (NotePhone("h1", "13800000000"),)
    assert "13800000000" in words(answer)
    assert not (await said("回电 123456789", "2026-11-20T20:00", waiting)).effects
    alone = await said("回电 13800000000", "2026-11-20T20:00", replace(waiting, handoff=""))
    assert not alone.effects
    assert "先回复“人工”" in words(alone)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("回电13800000000", "13800000000"),
        ("请回电：138 0000 0000", "13800000000"),
        ("打给我0710-5812345", "0710-5812345"),
        ("回电", ""),
        ("回电 12345678", ""),
        ("社保局的人说会给我回电话是真的吗", None),
        ("打电话能不能查公积金余额", None),
        ("13800000000", None),
    ],
)
def test_numbers_for_a_call_back(text: str, number: str | None) -> None:
    assert call_back_number(tidy(text)) == number


@pytest.mark.parametrize(
    ("moment", "told"),
    [
        ("2026-11-23T14:30", "今天 14:30"),
        ("2026-11-24T09:05", "明天 9:05"),
        ("2026-11-30T09:30", "11月30日（周一）9:30"),
    ],
)
def test_moments_are_told_as_one_says_them(moment: str, told: str) -> None:
    now = datetime(2026, 11, 23, 12, tzinfo=BEIJING)
    assert spoken(datetime.fromisoformat(moment).replace(tzinfo=BEIJING), now) == told
