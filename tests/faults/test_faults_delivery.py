"""WeChat delivers up to three or four times, to any process, in any order: each message is one turn."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.app import utc_now
from storage.stores import Stores
from tests.faults.conftest import Starter, hold, let_go, recover, wechat_for
from tests.faults.waiting import until
from tests.platform.api import FakeApi
from tests.platform.pusher import ONCE, ONE_AND_THREE, Delivery, FakeWeChat, Plan
from tests.running import KNOWN_ANSWER, KNOWN_QUESTION, SMALL_HALL, UNKNOWN_QUESTION, Apart, Clock

CITIZENS, EACH = 100, 10
AT_ONCE = 24
"""Citizens who write at the same time: enough to be hostile, few enough for two shared cores."""
QUESTIONS = [entry.question for entry in SMALL_HALL.entries] + [UNKNOWN_QUESTION, "谢谢", "没用"]
PLANS = (
    ONCE,
    Plan(again=True),
    Plan(again=True, same_nonce=False),
    Plan(again=True, at_once=True),
    Plan(again=True, at_once=True, same_nonce=False),
    Plan(dropped=frozenset({0})),
    Plan(dropped=frozenset({0, 1}), same_nonce=False),
    Plan(deliveries=ONE_AND_THREE, again=True, at_once=True, dropped=frozenset({1})),
    Plan(deliveries=ONE_AND_THREE, dropped=frozenset({0, 1, 2}), pieces=3),
)


@pytest.fixture
async def two(start: Starter) -> AsyncIterator[tuple[Apart, Apart]]:
    """Two server processes on one database."""
    async with AsyncExitStack() as stack:
        first, second = await asyncio.gather(
            stack.enter_async_context(start.apart("one")), stack.enter_async_context(start.apart("two"))
        )
        yield first, second


def check_deliveries(deliveries: list[Delivery]) -> str:
    """Every delivery that got an answer got the same one; that answer."""
    problems = [each.problem for each in deliveries if each.outcome not in {"answered", "dropped"}]
    assert not problems
    texts = {each.answer.text for each in deliveries if each.answer is not None}
    assert len(texts) == 1, texts
    return texts.pop()


async def one_citizen(wechat: FakeWeChat, number: int, replies: dict[int, str]) -> None:
    chance = random.Random(number)  # noqa: S311 - reproducible, nothing secret
    for _ in range(EACH):
        fields = wechat.text(f"oCitizen{number:03}", chance.choice(QUESTIONS))
        replies[fields["MsgId"]] = check_deliveries(await wechat.push(fields, chance.choice(PLANS)))


@pytest.mark.slow
async def test_a_thousand_messages_are_a_thousand_turns(
    two: tuple[Apart, Apart], hall: Stores, api: FakeApi
) -> None:
    wechat = wechat_for(*two, clock=utc_now)
    wechat.after_drop = lambda fields: until(lambda: is_stored(hall, fields["MsgId"]))
    replies: dict[int, str] = {}
    room = asyncio.Semaphore(AT_ONCE)

    async def enter(number: int) -> None:
        async with room:
            await one_citizen(wechat, number, replies)

    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        for number in range(CITIZENS):
            group.create_task(enter(number), name=f"citizen {number}")

    stored = [turn async for turn in hall.mongo.collection("turns").find()]
    assert len(replies) == len(stored) == CITIZENS * EACH
    assert Counter(turn["inbound"]["order"] for turn in stored) == Counter(replies.keys())
    assert {turn["status"] for turn in stored} == {"done"}
    assert_in_order(stored)
    late = {turn["inbound"]["user"] for turn in stored if turn["delivery"] == "outbox"}
    assert set(api.sent) <= late, "a reply was given twice"
    await until(lambda: nothing_unclaimed(hall), seconds=5.0)
    assert all(text for text in replies.values()) or late
    for process in two:
        assert "Traceback" not in process.log
        assert "oCitizen" not in process.log


async def nothing_unclaimed(stores: Stores) -> bool:
    """No reply is thought lost that a delivery got: it would be sent again."""
    thought_lost = {"unclaimed_at": {"$type": "date"}}
    return await stores.mongo.collection("turns").count_documents(thought_lost) == 0


def assert_in_order(stored: list[dict[str, Any]]) -> None:
    """Each citizen's messages were handled in the order in which they were written."""
    by_citizen: dict[str, list[dict[str, Any]]] = {}
    for turn in stored:
        by_citizen.setdefault(turn["inbound"]["user"], []).append(turn)
    for turns in by_citizen.values():
        turns.sort(key=lambda turn: (turn["inbound"]["at"], turn["inbound"]["order"]))
        handled = [turn["handled_at"] for turn in turns]
        assert handled == sorted(handled)


