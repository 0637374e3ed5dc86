"""What dialogues on the sample hall can't show: guides that change or vanish while somebody answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers import texts
from handlers.conversation import Play, State
from handlers.guided import play_guide
from handlers.table import PLAY_LIVES, STATE_LIVES, answer
from handlers.talk import Answer, Services, Turn
from handlers.words import tidy
from knowledge.files import Knowledge
from knowledge.guide_proof import MOST_ASKED
from knowledge.guide_scenes import begin, mark
from knowledge.guides import Guide
from knowledge.hall import Department, Hall
from knowledge.snapshot import Snapshot, build
from messages import Choices, Inbound, Links, Text
from tests.unit.knowledge.scene_samples import SCENES, TODAY

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
HALL = Hall("某厅", "某地", "12345", "全天", (Department("market", "市监局", phone="54321"),))


SERVICES = Services("https://hall.example", 0)


def hall_with(*guides: Guide) -> Snapshot:
    return build(1, Knowledge(HALL, guides=guides), TODAY)


SNAPSHOT = hall_with(SCENES)


def turn(text: str, state: State, snapshot: Snapshot = SNAPSHOT, *, now: datetime = NOW) -> Turn:
    inbound = Inbound("k", "official", "o", "gh", "text", now, text=text)
    return Turn(inbound, tidy(text), replace(state, at=state.at or now), snapshot, now, TODAY)


def playing(signs: str = "", **more: bool) -> State:
    return State(play=Play("shop", mark(SCENES) + signs, **more))


def said(found: Answer | None) -> str:
    assert found is not None
    return "\n".join(
        part.content if isinstance(part, Text) else part.heading
        for part in found.parts
        if isinstance(part, Text | Choices)
    )


async def test_questions_that_changed_meanwhile_begin_again_and_say_why() -> None:
    changed = hall_with(
        replace(SCENES, questions=SCENES.questions[1:], variants=(), materials=SCENES.materials[:1])
    )
    found = await play_guide(turn("2", playing("0"), changed), SERVICES)
    assert texts.GUIDE_CHANGED in said(found)
    assert "第 1 问：卖些什么？" in said(found)


async def test_a_reworded_guide_goes_on_where_it_stood() -> None:
    reworded = hall_with(replace(SCENES, title="开店铺"))
    found = await play_guide(turn("2", playing("0"), reworded), SERVICES)
    assert "第 3 问" in said(found)


async def test_a_guide_that_is_gone_says_so_when_it_is_meant_and_else_gets_out_of_the_way() -> None:
    gone = hall_with()
    assert said(await play_guide(turn("返回", playing("0"), gone), SERVICES)) == texts.GUIDE_GONE
    assert await play_guide(turn("2", playing("0"), gone), SERVICES) is None


async def test_a_guide_that_was_replaced_is_taken_up_by_its_successor() -> None:
    successor = hall_with(replace(SCENES, id="shop2", formerly=("shop",)))
    found = await play_guide(turn("2", playing("0"), successor), SERVICES)
    assert found is not None
    assert found.state.play is not None
    assert found.state.play.guide == "shop2"


async def test_nothing_that_was_typed_is_kept() -> None:
    state = playing("01")
    for text in ("47 岁", "我的店有 350 平方米", "2024年3月"):
        found = await play_guide(turn(text, state), SERVICES)
        assert found is not None
        state = found.state
    kept = repr(state.play)
    assert not any(typed in kept for typed in ("47", "350", "2024"))


async def test_the_notice_leads_to_its_page() -> None:
    found = await play_guide(turn("否", playing("00211")), SERVICES)
    assert found is not None
    (links,) = [part for part in found.parts if isinstance(part, Links)]
    assert links.items[0].url == f"https://hall.example/guides/shop/notice/{mark(SCENES)}002111"
    assert "咨询电话：12345" in said(found)
    assert found.outcome == "answered"
    assert found.state.rated_turn == "k"


@pytest.mark.parametrize("text", ["谢谢", "有用", "更多", "帮助", "人工", "取消人工"])
async def test_what_other_rules_know_is_left_to_them(text: str) -> None:
    assert await play_guide(turn(text, playing()), SERVICES) is None


@pytest.mark.parametrize(
    ("minutes", "asleep"), [(STATE_LIVES / timedelta(minutes=1), False), (31, True), (24 * 60, True)]
)
async def test_silence_puts_the_questions_to_sleep_and_a_day_ends_them(
    minutes: float, *, asleep: bool
) -> None:
    state = replace(playing("0"), at=NOW - timedelta(minutes=minutes))
    found, _ = await answer(turn("继续", state), SERVICES)
    assert "第 2 问" in said(found)
    reminded, _ = await answer(turn("1", state), SERVICES)
    assert ("隔了一会儿" in said(reminded)) is asleep
    old = replace(state, at=NOW - PLAY_LIVES - timedelta(seconds=1))
    forgotten, _ = await answer(turn("继续", old), SERVICES)
    assert said(forgotten) == texts.NO_MORE


async def test_a_notice_that_was_given_can_be_changed_but_not_after_a_long_silence() -> None:
    done = playing("002111", done=True)
    assert "第 6 问" in said(await play_guide(turn("返回", done), SERVICES))
    assert await play_guide(turn("退出", done), SERVICES) is None
    late = replace(done, at=NOW - timedelta(minutes=31))
    found, trace = await answer(turn("返回", late), SERVICES)
    assert trace.rule != "guided"
    assert found.state.play is None


@given(
    st.lists(
        st.sampled_from(["1", "2", "是", "都不卖", "30", "2024年1月", "返回", "嗯？", "重新开始"]),
        max_size=25,
    )
)
async def test_any_talk_leads_forward_or_back_and_never_gets_stuck(says: list[str]) -> None:
    state = playing()
    for text in says:
        found = await play_guide(turn(text, state), SERVICES)
        if found is not None:
            state = found.state
        assert state.play is not None
        assert len(state.play.code) <= len(mark(SCENES)) + MOST_ASKED
        assert state.play.code.startswith(begin(SCENES).code)