async def is_stored(stores: Stores, message_id: int) -> bool:
    return await stores.mongo.collection("turns").count_documents({"inbound.order": message_id}) == 1


@pytest.mark.slow
async def test_messages_of_one_citizen_are_handled_in_order_across_processes(
    two: tuple[Apart, Apart], hall: Stores
) -> None:
    """Both wait for the conversation; whoever looks first, the older message goes first."""
    user = "oOrdered"
    wechat = wechat_for(*two, clock=utc_now)
    await hold(hall, user, utc_now)
    async with asyncio.TaskGroup() as group:
        for text in (KNOWN_QUESTION, "没用"):
            fields = wechat.text(user, text)
            group.create_task(wechat.push(fields, ONCE), name=text)
            await until(lambda fields=fields: is_stored(hall, fields["MsgId"]))  # type: ignore[misc]
        await let_go(hall, user)
    stored = [turn async for turn in hall.mongo.collection("turns").find({"inbound.user": user})]
    assert len(stored) == 2
    assert_in_order(stored)
    useful = {turn["inbound"]["text"]: turn["useful"] for turn in stored}
    assert useful == {KNOWN_QUESTION: False, "没用": None}, "the rating did not find the answer before it"


async def test_the_same_second_has_many_events_of_one_citizen(
    start: Starter, clock: Clock, hall: Stores
) -> None:
    """Events have no id: FromUserName, CreateTime, Event and EventKey together tell them apart."""
    async with start.here() as program:
        wechat = wechat_for(program, clock=clock)
        events = [
            wechat.event("oEvents", name, key)
            for name, key in (("SCAN", "qa.card-lost"), ("SCAN", "qa.marriage"), ("CLICK", "help"))
        ]
        for event in events:
            check_deliveries(await wechat.push(event, Plan(again=True, same_nonce=False)))
    assert await hall.mongo.collection("turns").count_documents({}) == 3


async def test_a_reply_that_nobody_took_leaves_through_the_outbox_once(
    start: Starter, clock: Clock, hall: Stores, api: FakeApi
) -> None:
    """All three deliveries were hung up on: after WeChat has given up, the reply goes by itself."""
    user = "oHungUp"
    async with start.here() as program:
        wechat = wechat_for(program, clock=clock)
        await hold(hall, user, clock)  # so that WeChat has surely hung up before the reply is ready
        fields = wechat.text(user, KNOWN_QUESTION)
        await wechat.push(fields, Plan(dropped=frozenset({0, 1, 2})))
        await until(lambda: is_stored(hall, fields["MsgId"]))
        await let_go(hall, user)
        turns = hall.mongo.collection("turns")

        async def noted() -> bool:
            return await turns.count_documents({"unclaimed_at": {"$type": "date"}}) == 1

        await until(noted)
        assert api.texts(user) == []
        clock.advance(seconds=61)
        (text,) = await api.until_sent(user)
        assert KNOWN_ANSWER in text
        answer = await wechat.expect(fields)
        assert answer.silent, "a later delivery must not say it again"
    assert len(api.texts(user)) == 1


async def test_a_retry_that_got_the_reply_ends_the_matter(
    start: Starter, clock: Clock, hall: Stores, api: FakeApi
) -> None:
    """The first delivery was hung up on while the turn ran, the second one waited and got the reply."""
    user = "oRetried"
    async with start.here() as program:
        wechat = wechat_for(program, clock=clock)
        await hold(hall, user, clock)
        fields = wechat.text(user, KNOWN_QUESTION)
        await wechat.push(fields, replace(ONCE, dropped=frozenset({0})))
        await until(lambda: is_stored(hall, fields["MsgId"]))
        retry = asyncio.create_task(wechat.expect(fields), name="retry")
        await let_go(hall, user)
        assert KNOWN_ANSWER in (await retry).text
        clock.advance(seconds=61)
        await recover(program, clock)
        assert await hall.outbox.of_user("official", user, after=clock() - timedelta(days=1)) == ()
    assert api.texts(user) == []
